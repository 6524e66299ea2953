package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// unanswering is the value of defrag-running if a voter does not answer meanwhile.
const unanswering = 2

// defragmenting reports whether a member's current metrics show a defragmentation. Meanwhile /metrics answers, but
// Status and reads wait for the backend, so the member looks as if it hung.
func defragmenting(m *memberState) bool {
	return !m.MetricsTooOld && m.probed.Metrics.Value.DefragInflight.Or(0) > 0
}

// defragmentation is what one took, and for how many bytes in use: etcd copies those, and reports no progress.
type defragmentation struct {
	inUse float64
	took  time.Duration
}

// leastTimed is how long a defragmentation must have taken for another one to be estimated by it: sweeps show its start
// and its end to within one of them.
const leastTimed = 3 * time.Second

// noteDefragmentation records since when a member is being defragmented, and how long the last one took that was seen
// to start and to end.
func (t *track) noteDefragmentation(m *memberState) {
	since, at := t.defragmentingSince, m.probed.Metrics.At
	setSince(&t.defragmentingSince, at, m.isDefragmented())
	switch goesOn := !t.defragmentingSince.IsZero(); {
	case goesOn == !since.IsZero():
	case goesOn && t.expositions > 1: // else it started before
		t.defragmenting = defragmentation{inUse: m.Vitals[DBInUse].Or(0)}
	case !goesOn:
		restarted := len(t.restarts) > 0 && t.restarts[len(t.restarts)-1].at.After(since)
		run := defragmentation{t.defragmenting.inUse, at.Sub(since)}
		timed := run.took >= max(leastTimed, 3*m.settings.interval)
		if run.inUse > 0 && timed && !restarted && m.probed.Metrics.Err == nil {
			t.defragmented = run
		}
		t.defragmenting = defragmentation{}
	}
}

// estimatedDefragmentation is how long that of a member takes as long as its own last one did, or else another
// member's, for each byte in use; 0 where none was seen.
func (b *cohort) estimatedDefragmentation(m *memberState) time.Duration {
	last := m.track.defragmented
	for i := 0; i < len(b.members) && last.took == 0; i++ {
		last = b.members[i].track.defragmented
	}
	if last.took == 0 {
		return 0
	}
	return time.Duration(float64(last.took) * m.track.defragmenting.inUse / last.inUse)
}

// silentFor is for how long a member has not answered that is late or down; 0 for others.
func (m *memberState) silentFor(now time.Time) time.Duration {
	switch m.State {
	case StateLate:
		return now.Sub(m.track.lateSince)
	case StateDown:
		return now.Sub(m.DownSince)
	default:
		return 0
	}
}

// judgeDefragmentation judges by the metrics even where Status does not answer.
func judgeDefragmentation(s *subject, window time.Duration) measurement {
	if s.at.isDefragmented() {
		m := holds(true)
		if s.at.Voter && s.at.silentFor(s.now) >= electionTimeout && s.at.defragmentedSilently() {
			m.value = probe.Known(unanswering)
		}
		m.since = s.track.defragmentingSince
		return m
	}
	return judgeVitalCondition(Defragmentations)(s, window)
}
