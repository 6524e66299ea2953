//go:build faults

package faults

import (
	"context"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// linkDelay is what a slow link adds to each direction. etcd smooths the round trips that it measures (a quarter of the
// new one, every 30 s), so that it takes a while until it reports what a link has become.
const linkDelay = 250 * time.Millisecond

func (s *stage) slowLink() {
	victim := s.followers()[0]
	s.slow(victim, s.link(s.leader(), victim))
}

func (s *stage) slowLinks() {
	victim := s.followers()[0]
	s.slow(victim, s.link(s.leader(), victim), s.link(s.followers()[1], victim))
}

// slow slows links of a victim until etcd's own round trips tell of it.
func (s *stage) slow(victim *etcdtest.Member, links ...*etcdtest.Link) {
	o := outcome{
		cause: thresholds.CauseSlowLink, level: thresholds.Warning, sweeps: 150,
		findings: []found{{thresholds.PeerRTTSlow, victim}},
		// Until etcd tells of round trips, the worst of what waits for the leader is what the reading is about.
		tolerated: []thresholds.RuleID{
			thresholds.PeerRTTSlow, thresholds.ReadIndexesSlow, thresholds.LinearizableReadSlow, thresholds.AppliesSlow,
		},
	}
	s.change("slow the link", func(context.Context) error {
		for _, l := range links {
			l.Delay(linkDelay)
		}
		return nil
	})
	s.expect(o)
	s.heal(o, 180, links...)
}

func (s *stage) heal(o outcome, sweeps int, links ...*etcdtest.Link) {
	s.change("heal the link", func(context.Context) error {
		for _, l := range links {
			l.Heal()
		}
		return nil
	})
	o.sweeps = sweeps
	s.expectRecovery(o)
}

func (s *stage) cut(o outcome, links ...*etcdtest.Link) {
	s.change("cut the link", func(context.Context) error {
		for _, l := range links {
			l.Cut()
		}
		return nil
	})
	s.expect(o)
	s.heal(o, 90, links...)
}

func (s *stage) cutFollowersLink() {
	f := s.followers()
	s.cut(outcome{
		cause: thresholds.CauseLinkCut, sweeps: 60,
		findings: []found{{thresholds.PeerDisconnected, f[0]}, {thresholds.PeerDisconnected, f[1]}},
	}, s.link(f[0], f[1]))
}

func (s *stage) cutLeadersLink() {
	f := s.followers()
	s.cut(outcome{
		cause: thresholds.CauseLinkCut, level: thresholds.Warning, sweeps: 60, onTheWay: []thresholds.Cause{thresholds.CauseCutOff},
		tolerated: []thresholds.RuleID{thresholds.NoLeader, thresholds.QuorumAtRisk, thresholds.FollowerStuck},
		findings:  []found{{thresholds.PeerDisconnected, f[0]}, {thresholds.PeerDisconnected, s.leader()}},
	}, s.link(s.leader(), f[0]))
}

func (s *stage) cutOffFollower() {
	f := s.followers()
	s.cut(outcome{
		cause: thresholds.CauseCutOff, sweeps: 60,
		findings:  []found{{thresholds.NoLeader, f[0]}, {thresholds.QuorumAtRisk, nil}},
		tolerated: []thresholds.RuleID{thresholds.PeerDisconnected, thresholds.FollowerStuck},
		verdicts:  verdictsOf{f[0]: thresholds.LossSafe, f[1]: thresholds.LossNo},
	}, s.link(s.leader(), f[0]), s.link(f[1], f[0]))
}
