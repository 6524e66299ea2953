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
