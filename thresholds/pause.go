package thresholds

import (
	"slices"
	"time"
)

// resume handles the pause between the previous sweep and one that ended at now. After a pause longer than the window,
// everything measured over the window is unknown, and nothing counts as having held. If the observer's host slept or
// its clock was set back, no earlier time or counter compares with later ones. first reports that no earlier sweep
// compares with this one.
func (e *Evaluator) resume(now time.Time, window time.Duration) (first bool) {
	wall, last := now.Round(0), e.lastSweepEnd
	e.lastSweepEnd, e.log.unwatched = wall, 0
	if e.previous == nil {
		return true
	}
	elapsed := now.Sub(e.previous.At)
	// A monotonic clock stops while its host sleeps; a time read from a file has none.
	slept := wall.Sub(last) - elapsed
	anew := elapsed < 0 || slept >= window
	if !anew && elapsed < window {
		return false
	}
	e.log.unwatched = max(elapsed, wall.Sub(last), 0)
	back := min(elapsed, 0)
	for _, st := range e.alerts {
		st.pause(now, back)
	}
	if !anew {
		return true
	}
	e.explained, e.held = nil, nil
	for key, t := range e.tracks {
		e.tracks[key] = t.anew(back)
	}
	if back < 0 {
		e.outages, e.quorumUnseenSince = nil, shifted(e.quorumUnseenSince, back)
		e.change.shift(back)
		e.history.rewind(now)
		e.log.rewind(now, back)
	}
	return true
}

// shifted moves a time after the clock was set, so that what began then keeps its duration; zero stays zero.
func shifted(moment time.Time, by time.Duration) time.Time {
	if moment.IsZero() {
		return moment
	}
	return moment.Add(by)
}

// pause forgets pending breaches; firing ones stay.
func (st *alert) pause(now time.Time, back time.Duration) {
	for i := range st.limits {
		l := &st.limits[i]
		if !l.firing {
			*l = alertState{}
			continue
		}
		l.pendingSince, l.firingSince = shifted(l.pendingSince, back), shifted(l.firingSince, back)
		if !l.resolvingSince.IsZero() {
			l.resolvingSince = now
		}
	}
	if !st.unknownSince.IsZero() {
		st.unknownSince = now
	}
}

// anew is what remains of a track after a break: who the member is, and since when it has been down or behind.
func (t *track) anew(back time.Duration) *track {
	return &track{
		ref: t.ref, joined: shifted(t.joined, back), named: shifted(t.named, back),
		unnamedFailure: t.unnamedFailure, version: t.version,
		led: t.led, lastLed: shifted(t.lastLed, back), interrupted: t.interrupted,
		latestMetricsAt: shifted(t.latestMetricsAt, back), startTime: t.startTime,
		counts: t.counts, downSince: shifted(t.downSince, back), lateSince: shifted(t.lateSince, back),
		unhealthySince: shifted(t.unhealthySince, back), index: t.index, stuckSince: shifted(t.stuckSince, back),
		catchUp: catchUp{isNew: t.catchUp.isNew, wasAbsent: t.catchUp.wasAbsent, known: t.catchUp.known,
			completeAt: shifted(t.catchUp.completeAt, back)},
	}
}

func (h *History) rewind(to time.Time) {
	for _, m := range h.members {
		m.raw.rewind(to.UnixNano())
		m.minutes.rewind(to.Truncate(rollUp).UnixNano())
		if !m.filling.from.Before(to) {
			m.filling = entry{}
		}
	}
}

// rewind moves the log's timers. Events keep their dates.
func (l *eventLog) rewind(now time.Time, back time.Duration) {
	l.gap.after = shifted(l.gap.after, back)
	l.gap.first, l.gap.last = shifted(l.gap.first, back), shifted(l.gap.last, back)
	l.rejoins = slices.DeleteFunc(l.rejoins, func(c *rejoin) bool { return c.event.At.After(now) })
}
