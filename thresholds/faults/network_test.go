//go:build faults

package faults

import (
	"context"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// linkDelay is added to each direction of a slow link. etcd smooths its round trips (a quarter of the new one, every
// 30 s), so its gauge takes a while to follow.
const linkDelay = 250 * time.Millisecond

func (s *stage) slowLink() {
	victim := s.followers()[0]
	s.slow(victim, s.link(s.leader(), victim))
}

func (s *stage) slowLinks() {
	victim := s.followers()[0]
	s.slow(victim, s.links(victim)...)
}

// slow slows links of a victim until etcd's own round trips show it.
func (s *stage) slow(victim *etcdtest.Member, links ...*etcdtest.Link) {
	o := outcome{
		cause: thresholds.CauseSlowLink, level: thresholds.Warning, sweeps: 150,
		findings: []found{{thresholds.PeerRTTSlow, victim}}, needed: s.others(s.leader(), victim),
		// Until etcd's round trips show it, the reading is about the most severe symptom of waiting for the leader.
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
	if len(links) > 1 { // that with the leader is known to be quick again before the others
		o.needed = nil
	}
	s.heal(o, 180, links...)
}

// brieflySlowLink slows a link for less time than the rule about round trips takes to fire: all that says so must end
// when it heals, and nothing may come after.
func (s *stage) brieflySlowLink() {
	leader, victim := s.leader(), s.followers()[0]
	link := s.link(leader, victim)
	o := linkOutcome()
	o.cause, o.orElse, o.needed = thresholds.CauseSlowLink, nil, s.others(leader, victim)
	o.onTheWay = []thresholds.Cause{thresholds.CauseNotClear}
	o.check = func(l *observation) string {
		if l.saysLinkSlow() == "" {
			return "a slow link"
		}
		return ""
	}
	s.change("slow the link", func(context.Context) error { link.Delay(linkDelay); return nil })
	s.expect(o)
	s.change("heal the link", func(context.Context) error { link.Heal(); return nil })
	o.sweeps = 70
	s.expectLinkOver(o)
}

// others are the members but two.
func (s *stage) others(a, b *etcdtest.Member) (others []*etcdtest.Member) {
	for _, m := range s.cluster.Members() {
		if m != a && m != b {
			others = append(others, m)
		}
	}
	return others
}

// gentleDelay makes the round trip of a link 60 ms: within etcd's limits, but longer than before.
const gentleDelay = 30 * time.Millisecond

// links are those of a member with all others.
func (s *stage) links(m *etcdtest.Member) []*etcdtest.Link {
	s.Helper()
	var links []*etcdtest.Link
	for _, other := range s.cluster.Members() {
		if other != m {
			links = append(links, s.link(m, other))
		}
	}
	return links
}

func (s *stage) gentleLink() { s.gentle(s.link(s.leader(), s.followers()[0])) }

func (s *stage) gentleLinks() { s.gentle(s.links(s.followers()[0])...) }

func (s *stage) gentleFollowersLink() { f := s.followers(); s.gentle(s.link(f[0], f[1])) }

// gentle lengthens links.
func (s *stage) gentle(links ...*etcdtest.Link) {
	o := linkOutcome()
	s.change("a round trip of 60 ms more", func(context.Context) error {
		for _, l := range links {
			l.Delay(gentleDelay)
		}
		return nil
	})
	s.expect(o)
	s.heal(o, 180, links...)
}

// sharedDelay makes the round trip of a link 120 ms, by both directions or by one.
const sharedDelay = 60 * time.Millisecond

func (s *stage) slowNetwork() {
	links := s.allLinks()
	s.slowAll(links, func(context.Context) error {
		for _, l := range links {
			l.Delay(sharedDelay)
		}
		return nil
	})
}

func (s *stage) slowNetworkOneWay() {
	members := s.cluster.Members()
	s.slowAll(s.allLinks(), func(context.Context) error {
		for i, m := range members {
			for _, other := range members[i+1:] {
				way, err := s.cluster.OneWay(m, other)
				if err != nil {
					return err
				}
				way.Delay(2 * sharedDelay)
			}
		}
		return nil
	})
}

// allLinks are those of all pairs of members.
func (s *stage) allLinks() []*etcdtest.Link {
	s.Helper()
	members := s.cluster.Members()
	var links []*etcdtest.Link
	for i, m := range members {
		for _, other := range members[i+1:] {
			links = append(links, s.link(m, other))
		}
	}
	return links
}

// slowAll slows all links equally: no link and no member may be blamed at any time.
func (s *stage) slowAll(links []*etcdtest.Link, slow func(context.Context) error) {
	o := outcome{
		cause: thresholds.CauseSlowNetwork, level: thresholds.Notice, sweeps: 180, strict: true, anyAlarm: true,
		onTheWay: []thresholds.Cause{thresholds.CauseNotClear, thresholds.CauseUndetermined},
		check: func(l *observation) string {
			if len(l.Reading.About) > 0 {
				return "that nobody is blamed"
			}
			return ""
		},
	}
	s.change("slow all links", slow)
	s.expect(o)
	s.heal(o, 300, links...)
}

func (s *stage) slowFollowersLink() {
	f := s.followers()
	link := s.link(f[0], f[1])
	leader, o := s.leader(), linkOutcome()
	o.needed = []*etcdtest.Member{leader}
	s.change("slow the link", func(context.Context) error { link.Delay(linkDelay); return nil })
	s.expect(o)
	// Some time later it is more than a notice, and without the leader these two would be the quorum.
	o.what, o.level, o.sweeps, o.unsafe = "for a while", thresholds.Warning, 150, []*etcdtest.Member{leader}
	s.expect(o)
	s.change("heal the link", func(context.Context) error { link.Heal(); return nil })
	o.sweeps = 75
	s.expectLinkOver(o)
}

// linkOutcome expects the link to be named within 80 s, if only by a notice, or the cause to be undecided.
func linkOutcome() outcome {
	return outcome{
		cause: thresholds.CauseSlowLink, orElse: []thresholds.Cause{thresholds.CauseNotClear,
			thresholds.CauseUndetermined},
		level: thresholds.Notice, sweeps: 80, strict: true, anyAlarm: true,
	}
}

func (s *stage) delayFromLeader() { s.oneWay(s.leader(), s.followers()[0], delayed) }

func (s *stage) delayToLeader() { s.oneWay(s.followers()[0], s.leader(), delayed) }

func (s *stage) muteLeader() { s.oneWay(s.leader(), s.followers()[0], stalled) }

func (s *stage) muteFollower() { s.oneWay(s.followers()[0], s.leader(), stalled) }

// muteBetweenFollowers stalls what one follower sends to another. Both still follow the leader, but could not elect
// each other without it, so the leader can't be lost.
func (s *stage) muteBetweenFollowers() {
	followers := s.followers()
	way, err := s.cluster.OneWay(followers[0], followers[1])
	if err != nil {
		s.Fatal(err)
	}
	o := outcome{
		cause: thresholds.CauseLinkCut, level: thresholds.Warning, sweeps: 80, anyAlarm: true,
		orElse: []thresholds.Cause{thresholds.CauseNotClear}, unsafe: []*etcdtest.Member{s.leader()},
	}
	s.change("stall what "+followers[0].Name+" sends to "+followers[1].Name, func(context.Context) error {
		way.Stall()
		return nil
	})
	s.expect(o)
	s.heal(o, 120, s.link(followers[0], followers[1]))
}

// delayed and stalled are what happens to one direction of a link.
const (
	delayed = false
	stalled = true
)

// oneWay impairs what one member sends to another; the other direction is unaffected.
func (s *stage) oneWay(from, to *etcdtest.Member, stall bool) {
	way, err := s.cluster.OneWay(from, to)
	if err != nil {
		s.Fatal(err)
	}
	o := linkOutcome()
	var follower *etcdtest.Member
	if stall {
		// With nothing arriving, it is a cut link, or a member that is cut off because it can't hear its leader, and
		// elections may follow. The follower and this leader are no quorum, whichever of them can be heard.
		o.cause = thresholds.CauseLinkCut
		o.orElse = append(o.orElse, thresholds.CauseCutOff)
		o.onTheWay = []thresholds.Cause{
			thresholds.CauseNoLeader, thresholds.CauseFlapping, thresholds.CauseMemberHung, thresholds.CauseSlowLink,
			thresholds.CauseVoterUnhealthy,
		}
		if follower = to; to == s.leader() {
			follower = from
		}
		s.truth.setUseless(true, follower)
	}
	s.change("spoil what "+from.Name+" sends to "+to.Name, func(context.Context) error {
		if stall {
			way.Stall()
		} else {
			way.Delay(2 * linkDelay)
		}
		return nil
	})
	s.expect(o)
	if stall {
		s.truth.setUseless(false, follower)
	}
	s.heal(o, 180, s.link(from, to))
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

// cut cuts links and heals them again; useless are the members that take no part meanwhile.
func (s *stage) cut(o outcome, links []*etcdtest.Link, useless ...*etcdtest.Member) {
	s.truth.setUseless(true, useless...)
	s.change("cut the link", func(context.Context) error {
		for _, l := range links {
			l.Cut()
		}
		return nil
	})
	s.expect(o)
	s.truth.setUseless(false, useless...)
	s.heal(o, 90, links...)
}

func (s *stage) cutFollowersLink() {
	f := s.followers()
	s.cut(outcome{
		cause: thresholds.CauseLinkCut, sweeps: 60,
		findings: []found{{thresholds.PeerDisconnected, f[0]}, {thresholds.PeerDisconnected, f[1]}},
	}, []*etcdtest.Link{s.link(f[0], f[1])})
}

func (s *stage) cutLeadersLink() {
	f := s.followers()
	s.cut(outcome{
		cause: thresholds.CauseLinkCut, level: thresholds.Warning, sweeps: 60,
		onTheWay:  []thresholds.Cause{thresholds.CauseCutOff},
		tolerated: []thresholds.RuleID{thresholds.NoLeader, thresholds.QuorumAtRisk, thresholds.FollowerStuck},
		findings:  []found{{thresholds.PeerDisconnected, f[0]}, {thresholds.PeerDisconnected, s.leader()}},
	}, []*etcdtest.Link{s.link(s.leader(), f[0])})
}

func (s *stage) cutOffFollower() {
	f := s.followers()
	s.cut(outcome{
		cause: thresholds.CauseCutOff, sweeps: 60,
		findings:  []found{{thresholds.NoLeader, f[0]}, {thresholds.QuorumAtRisk, nil}},
		tolerated: []thresholds.RuleID{thresholds.PeerDisconnected, thresholds.FollowerStuck},
		verdicts:  verdictsOf{f[0]: thresholds.LossSafe, f[1]: thresholds.LossNo},
	}, s.links(f[0]), f[0])
}
