//go:build faults

package faults

import (
	"context"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

func (s *stage) cutOffLearner() {
	var learner *etcdtest.Member
	s.change("add a learner", func(ctx context.Context) (err error) {
		learner, err = s.cluster.AddLearner(ctx)
		return err
	})
	s.expectRecovery(outcome{what: "added", cause: thresholds.CauseHealthy, sweeps: 60})
	var links []*etcdtest.Link
	for _, m := range s.cluster.Members() {
		if m != learner {
			links = append(links, s.link(m, learner))
		}
	}
	s.cut(outcome{
		cause: thresholds.CauseLearner, sweeps: 90,
		findings:  []found{{thresholds.LearnerStuck, learner}},
		tolerated: []thresholds.RuleID{thresholds.PeerDisconnected},
		verdicts:  verdictsOf{learner: thresholds.LossSafe},
	}, links...)
}

// lingerSweeps is more than what a lost connection takes to become an alarm.
const lingerSweeps = 45

// removeMember removes one of four, orderly. The others' metrics go on naming it, disconnected, until they restart.
func (s *stage) removeMember() {
	o := outcome{
		cause: thresholds.CauseHealthy, sweeps: 60, onTheWay: []thresholds.Cause{thresholds.CauseMemberDown},
		tolerated: []thresholds.RuleID{thresholds.MemberUnreachable, thresholds.QuorumAtRisk},
	}
	s.change("remove a follower", func(ctx context.Context) error { return s.cluster.Remove(ctx, s.followers()[0]) })
	s.expectRecovery(o)
	o.what, o.tolerated = "later", nil
	s.began = s.observer.count()
	s.expectNothingElse(o, s.began+lingerSweeps)
}

// removeUnknowing removes one of four while it is cut off from the others: it goes on, in a cluster that it has left.
func (s *stage) removeUnknowing() {
	victim := s.followers()[0]
	o := outcome{
		cause: thresholds.CauseMembership, sweeps: 60,
		onTheWay:  []thresholds.Cause{thresholds.CauseCutOff, thresholds.CauseNoLeader},
		findings:  []found{{thresholds.MemberListMismatch, nil}},
		tolerated: []thresholds.RuleID{thresholds.NoLeader, thresholds.QuorumAtRisk, thresholds.PeerDisconnected},
	}
	var links []*etcdtest.Link
	for _, m := range s.cluster.Members() {
		if m != victim {
			links = append(links, s.link(m, victim))
		}
	}
	s.change("cut "+victim.Name+" off and remove it", func(ctx context.Context) error {
		for _, l := range links {
			l.Cut()
		}
		_, err := s.leader().Client().MemberRemove(ctx, victim.ID)
		return err
	})
	s.expect(o)
}
