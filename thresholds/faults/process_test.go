//go:build faults

package faults

import (
	"context"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

type verdictsOf = map[*etcdtest.Member]thresholds.Verdict

// away is the verdict on a member that does not answer: it may be lost, since it already is, and no other one may.
func (s *stage) away(victim *etcdtest.Member, cause thresholds.Cause) outcome {
	o := outcome{
		cause:    cause,
		findings: []found{{thresholds.MemberUnreachable, victim}, {thresholds.QuorumAtRisk, nil}},
		verdicts: verdictsOf{victim: thresholds.LossSafe},
		sweeps:   10,
	}
	for _, m := range s.cluster.Members() {
		if m != victim {
			o.verdicts[m] = thresholds.LossNo
		}
	}
	return o
}

func (s *stage) killFollower() { s.kill(s.followers()[0]) }

func (s *stage) killLeader() { s.kill(s.leader()) }

func (s *stage) kill(victim *etcdtest.Member) {
	o := s.away(victim, thresholds.CauseMemberDown)
	// What is known of the leader is a second old, and until the next election no quorum is proven.
	o.onTheWay = []thresholds.Cause{thresholds.CauseNoLeader, thresholds.CauseMemberHung}
	o.tolerated = []thresholds.RuleID{thresholds.MemberLate}
	s.change("kill "+victim.Name, func(context.Context) error { return victim.Kill() })
	s.expect(o)
	s.change("start it again", victim.Restart)
	o.sweeps = 60
	s.expectRecovery(o)
}

func (s *stage) pauseFollower() {
	victim := s.followers()[0]
	hung := outcome{
		cause: thresholds.CauseMemberHung, level: thresholds.Warning, sweeps: 6,
		findings: []found{{thresholds.MemberLate, victim}},
	}
	s.change("SIGSTOP to "+victim.Name, func(context.Context) error { return victim.Pause() })
	s.expect(hung)
	down := s.away(victim, thresholds.CauseMemberHung)
	down.what = "no answer"
	down.tolerated = []thresholds.RuleID{thresholds.MemberLate}
	s.expect(down)
	s.change("SIGCONT", func(context.Context) error { return victim.Resume() })
	down.sweeps, down.what = 60, ""
	s.expectRecovery(down)
}

func (s *stage) restartFollower() {
	victim := s.followers()[0]
	o := outcome{
		onTheWay:  []thresholds.Cause{thresholds.CauseMemberDown, thresholds.CauseNoLeader},
		findings:  []found{{thresholds.MemberRestarted, victim}},
		tolerated: []thresholds.RuleID{thresholds.MemberUnreachable, thresholds.QuorumAtRisk},
		sweeps:    20,
	}
	s.change("restart "+victim.Name, victim.Restart)
	s.expect(o)
	o.sweeps = 60
	s.expectRecovery(o)
}

func (s *stage) loseTwo() {
	lost, left := s.followers(), s.leader()
	o := outcome{
		cause:    thresholds.CauseQuorumLost,
		onTheWay: []thresholds.Cause{thresholds.CauseMemberDown, thresholds.CauseNoLeader},
		findings: []found{{thresholds.QuorumLost, nil}, {thresholds.MemberUnreachable, lost[0]},
			{thresholds.MemberUnreachable, lost[1]}},
		tolerated: []thresholds.RuleID{thresholds.NoLeader, thresholds.QuorumAtRisk},
		verdicts:  verdictsOf{left: thresholds.LossNo},
		sweeps:    15,
	}
	s.change("kill both followers", func(context.Context) error {
		for _, m := range lost {
			if err := m.Kill(); err != nil {
				return err
			}
		}
		return nil
	})
	s.expect(o)
	s.change("start them again", func(ctx context.Context) error {
		for _, m := range lost {
			if err := m.Restart(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	o.sweeps = 60
	s.expectRecovery(o)
}

func (s *stage) moveLeader() {
	o := outcome{cause: thresholds.CauseFlapping, sweeps: 10, findings: []found{{thresholds.LeaderChanging, nil}}}
	s.change("move the leadership four times", func(ctx context.Context) error {
		for i := range 4 {
			if err := s.cluster.MoveLeader(ctx, s.followers()[i%2]); err != nil {
				return err
			}
		}
		return nil
	})
	s.expect(o)
}

// starve lets a member run for a quarter of the time only, in slices of a tenth of a second.
func (s *stage) starve(victim *etcdtest.Member) (heal func()) {
	const stopped, running = 300 * time.Millisecond, 100 * time.Millisecond
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { _ = victim.Resume() }()
		for {
			for _, step := range []struct {
				do   func() error
				then time.Duration
			}{{victim.Pause, stopped}, {victim.Resume, running}} {
				if step.do() != nil {
					return
				}
				select {
				case <-stop:
					return
				case <-time.After(step.then):
				}
			}
		}
	}()
	over := false
	heal = func() {
		if !over {
			over = true
			close(stop)
		}
		<-ended
	}
	s.Cleanup(heal)
	return heal
}

func (s *stage) starveFollower() { s.starveAndHeal(s.followers()[0], thresholds.Notice) }

func (s *stage) starveLeader() { s.starveAndHeal(s.leader(), thresholds.Warning) }

func (s *stage) starveAndHeal(victim *etcdtest.Member, level thresholds.Level) {
	var heal func()
	o := outcome{
		cause: thresholds.CauseStarvation, level: level, sweeps: 150, // a follower shows little of it
		// The reading is about whichever of these is the most severe.
		tolerated: []thresholds.RuleID{
			thresholds.AnswersSlow, thresholds.HeartbeatsFailing, thresholds.BackendCommitSlow, thresholds.MemberLate,
		},
	}
	s.change("starve "+victim.Name+" of CPU", func(context.Context) error {
		heal = s.starve(victim)
		return nil
	})
	s.expect(o)
	s.change("let it run", func(context.Context) error { heal(); return nil })
	o.sweeps = 75
	s.expectRecovery(o)
}
