package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// A restart is a restart of a member's process.
type restart struct {
	at  time.Time // when it was noticed
	led bool      // whether it led until shortly before
	// expected reports that it was the restart that a mark announced, or the member's turn in a rolling change.
	expected bool
	// before is when the old process's last exposition arrived.
	before time.Time
}

// perProcess are counters that start at 0 with each process: one that falls proves a restart.
var perProcess = [...]func(*probe.Metrics) probe.Value{
	func(m *probe.Metrics) probe.Value { return m.CPUSeconds },
	func(m *probe.Metrics) probe.Value { return observations(&m.WALFsync) },
	func(m *probe.Metrics) probe.Value { return observations(&m.BackendCommit) },
	func(m *probe.Metrics) probe.Value { return m.ProposalsFailed },
	func(m *probe.Metrics) probe.Value { return m.LeaderChanges },
	func(m *probe.Metrics) probe.Value { return m.HeartbeatSendFailures },
	func(m *probe.Metrics) probe.Value { return m.SlowApplies },
	func(m *probe.Metrics) probe.Value { return m.SlowReadIndexes },
	func(m *probe.Metrics) probe.Value { return m.Puts },
	func(m *probe.Metrics) probe.Value { return m.Ranges },
	func(m *probe.Metrics) probe.Value { return m.ClientSentBytes },
	func(m *probe.Metrics) probe.Value { return m.ClientReceivedBytes },
}

// processCounts are the counters of perProcess in the last exposition.
type processCounts [len(perProcess)]probe.Value

func observations(h *probe.Histogram) probe.Value {
	if !h.IsKnown() {
		return probe.Value{}
	}
	return probe.Known(h.Count())
}

// countersFell records an exposition's counters, and reports whether one of them has fallen.
func (c *processCounts) countersFell(m *probe.Metrics) (anew bool) {
	for i, of := range perProcess {
		value := of(m)
		if fallen, known := c[i].Minus(value).Get(); known && fallen > 0 {
			anew = true
		}
		if value.IsKnown() {
			c[i] = value
		}
	}
	return anew
}

// noteRestart records a restart since the previous exposition, which arrived at before, and reports whether there was
// one. Falling counters prove it. A changed start time alone does not: the host counts it from its boot, in whole
// seconds, so it jitters, and follows when the clock is set.
//
// The next process's counters can overtake those of a process that was young at the previous exposition. That next
// process then started between the two expositions, and is at least as old as the other one was.
func (t *track) noteRestart(m *probe.Metrics, before, at time.Time) (restarted bool) {
	anew := t.counts.countersFell(m)
	oldStart, oldKnown := t.startTime.Get()
	if newStart, newKnown := m.StartTime.Get(); newKnown {
		t.startTime = m.StartTime
		if oldKnown && !before.IsZero() {
			oldBegan, began := unixTime(oldStart), unixTime(newStart)
			between := began.After(before) && !began.After(at)
			anew = anew || between && newStart-oldStart > startTimeJitter && at.Sub(began) >= before.Sub(oldBegan)
		}
	}
	if anew {
		t.restarts = append(t.restarts, restart{at: at, led: t.ledUntil(before), before: before})
	}
	t.restarts = slices.DeleteFunc(t.restarts, func(r restart) bool { return at.Sub(r.at) > longestWindow })
	return anew
}

// diskAnew drops what an old process observed of its disk: that says nothing about the disk now. The new process had
// observed nothing when it began, so that its first exposition shows what its own fsyncs and commits took. Where it
// does not say when it began, that was after the exposition before.
func (t *track) diskAnew(m *probe.Metrics, before, at time.Time) {
	began := before
	if start, known := m.StartTime.Get(); known {
		if start := unixTime(start); start.After(before) && start.Before(at) {
			began = start
		}
	}
	for _, h := range [...]struct {
		of  *window.Histogram
		now *probe.Histogram
	}{{&t.walFsync, &m.WALFsync}, {&t.backendCommit, &m.BackendCommit}} {
		*h.of = window.Histogram{}
		if none := make([]float64, len(h.now.Counts)); !began.IsZero() {
			h.of.Add(began, window.Buckets{Bounds: h.now.Bounds, Counts: none}, at.Sub(began))
		}
	}
}

// ledUntil reports that it led until a moment, or handed its leadership over shortly before: etcd does that when it is
// asked to end.
func (t *track) ledUntil(at time.Time) bool {
	return t.led || !t.lastLed.IsZero() && at.Sub(t.lastLed) < settlingTime
}

// startTimeJitter is how many seconds process_start_time_seconds may be off: client libraries add the boot time in
// whole seconds, rounded at each scrape.
const startTimeJitter = 1.0

// restartedSince reports a restart seen at or after a time.
func (t *track) restartedSince(since time.Time) bool {
	return slices.ContainsFunc(t.restarts, func(r restart) bool { return !r.at.Before(since) })
}

// restartedOnlyIn reports a restart seen at or after a time, and none that came after an end, if there is one.
func (t *track) restartedOnlyIn(since, end time.Time) bool {
	return t.restartedSince(since) && (end.IsZero() ||
		!slices.ContainsFunc(t.restarts, func(r restart) bool { return r.before.After(end) }))
}

// restartsWithin counts the restarts in the window that ends at `to`.
func (t *track) restartsWithin(to time.Time, window time.Duration) int {
	return t.countRestarts(to, window, func(*restart) bool { return true })
}

// countRestarts counts the restarts in the window that ends at `to` for which is returns true.
func (t *track) countRestarts(to time.Time, window time.Duration, is func(*restart) bool) (n int) {
	for i := range t.restarts {
		if r := &t.restarts[i]; r.at.After(to.Add(-window)) && !r.at.After(to) && is(r) {
			n++
		}
	}
	return n
}
