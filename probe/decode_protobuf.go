package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// maxFamily bounds a metric family in protobuf, in bytes, and maxFamilyParts the messages and strings in it: two bytes
// may become a hundred. etcd's largest family, of gRPC calls, has about 0.1 MB in 9,000 parts.
const maxFamily, maxFamilyParts = 512 << 10, 32 << 10

// collectProtobuf collects the wanted families. broke says that the last one is cut off.
func (d *decoder) collectProtobuf(c *collection, body []byte) (broke, err error) {
	for len(body) > 0 {
		if err := d.cancelled(); err != nil {
			return nil, err
		}
		length, n := protowire.ConsumeVarint(body)
		if n < 0 || length > uint64(len(body)-n) {
			return io.ErrUnexpectedEOF, nil
		}
		whole := body[:n+int(length)]
		message := whole[n:]
		body = body[len(whole):]
		name := familyName(message)
		to := d.wanted(name, false)
		if to.part == unwanted {
			to = d.byName[string(name)+"_bucket"]
		}
		if to.part == unwanted {
			if c.samples++; c.samples > maxSeries {
				return nil, errTooManySeries
			}
			continue
		}
		c.begin(to.family)
		if len(message) > maxFamily {
			d.errs.family(to.family, fmt.Errorf("more than %d KiB", maxFamily>>10))
			continue
		}
		if countParts(message, familyDepth) > maxFamilyParts {
			d.errs.family(to.family, fmt.Errorf("more than %d parts", maxFamilyParts))
			continue
		}
		var f dto.MetricFamily
		decoder := expfmt.NewDecoder(bytes.NewReader(whole),
			expfmt.NewFormat(expfmt.TypeProtoDelim).WithEscapingScheme(model.NoEscaping))
		if err := decoder.Decode(&f); err != nil {
			d.errs.family(to.family, errors.New("it is not a metric family"))
			continue
		}
		for _, metric := range f.GetMetric() {
			if err := d.collectMetric(c, to, metric); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// familyDepth is the nesting depth inside a family: metrics, a histogram, its buckets, their exemplars, their labels,
// and the strings of each.
const familyDepth = 6

// countParts counts the messages and strings in a message, down to a depth. A string that happens to parse as a message
// counts as one.
func countParts(message []byte, depth int) (n int) {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return n
		}
		message = message[tag:]
		if kind != protowire.BytesType {
			value := protowire.ConsumeFieldValue(number, kind, message)
			if value < 0 {
				return n
			}
			message = message[value:]
			continue
		}
		inside, length := protowire.ConsumeBytes(message)
		if length < 0 {
			return n
		}
		message = message[length:]
		if n++; depth > 1 {
			n += countParts(inside, depth-1)
		}
	}
	return n
}

// collectMetric adds a metric as the samples that the text format has for it.
func (d *decoder) collectMetric(c *collection, to destination, metric *dto.Metric) error {
	pairs := metric.GetLabel()
	for _, pair := range pairs {
		if len(pairs) > maxLabels || len(pair.GetName()) > maxLabelName || len(pair.GetValue()) > maxLabelValue {
			d.errs.family(to.family, errors.New("it has too many labels, or too long ones"))
			return nil
		}
	}
	add := func(to destination, pairs []*dto.LabelPair, value float64) error {
		if c.samples++; c.samples > maxSeries {
			return errTooManySeries
		}
		_, err := c.add(d, to, pairs, value, metric.GetTimestampMs())
		return err
	}
	isScalar := metric.Gauge != nil || metric.Counter != nil || metric.Untyped != nil
	switch {
	case isScalar != (to.part == scalarPart), !isScalar && metric.Histogram == nil:
		return nil // another kind under the name: text has no sample that is called so
	case isScalar:
		value := metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + metric.GetUntyped().GetValue()
		if to.family.skipZero && value == 0 {
			return nil
		}
		return add(to, pairs, value)
	}
	return histogramSamples(metric.GetHistogram(), func(suffix, le string, value float64) error {
		with := pairs
		if le != "" {
			with = append(pairs[:len(pairs):len(pairs)],
				&dto.LabelPair{Name: proto.String("le"), Value: proto.String(le)})
		}
		return add(d.byName[to.family.names[to.rank]+suffix], with, value)
	})
}

// histogramSamples calls add with the samples that the text format has for a histogram.
func histogramSamples(h *dto.Histogram, add func(suffix, le string, value float64) error) error {
	count := h.GetSampleCountFloat()
	if count == 0 {
		count = float64(h.GetSampleCount())
	}
	infinite := false
	for _, b := range h.GetBucket() {
		n := b.GetCumulativeCountFloat()
		if n == 0 {
			n = float64(b.GetCumulativeCount())
		}
		infinite = infinite || math.IsInf(b.GetUpperBound(), 1)
		if err := add("_bucket", strconv.FormatFloat(b.GetUpperBound(), 'g', -1, 64), n); err != nil {
			return err
		}
	}
	if !infinite {
		if err := add("_bucket", "+Inf", count); err != nil {
			return err
		}
	}
	if err := add("_sum", "", h.GetSampleSum()); err != nil {
		return err
	}
	return add("_count", "", count)
}
