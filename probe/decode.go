package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// maxBody caps the size of an exposition, unpacked. A real one has some 0.2 MB.
	maxBody = 16 << 20
	// maxSeries caps how many series it may have. etcd has about 2,000; the cap is against an endpoint that is
	// something else altogether.
	maxSeries = 50_000
	// maxLabels, maxLabelName and maxLabelValue cap a series' labels, and a label in bytes: what Grafana Mimir takes by default
	// (pkg/util/validation/limits.go: -validation.max-label-names-per-series, -validation.max-length-label-name and
	// -validation.max-length-label-value). Prometheus has none by default (label_limit). etcd's series have five labels at most.
	maxLabels, maxLabelName, maxLabelValue = 30, 1024, 2048
	// maxAllLabels caps the labels of all series that are read: those of etcd's and a dozen of a scrape's, of 20 members.
	maxAllLabels = 250_000
	// maxText caps the text of the labels of one exposition, in bytes, each counted once: etcd's have some 5 KB.
	maxText = 4 << 20
	// maxKinds caps how many peers, features and the like an exposition may name, and maxMethods how many gRPC methods.
	// etcd's FAQ allows for seven members, and those that were removed are named until the process restarts; etcd 3.7 has
	// 49 methods and 13 features. Each method may end with any of gRPC's 17 codes (google.golang.org/grpc/codes).
	maxKinds, maxMethods, maxCalls = 64, 64, 64 * 17
	// maxHistograms caps how many distributions there may be: etcd has one for each peer and gRPC method, and some 100 others.
	// maxBuckets caps the buckets of one: etcd's have 21 at most.
	maxHistograms, maxBuckets = 1000, 32
	// maxKept and maxKeptBytes cap what a decoder keeps from one exposition to the next: how many names, labels and
	// buffers, and how large those may be.
	maxKept, maxKeptBytes = 10_000, 1 << 20
)

// A decoder decodes one exposition after another, and belongs to one goroutine at a time.
//
// It has two lanes. The fast one takes etcd's own text: it reads the lines of the families in its table and steps over all
// others at their first bytes. Labels that nobody asks for are not made strings of, and what recurs in every exposition is
// kept: so it takes a tenth of the time that a parser for everything takes, and etcdoc decodes as many expositions as
// there are members, every second. What that lane does not take whole the other one reads, which is Prometheus' expfmt:
// see record.
type decoder struct {
	byName map[string]destination
	// wholeLines says that a last line without its end is half a line, as of a file that was cut short: the format wants
	// every line to end.
	wholeLines bool

	// ended says why what is being decoded is wanted no longer; nil as long as it is.
	cancelled func() error

	body   bytes.Buffer
	sample sample
	// number is how many expositions were decoded.
	number int
	// series are the histograms' series of all expositions so far, by name and labels, and order those of this
	// one. key is where that is put together. keptBytes is how much text is in series and words.
	series    map[string]*histogramBuilder
	order     []*histogramBuilder
	key       []byte
	keptBytes int
	// words are the label values that were made strings of.
	interned map[string]string
	// methods are the gRPC methods that this exposition names.
	methods map[GRPCMethod]bool

	linesRead int // how many lines were read
	errs      parseErrors
}

// decision is what to do with the lines of one metric name.
type destination struct {
	name   string
	family *family
	// rank is the place of the name among the family's names: the lowest that is there counts.
	rank int
	part part
}

// part is which of a family's lines a line is.
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

// errNotEtcd is said of an exposition that has nothing of etcd in it.
var errNotEtcd = errors.New("there is no metric of etcd in it: this is no member's exposition")

// errNothing is said of what may be one, as far as it can be read: no sample of it is known.
var errNoSample = errors.New(errNotEtcd.Error())

// decode decodes an exposition of one process. contentType is what HTTP says of it; empty: nothing. The error says why
// nothing could be read, or what broke off the reading; lines that could not be read are in Metrics.ParseError.
func (d *decoder) decode(contentType string, r io.Reader) (*Metrics, error) {
	return single(d.decodeAll(contentType, r, true))
}

// ofOne is what was decoded of an exposition of one process.
func single(all []decoded, err error) (*Metrics, error) {
	switch {
	case len(all) == 0:
		return nil, err
	case len(all) > 1:
		return nil, &severalProcessesError{processes: len(all)}
	}
	return all[0].metrics, err
}

// ofMember is what was decoded of what must be a member's exposition. Another program may have families that are called as
// etcd's are, such as kube-apiserver and etcd's own grpc-proxy.
func requireMember(m *Metrics, err error) (*Metrics, error) {
	if m != nil && !m.isMember() {
		return nil, errors.Join(errNotMember, err)
	}
	return m, err
}

// errNotMember is said of an exposition that is none of a member's.
var errNotMember = errors.New("neither etcd_server_id nor etcd_server_has_leader is in it: this is no member's exposition")

// isMembers reports that the metrics are those of a member: every version of etcd has these two.
func (m *Metrics) isMember() bool { return m.ServerID != 0 || m.HasLeader.IsKnown() }

// exposed is what one process exposes.
type decoded struct {
	// source is what tells it from the others in the same text: the value of a label; empty: there are no others.
	source string
	// at is when its samples were taken, as they say; zero: they do not.
	at      time.Time
	metrics *Metrics
}

// decodeAll decodes the expositions of all processes that a text has, as Prometheus' /federate writes them. fast lets the
// fast lane try first.
func (d *decoder) decodeAll(contentType string, r io.Reader, fast bool) ([]decoded, error) {
	d.body.Reset()
	body := &d.body
	_, readErr := body.ReadFrom(io.LimitReader(r, maxKeptBytes))
	if readErr == nil && body.Len() == maxKeptBytes {
		large := new(bytes.Buffer)
		large.Grow(maxBody + 1 + bytes.MinRead) // all of it at once: growing would leave as much behind
		large.Write(body.Bytes())
		body = large
		_, readErr = body.ReadFrom(io.LimitReader(r, maxBody-maxKeptBytes+1))
	}
	return d.decodeText(contentType, body.Bytes(), readErr, fast)
}

// decodeText is decodeAll of a text, which was read until readErr. Nothing of what it returns stands in the text.
func (d *decoder) decodeText(contentType string, text []byte, readErr error, fast bool) ([]decoded, error) {
	defer d.trim()
	if len(text) > maxBody {
		return nil, fmt.Errorf("more than %d MiB: this is no etcd member's exposition", maxBody>>20)
	}
	format := formatOf(contentType, text)
	if format != formatProtobuf && (readErr != nil || d.wholeLines) {
		text = text[:bytes.LastIndexByte(text, '\n')+1] // the last line may be half a line
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
		return nil, errors.Join(err, readErr)
	}
	return all, readErr
}

// wholeFamilies is a text that broke off without the family that it broke off in: half a sum is worse than none.
func wholeFamilies(text []byte) []byte {
	for _, begin := range []string{"\n# HELP ", "\n# TYPE "} { // HELP comes first where there are both
		if at := bytes.LastIndex(text, []byte(begin)); at >= 0 {
			return text[:at+1]
		}
	}
	return text
}

// begin makes ready for an exposition.
func (d *decoder) begin() {
	d.number++
	d.order, d.linesRead, d.errs = d.order[:0], 0, parseErrors{}
	clear(d.methods)
}

// tidy forgets what is too much to keep.
func (d *decoder) trim() {
	if len(d.series)+len(d.interned) > maxKept || d.keptBytes > maxKeptBytes {
		d.series, d.interned, d.keptBytes = make(map[string]*histogramBuilder), make(map[string]string), 0
		d.order = nil
	}
}

// lines is the fast lane: it reads the lines that are wanted. whole says that it took all of them; it gives up at the
// first one that is not as etcd writes it. It fails when there are too many.
func (d *decoder) decodeFast(m *Metrics, text []byte) (whole bool, err error) {
	d.begin()
	// Lines of a name follow one another: what to do with them is looked up once.
	var last destination
	var name []byte
	for len(text) > 0 {
		var line []byte
		line, text = nextLine(text)
		if len(line) == 0 || line[0] == '#' {
			if string(line) == endOfOpenMetrics {
				return false, nil
			}
			continue
		}
		if m.Series++; m.Series > maxSeries {
			return false, errTooManySeries
		}
		if m.Series%checkEvery == 0 {
			if err := d.cancelled(); err != nil {
				return false, err
			}
		}
		if line[0] == '{' {
			return false, nil
		}
		if n := len(name); n == 0 || len(line) <= n || !endsName(line[n]) || !bytes.Equal(line[:n], name) {
			name = metricName(line)
			last = d.byName[string(name)]
			if last.family != nil && last.family.begin != nil {
				last.family.begin(m)
			}
		}
		if last.part == unwanted {
			continue
		}
		if !last.family.skipZero || !endsInZero(line) {
			if d.sample.parse(line, len(last.name)) != nil || d.store(m, last, &d.sample) != nil {
				return false, nil
			}
		}
		d.linesRead++
	}
	return true, nil
}

// endedEvery is of how many series one is that a decoder asks at whether they are still wanted: a ms or so.
const checkEvery = 512

var errTooManySeries = fmt.Errorf("more than %d series: this is no etcd member's exposition", maxSeries)

// errTwice is said of a second sample of what a process has only one of.
var errNotUnique = errors.New("a process has only one of it")

// take puts a sample where it belongs.
func (d *decoder) store(m *Metrics, to destination, s *sample) error {
	f := to.family
	if f.decoded != d.number || to.rank < f.rank {
		f.decoded, f.rank, f.taken = d.number, to.rank, 0
		if f.reset != nil {
			f.reset(m)
		}
	}
	if to.rank > f.rank {
		return nil // a newer name of it is there
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
	errTooManyHistograms = fmt.Errorf("more than %d distributions", maxHistograms)
)

// bucketsOf is the series that the sample is of; nil where there are too many.
func (d *decoder) builderOf(f *family, s *sample) *histogramBuilder {
	key := append(d.key[:0], f.names[0]...)
	for i := range s.labels {
		if l := &s.labels[i]; string(l.name) != "le" {
			key = append(append(append(append(key, 0xff), l.name...), 0xfe), l.text()...)
		}
	}
	d.key = key
	b := d.series[string(key)]
	if (b == nil || b.lastNumber != d.number) && len(d.order) == maxHistograms {
		return nil
	}
	if b == nil {
		b = &histogramBuilder{family: f}
		for i := range s.labels {
			if l := &s.labels[i]; string(l.name) != "le" {
				b.labels = append(b.labels, label{string(l.name), d.internName(l.text())})
			}
		}
		d.series[string(key)] = b
		d.keptBytes += 2 * len(key)
	}
	if b.lastNumber != d.number {
		b.lastNumber = d.number
		b.reset()
		d.order = append(d.order, b)
	}
	return b
}

// finish makes histograms of the buckets. One broken series makes its whole family malformed; whole says that there is
// none.
func (d *decoder) finish(m *Metrics) (whole bool) {
	whole = true
	for _, b := range d.order {
		if d.errs.has(b.family) {
			continue
		}
		h, err := b.histogram()
		if err == nil {
			err = b.family.series(m, b.labels, h)
		}
		if err != nil {
			whole = false
			d.errs.family(b.family, err)
		}
	}
	d.order = d.order[:0]
	return whole
}

// name is the word for what [Metrics] keeps: names of methods, features and the like are no longer than names are.
func (d *decoder) internName(b []byte) string {
	if len(b) <= maxNameBytes {
		return d.intern(b)
	}
	return d.intern([]byte(truncate(string(b), maxNameBytes)))
}

// word makes a string of b, the same one for the same bytes.
func (d *decoder) intern(b []byte) string {
	if s, is := d.interned[string(b)]; is {
		return s
	}
	s := string(b)
	d.interned[s] = s
	d.keptBytes += len(s)
	return s
}
