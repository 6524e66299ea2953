package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// readyShare is how much of the leader's log a learner must have to be promoted (etcd: readyPercent).
const readyShare = 0.9

// learnerProgress is how a learner comes closer to its leader.
type learnerProgress struct {
	// closest is by how few entries it has been behind, and since when it has not been closer; zero: it is not too far
	// behind to be promoted.
	closest uint64
	since   time.Time
}

// note takes in where the learner is. While it is sent a snapshot its index stands still, and it comes closer all the
// same.
func (a *learnerProgress) observe(index, leaders uint64, snapshot bool, now time.Time) {
	switch {
	case float64(index) >= readyShare*float64(leaders):
		*a = learnerProgress{}
	case a.since.IsZero() || leaders-index < a.closest || snapshot:
		*a = learnerProgress{leaders - index, now}
	}
}

// stuck is for how long the learner has not come closer.
func (a *learnerProgress) stuck(now time.Time) time.Duration {
	if a.since.IsZero() {
		return 0
	}
	return now.Sub(a.since)
}

// follows notes where a learner is, and whether it is sent a snapshot.
func (t *track) noteLearner(index, leaders uint64, snapshot bool, now time.Time) {
	t.approach.observe(index, leaders, snapshot, now)
	if snapshot {
		t.snapshotSeen = now
	}
}

// idle is for how long the learner has taken in nothing although the leader has more.
func (t *track) idle(now time.Time) time.Duration {
	if idle := t.stuck(now); t.snapshotSeen.IsZero() || idle < now.Sub(t.snapshotSeen) {
		return idle
	}
	return now.Sub(t.snapshotSeen)
}

// receives reports that a member is being sent a snapshot, or applies one, by its own word or that of its leader.
func isSentSnapshot(m, leader *probe.Member) bool {
	if metrics := m.Metrics.Value; m.Metrics.Answered() && m.Metrics.Err == nil {
		if metrics.SnapshotApplyInProgress.Or(0) > 0 {
			return true
		}
		for _, peer := range metrics.Peers {
			if peer.SnapshotReceivesInflight.Or(0) > 0 {
				return true
			}
		}
	}
	return leader.Metrics.Answered() && leader.Metrics.Err == nil && leader.Metrics.Value.Peers[m.ID].SnapshotSendsInflight.Or(0) > 0
}

// judgeLearnerStuck is about learners that can't be promoted and don't come closer to it, and about those that take in
// nothing at all.
func judgeLearnerStuck(s *subject, _ time.Duration) measurement {
	if s.at.Role != RoleLearner || !s.isMember(s.place) {
		return notApplicable
	}
	if m, ok := s.requireStatus(); !ok {
		return m
	}
	if !s.at.Vitals[FollowerLag].IsKnown() {
		m := measurement{unknown: "there is no leader to compare it with", inhibitedBy: NoLeader}
		if leader := s.cluster.Leader; !leader.IsZero() {
			m = measurement{unknown: "its leader " + leader.Label + " does not answer", inhibitedBy: MemberUnreachable, inhibitedByMember: leader.Key}
		}
		return m
	}
	return measurement{value: probe.Known(max(s.track.approach.stuck(s.now), s.track.idle(s.now)).Seconds())}
}

func sayLearnerStuck(s *subject, m measurement) statement {
	behind := Count.Format(s.at.Vitals[FollowerLag].Or(0))
	if s.track.idle(s.now) >= s.track.approach.stuck(s.now) {
		return s.learner(fmt.Sprintf("is %s entries behind the leader and has taken in none for %s", behind, Seconds.Format(m.value.Or(0)))).withDuration()
	}
	return s.learner(fmt.Sprintf("is %s entries behind the leader, too many to be promoted, and has come no closer for %s", behind,
		Seconds.Format(m.value.Or(0)))).withDuration()
}
