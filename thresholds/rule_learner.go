package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// readyShare is the share of the leader's log that a learner must have to be promoted (etcd: readyPercent).
const readyShare = 0.9

// learnerProgress tracks how a learner catches up with its leader.
type learnerProgress struct {
	// closest is the fewest entries that it has been behind, and since is when it reached that; both zero where it is
	// close enough to be promoted.
	closest uint64
	since   time.Time
}

// observe takes in the raft indexes of the learner and its leader. A learner that is sent a snapshot makes progress
// although its index stands still.
func (p *learnerProgress) observe(index, leaderIndex uint64, snapshot bool, now time.Time) {
	switch {
	case float64(index) >= readyShare*float64(leaderIndex):
		*p = learnerProgress{}
	case p.since.IsZero() || leaderIndex-index < p.closest || snapshot:
		*p = learnerProgress{leaderIndex - index, now}
	}
}

// stuck is how long the learner has made no progress.
func (p *learnerProgress) stuck(now time.Time) time.Duration {
	if p.since.IsZero() {
		return 0
	}
	return now.Sub(p.since)
}

// noteLearner records a learner's progress, and whether it is sent a snapshot.
func (t *track) noteLearner(index, leaderIndex uint64, snapshot bool, now time.Time) {
	t.approach.observe(index, leaderIndex, snapshot, now)
	if snapshot {
		t.snapshotSeen = now
	}
}

// idle is how long the learner has applied nothing although the leader has more.
func (t *track) idle(now time.Time) time.Duration {
	if idle := t.stuck(now); t.snapshotSeen.IsZero() || idle < now.Sub(t.snapshotSeen) {
		return idle
	}
	return now.Sub(t.snapshotSeen)
}

// isSentSnapshot reports whether a member receives or applies a snapshot, by its own metrics or its leader's.
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
	return leader.Metrics.Answered() && leader.Metrics.Err == nil &&
		leader.Metrics.Value.Peers[m.ID].SnapshotSendsInflight.Or(0) > 0
}

// judgeLearnerStuck judges how long a learner has made no progress toward promotion, or has applied nothing at all.
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
			m = measurement{
				unknown:     "its leader " + leader.Label + " does not answer",
				inhibitedBy: MemberUnreachable, inhibitedByMember: leader.Key,
			}
		}
		return m
	}
	stuck := max(s.track.approach.stuck(s.now), s.track.idle(s.now))
	return measurement{value: probe.Known(stuck.Seconds()), since: s.now.Add(-stuck)}
}

// behindFor says in short that a member has come no closer to the leader for some seconds.
func behindFor(entries string, m measurement) []string {
	stuck := "stuck for " + m.duration()
	return []string{entries + " behind, " + stuck, stuck}
}

func sayLearnerStuck(s *subject, m measurement) statement {
	behind := Count.Format(s.at.Vitals[FollowerLag].Or(0))
	if s.track.idle(s.now) >= s.track.approach.stuck(s.now) {
		return s.learner(fmt.Sprintf("is %s entries behind the leader and has received none for %s",
			behind, m.duration())).withDuration().briefly(behindFor(behind, m)...)
	}
	return s.learner(fmt.Sprintf("is %s entries behind the leader, too many to be promoted, "+
		"and has come no closer for %s",
		behind, m.duration())).withDuration().briefly(behindFor(behind, m)...)
}
