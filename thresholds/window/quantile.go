package window

import (
	"math"
	"slices"
)

// Distribution is how a histogram grew over a span of time.
type Distribution struct {
	// Bounds are the upper bounds of the buckets.
	Bounds []float64
	// Observations is how many there were, without extrapolation.
	Observations float64

	// increase is how much each bucket grew, extrapolated as Prometheus' increase() does; cumulative.
	increase []float64
	// grown is how much each bucket grew, in whole observations; cumulative.
	grown []float64
	// highest is the index of the highest bucket with an observation.
	highest int
	// sum is the exact sum of the observations; summed reports that it fits the buckets.
	sum    float64
	summed bool
}

// Mean is the mean observation: the increase of _sum divided by that of _count. It is not ok without observations, or
// if the sum does not fit the buckets.
func (d *Distribution) Mean() (value float64, ok bool) {
	if !d.summed || d.Observations == 0 {
		return 0, false
	}
	return finite(d.sum / d.Observations)
}

// Quantile is Prometheus' histogram_quantile(): linear interpolation inside the bucket of the q-th observation, from 0
// in the lowest bucket. An observation above the highest finite bound yields that bound, and the true value is at least
// that (see [Distribution.Clipped]). It is not ok without observations.
func (d *Distribution) Quantile(q float64) (value float64, ok bool) {
	n := len(d.Bounds)
	if n < 2 || !math.IsInf(d.Bounds[n-1], 1) {
		return 0, false
	}
	counts := d.monotonic()
	if counts[n-1] == 0 {
		return 0, false
	}
	rank := q * counts[n-1]
	i, _ := slices.BinarySearch(counts[:n-1], rank)
	if i == n-1 {
		return d.Bounds[n-2], true
	}
	if i == 0 && d.Bounds[0] <= 0 {
		return d.Bounds[0], true
	}
	lower, below := 0.0, 0.0
	if i > 0 {
		lower, below = d.Bounds[i-1], counts[i-1]
	}
	return finite(lower + (d.Bounds[i]-lower)*(rank-below)/(counts[i]-below))
}

// monotonic is increase without the dips that buckets extrapolated one by one can have, evened out as Prometheus does.
func (d *Distribution) monotonic() []float64 {
	for i := 1; i < len(d.increase); i++ {
		if d.increase[i] < d.increase[i-1] {
			even := slices.Clone(d.increase)
			for i := 1; i < len(even); i++ {
				even[i] = max(even[i], even[i-1])
			}
			return even
		}
	}
	return d.increase
}

// Clipped reports whether a quantile is the highest finite bound, so that the true value may be larger.
func (d *Distribution) Clipped(quantile float64) bool {
	n := len(d.Bounds)
	return n >= 2 && quantile >= d.Bounds[n-2]
}

// Above counts the observations above a limit, or in the bucket that contains it, without extrapolation.
func (d *Distribution) Above(limit float64) float64 {
	counts := d.grown
	i, exactly := slices.BinarySearch(d.Bounds, limit)
	switch {
	case len(counts) == 0:
		return 0
	case exactly:
		return counts[len(counts)-1] - counts[i]
	case i == 0:
		return counts[len(counts)-1]
	default:
		return counts[len(counts)-1] - counts[i-1]
	}
}

// BucketOf returns the bounds of the bucket that a value falls in: above lower and at most upper, which may be +Inf.
func (d *Distribution) BucketOf(value float64) (lower, upper float64) {
	i, _ := slices.BinarySearch(d.Bounds, value)
	return d.bucket(min(i, len(d.Bounds)-1))
}

// HighestBucket returns the bounds of the bucket of the highest observation: above lower and at most upper, which may
// be +Inf. It is not ok without observations.
func (d *Distribution) HighestBucket() (lower, upper float64, ok bool) {
	if d.Observations == 0 {
		return 0, 0, false
	}
	lower, upper = d.bucket(d.highest)
	return lower, upper, true
}

// MedianBucket returns the bounds of the bucket of the median: half of the observations were above lower, and half at
// most upper, which may be +Inf. It is not ok without observations.
func (d *Distribution) MedianBucket() (lower, upper float64, ok bool) {
	counts := d.monotonic()
	n := len(counts)
	if n == 0 || counts[n-1] == 0 {
		return 0, 0, false
	}
	i, _ := slices.BinarySearch(counts, counts[n-1]/2)
	lower, upper = d.bucket(i)
	return lower, upper, true
}

// Median is Prometheus' quantile(0.5, …): the middle value, or the mean of the middle two. It sorts the values, and is
// not ok without any.
func Median(values []float64) (median float64, ok bool) {
	n := len(values)
	if n == 0 {
		return 0, false
	}
	slices.Sort(values)
	return (values[(n-1)/2] + values[n/2]) / 2, true
}

// bucket returns the bounds of a bucket; the lowest starts at 0.
func (d *Distribution) bucket(i int) (lower, upper float64) {
	if i > 0 {
		lower = d.Bounds[i-1]
	}
	return lower, d.Bounds[i]
}

// finite returns a finite number; others are not ok.
func finite(number float64) (value float64, ok bool) {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return 0, false
	}
	return number, true
}
