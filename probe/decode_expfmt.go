package probe

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
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

var errTooManyLabels = fmt.Errorf("more than %d labels: this is no etcd member's exposition", maxAllLabels)

// add adds a sample as expfmt parsed it.
func (c *collection) add(d *decoder, to destination, pairs []*dto.LabelPair, value float64, at int64) (*parsedSample, error) {
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
		return nil, errors.Join(d.errs.error(), errNoSample)
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

// errNotExposition: no line of the text is an exposition's.
var errNotExposition = errors.New("no line of it is one of an exposition: there is no metric of etcd in it")

// isExpositionText reports whether a text looks like an exposition: it has a HELP or TYPE comment, or mostly samples.
func isExpositionText(text []byte) bool {
	samples, others := 0, 0
	for len(text) > 0 {
		var line []byte
		line, text = nextLine(text)
		switch {
		case bytes.HasPrefix(line, []byte("# HELP ")), bytes.HasPrefix(line, []byte("# TYPE ")):
			return true
		case len(line) == 0 || line[0] == '#':
		case isSample(line):
			samples++
		default:
			others++
		}
	}
	return samples > others
}

// isSample reports whether a line has a name, perhaps labels, and a number.
func isSample(line []byte) bool {
	name := metricName(line)
	if len(name) == 0 || !metricNameOnly(name) {
		return false
	}
	sample, err := normalize(nil, string(name), line)
	if err != nil {
		return false
	}
	rest := sample[len(name):]
	if rest[0] == '{' {
		rest = rest[bytes.LastIndexByte(rest, '}')+1:]
	}
	value, _ := nextField(bytes.TrimSuffix(rest, []byte("\n")))
	_, err = strconv.ParseFloat(string(value), 64)
	return err == nil
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
		d.sample.value, d.sample.labels, scratch = s.value, d.sample.labels[:0], scratch[:0]
		for _, l := range s.labels {
			from := len(scratch)
			scratch = append(append(scratch, l.name...), l.value...)
			split := from + len(l.name)
			d.sample.labels = append(d.sample.labels, rawLabel{name: scratch[from:split:split], value: scratch[split:len(scratch):len(scratch)]})
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

// chunkLines and chunkBytes bound what expfmt gets at a time: it allocates about 0.5 kB per line.
const chunkLines, chunkBytes = 1024, 256 << 10

// A chunk is a run of lines for expfmt, with what is known of each.
type chunk struct {
	text  []byte
	lines []chunkLine
}

type chunkLine struct {
	to     destination
	number int
	raw    []byte
	from   int // in text
}

// collectText collects the wanted lines. It drops comments, because the table knows the types.
func (d *decoder) collectText(c *collection, text []byte, openMetrics bool) error {
	var pending chunk
	parser := expfmt.NewTextParser(model.UTF8Validation)
	for number := 1; len(text) > 0; number++ {
		var line []byte
		line, text = nextLine(text)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if c.samples++; c.samples > maxSeries {
			return errTooManySeries
		}
		if c.samples%checkEvery == 0 && d.cancelled() != nil {
			return d.cancelled()
		}
		name := metricName(line)
		if line[0] == '{' {
			name = nameInBraces(line)
		}
		to := d.wanted(name, openMetrics)
		if to.part == unwanted {
			continue
		}
		c.begin(to.family)
		if to.family.skipZero && endsInZero(line) {
			continue
		}
		from := len(pending.text)
		var err error
		if pending.text, err = normalize(pending.text, to.name, line); err != nil {
			pending.text = pending.text[:from]
			d.errs.line(to.family, number, line, err)
			continue
		}
		pending.lines = append(pending.lines, chunkLine{to, number, line, from})
		if len(pending.lines) == chunkLines || len(pending.text) > chunkBytes {
			if err := d.parseChunk(c, &parser, &pending); err != nil {
				return err
			}
		}
	}
	return d.parseChunk(c, &parser, &pending)
}

// wanted returns the destination of a name. OpenMetrics gives every counter a suffix that not all of etcd's have.
func (d *decoder) wanted(name []byte, openMetrics bool) destination {
	to, is := d.byName[string(name)]
	if !is && openMetrics {
		if short, has := bytes.CutSuffix(name, []byte("_total")); has && d.byName[string(short)].part == scalarPart {
			to = d.byName[string(short)]
		}
	}
	return to
}

// parseChunk has expfmt parse the lines, and starts again behind each line that it rejects.
func (d *decoder) parseChunk(c *collection, parser *expfmt.TextParser, lines *chunk) error {
	for from := 0; from < len(lines.lines); {
		if err := d.cancelled(); err != nil {
			return err
		}
		families, err := parser.TextToMetricFamilies(bytes.NewReader(lines.text[lines.lines[from].from:]))
		rest := lines.lines[from:]
		good := rest
		var refused expfmt.ParseError
		if errors.As(err, &refused) {
			good = rest[:min(max(refused.Line-1, 0), len(rest)-1)]
		} else if err != nil {
			return fmt.Errorf("reading by expfmt: %w", err)
		}
		taken := make(map[string]int, len(families))
		for i := range good {
			line := &good[i]
			metrics, at := families[line.to.name].GetMetric(), taken[line.to.name]
			if at >= len(metrics) {
				return errors.New("reading by expfmt: it lost a line")
			}
			taken[line.to.name] = at + 1
			s, err := c.add(d, line.to, metrics[at].GetLabel(), metrics[at].GetUntyped().GetValue(), metrics[at].GetTimestampMs())
			if err != nil {
				return err
			}
			s.line, s.raw = line.number, line.raw
		}
		if err != nil {
			bad := &rest[len(good)]
			d.errs.line(bad.to.family, bad.number, bad.raw, errors.New(refused.Msg))
			from++
		}
		from += len(good)
	}
	lines.text, lines.lines = lines.text[:0], lines.lines[:0]
	return nil
}

// floatTimestamp converts an OpenMetrics timestamp, in fractional seconds, to the text format's milliseconds.
func floatTimestamp(dst, word []byte) ([]byte, bool) {
	seconds, err := strconv.ParseFloat(string(word), 64)
	if err != nil || math.IsNaN(seconds) || math.Abs(seconds) > math.MaxInt64/2000 {
		return dst, false
	}
	return strconv.AppendInt(dst, int64(math.Round(1000*seconds)), 10), true
}
