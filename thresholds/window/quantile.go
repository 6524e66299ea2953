package window

import (
	"math"
	"slices"
)

// Distribution is how a histogram grew over a span of time.
type Distribution struct {
	// Bounds are the upper bounds of the buckets.
	Bounds []float64
	// Observations is how many there really were.
	Observations float64

	// increase is by how much each bucket grew, extrapolated as Prometheus' increase() does; cumulative.
	increase []float64
	// grown is by how much each bucket really grew: whole numbers; cumulative.
	grown []float64
	// highest is the index of the highest bucket that an observation fell in.
	highest int
	// sum is of all that was observed, exactly; summed where it fits the buckets.
	sum    float64
	summed bool
}

// Mean is what was observed on average: the increase of _sum by that of _count. It is not ok where nothing was
// observed, or where the sum does not fit the buckets.
func (d *Distribution) Mean() (value float64, ok bool) {
	if !d.summed || d.Observations == 0 {
		return 0, false
	}
	return finite(d.sum / d.Observations)
}

// Quantile is Prometheus' histogram_quantile(): linear interpolation inside the bucket that the q-th observation
// falls in, from 0 for the lowest bucket; an observation above the highest finite bound gives that bound, so there
// the true value is at least what is returned (see [Distribution.Clipped]). It is not ok where nothing was observed.
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

// monotonic is increase with the dips evened out that buckets extrapolated one by one can have, as Prometheus does.
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

// Clipped reports whether a quantile is the highest finite bound: the true value is that or more.
func (d *Distribution) Clipped(quantile float64) bool {
	n := len(d.Bounds)
	return n >= 2 && quantile >= d.Bounds[n-2]
}

// Above is how many observations there really were above a limit, or in the bucket that the limit lies inside.
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

// BucketOf gives the bounds of the bucket that a value falls in: it is above lower and at most upper, which may be
// +Inf.
func (d *Distribution) BucketOf(value float64) (lower, upper float64) {
	i, _ := slices.BinarySearch(d.Bounds, value)
	return d.bucket(min(i, len(d.Bounds)-1))
}

// HighestBucket gives the bounds of the bucket that the highest observation fell in: that was above lower and at most
// upper, which may be +Inf. It is not ok where nothing was observed.
func (d *Distribution) HighestBucket() (lower, upper float64, ok bool) {
	if d.Observations == 0 {
		return 0, 0, false
	}
	lower, upper = d.bucket(d.highest)
	return lower, upper, true
}

// MedianBucket gives the bounds of the bucket that the median falls in: half of the observations were above lower, and
// half at most upper, which may be +Inf. It is not ok where nothing was observed.
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

// Median is the middle one of values, or the mean of the middle two: Prometheus' quantile(0.5, …). It sorts the values, and
// is not ok without any.
func Median(values []float64) (median float64, ok bool) {
	n := len(values)
	if n == 0 {
		return 0, false
	}
	slices.Sort(values)
	return (values[(n-1)/2] + values[n/2]) / 2, true
}

// bucket gives the bounds of a bucket, the lowest from 0.
func (d *Distribution) bucket(i int) (lower, upper float64) {
	if i > 0 {
		lower = d.Bounds[i-1]
	}
	return lower, d.Bounds[i]
}

// finite gives back a number that is one.
func finite(number float64) (value float64, ok bool) {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return 0, false
	}
	return number, true
}
