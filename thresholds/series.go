package thresholds

import (
	"sort"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// trail is a queue of points in time order that forgets its oldest ones.
type trail[P interface{ when() time.Time }] struct {
	points []P
	head   int // points[:head] are forgotten
}

// add appends a point and forgets all that are older than keep. A point that is not newer than the last is
// dropped: the same answer seen again says nothing new.
func (t *trail[P]) add(p P, keep time.Duration) {
	if n := len(t.points); n > t.head && !p.when().After(t.points[n-1].when()) {
		return
	}
	t.points = append(t.points, p)
	t.forget(p.when().Add(-keep))
}

// forget drops the points before a moment.
func (t *trail[P]) forget(before time.Time) {
	for t.points[t.head].when().Before(before) {
		var forgotten P
		t.points[t.head] = forgotten
		t.head++
	}
	if t.head > 64 && t.head > len(t.points)/8 {
		n := copy(t.points, t.points[t.head:])
		clear(t.points[n:])
		t.points, t.head = t.points[:n], 0
	}
}

// Spaced trails keep about so many points, however often one is added; never twice as many.
const (
	// spacedPoints is high enough for sweeps a second apart to be kept one and all for 15 minutes.
	spacedPoints = 1000
	// crowdPoints is for what there are some hundred of in a member, as of methods: some 7 s apart in 15 minutes, where
	// Prometheus scrapes every 15 s or more.
	crowdPoints = 120
)

// addSpaced is add for what is kept for long: the points are about a most-th of keep apart, or as far as they come. The
// newest is always there: it takes the place of the one before it where that is not needed to keep the distance.
func (t *trail[P]) addSpaced(p P, keep time.Duration, most int) {
	n := len(t.points)
	if n-t.head < 2 || p.when().Sub(t.points[n-2].when()) >= keep/time.Duration(most) {
		t.add(p, keep)
	} else if p.when().After(t.points[n-1].when()) {
		t.points[n-1] = p
		t.forget(p.when().Add(-keep))
	}
}

// within returns the points in the window (to-window, to]: like a range selector of Prometheus 3 it is open at
// its old end. (Up to Prometheus 2 a sample exactly there is in the window.)
func (t *trail[P]) within(to time.Time, window time.Duration) []P {
	points := t.points[t.head:]
	after := func(moment time.Time) int {
		return sort.Search(len(points), func(i int) bool { return points[i].when().After(moment) })
	}
	hi := len(points)
	if hi > 0 && points[hi-1].when().After(to) { // a window mostly ends at the newest point
		hi = after(to)
	}
	from := to.Add(-window)
	if hi > 0 && points[0].when().After(from) {
		return points[:hi]
	}
	return points[min(hi, after(from)):hi]
}

// covered is the window as far as the points reach back: a rate of a member that has been watched for three
// seconds is one over three seconds.
func (t *trail[P]) covered(to time.Time, window time.Duration) time.Duration {
	if len(t.points) == t.head {
		return window
	}
	return min(window, to.Sub(t.points[t.head].when())+time.Nanosecond)
}

// counterPoint is a counter at a moment. lost is what resets have taken off it since the first point: value+lost
// never falls.
type counterPoint struct {
	at          time.Time
	value, lost float64
}

func (p counterPoint) when() time.Time { return p.at }

// allKept is how long a counter keeps every point: the short windows that live rates are taken over need them.
const allKept = time.Minute

// counter is a counter over time. What lies further back than a minute is spaced (see [trail.addSpaced]): that loses
// nothing of how much it grew between the points that are there, and makes a rate over a long window one as of a
// slower scrape.
type counter struct {
	fine   trail[counterPoint] // every point of the last minute
	spaced trail[counterPoint] // all that is kept
}

func (c *counter) add(at time.Time, v probe.Value, keep time.Duration) {
	c.addSpaced(at, v, keep, spacedPoints)
}

// addSpaced is add with about so many points beyond the last minute: see [trail.addSpaced].
func (c *counter) addSpaced(at time.Time, v probe.Value, keep time.Duration, most int) {
	value, known := v.Get()
	if !known {
		return
	}
	p := counterPoint{at: at, value: value}
	if n := len(c.spaced.points); n > c.spaced.head {
		last := c.spaced.points[n-1]
		p.lost = last.lost
		if value < last.value {
			p.lost += last.value
		}
	}
	c.fine.add(p, min(keep, allKept))
	c.spaced.addSpaced(p, keep, most)
}

// within is [trail.within]: every point where that reaches as far back as the spaced ones do.
func (c *counter) within(to time.Time, window time.Duration) []counterPoint {
	points := c.spaced.within(to, window)
	if len(points) == 0 || !c.fine.points[c.fine.head].at.After(points[0].at) {
		return c.fine.within(to, window)
	}
	return points
}

func (c *counter) covered(to time.Time, window time.Duration) time.Duration {
	return c.spaced.covered(to, window)
}

// isEmpty reports that there has never been a number to count.
func (c *counter) isEmpty() bool { return len(c.spaced.points) == c.spaced.head }

// endsAt reports that there was a number at a moment, the newest: what an exposition has no longer is not known.
func (t *trail[P]) endsAt(at time.Time) bool {
	n := len(t.points)
	return n > t.head && t.points[n-1].when().Equal(at)
}

func (c *counter) endsAt(at time.Time) bool { return c.spaced.endsAt(at) }

// increase is by how much the counter grew in the window that ends at `to`: Prometheus' increase(), with resets
// taken into account, and extrapolated to the window's edges. It is absent with fewer than two points.
func (c *counter) increase(to time.Time, window time.Duration) probe.Value {
	points := c.within(to, window)
	grown, known := growthOf(points)
	switch {
	case !known:
		return probe.Value{}
	case grown == 0:
		return probe.Known(0)
	}
	first, last := &points[0], &points[len(points)-1]
	return probe.Known(grown * extrapolation(first.at, last.at, len(points), first.value, grown, to, window))
}

// rate is the increase per second: Prometheus' rate().
func (c *counter) rate(to time.Time, window time.Duration) probe.Value {
	return c.increase(to, window).Per(probe.Known(window.Seconds()))
}

// growth is by how much the counter really grew between the first and the last point in the window: whole numbers
// for what is counted one by one. It is not known with fewer than two points.
func (c *counter) growth(to time.Time, window time.Duration) (n float64, known bool) {
	return growthOf(c.within(to, window))
}

// spanned is how long it is from the first to the last point in the window.
func (c *counter) spanned(to time.Time, window time.Duration) time.Duration {
	points := c.within(to, window)
	if len(points) == 0 {
		return 0
	}
	return points[len(points)-1].at.Sub(points[0].at)
}

func growthOf(points []counterPoint) (n float64, known bool) {
	if len(points) < 2 {
		return 0, false
	}
	first, last := &points[0], &points[len(points)-1]
	return last.value + last.lost - first.value - first.lost, true
}

// recent is the rate over the window, or over as much of it as was watched.
func (c *counter) recent(to time.Time, window time.Duration) probe.Value {
	return c.rate(to, c.covered(to, window))
}

// extrapolation is the factor by which Prometheus stretches the growth between the first and the last of n points
// to the whole window (promql's extrapolatedRate): to the window's edge where that is nearer than 1.1 mean distances
// between points, else by half a distance. A counter is taken to begin where it would have stood at 0, if that is
// after the window's start.
//
// This is as Prometheus up to 2.50 does it, which testdata/prometheus was measured with. From 2.51 on, the moment of 0
// counts for no more than half a distance where the window's start is too far off: a counter seen for the first time
// within the window, with a value of between a half and 1.1 times its growth per point, comes out up to 0.6 of such a
// growth higher here.
func extrapolation(first, last time.Time, n int, firstValue, grown float64, to time.Time, window time.Duration) float64 {
	sampled := seconds(last.Sub(first))
	distance := sampled / float64(n-1)
	toStart, toEnd := seconds(first.Sub(to.Add(-window))), seconds(to.Sub(last))
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

// seconds is d.Seconds() rounded once, not twice: Prometheus' comparisons between durations come out the same.
func seconds(d time.Duration) float64 { return float64(d) / float64(time.Second) }
