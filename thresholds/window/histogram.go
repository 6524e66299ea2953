package window

import (
	"slices"
	"time"
)

// Buckets is a cumulative histogram as Prometheus exposes it.
type Buckets struct {
	// Bounds are the upper bounds, ascending, the last one +Inf.
	Bounds []float64
	// Counts are the observations at or below each bound since the process started.
	Counts []float64
	// Sum is the sum of all observations.
	Sum float64
}

// HistogramSample is a histogram at a moment.
type HistogramSample struct {
	since  time.Duration
	counts []float64
	sum    float64
	// lost is what resets have taken off each bucket since the first sample, nil before the first reset; lostSum what
	// they have taken off the sum.
	lost    []float64
	lostSum float64
}

// When returns the sample's time, counted from the origin of its histogram.
func (s HistogramSample) When() time.Duration { return s.since }

func (s HistogramSample) lostOf(bucket int) float64 {
	if s.lost == nil {
		return 0
	}
	return s.lost[bucket]
}

// Histogram is a histogram over time; each bucket is a counter. The zero Histogram is empty.
type Histogram struct {
	Series[HistogramSample]
	bounds []float64
}

// Add appends the histogram at a moment, and forgets samples older than keep. Buckets without counts leave a gap.
func (h *Histogram) Add(at time.Time, b Buckets, keep time.Duration) {
	if s, ok := h.next(at, b); ok {
		h.Series.Add(s, keep)
	}
}

// AddSpaced is [Series.AddSpaced].
func (h *Histogram) AddSpaced(at time.Time, b Buckets, keep time.Duration, most int) {
	if s, ok := h.next(at, b); ok {
		h.Series.AddSpaced(s, keep, most)
	}
}

// next is the sample that b makes. Other bounds, as after an upgrade, start the series anew.
func (h *Histogram) next(at time.Time, b Buckets) (s HistogramSample, ok bool) {
	if len(b.Counts) == 0 {
		return s, false
	}
	if !slices.Equal(h.bounds, b.Bounds) {
		*h = Histogram{bounds: b.Bounds}
	}
	s = HistogramSample{since: h.Since(at), counts: b.Counts, sum: b.Sum}
	if n := len(h.samples); n > h.head {
		s.follow(h.samples[n-1])
	}
	return s, true
}

// follow carries over what resets have taken off, and notes a reset since the last sample.
func (s *HistogramSample) follow(last HistogramSample) {
	s.lost, s.lostSum = last.lost, last.lostSum
	fell := s.sum < last.sum
	for i := range s.counts {
		fell = fell || s.counts[i] < last.counts[i]
	}
	if !fell {
		return
	}
	s.lostSum += last.sum
	s.lost = make([]float64, len(s.counts))
	for i := range s.counts {
		s.lost[i] = last.lostOf(i)
		if s.counts[i] < last.counts[i] {
			s.lost[i] += last.counts[i]
		}
	}
}

// Distribution is [Histogram.Over] the window, or [Histogram.SinceStart].
func (h *Histogram) Distribution(to time.Time, window time.Duration, sinceStart bool) (d Distribution, ok bool) {
	if sinceStart {
		return h.SinceStart()
	}
	return h.Over(to, window)
}

// Over is the distribution of the observations in the window. It is not ok with fewer than two samples.
func (h *Histogram) Over(to time.Time, window time.Duration) (d Distribution, ok bool) {
	samples := h.Range(to, window)
	if len(samples) < 2 {
		return Distribution{}, false
	}
	first, last := samples[0], samples[len(samples)-1]
	n := len(h.bounds)
	both := make([]float64, 2*n)
	d = Distribution{Bounds: h.bounds, increase: both[:n:n], grown: both[n:]}
	below, s, end := 0.0, sums{}, to.Sub(h.origin)
	for i := range h.bounds {
		grown := last.counts[i] + last.lostOf(i) - first.counts[i] - first.lostOf(i)
		if grown > below {
			d.highest = i
			s.add(h.bounds, i, grown-below)
		}
		below = max(below, grown)
		d.grown[i] = below
		if grown == 0 {
			continue
		}
		d.increase[i] = grown * extrapolation(first.since, last.since, len(samples), first.counts[i], grown, end,
			window)
	}
	d.Observations = below
	d.sum, d.summed = s.fit(last.sum + last.lostSum - first.sum - first.lostSum)
	return d, true
}

// Newest is the distribution of the newest observations in the window: of those between the newest sample that shows
// any and the one before. It is not ok without any.
func (h *Histogram) Newest(to time.Time, window time.Duration) (d Distribution, ok bool) {
	samples, last := h.Range(to, window), len(h.bounds)-1
	for i := len(samples) - 1; i > 0; i-- {
		if now, before := samples[i], samples[i-1]; now.counts[last] != before.counts[last] {
			return h.Over(h.At(now), now.When()-before.When()+1)
		}
	}
	return Distribution{}, false
}

// SinceStart is the distribution of everything since the process started. It is not ok without samples.
func (h *Histogram) SinceStart() (d Distribution, ok bool) {
	if len(h.samples) == h.head {
		return Distribution{}, false
	}
	newest := &h.samples[len(h.samples)-1]
	counts := newest.counts
	d = Distribution{Bounds: h.bounds, increase: counts, grown: counts, Observations: counts[len(counts)-1]}
	s := sums{}
	for i, below := 0, 0.0; i < len(counts); i++ {
		if counts[i] > below {
			s.add(h.bounds, i, counts[i]-below)
			d.highest, below = i, counts[i]
		}
	}
	d.sum, d.summed = s.fit(newest.sum)
	return d, true
}

// sums are the least and the most that the observations in the buckets can sum up to.
type sums struct{ least, most float64 }

func (s *sums) add(bounds []float64, bucket int, n float64) {
	if bucket > 0 {
		s.least += n * bounds[bucket-1]
	}
	s.most += n * bounds[bucket]
}

// fit returns a sum that lies within the bounds, give or take rounding; else it is not ok.
func (s *sums) fit(sum float64) (held float64, ok bool) {
	const rounding = 1e-6
	if !(sum >= s.least*(1-rounding)-rounding && sum <= s.most*(1+rounding)+rounding) {
		return 0, false
	}
	return finite(max(sum, s.least, 0))
}
