//go:build faults

package faults

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

func (s *stage) cutOffLearner() {
	var learner *etcdtest.Member
	s.truth.silence(true)
	s.change("add a learner", func(ctx context.Context) (err error) {
		learner, err = s.cluster.AddLearner(ctx)
		return err
	})
	s.truth.setVoteless(learner)
	s.truth.silence(false)
	s.expectRecovery(outcome{what: "added", cause: thresholds.CauseHealthy, sweeps: 60})
	s.cut(outcome{
		cause: thresholds.CauseLearner, sweeps: 90,
		findings:  []found{{thresholds.LearnerStuck, learner}},
		tolerated: []thresholds.RuleID{thresholds.PeerDisconnected},
		verdicts:  verdictsOf{learner: thresholds.LossSafe},
	}, s.links(learner))
}

// lingerSweeps is longer than a lost connection takes to become an alarm.
const lingerSweeps = 45

// removeMember removes one of four in an orderly way. The others' metrics keep naming it as disconnected until they
// restart.
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

// removeUnknowing removes one of four while it is cut off: it keeps running and does not know that it was removed.
func (s *stage) removeUnknowing() {
	victim := s.followers()[0]
	o := outcome{
		cause: thresholds.CauseMembership, sweeps: 60,
		onTheWay:  []thresholds.Cause{thresholds.CauseCutOff, thresholds.CauseNoLeader},
		findings:  []found{{thresholds.MemberListMismatch, nil}},
		tolerated: []thresholds.RuleID{thresholds.NoLeader, thresholds.QuorumAtRisk, thresholds.PeerDisconnected},
	}
	s.change("cut "+victim.Name+" off and remove it", func(ctx context.Context) error {
		err := s.cluster.RemoveIsolated(ctx, victim)
		s.truth.setVoteless(victim)
		return err
	})
	s.expect(o)
}

// replaceMember removes a follower, wipes it and adds it again with its URLs, as for a node that lost its disk. Soon
// everything about it is known again.
func (s *stage) replaceMember() {
	victim := s.followers()[0]
	o := outcome{
		cause: thresholds.CauseHealthy, sweeps: 60, anyAlarm: true,
		onTheWay: []thresholds.Cause{thresholds.CauseMemberDown, thresholds.CauseMembership,
			thresholds.CauseVoterUnhealthy},
	}
	s.truth.silence(true) // it becomes another member at once
	s.change("replace "+victim.Name, func(ctx context.Context) error {
		next, err := s.cluster.Replace(ctx, victim)
		if err != nil {
			return err
		}
		victim = next
		return s.cluster.WaitHealthy(ctx)
	})
	s.truth.silence(false)
	s.began = s.observer.count()
	o.what, o.check = "it is back", func(l *observation) string { return wellKnown(l, victim) }
	s.expect(o)
	s.expectNothingElse(outcome{what: "later", cause: thresholds.CauseHealthy}, s.observer.count()+betweenSweeps)
}

// wellKnown returns what is still unknown about a member, which must be healthy, with metrics and p99s of its own.
func wellKnown(l *observation, m *etcdtest.Member) string {
	a := l.member(m)
	switch {
	case a == nil:
		return m.Name + " itself"
	case !a.Healthy:
		return m.Name + " as a healthy voter"
	case a.MetricsStale || !a.Vitals[thresholds.WALFsyncP99].IsKnown():
		return "the metrics of " + m.Name
	case l.Level > thresholds.Notice:
		return "peace: it is " + l.Level.String()
	}
	return ""
}

// unstartedSecond adds a second voter to a cluster of one and does not start it: quorum is lost at once, nothing else
// is, and the first has all data.
func (s *stage) unstartedSecond() {
	first := s.cluster.Members()[0]
	s.addUnstarted(outcome{
		cause: thresholds.CauseQuorumLost, sweeps: 20, anyAlarm: true,
		onTheWay: []thresholds.Cause{thresholds.CauseNoLeader, thresholds.CauseMemberDown},
		check: func(l *observation) string {
			if newest := l.Recovery.Newest; !newest.IsZero() && uint64(newest.ID) != first.ID {
				return "the first as the one with the data, not " + newest.Label
			}
			return saysNeverStarted(l)
		},
	}, first)
}

// unstartedFourth adds a fourth voter to three and does not start it: then all three are needed.
func (s *stage) unstartedFourth() {
	s.addUnstarted(outcome{
		cause: thresholds.CauseMemberDown, level: thresholds.Warning, sweeps: 30, anyAlarm: true,
		check: saysNeverStarted,
	}, s.cluster.Members()...)
}

// saysNeverStarted wants the reading to say that the member never ran; the reading has no field for that, only words.
func saysNeverStarted(l *observation) string {
	for _, words := range []string{"never started", "never ran", "has not started", "not been started"} {
		if strings.Contains(l.Reading.Text, words) {
			return ""
		}
	}
	return fmt.Sprintf("that it never started: %q", l.Reading.Text)
}

// listedEvery is how often members are asked for their list, package probe's peersEvery: a new voter cannot be
// noticed sooner.
const listedEvery = 5 * time.Second

// addUnstarted adds a voter without starting it, expects that no member that is needed may be lost, and starts it.
func (s *stage) addUnstarted(o outcome, needed ...*etcdtest.Member) {
	var added *etcdtest.Member
	s.truth.silence(true)
	s.change("add a voter and do not start it", func(ctx context.Context) (err error) {
		added, err = s.cluster.AddUnstarted(ctx)
		return err
	})
	time.AfterFunc(listedEvery, func() { s.truth.silence(false) })
	o.verdicts = verdictsOf{}
	for _, m := range needed {
		o.verdicts[m] = thresholds.LossNo
	}
	s.expect(o)
	s.change("start it", func(ctx context.Context) error {
		if err := added.Restart(ctx); err != nil {
			return err
		}
		return s.cluster.WaitHealthy(ctx)
	})
	o.sweeps = 60
	s.expectRecovery(o)
}
