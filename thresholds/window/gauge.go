package window

import "time"

// GaugeSample is a gauge at a moment.
type GaugeSample struct {
	since time.Duration
	Value float64
}

// When returns the sample's time, counted from the origin of its gauge.
func (s GaugeSample) When() time.Duration { return s.since }

// Gauge is a value over time that may rise and fall. Its samples are about evenly spaced (see [Series.AddSpaced]), so
// that the last minute weighs no more in a slope than any other. Windows should be at least some hundredths of the time
// that it keeps. The zero Gauge is empty.
type Gauge struct{ Series[GaugeSample] }

// Add appends the value at a moment, and forgets samples older than keep.
func (g *Gauge) Add(at time.Time, value float64, keep time.Duration) {
	g.AddSpaced(GaugeSample{g.Since(at), value}, keep, SpacedSamples)
}

// Deriv is Prometheus' deriv(): the change per second of the line through the samples in the window. It is not ok with
// fewer than two samples.
func (g *Gauge) Deriv(to time.Time, window time.Duration) (perSecond float64, ok bool) {
	l, ok := g.Fit(to, window)
	return l.Slope, ok
}

// Newest is the last sample.
func (g *Gauge) Newest() (value float64, at time.Time, ok bool) {
	n := len(g.samples)
	if n == g.head {
		return 0, time.Time{}, false
	}
	return g.samples[n-1].Value, g.At(g.samples[n-1]), true
}

// Oldest is the first sample in the window.
func (g *Gauge) Oldest(to time.Time, window time.Duration) (value float64, at time.Time, ok bool) {
	samples := g.Range(to, window)
	if len(samples) == 0 {
		return 0, time.Time{}, false
	}
	return samples[0].Value, g.At(samples[0]), true
}

// Near is the value at a moment: on the line between the two samples around it, else the nearest sample's. It is 0
// without samples.
func (g *Gauge) Near(at time.Time) float64 {
	samples, since := g.All(), at.Sub(g.origin)
	next := after(samples, since)
	switch {
	case len(samples) == 0:
		return 0
	case next == 0:
		return samples[0].Value
	case next == len(samples):
		return samples[next-1].Value
	}
	a, b := samples[next-1], samples[next]
	return a.Value + (b.Value-a.Value)*(since-a.since).Seconds()/(b.since-a.since).Seconds()
}

// Min is Prometheus' min_over_time(): the smallest value in the window. It is not ok without samples.
func (g *Gauge) Min(to time.Time, window time.Duration) (value float64, ok bool) {
	samples := g.Range(to, window)
	if len(samples) == 0 {
		return 0, false
	}
	value = samples[0].Value
	for i := range samples {
		value = min(value, samples[i].Value)
	}
	return value, true
}

// Line runs through the middle of the samples that it was fitted to.
type Line struct {
	// Slope is per second.
	Slope         float64
	origin        time.Time
	middle, value float64 // the middle in nanoseconds after origin, and the value there
}

// At is the line's value at a moment, before, among or after its samples, as in Prometheus' predict_linear().
func (l Line) At(t time.Time) float64 {
	return l.value + l.Slope*(float64(t.Sub(l.origin))-l.middle)/float64(time.Second)
}

// Fit is the simple linear regression of the samples in the window: the line with the least squared distances in value.
// It is not ok with fewer than two samples.
func (g *Gauge) Fit(to time.Time, window time.Duration) (l Line, ok bool) {
	samples := g.Range(to, window)
	if len(samples) < 2 {
		return Line{}, false
	}
	// Times and values count from the first sample: large offsets, such as unix times or sizes in bytes, would drown
	// the differences.
	first := samples[0]
	var sumX, sumY, sumXX, sumXY float64
	for i := range samples {
		x, y := float64(samples[i].since-first.since), samples[i].Value-first.Value
		sumX += x
		sumY += y
		sumXX += x * x
		sumXY += x * y
	}
	n := float64(len(samples))
	return Line{
		Slope:  (sumXY - sumX*sumY/n) / (sumXX - sumX*sumX/n) * float64(time.Second),
		origin: g.At(first),
		middle: sumX / n,
		value:  first.Value + sumY/n,
	}, true
}
