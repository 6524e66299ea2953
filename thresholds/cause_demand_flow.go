package thresholds

import (
	"fmt"
	"maps"
	"time"

	"github.com/etcdoc/etcdoc/thresholds/window"
)

// minUsualSpan is the shortest time that gives a usual rate. minUptimeForUsual is how long a process must have run
// for its mean rate since it started to count as usual: clients ask much of a process that has just started.
const minUsualSpan, minUptimeForUsual = 5 * time.Second, time.Minute

// A flow is a rate per second, and what it was before.
type flow struct {
	now, usual float64
	// known and usualKnown report whether now and usual are known.
	known, usualKnown bool
}

// risen reports that the rate is a multiple of the usual one: that is what makes a load a burst.
func (f flow) risen() bool { return f.usualKnown && f.now >= burstFactor*f.usual }

// add returns the sum of two flows.
func (f flow) add(g flow) flow {
	return flow{f.now + g.now, f.usual + g.usual, f.known && g.known, f.usualKnown && g.usualKnown}
}

// surges reports whether the rate is a multiple of the usual one and no lower than least, and returns the factor.
func (f flow) surges(least float64) (factor float64, surges bool) {
	factor = f.now / max(f.usual, least/burstFactor)
	return factor, f.usualKnown && f.now >= least && factor >= burstFactor
}

// words are the rate, and what is usual where it is a multiple of that.
func (f flow) words(format func(float64) string) string {
	if !f.risen() {
		return format(f.now)
	}
	return fmt.Sprintf("%s (usually %s)", format(f.now), format(f.usual))
}

// flowOf returns the rate of a counter now, and its usual rate before a moment.
func (r *diagnoser) flowOf(t *track, c *window.Counter, before time.Time) (f flow) {
	points := c.Range(t.metricsAt, r.settings.forMember(t).window)
	grown, known := window.Growth(points)
	if !known {
		return f
	}
	f.known = true
	f.now = grown / (points[len(points)-1].When() - points[0].When()).Seconds()
	f.usual, f.usualKnown = r.usualOf(t, usualKey{counter: c, began: before}, func() (float64, bool) {
		return usualRate(t, c, before)
	})
	return f
}

// A usualKey is what has a usual rate, a counter or a vital, and the moment when a problem began.
type usualKey struct {
	counter *window.Counter
	vital   Vital
	began   time.Time
}

// A usual is a rate before a problem, and when it was last asked for.
type usual struct {
	rate  float64
	asked time.Time
}

// usualOf returns the rate that was usual before a problem began, and takes it from the samples only the first time:
// they are forgotten after a while, and a problem may last longer.
func (r *diagnoser) usualOf(t *track, key usualKey, sampled func() (float64, bool)) (rate float64, known bool) {
	if !key.began.Before(r.now) {
		return sampled()
	}
	if kept, found := t.usual[key]; found {
		t.usual[key] = usual{kept.rate, r.now}
		return kept.rate, true
	}
	if rate, known = sampled(); known {
		if t.usual == nil {
			t.usual = make(map[usualKey]usual)
		}
		maps.DeleteFunc(t.usual, func(_ usualKey, u usual) bool { return r.now.Sub(u.asked) > r.settings.window })
		t.usual[key] = usual{rate, r.now}
	}
	return rate, known
}

// usualRate returns what a counter's rate was in the burstBaseline before a moment, or if watching began later, since
// the process started. A problem begins before it shows, so only the older half of the baseline counts. It is not known
// once all samples are of the time after the moment.
func usualRate(t *track, c *window.Counter, before time.Time) (rate float64, known bool) {
	first, firstAt := c.Oldest()
	points := c.Range(before, burstBaseline)
	start, knowsStart := t.startTime.Get()
	ran := firstAt.Sub(unixTime(start))
	watchedFromZero := knowsStart && first.Value == 0 && firstAt.After(before.Add(-burstBaseline))
	if watchedFromZero && ran >= burstLead+minUsualSpan {
		grown, _ := window.Growth(points)
		return grown / min(burstBaseline, max(ran, before.Sub(unixTime(start)))).Seconds(), true
	}
	if n := len(points); n >= 4 {
		points = points[:n/2]
	}
	if n := len(points); n >= 2 {
		if span := points[n-1].When() - points[0].When(); span >= minUsualSpan {
			grown, _ := window.Growth(points)
			return grown / span.Seconds(), true
		}
	}
	watchedInTime := !firstAt.After(before.Add(burstLead))
	return first.Value / ran.Seconds(), knowsStart && ran >= minUptimeForUsual && watchedInTime
}
