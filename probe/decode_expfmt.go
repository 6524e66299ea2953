package probe

import (
	"fmt"
	"slices"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// A parsedSample is one sample as expfmt parsed it.
type parsedSample struct {
	to     destination
	labels labels
	value  float64
	// line is its line number in a text, and raw that line; 0 and nil in protobuf.
	line int
	raw  []byte
}

func (s *parsedSample) label(name string) (value string, has bool) {
	for i := range s.labels {
		if s.labels[i].name == name {
			return s.labels[i].value, true
		}
	}
	return "", false
}

// A collection is all wanted samples of an exposition, in order.
type collection struct {
	all []parsedSample
	// begun are the families present, including those whose samples of 0 are all skipped.
	begun []*family
	// samples counts all samples, labels the labels of the wanted ones.
	samples, labels int
	bytes           int
	// newestMillis is the newest timestamp of the wanted samples; 0 if they have none.
	newestMillis int64
}

var errTooManyLabels = fmt.Errorf("more than %d labels: this is not an etcd member's exposition", maxAllLabels)

// add adds a sample as expfmt parsed it.
func (c *collection) add(d *decoder, to destination, pairs []*dto.LabelPair, value float64,
	at int64) (*parsedSample, error) {
	c.newestMillis = max(c.newestMillis, at)
	if c.labels += len(pairs) + 1; c.labels > maxAllLabels {
		return nil, errTooManyLabels
	}
	if d.keptBytes > maxText {
		return nil, errTooMuchText
	}
	s := parsedSample{to: to, value: value, labels: make(labels, 0, len(pairs)+1)}
	for _, pair := range pairs {
		s.labels = append(s.labels, label{d.intern([]byte(pair.GetName())), d.intern([]byte(pair.GetValue()))})
	}
	c.all = append(c.all, s)
	return &c.all[len(c.all)-1], nil
}

// at returns the newest sample's timestamp; zero if there is none, which is usual.
func (c *collection) at() time.Time {
	const least = 1e12 // in 2001: anything less is no unix time in ms
	if c.newestMillis < least {
		return time.Time{}
	}
	return time.UnixMilli(c.newestMillis).UTC()
}

func (c *collection) begin(f *family) {
	if f.begin != nil && !slices.Contains(c.begun, f) {
		c.begun = append(c.begun, f)
	}
}

// decodeWithExpfmt decodes an exposition in any format with Prometheus' own parser, and tells the processes in it
// apart. A line that expfmt rejects costs its family and nothing else.
func (d *decoder) decodeWithExpfmt(format format, text []byte) ([]decoded, error) {
	d.begin()
	c := &collection{bytes: len(text)}
	var err, broke error
	if format == formatProtobuf {
		broke, err = d.collectProtobuf(c, text)
	} else {
		err = d.collectText(c, text, format == formatOpenMetrics)
	}
	switch {
	case err != nil:
		return nil, err
	case len(c.all) == 0 && len(c.begun) == 0 && d.errs.error() != nil:
		return nil, fmt.Errorf("%w; %w", d.errs.error(), errNoSample)
	case len(c.all) == 0 && len(c.begun) == 0 && format != formatProtobuf && !isExpositionText(text):
		return nil, errNotExposition
	case len(c.all) == 0 && len(c.begun) == 0 && c.samples == 0:
		return nil, errNoSample
	case len(c.all) == 0 && len(c.begun) == 0:
		return nil, errNotEtcd
	}
	sources, err := split(c.all, d.cancelled)
	switch {
	case err != nil:
		return nil, err
	case len(sources) > maxDumpedMembers:
		return nil, &severalProcessesError{processes: len(sources)}
	}
	all := make([]decoded, 0, len(sources))
	of := d.errs // rejected lines may belong to any of the processes, so they count for all
	for _, source := range sources {
		d.errs = parseErrors{slices.Clone(of.families), slices.Clone(of.texts), of.more}
		m, err := d.assemble(c, source, len(sources))
		if err != nil {
			return nil, err
		}
		d.errs.apply(m)
		all = append(all, decoded{source.name, c.at(), m})
	}
	return members(all), broke
}

// members returns the expositions that are members'; all if none is.
func members(all []decoded) []decoded {
	ours := slices.DeleteFunc(slices.Clone(all), func(e decoded) bool { return !e.metrics.isMember() })
	switch len(ours) {
	case 0:
		return all
	case 1:
		ours[0].source = ""
	}
	return ours
}

// assemble builds the Metrics of one of several processes. It fails only if it is cancelled.
func (d *decoder) assemble(c *collection, of process, sources int) (*Metrics, error) {
	if err := d.cancelled(); err != nil {
		return nil, err
	}
	d.number++
	clear(d.methods)
	m := &Metrics{Bytes: c.bytes / sources, Series: c.samples / sources}
	for _, f := range c.begun {
		f.begin(m)
	}
	var scratch []byte
	var twice map[int]bool
	if of.hasDuplicates {
		twice = duplicates(c.all)
	}
	for n, i := range of.series {
		if n%checkEvery == checkEvery-1 && d.cancelled() != nil {
			return nil, d.cancelled()
		}
		s := &c.all[i]
		d.sample, scratch = sample{labels: d.sample.labels[:0], value: s.value}, scratch[:0]
		for _, l := range s.labels {
			from := len(scratch)
			scratch = append(append(scratch, l.name...), l.value...)
			split := from + len(l.name)
			d.sample.labels = append(d.sample.labels,
				rawLabel{name: scratch[from:split:split], value: scratch[split:len(scratch):len(scratch)]})
		}
		err := d.store(m, s.to, &d.sample)
		if err == nil && twice[i] {
			err = errDuplicate
		}
		if err != nil {
			if s.raw == nil {
				d.errs.family(s.to.family, err)
			} else {
				d.errs.line(s.to.family, s.line, s.raw, err)
			}
		}
	}
	d.finish(m)
	return m, nil
}
