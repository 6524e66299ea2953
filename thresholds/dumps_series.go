package thresholds

import "time"

// of are the options by which a member is judged. One that was dumped is judged by its own series: at its own step, over a
// window of four of its own, and at the first breach where that series is too short for one to hold; see [TooShortToHold].
func (o settings) forMember(t *track) settings {
	if t.series.Interval == 0 {
		return o
	}
	o.interval = t.series.Interval
	o.window = max(o.configured, 4*o.interval)
	o.immediate = o.immediate || TooShortToHold(t.series.Span, o.window)
	// After a gap in its dumps nothing but the two around it tells how it has been: no later one shows whether that holds.
	if gap := t.metricsGap; gap >= o.window {
		o.window, o.immediate = gap+o.interval, true
	}
	return o
}

// step is how far apart the looks at a member are that its rates are taken from: in dumps with a gap at the end, that gap.
func (o *settings) step(t *track) time.Duration {
	if t == nil || t.series.Interval == 0 {
		return o.interval
	}
	return max(o.interval, t.metricsGap)
}

// TooShortToHold reports that a series of dumps over a span can't show that what is taken over a window holds for as long as
// in a live cluster: that takes longer than the window.
func TooShortToHold(span, window time.Duration) bool { return span < 2*window }
