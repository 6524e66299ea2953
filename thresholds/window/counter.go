package window

import "time"

// CounterSample is a counter at a moment.
type CounterSample struct {
	since time.Duration
	Value float64
	// lost is what resets have taken off the counter since its first sample: Value+lost never falls.
	lost float64
}

// When returns the sample's time, counted from the origin of its counter.
func (s CounterSample) When() time.Duration { return s.since }

// EverySample is how long a Counter keeps every sample, for the short windows of live rates.
const EverySample = time.Minute

// Counter is a counter over time. Samples older than [EverySample] are spaced (see [Series.AddSpaced]). That keeps the
// growth between the remaining samples exact, and turns a rate over a long window into one of a slower scrape. The zero
// Counter is empty.
type Counter struct {
	fine   Series[CounterSample] // every sample of the last minute
	spaced Series[CounterSample] // all kept samples
}

// Add appends the counter's value at a moment, and forgets samples older than keep.
func (c *Counter) Add(at time.Time, value float64, keep time.Duration) {
	c.AddSpaced(at, value, keep, SpacedSamples)
}

// AddSpaced is Add with about most samples beyond the last minute: see [Series.AddSpaced].
func (c *Counter) AddSpaced(at time.Time, value float64, keep time.Duration, most int) {
	s := CounterSample{since: c.spaced.Since(at), Value: value}
	c.fine.origin = c.spaced.origin
	if n := len(c.spaced.samples); n > c.spaced.head {
		last := c.spaced.samples[n-1]
		s.lost = last.lost
		if value < last.Value {
			s.lost += last.Value
		}
	}
	c.fine.Add(s, min(keep, EverySample))
	c.spaced.AddSpaced(s, keep, most)
}

// Range is [Series.Range], with every sample if those reach as far back as the spaced ones do.
func (c *Counter) Range(to time.Time, window time.Duration) []CounterSample {
	samples := c.spaced.Range(to, window)
	if len(samples) == 0 || c.fine.samples[c.fine.head].since <= samples[0].since {
		return c.fine.Range(to, window)
	}
	return samples
}

// Oldest is the first kept sample and its time. There must be one: see [Counter.IsEmpty].
func (c *Counter) Oldest() (oldest CounterSample, at time.Time) {
	oldest = c.spaced.samples[c.spaced.head]
	return oldest, c.spaced.At(oldest)
}

// IsEmpty reports that no sample is kept.
func (c *Counter) IsEmpty() bool { return len(c.spaced.samples) == c.spaced.head }

// Covered is [Series.Covered].
func (c *Counter) Covered(to time.Time, window time.Duration) time.Duration {
	return c.spaced.Covered(to, window)
}

// EndsAt is [Series.EndsAt].
func (c *Counter) EndsAt(at time.Time) bool { return c.spaced.EndsAt(at) }

// Span is [Series.Span].
func (c *Counter) Span(to time.Time, window time.Duration) time.Duration {
	return spanOf(c.Range(to, window))
}

// Increase is Prometheus' increase(): how much the counter grew in the window, with resets taken into account,
// extrapolated to the window's edges. It is not ok with fewer than two samples.
func (c *Counter) Increase(to time.Time, window time.Duration) (n float64, ok bool) {
	samples := c.Range(to, window)
	n, ok = Growth(samples)
	if n == 0 {
		return 0, ok
	}
	first, last := &samples[0], &samples[len(samples)-1]
	return n * extrapolation(first.since, last.since, len(samples), first.Value, n, to.Sub(c.spaced.origin), window),
		true
}

// Rate is the increase per second: Prometheus' rate().
func (c *Counter) Rate(to time.Time, window time.Duration) (perSecond float64, ok bool) {
	n, ok := c.Increase(to, window)
	if !ok || window == 0 {
		return 0, false
	}
	return n / window.Seconds(), true
}

// RateSoFar is the rate over the part of the window that the samples cover.
func (c *Counter) RateSoFar(to time.Time, window time.Duration) (perSecond float64, ok bool) {
	return c.Rate(to, c.Covered(to, window))
}

// Growth is how much the counter grew between the first and the last sample in the window: [Counter.Increase] without
// extrapolation, so whole numbers stay whole. It is not ok with fewer than two samples.
func (c *Counter) Growth(to time.Time, window time.Duration) (n float64, ok bool) {
	return Growth(c.Range(to, window))
}

// Growth is [Counter.Growth] of one counter's samples.
func Growth(samples []CounterSample) (n float64, ok bool) {
	if len(samples) < 2 {
		return 0, false
	}
	first, last := &samples[0], &samples[len(samples)-1]
	return last.Value + last.lost - first.Value - first.lost, true
}

// extrapolation is the factor by which Prometheus stretches the growth between the first and the last of n samples to
// the whole window (promql's extrapolatedRate): to the window's edge if that is nearer than 1.1 mean distances between
// samples, else by half a distance. A counter begins where it would have stood at 0, if that is after the window's
// start.
//
// It follows Prometheus up to 2.50, which testdata/prometheus was measured with. From 2.51 on, the moment of 0 is
// limited to half a distance if the window's start is too far off: a counter first seen within the window, with a value
// between half and 1.1 times its growth per sample, comes out up to 0.6 of such a growth higher here.
func extrapolation(
	first, last time.Duration, n int, firstValue, grown float64, to, window time.Duration,
) float64 {
	sampled := seconds(last - first)
	distance := sampled / float64(n-1)
	toStart, toEnd := seconds(first-(to-window)), seconds(to-last)
	if grown > 0 && firstValue >= 0 {
		toStart = min(toStart, sampled*(firstValue/grown))
	}
	stretch := sampled
	for _, toEdge := range [...]float64{toStart, toEnd} {
		if toEdge < distance*1.1 {
			stretch += toEdge
		} else {
			stretch += distance / 2
		}
	}
	return stretch / sampled
}

// seconds is d.Seconds() rounded once, not twice, so that comparisons between durations match Prometheus'.
func seconds(d time.Duration) float64 { return float64(d) / float64(time.Second) }
