package probe

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
)

// histogramBuilder collects the lines of one histogram series. A decoder reuses it for the next exposition.
type histogramBuilder struct {
	family *family
	// labels are the series' labels without le.
	labels labels
	// lastNumber is the number of the last exposition that had it.
	lastNumber int

	bounds, counts []float64
	sum, count     float64
	hasSum         bool
	hasCount       bool
	// lastBounds are the bounds of the last histogram: they rarely change, so histograms share them.
	lastBounds []float64
}

// bucket is where a line with a bucket's labels goes.
type bucket struct {
	series *histogramBuilder
	bound  float64
}

// labels are a series' labels, as strings that outlive the exposition.
type labels []label

type label struct{ name, value string }

func (l labels) get(name string) string {
	for i := range l {
		if l[i].name == name {
			return l[i].value
		}
	}
	return ""
}

func (b *histogramBuilder) reset() {
	b.bounds, b.counts = b.bounds[:0], b.counts[:0]
	b.sum, b.count, b.hasSum, b.hasCount = 0, 0, false, false
}

// add stores a line of the series; what says whether it is a bucket, the sum or the count.
func (b *histogramBuilder) add(what part, s *sample) error {
	switch what {
	case sumPart:
		if b.hasSum {
			return errNotUnique
		}
		b.sum, b.hasSum = s.value, true
	case countPart:
		if b.hasCount {
			return errNotUnique
		}
		b.count, b.hasCount = s.value, true
	case bucketPart:
		if s.bucket.series == nil {
			bound, err := strconv.ParseFloat(string(s.label("le")), 64)
			if err != nil {
				return errors.New("a bucket without le")
			}
			s.bucket = bucket{b, bound}
		}
		if len(b.bounds) == maxBuckets {
			return fmt.Errorf("a histogram with more than %d buckets", maxBuckets)
		}
		b.bounds, b.counts = append(b.bounds, s.bucket.bound), append(b.counts, s.value)
	}
	return nil
}

// histogram returns the histogram if the lines make one. /federate sorts buckets by the text of their labels.
func (b *histogramBuilder) histogram() (Histogram, error) {
	n := len(b.bounds)
	if !slices.IsSorted(b.bounds) {
		sort.Sort(b)
	}
	switch {
	case n == 0:
		return Histogram{}, errors.New("a histogram without buckets")
	case !math.IsInf(b.bounds[n-1], 1):
		return Histogram{}, errors.New("a histogram without a +Inf bucket at its end")
	case b.hasCount && b.count != b.counts[n-1]:
		return Histogram{}, errors.New("a histogram whose count differs from its +Inf bucket")
	case math.IsNaN(b.sum) || math.IsInf(b.sum, 0):
		return Histogram{}, errors.New("a histogram whose sum is not a number")
	}
	for i, count := range b.counts {
		if math.IsNaN(b.bounds[i]) || i > 0 && b.bounds[i] <= b.bounds[i-1] {
			return Histogram{}, errors.New("a histogram with a duplicate or invalid bound")
		}
		if !(count >= 0) || math.IsInf(count, 0) || i > 0 && count < b.counts[i-1] {
			return Histogram{}, errors.New("a histogram that is not cumulative")
		}
	}
	if !slices.Equal(b.lastBounds, b.bounds) {
		b.lastBounds = slices.Clone(b.bounds)
	}
	return Histogram{Bounds: b.lastBounds, Counts: slices.Clone(b.counts), Sum: b.sum}, nil
}

// Len, Less and Swap sort the buckets by their bounds.
func (b *histogramBuilder) Len() int           { return len(b.bounds) }
func (b *histogramBuilder) Less(i, j int) bool { return b.bounds[i] < b.bounds[j] }
func (b *histogramBuilder) Swap(i, j int) {
	b.bounds[i], b.bounds[j] = b.bounds[j], b.bounds[i]
	b.counts[i], b.counts[j] = b.counts[j], b.counts[i]
}

// builderOf returns the builder of the sample's series; nil if there are too many series.
func (d *decoder) builderOf(f *family, s *sample) *histogramBuilder {
	b := s.bucket.series
	if b == nil {
		b = d.builderByLabels(f, s)
	}
	if b != nil && b.lastNumber != d.number {
		if len(d.order) == maxHistograms {
			return nil
		}
		b.lastNumber = d.number
		b.reset()
		d.order = append(d.order, b)
	}
	return b
}

// builderByLabels returns the builder of the series with the sample's labels; nil if it would be one too many.
func (d *decoder) builderByLabels(f *family, s *sample) *histogramBuilder {
	key := append(d.key[:0], f.names[0]...)
	for i := range s.labels {
		if l := &s.labels[i]; string(l.name) != "le" {
			key = append(append(append(append(key, 0xff), l.name...), 0xfe), l.text()...)
		}
	}
	d.key = key
	b := d.series[string(key)]
	if b != nil || len(d.order) == maxHistograms {
		return b
	}
	b = &histogramBuilder{family: f}
	for i := range s.labels {
		if l := &s.labels[i]; string(l.name) != "le" {
			b.labels = append(b.labels, label{string(l.name), d.internName(l.text())})
		}
	}
	d.series[string(key)] = b
	d.keptBytes += 2 * len(key)
	return b
}

// finish makes histograms of the buckets. One malformed series makes its whole family malformed; whole reports that
// there is none.
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
