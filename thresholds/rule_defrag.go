package thresholds

import "time"

// defragmenting reports that a member's metrics of this moment say that it is being defragmented. They answer then, while
// Status and reads wait for the backend until it is done: such a member looks as if it hung.
func defragmenting(m *memberState) bool {
	return !m.MetricsTooOld && m.probed.Metrics.Value.DefragInflight.Or(0) > 0
}

// judgeDefragmentation goes by the metrics alone, whatever becomes of Status.
func judgeDefragmentation(s *subject, window time.Duration) measurement {
	if defragmenting(s.at) {
		return holds(true)
	}
	return judgeVitalCondition(Defragmentations)(s, window)
}
