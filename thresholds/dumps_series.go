package thresholds

import "time"

// forMember returns the settings for one member. A dumped member is judged by its own series: at its own interval, over
// a window of four of those, and at the first breach if its series is too short for a breach to hold: see
// [TooShortToHold].
func (o settings) forMember(t *track) settings {
	if t.series.Interval == 0 {
		return o
	}
	o.interval = t.series.Interval
	o.window = max(o.configured, 4*o.interval)
	o.immediate = o.immediate || TooShortToHold(t.series.Span, o.window)
	// Only the two dumps around a gap describe it: no later one shows whether a breach holds.
	if gap := t.metricsGap; gap >= o.window {
		o.window, o.immediate = gap+o.interval, true
	}
	return o
}

// step is the time between the samples behind a member's rates; in dumps that end with a gap, the gap.
func (o *settings) step(t *track) time.Duration {
	if t == nil || t.series.Interval == 0 {
		return o.interval
	}
	return max(o.interval, t.metricsGap)
}

// TooShortToHold reports that a series of dumps over a span is too short to show that a breach over a window holds as
// on a live cluster, which takes longer than the window.
func TooShortToHold(span, window time.Duration) bool { return span < 2*window }
