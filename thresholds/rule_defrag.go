package thresholds

import "time"

// defragmenting reports whether a member's current metrics show a defragmentation. Meanwhile /metrics answers, but
// Status and reads wait for the backend, so the member looks as if it hung.
func defragmenting(m *memberState) bool {
	return !m.MetricsTooOld && m.probed.Metrics.Value.DefragInflight.Or(0) > 0
}

// judgeDefragmentation judges by the metrics even where Status does not answer.
func judgeDefragmentation(s *subject, window time.Duration) measurement {
	if s.at.isDefragmented() {
		m := holds(true)
		m.since = s.track.defragmentingSince
		return m
	}
	return judgeVitalCondition(Defragmentations)(s, window)
}
