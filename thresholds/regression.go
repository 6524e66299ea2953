package thresholds

import (
	"sort"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// gaugePoint is a gauge at a moment. since is at, counted from the first point there ever was: a sum over many points
// takes a tenth of the time with it.
type gaugePoint struct {
	at    time.Time
	since time.Duration
	value float64
}

func (p gaugePoint) when() time.Time { return p.at }

// gauge is a value over time that may rise and fall. Its points are about evenly spaced (see [trail.addSpaced]), so
// that the last minute weighs no more in a slope or a median than any other. It is for windows of no less than
// some hundredths of what it is kept for.
type gauge struct{ trail[gaugePoint] }

// add takes in the value of a moment, and forgets what is older than keep. What is not known leaves a gap.
func (g *gauge) add(at time.Time, v probe.Value, keep time.Duration) {
	value, known := v.Get()
	if !known {
		return
	}
	p := gaugePoint{at: at, value: value}
	if n := len(g.points); n > g.head {
		last := g.points[n-1]
		p.since = last.since + at.Sub(last.at)
	}
	g.addSpaced(p, keep, spacedPoints)
}

// slope is the change per second of the line through the points in the window that ends at `to`, with the least squares of
// distances in value: Prometheus' deriv(). It is absent with fewer than two points.
func (g *gauge) slope(to time.Time, window time.Duration) probe.Value {
	l, known := fit(g.within(to, window))
	if !known {
		return probe.Value{}
	}
	return probe.Known(l.slope)
}

// span is how far apart the first and the last point in the window are: what a slope over it really stands on.
func (g *gauge) span(to time.Time, window time.Duration) time.Duration {
	points := g.within(to, window)
	if len(points) == 0 {
		return 0
	}
	return points[len(points)-1].at.Sub(points[0].at)
}

// newest is the last point.
func (g *gauge) newest() (value float64, at time.Time, known bool) {
	n := len(g.points)
	if n == g.head {
		return 0, time.Time{}, false
	}
	return g.points[n-1].value, g.points[n-1].at, true
}

// near is the value at a moment: between two points on the line through them, else that of the nearest one. 0 without
// points.
func (g *gauge) near(at time.Time) float64 {
	points := g.points[g.head:]
	after := sort.Search(len(points), func(i int) bool { return points[i].at.After(at) })
	switch {
	case len(points) == 0:
		return 0
	case after == 0:
		return points[0].value
	case after == len(points):
		return points[after-1].value
	}
	before, next := points[after-1], points[after]
	return before.value + (next.value-before.value)*at.Sub(before.at).Seconds()/next.at.Sub(before.at).Seconds()
}

// least is the smallest value in the window; absent without points.
func (g *gauge) least(to time.Time, window time.Duration) probe.Value {
	points := g.within(to, window)
	if len(points) == 0 {
		return probe.Value{}
	}
	least := points[0].value
	for i := range points {
		least = min(least, points[i].value)
	}
	return probe.Known(least)
}

// oldest is the first point in the window.
func (g *gauge) oldest(to time.Time, window time.Duration) (value float64, at time.Time, known bool) {
	points := g.within(to, window)
	if len(points) == 0 {
		return 0, time.Time{}, false
	}
	return points[0].value, points[0].at, true
}

// line goes through the middle of the points it was fitted to.
type line struct {
	slope         float64 // per second
	origin        time.Time
	middle, value float64 // the middle in nanoseconds after origin, and the value there
}

func (l line) at(t time.Time) float64 {
	return l.value + l.slope*(float64(t.Sub(l.origin))-l.middle)/float64(time.Second)
}

// fit is the line with the least squares of distances (in value) to the points. There is none through fewer than two.
func fit(points []gaugePoint) (l line, known bool) {
	if len(points) < 2 {
		return line{}, false
	}
	// Times and values count from the first point: sums of unix times or of sizes in bytes would drown what they
	// differ by.
	first := points[0]
	var sumX, sumY, sumXX, sumXY float64
	for i := range points {
		x, y := float64(points[i].since-first.since), points[i].value-first.value
		sumX += x
		sumY += y
		sumXX += x * x
		sumXY += x * y
	}
	n := float64(len(points))
	return line{
		slope:  (sumXY - sumX*sumY/n) / (sumXX - sumX*sumX/n) * float64(time.Second),
		origin: first.at,
		middle: sumX / n,
		value:  first.value + sumY/n,
	}, true
}
