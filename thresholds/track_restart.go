package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// restart is a restart of a member's process.
type restart struct {
	at  time.Time // when it was noticed
	led bool      // it led before
	// before is when the last exposition of the process before it arrived.
	before time.Time
}

// ofProcess are counters that every process begins at 0: that one of them has fallen means that another process counts.
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

// processCounts are the counters of ofProcess as they were last.
type processCounts [len(perProcess)]probe.Value

func observations(h *probe.Histogram) probe.Value {
	if !h.IsKnown() {
		return probe.Value{}
	}
	return probe.Known(h.Count())
}

// beganAnew takes in the counters of an exposition, and reports whether one of them has fallen.
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

// noteRestart notices that the process began anew since the last exposition, which arrived at before: its counters did.
// That the start time has moved proves nothing, for it is counted from the boot by the host's clock, in whole seconds: it
// trembles, and goes along when the clock is set.
//
// The counters of a process that was young at the last look can have been overtaken by the next one's. That began between
// the two looks then, and is at least as old as the other was.
func (t *track) noteRestart(m *probe.Metrics, before, at time.Time) {
	anew := t.counts.countersFell(m)
	was, knew := t.startTime.Get()
	if is, know := m.StartTime.Get(); know {
		t.startTime = m.StartTime
		if !knew {
			t.firstStart = is
		} else if !before.IsZero() {
			old, began := unixTime(was), unixTime(is)
			between := began.After(before) && !began.After(at)
			anew = anew || between && is-was > startTimeJitter && at.Sub(began) >= before.Sub(old)
		}
	}
	if anew {
		t.restarts = append(t.restarts, restart{at, t.led, before})
	}
	t.restarts = slices.DeleteFunc(t.restarts, func(r restart) bool { return at.Sub(r.at) > longestWindow })
}

// startTrembles is by how many seconds a process_start_time_seconds is off at most: the boot time that client libraries
// add is of whole seconds, and is rounded at each scrape.
const startTimeJitter = 1.0

// restartedSince reports that a restart was seen at a time or later.
func (t *track) restartedSince(since time.Time) bool {
	return slices.ContainsFunc(t.restarts, func(r restart) bool { return !r.at.Before(since) })
}

// restartsWithin counts the restarts seen in the window that ends at `to`: all, or those of a leader.
func (t *track) restartsWithin(to time.Time, window time.Duration, led bool) int {
	n := 0
	for _, r := range t.restarts {
		if r.at.After(to.Add(-window)) && !r.at.After(to) && (r.led || !led) {
			n++
		}
	}
	return n
}
