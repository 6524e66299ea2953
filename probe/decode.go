package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// maxBody caps the size of an exposition, unpacked. A real one has some 0.2 MB.
	maxBody = 16 << 20
	// maxSeries caps how many series it may have. etcd has about 2,000; the cap is against an endpoint that is
	// something else altogether.
	maxSeries = 50_000
	// maxKept caps what a decoder keeps from one exposition to the next.
	maxKept = 10_000
)

// ReadMetrics decodes a member's exposition in Prometheus' text format. When a part of it is malformed the
// Metrics have what could be read, and the error names what could not; they are nil only when nothing was read.
func ReadMetrics(r io.Reader) (*Metrics, error) {
	return newDecoder().decode(r)
}

// A decoder decodes one exposition after another, and belongs to one goroutine at a time.
//
// It reads the lines of the families in its table and steps over all others at their first bytes. Labels that nobody
// asks for are not made strings of, and what recurs in every exposition is kept: so it takes a tenth of the time
// that a parser for everything takes, and etcdoc decodes as many expositions as there are members, every second.
type decoder struct {
	byName map[string]decision
	// wholeLines says that a last line without its end is half a line, as of a file that was cut short: the format wants
	// every line to end.
	wholeLines bool

	body   bytes.Buffer
	sample sample
	// number is how many expositions were decoded.
	number int
	// series are the histograms' series of all expositions so far, by name and labels, and order those of this
	// one. key is where that is put together.
	series map[string]*buckets
	order  []*buckets
	key    []byte
	// words are the label values that were made strings of.
	words map[string]string

	taken    int // how many lines were read
	failures []error
	failed   int // how many lines are malformed
}

// decision is what to do with the lines of one metric name.
type decision struct {
	name   string
	family *family
	// rank is the place of the name among the family's names: the lowest that is there counts.
	rank int
	what part
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
		byName: make(map[string]decision),
		series: make(map[string]*buckets),
		words:  make(map[string]string),
	}
	table := families()
	for i := range table {
		f := &table[i]
		for rank, name := range f.names {
			if f.sample != nil {
				d.byName[name] = decision{name, f, rank, scalarPart}
				continue
			}
			for what, suffix := range map[part]string{bucketPart: "_bucket", sumPart: "_sum", countPart: "_count"} {
				d.byName[name+suffix] = decision{name + suffix, f, rank, what}
			}
		}
	}
	return d
}

func (d *decoder) decode(r io.Reader) (*Metrics, error) {
	d.body.Reset()
	_, readErr := d.body.ReadFrom(io.LimitReader(r, maxBody+1))
	if d.body.Len() > maxBody {
		return nil, fmt.Errorf("more than %d MiB: this is no etcd member's exposition", maxBody>>20)
	}
	text := d.body.Bytes()
	if readErr != nil || d.wholeLines {
		// The last line may be half a line.
		text = text[:bytes.LastIndexByte(text, '\n')+1]
	}
	m := &Metrics{Bytes: len(text)}
	d.begin()
	if err := d.lines(m, text); err != nil {
		return nil, err
	}
	if d.taken == 0 {
		return nil, errors.Join(append(d.failures, readErr, errors.New("there is no metric of etcd in it: this is no member's exposition"))...)
	}
	d.finish(m)
	return m, errors.Join(append(d.failures, readErr)...)
}

func (d *decoder) begin() {
	d.number++
	d.order, d.taken, d.failures, d.failed = d.order[:0], 0, nil, 0
	if len(d.series) > maxKept {
		clear(d.series)
	}
	if len(d.words) > maxKept {
		clear(d.words)
	}
}

// lines reads the lines that are wanted. It fails only when there are too many.
func (d *decoder) lines(m *Metrics, text []byte) error {
	// Lines of a name follow one another: what to do with them is looked up once.
	var last decision
	var name []byte
	for number := 1; len(text) > 0; number++ {
		var line []byte
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			line, text = text, nil
		}
		line = skipBlanks(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if m.Series++; m.Series > maxSeries {
			return fmt.Errorf("more than %d series: this is no etcd member's exposition", maxSeries)
		}
		if n := len(name); n == 0 || len(line) <= n || !endsName(line[n]) || !bytes.Equal(line[:n], name) {
			name = metricName(line)
			last = d.byName[string(name)]
			if last.family != nil && last.family.begin != nil {
				last.family.begin(m)
			}
		}
		if last.what == unwanted {
			continue
		}
		if last.family.skipNil && isNil(line) {
			d.taken++
			continue
		}
		if err := d.line(m, last, line); err != nil {
			d.fail(number, line, err)
			continue
		}
		d.taken++
	}
	return nil
}

func (d *decoder) line(m *Metrics, to decision, line []byte) error {
	if err := d.sample.parse(line, len(to.name)); err != nil {
		return err
	}
	f := to.family
	if f.decoded != d.number || to.rank < f.rank {
		f.decoded, f.rank = d.number, to.rank
		if f.reset != nil {
			f.reset(m)
		}
	}
	switch {
	case to.rank > f.rank:
		return nil // a newer name of it is there
	case to.what == scalarPart:
		return f.sample(m, d, &d.sample)
	}
	return d.bucketsOf(f).add(to.what, &d.sample)
}

// bucketsOf is the series that the sample is of.
func (d *decoder) bucketsOf(f *family) *buckets {
	key := append(d.key[:0], f.names[0]...)
	for _, l := range d.sample.labels {
		if string(l.name) != "le" {
			key = append(append(append(append(key, 0xff), l.name...), 0xfe), l.value...)
		}
	}
	d.key = key
	b := d.series[string(key)]
	if b == nil {
		b = &buckets{family: f}
		for _, l := range d.sample.labels {
			if string(l.name) != "le" {
				b.labels = append(b.labels, struct{ name, value string }{string(l.name), string(l.text())})
			}
		}
		d.series[string(key)] = b
	}
	if b.seen != d.number {
		b.seen = d.number
		b.reset()
		d.order = append(d.order, b)
	}
	return b
}

// finish makes histograms of the buckets. One broken series makes its whole family malformed.
func (d *decoder) finish(m *Metrics) {
	var broken *family
	for _, b := range d.order {
		if b.family == broken {
			continue
		}
		h, err := b.histogram()
		if err == nil {
			err = b.family.series(m, b.labels, h)
		}
		if err != nil {
			broken = b.family
			broken.reset(m)
			d.failures = append(d.failures, fmt.Errorf("%s: %w", broken.names[0], err))
		}
	}
}

// fail notes a malformed line. Only the first few are told.
func (d *decoder) fail(number int, line []byte, err error) {
	const told, most = 3, 80
	if d.failed++; d.failed > told {
		return
	}
	ellipsis := ""
	if len(line) > most {
		line, ellipsis = line[:most], "…"
	}
	d.failures = append(d.failures, fmt.Errorf("line %d (%q%s): %w", number, line, ellipsis, err))
}

// word makes a string of b, the same one for the same bytes.
func (d *decoder) word(b []byte) string {
	if s, is := d.words[string(b)]; is {
		return s
	}
	s := string(b)
	d.words[s] = s
	return s
}
