package thresholds

import (
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// bucketsPoint is a histogram at a moment. lost is what resets have taken off each bucket since the first point;
// nil while there was no reset. sum is that of all observations, and lostSum what resets have taken off it.
type bucketsPoint struct {
	at           time.Time
	counts, lost []float64
	sum, lostSum float64
}

func (p bucketsPoint) when() time.Time { return p.at }

func (p bucketsPoint) lostOf(bucket int) float64 {
	if p.lost == nil {
		return 0
	}
	return p.lost[bucket]
}

// buckets is a histogram over time. Each bucket is a counter of its own.
type buckets struct {
	trail[bucketsPoint]
	bounds []float64
}

func (b *buckets) add(at time.Time, h probe.Histogram, keep time.Duration) {
	if p, known := b.next(at, h); known {
		b.trail.add(p, keep)
	}
}

// addSpaced is [trail.addSpaced].
func (b *buckets) addSpaced(at time.Time, h probe.Histogram, keep time.Duration, most int) {
	if p, known := b.next(at, h); known {
		b.trail.addSpaced(p, keep, most)
	}
}

// next is the point that a histogram makes.
func (b *buckets) next(at time.Time, h probe.Histogram) (p bucketsPoint, known bool) {
	if !h.IsKnown() {
		return p, false
	}
	if !slices.Equal(b.bounds, h.Bounds) {
		*b = buckets{bounds: h.Bounds} // other buckets, as after an upgrade, compare with nothing before
	}
	p = bucketsPoint{at: at, counts: h.Counts, sum: h.Sum}
	if n := len(b.points); n > b.head {
		p.follow(b.points[n-1])
	}
	return p, true
}

// follow takes over from the point before what resets have taken off, and notes one between the two.
func (p *bucketsPoint) follow(last bucketsPoint) {
	p.lost, p.lostSum = last.lost, last.lostSum
	fell := p.sum < last.sum
	for i := range p.counts {
		fell = fell || p.counts[i] < last.counts[i]
	}
	if !fell {
		return
	}
	p.lostSum += last.sum
	p.lost = make([]float64, len(p.counts))
	for i := range p.counts {
		p.lost[i] = last.lostOf(i)
		if p.counts[i] < last.counts[i] {
			p.lost[i] += last.counts[i]
		}
	}
}

// distribution is how a histogram grew over a span of time.
type distribution struct {
	bounds []float64
	// increase is by how much each bucket grew, extrapolated as Prometheus' increase() does; cumulative.
	increase []float64
	// grown is by how much each bucket really grew: whole numbers; cumulative.
	grown []float64
	// observations is how many there really were, and slowest the index of the highest bucket that one fell in.
	observations float64
	slowest      int
	// sum is of all that was observed, exactly; absent where it does not fit the buckets.
	sum probe.Value
}

// over is the distribution of the observations in the window that ends at `to`. It is absent with fewer than two
// points.
func (b *buckets) over(to time.Time, window time.Duration) (d distribution, known bool) {
	points := b.within(to, window)
	if len(points) < 2 {
		return distribution{}, false
	}
	first, last := points[0], points[len(points)-1]
	n := len(b.bounds)
	both := make([]float64, 2*n)
	d = distribution{bounds: b.bounds, increase: both[:n:n], grown: both[n:]}
	below, s := 0.0, span{}
	for i := range b.bounds {
		grown := last.counts[i] + last.lostOf(i) - first.counts[i] - first.lostOf(i)
		if grown > below {
			d.slowest = i
			s.add(b.bounds, i, grown-below)
		}
		below = max(below, grown)
		d.grown[i] = below
		if grown == 0 {
			continue
		}
		d.increase[i] = grown * extrapolation(first.at, last.at, len(points), first.counts[i], grown, to, window)
	}
	d.observations, d.sum = below, s.holds(last.sum+last.lostSum-first.sum-first.lostSum)
	return d, true
}

// A span is the least and the most that observations sum up to, by their buckets.
type span struct{ least, most float64 }

func (s *span) add(bounds []float64, bucket int, n float64) {
	if bucket > 0 {
		s.least += n * bounds[bucket-1]
	}
	s.most += n * bounds[bucket]
}

// holds is a sum that the observations can have, but for rounding; else it is absent.
func (s *span) holds(sum float64) probe.Value {
	const rounding = 1e-6
	if sum < s.least*(1-rounding)-rounding || sum > s.most*(1+rounding)+rounding {
		return probe.Value{}
	}
	return probe.Known(max(sum, s.least, 0))
}

// mean is what an observation took on average; absent where nothing was observed.
func (d *distribution) mean() probe.Value { return d.sum.Per(probe.Known(d.observations)) }

// sinceStart is the distribution of everything that the member's process has observed.
func (b *buckets) sinceStart() (d distribution, known bool) {
	if len(b.points) == b.head {
		return distribution{}, false
	}
	newest := &b.points[len(b.points)-1]
	counts := newest.counts
	d = distribution{bounds: b.bounds, increase: counts, grown: counts, observations: counts[len(counts)-1]}
	s := span{}
	for i, below := 0, 0.0; i < len(counts); i++ {
		if counts[i] > below {
			s.add(b.bounds, i, counts[i]-below)
			d.slowest, below = i, counts[i]
		}
	}
	d.sum = s.holds(newest.sum)
	return d, true
}

// distribution is over the window, or over everything since the process began.
func (b *buckets) distribution(to time.Time, window time.Duration, sinceStart bool) (d distribution, known bool) {
	if sinceStart {
		return b.sinceStart()
	}
	return b.over(to, window)
}

// quantile is Prometheus' histogram_quantile(): linear interpolation inside the bucket that the q-th observation
// falls in, from 0 for the lowest bucket; an observation above the highest finite bound gives that bound, so there
// the true value is at least what is returned. It is absent where nothing was observed.
func (d *distribution) quantile(q float64) probe.Value {
	n := len(d.bounds)
	if n < 2 || !math.IsInf(d.bounds[n-1], 1) {
		return probe.Value{}
	}
	counts := d.monotonic()
	if counts[n-1] == 0 {
		return probe.Value{}
	}
	rank := q * counts[n-1]
	i, _ := slices.BinarySearch(counts[:n-1], rank)
	if i == n-1 {
		return probe.Known(d.bounds[n-2])
	}
	if i == 0 && d.bounds[0] <= 0 {
		return probe.Known(d.bounds[0])
	}
	lower, below := 0.0, 0.0
	if i > 0 {
		lower, below = d.bounds[i-1], counts[i-1]
	}
	return probe.Known(lower + (d.bounds[i]-lower)*(rank-below)/(counts[i]-below))
}

// monotonic is increase with the dips evened out that buckets extrapolated one by one can have, as Prometheus does.
func (d *distribution) monotonic() []float64 {
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

// over is how many observations there really were that took longer than a limit, or as long as its bucket.
func (d *distribution) over(limit float64) float64 {
	counts := d.grown
	i, exactly := slices.BinarySearch(d.bounds, limit)
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

// clipped reports whether v is the highest finite bound: the true value is that or more.
func (d *distribution) clipped(v float64) bool {
	n := len(d.bounds)
	return n >= 2 && v >= d.bounds[n-2]
}

// p99Bound is the lower bound of the bucket that the p99 falls in, or with fewer observations than minimum the slowest one:
// what distributions of few and of many observations can be compared by.
func (d *distribution) p99Bound(minimum float64) (lower float64, known bool) {
	if d.observations < max(minimum, 1) {
		lower, _, known = d.slowestBucket()
		return lower, known
	}
	p99, known := d.quantile(0.99).Get()
	if i, _ := slices.BinarySearch(d.bounds, p99); i > 0 {
		lower = d.bounds[i-1]
	}
	return lower, known
}

// slowestBucket gives the bounds of the bucket that the slowest observation fell in: it took more than lower and
// at most upper, which may be +Inf. Absent where nothing was observed.
func (d *distribution) slowestBucket() (lower, upper float64, known bool) {
	if d.observations == 0 {
		return 0, 0, false
	}
	if d.slowest > 0 {
		lower = d.bounds[d.slowest-1]
	}
	return lower, d.bounds[d.slowest], true
}

// halfOver is what half of the observations took longer than, for certain: the lower bound of the median's bucket.
func (d *distribution) halfOver() float64 {
	counts := d.monotonic()
	n := len(counts)
	if n < 2 || counts[n-1] == 0 {
		return 0
	}
	i, _ := slices.BinarySearch(counts, counts[n-1]/2)
	if i == 0 {
		return 0
	}
	return d.bounds[i-1]
}
