package probe

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

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
	to, ok := d.byName[string(name)]
	if !ok && openMetrics {
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
			return fmt.Errorf("parsing with expfmt: %w", err)
		}
		taken := make(map[string]int, len(families))
		for i := range good {
			line := &good[i]
			metrics, at := families[line.to.name].GetMetric(), taken[line.to.name]
			if at >= len(metrics) {
				return errors.New("parsing with expfmt: it lost a line")
			}
			taken[line.to.name] = at + 1
			s, err := c.add(d, line.to, metrics[at].GetLabel(), metrics[at].GetUntyped().GetValue(),
				metrics[at].GetTimestampMs())
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
