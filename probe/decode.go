package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// maxBody caps the size of an exposition, unpacked. A real one has some 0.2 MB.
const maxBody = 16 << 20

// ReadMetrics decodes a member's exposition in Prometheus' text format. When a part of it is malformed the
// Metrics have what could be read, and the error names what could not; they are nil only when nothing was read.
func ReadMetrics(r io.Reader) (*Metrics, error) {
	return newDecoder().decode(r)
}

// A decoder decodes one exposition after another. It keeps its buffers, and belongs to one goroutine at a time.
type decoder struct {
	families []family
	filter   filter
	parser   expfmt.TextParser
	body     bytes.Buffer
	text     bytes.Reader
}

func newDecoder() *decoder {
	d := &decoder{families: families(), parser: expfmt.NewTextParser(model.UTF8Validation)}
	d.filter.wanted = make(map[string]shape, len(d.families)*2)
	for _, f := range d.families {
		for _, name := range f.names {
			d.filter.wanted[name] = f.shape
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
	if readErr != nil {
		text = text[:bytes.LastIndexByte(text, '\n')+1]
		if len(text) == 0 {
			return nil, readErr
		}
	}
	if err := d.filter.run(text); err != nil {
		return nil, err
	}
	if d.filter.series == 0 {
		return nil, errors.Join(readErr, errors.New("there is no metric in it: this is no exposition"))
	}
	m := &Metrics{Bytes: len(text), Series: d.filter.series}
	return m, errors.Join(readErr, d.parse(m))
}

func (d *decoder) parse(m *Metrics) error {
	d.text.Reset(d.filter.out)
	parsed, err := d.parser.TextToMetricFamilies(&d.text)
	var bad expfmt.ParseError
	if errors.As(err, &bad) {
		err = d.filter.describe(bad.Line, bad.Msg)
	}
	if d.filter.sawGRPC {
		m.GRPCHandled = make(map[GRPCCall]float64)
	}
	failures := []error{err}
	for _, f := range d.families {
		for _, name := range f.names {
			if series := parsed[name].GetMetric(); len(series) > 0 {
				if err := f.read(m, series); err != nil {
					failures = append(failures, fmt.Errorf("%s: %w", name, err))
				}
				break
			}
		}
	}
	return errors.Join(failures...)
}

// number is the value of a sample that is no histogram, whatever type the exposition gives it.
func number(s *dto.Metric) Value {
	switch {
	case s.Gauge != nil:
		return Known(s.Gauge.GetValue())
	case s.Counter != nil:
		return Known(s.Counter.GetValue())
	case s.Untyped != nil:
		return Known(s.Untyped.GetValue())
	}
	return Value{}
}

// total is the sum of the series that have a finite value.
func total(series []*dto.Metric) Value {
	var sum Value
	for _, s := range series {
		if v := number(s); v.IsKnown() {
			sum = Known(sum.Or(0) + v.Or(0))
		}
	}
	return sum
}

// label is the value of a series' label, empty where it has none of that name.
func label(s *dto.Metric, name string) string {
	for _, pair := range s.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}

// distributionOf is the sum of the series' histograms, which must have the same bounds.
func distributionOf(series []*dto.Metric) (Histogram, error) {
	var sum Histogram
	for i, s := range series {
		h, err := histogramOf(s.GetHistogram())
		if err != nil {
			return Histogram{}, err
		}
		if i == 0 {
			sum = h
			continue
		}
		if len(h.Bounds) != len(sum.Bounds) {
			return Histogram{}, errors.New("series with different buckets")
		}
		for b, bound := range h.Bounds {
			if bound != sum.Bounds[b] {
				return Histogram{}, errors.New("series with different buckets")
			}
			sum.Counts[b] += h.Counts[b]
		}
		sum.Sum += h.Sum
	}
	return sum, nil
}

func histogramOf(h *dto.Histogram) (Histogram, error) {
	buckets := h.GetBucket()
	n := len(buckets)
	if n == 0 {
		return Histogram{}, errors.New("a histogram without buckets")
	}
	if !math.IsInf(buckets[n-1].GetUpperBound(), 1) {
		return Histogram{}, errors.New("a histogram without a +Inf bucket at its end")
	}
	if h.SampleCount != nil && h.GetSampleCount() != buckets[n-1].GetCumulativeCount() {
		return Histogram{}, errors.New("a histogram whose count is not that of its +Inf bucket")
	}
	sum := h.GetSampleSum()
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return Histogram{}, errors.New("a histogram whose sum is no number")
	}
	cells := make([]float64, 2*n)
	out := Histogram{Bounds: cells[:n:n], Counts: cells[n:], Sum: sum}
	for i, b := range buckets {
		out.Bounds[i], out.Counts[i] = b.GetUpperBound(), float64(b.GetCumulativeCount())
		if math.IsNaN(out.Bounds[i]) || i > 0 && out.Bounds[i] <= out.Bounds[i-1] {
			return Histogram{}, errors.New("a histogram whose bounds do not ascend")
		}
		if i > 0 && out.Counts[i] < out.Counts[i-1] {
			return Histogram{}, errors.New("a histogram that is not cumulative")
		}
	}
	return out, nil
}
