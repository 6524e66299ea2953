package thresholds

import (
	"slices"
	"time"
)

// resume deals with what came between the sweep before and one that ended at now. Where that is longer than the window,
// nothing that is measured over the window is known, and nothing is known to have held. Where the observer's host slept,
// or its clock was set back, no moment or counter from before compares with those from now on. first says that there is no
// sweep before that this one could be compared with.
func (e *Evaluator) resume(now time.Time, window time.Duration) (first bool) {
	wall, last := now.Round(0), e.lastSweepEnd
	e.lastSweepEnd = wall
	if e.previous == nil {
		return true
	}
	elapsed := now.Sub(e.previous.At)
	// A monotonic clock stands still while its host sleeps; a time that comes from a file has none.
	slept := wall.Sub(last) - elapsed
	anew := elapsed < 0 || slept >= window
	if !anew && elapsed < window {
		return false
	}
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
		e.history.rewind(now)
		e.log.rewind(now, back)
	}
	return true
}

// shifted is a moment after the clock was set, so that what began then has lasted for as long as before; zero stays zero.
func shifted(moment time.Time, by time.Duration) time.Time {
	if moment.IsZero() {
		return moment
	}
	return moment.Add(by)
}

// pause forgets what has begun to hold; what was found stays found.
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

// anew is what stays of a track when nothing from before compares with what follows: who it is, and since when it has
// been away or behind.
func (t *track) anew(back time.Duration) *track {
	return &track{
		ref: t.ref, version: t.version, led: t.led, lastLed: shifted(t.lastLed, back), interrupted: t.interrupted, latestMetricsAt: shifted(t.latestMetricsAt, back),
		startTime: t.startTime, firstStart: t.firstStart, counts: t.counts,
		downSince: shifted(t.downSince, back), lateSince: shifted(t.lateSince, back),
		index: t.index, stuckSince: shifted(t.stuckSince, back),
	}
}

func (h *History) rewind(to time.Time) {
	for _, m := range h.members {
		m.raw.Rewind(to)
		m.minutes.Rewind(to.Truncate(rollUp))
		if !m.filling.at.Before(to) {
			m.filling = minute{}
		}
	}
}

// rewind moves what is timed. Events stay as they were noted.
func (l *eventLog) rewind(now time.Time, back time.Duration) {
	l.leaderSeenAt = shifted(l.leaderSeenAt, back)
	l.leaderless.first, l.leaderless.last = shifted(l.leaderless.first, back), shifted(l.leaderless.last, back)
	l.rejoins = slices.DeleteFunc(l.rejoins, func(c *rejoin) bool { return c.event.At.After(now) })
}
