package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// A decoder decodes one exposition after another. It belongs to one goroutine at a time.
//
// The fast path takes etcd's own text format: it parses the lines of the families in its table and skips all others by
// their first bytes. It makes no strings of labels that nobody asks for, and it keeps what recurs in every exposition.
// That takes a tenth of the time of a complete parser, which matters because etcdoc decodes every member's exposition
// every second. Prometheus' expfmt parses whatever the fast path does not take whole: see decodeWithExpfmt.
type decoder struct {
	byName map[string]destination
	// wholeLines treats a last line without a newline as cut off, as in a truncated file: the format ends every line
	// with one.
	wholeLines bool

	// cancelled returns why nobody wants the result any more; nil as long as somebody does.
	cancelled func() error

	body   bytes.Buffer
	sample sample
	// number counts the expositions decoded.
	number int
	// series are the histogram series of all expositions so far, by name and labels, and order those of the current
	// one. key is a scratch buffer for the map's keys. keptBytes is the size of the text in series, buckets and
	// interned.
	series    map[string]*histogramBuilder
	order     []*histogramBuilder
	key       []byte
	keptBytes int
	// buckets are the buckets by the text of their names and labels, which is the same in each exposition.
	buckets map[string]bucket
	// interned are the strings made of label values.
	interned map[string]string
	// methods are the gRPC methods in this exposition.
	methods map[GRPCMethod]bool

	linesRead int // lines decoded
	errs      parseErrors
}

// destination says where the lines of one metric name go.
type destination struct {
	name   string
	family *family
	// rank is the name's index among the family's names: the lowest one present counts.
	rank int
	part part
}

// part says which of a family's lines a line is.
type part int

const (
	unwanted part = iota
	scalarPart
	bucketPart
	sumPart
	countPart
)

func newDecoder() *decoder {
	d := &decoder{
		cancelled: func() error { return nil },
		byName:    make(map[string]destination),
		series:    make(map[string]*histogramBuilder),
		buckets:   make(map[string]bucket),
		interned:  make(map[string]string),

		methods: make(map[GRPCMethod]bool),
	}
	table := families()
	for i := range table {
		f := &table[i]
		for rank, name := range f.names {
			if f.sample != nil {
				d.byName[name] = destination{name, f, rank, scalarPart}
				continue
			}
			for what, suffix := range map[part]string{bucketPart: "_bucket", sumPart: "_sum", countPart: "_count"} {
				d.byName[name+suffix] = destination{name + suffix, f, rank, what}
			}
		}
	}
	return d
}

// errNotEtcd: the exposition contains nothing of etcd.
var errNotEtcd = errors.New("it has no metric of etcd: this is not a member's exposition")

// errNoSample: it may be etcd's, but no sample that could be parsed is of a known metric.
var errNoSample = errors.New(errNotEtcd.Error())

// single returns the only exposition decoded, or an error if there are several.
func single(all []decoded, err error) (*Metrics, error) {
	switch {
	case len(all) == 0:
		return nil, err
	case len(all) > 1:
		return nil, &severalProcessesError{processes: len(all)}
	}
	return all[0].metrics, err
}

// requireMember rejects an exposition that is not a member's. Other programs, such as kube-apiserver and etcd's own
// grpc-proxy, have families with etcd's names.
func requireMember(m *Metrics, err error) (*Metrics, error) {
	if m != nil && !m.isMember() {
		return nil, besides(errNotMember, err)
	}
	return m, err
}

// errNotMember: the exposition is not a member's.
var errNotMember = errors.New("it has neither etcd_server_id nor etcd_server_has_leader: " +
	"this is not a member's exposition")

// decoded is the exposition of one process.
type decoded struct {
	// source is the label value that distinguishes it from others in the same text; empty if there are none.
	source string
	// at is the timestamp of its samples; zero if they have none.
	at      time.Time
	metrics *Metrics
}

// decodeAll decodes the expositions of all processes in a text, such as Prometheus' /federate writes. contentType is
// the HTTP header; may be empty. fast tries the fast path first. The error says why nothing could be decoded, or what
// ended the reading; lines that could not be parsed are in Metrics.ParseError.
func (d *decoder) decodeAll(contentType string, r io.Reader, fast bool) ([]decoded, error) {
	d.body.Reset()
	body := &d.body
	_, readErr := body.ReadFrom(io.LimitReader(r, maxKeptBytes))
	if readErr == nil && body.Len() == maxKeptBytes {
		large := new(bytes.Buffer)
		large.Grow(maxBody + 1 + bytes.MinRead) // all at once: growing would leave as much garbage
		large.Write(body.Bytes())
		body = large
		_, readErr = body.ReadFrom(io.LimitReader(r, maxBody-maxKeptBytes+1))
	}
	return d.decodeText(contentType, body.Bytes(), readErr, fast)
}

// decodeText is decodeAll for a text that was read until readErr. The result does not refer to the text.
func (d *decoder) decodeText(contentType string, text []byte, readErr error, fast bool) ([]decoded, error) {
	defer d.trim()
	if len(text) > maxBody {
		return nil, fmt.Errorf("more than %d MiB: this is not an etcd member's exposition", maxBody>>20)
	}
	format := formatOf(contentType, text)
	if format != formatProtobuf && (readErr != nil || d.wholeLines) {
		text = text[:bytes.LastIndexByte(text, '\n')+1] // the last line may be cut off
	}
	if format != formatProtobuf && readErr != nil {
		text = wholeFamilies(text)
	}
	if fast && format == formatText {
		m := &Metrics{Bytes: len(text)}
		whole, err := d.decodeFast(m, text)
		if err != nil {
			return nil, err
		}
		if whole && d.linesRead > 0 && d.finish(m) {
			return []decoded{{metrics: m}}, readErr
		}
	}
	all, err := d.decodeWithExpfmt(format, text)
	if err != nil || len(all) == 0 {
		return nil, besides(err, readErr)
	}
	return all, readErr
}

// wholeFamilies drops the family in which a text was cut off: half a sum is worse than none.
func wholeFamilies(text []byte) []byte {
	for _, begin := range []string{"\n# HELP ", "\n# TYPE "} { // HELP comes first if there are both
		if at := bytes.LastIndex(text, []byte(begin)); at >= 0 {
			return text[:at+1]
		}
	}
	return text
}

// begin prepares for an exposition.
func (d *decoder) begin() {
	d.number++
	d.order, d.linesRead, d.errs = d.order[:0], 0, parseErrors{}
	clear(d.methods)
}

// trim drops the caches when they get too large.
func (d *decoder) trim() {
	if len(d.series)+len(d.buckets)+len(d.interned) > maxKept || d.keptBytes > maxKeptBytes {
		d.series, d.interned, d.keptBytes = make(map[string]*histogramBuilder), make(map[string]string), 0
		d.buckets, d.order = make(map[string]bucket), nil
	}
}

// errNotUnique: a second sample of what a process has only one of.
var errNotUnique = errors.New("a process has only one of these")

// store puts a sample where it belongs.
func (d *decoder) store(m *Metrics, to destination, s *sample) error {
	f := to.family
	if f.decoded != d.number || to.rank < f.rank {
		f.decoded, f.rank, f.taken = d.number, to.rank, 0
		if f.reset != nil {
			f.reset(m)
		}
	}
	if to.rank > f.rank {
		return nil // a newer name of the family is present
	}
	if f.isUnique(s.value) {
		f.taken++
	}
	switch {
	case d.keptBytes > maxText:
		return errTooMuchText
	case to.part != scalarPart:
		b := d.builderOf(f, s)
		if b == nil {
			return errTooManyHistograms
		}
		return b.add(to.part, s)
	case f.taken > 1:
		return errNotUnique
	}
	return f.sample(m, d, s)
}

var (
	errTooMuchText       = fmt.Errorf("more than %d MiB in its labels", maxText>>20)
	errTooManyHistograms = fmt.Errorf("more than %d histograms", maxHistograms)
)

// internName interns a name that [Metrics] keeps, truncated to maxNameBytes.
func (d *decoder) internName(b []byte) string {
	if len(b) <= maxNameBytes {
		return d.intern(b)
	}
	return d.intern([]byte(truncate(string(b), maxNameBytes)))
}

// intern returns b as a string, the same one for the same bytes.
func (d *decoder) intern(b []byte) string {
	if s, ok := d.interned[string(b)]; ok {
		return s
	}
	s := string(b)
	d.interned[s] = s
	d.keptBytes += len(s)
	return s
}
