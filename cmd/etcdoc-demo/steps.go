package main

import (
	"context"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// slowLinkDelay is what the slow link adds to each direction. etcd smooths the round trips it measures and reports them
// every 30 s: half a second more makes it report values beyond the limits of etcd's own alerts.
const slowLinkDelay = 250 * time.Millisecond

// burstWrites bounds what the burst adds to the database to about 5 MB, however fast the disk is.
const burstWrites = 6000

func (s *story) playCalm(ctx context.Context) error {
	s.say("calm: three members, and what Kubernetes does to them")
	return s.hold(ctx, calm, 20*time.Second)
}

func (s *story) playDrain(ctx context.Context) error {
	const absence = 15 * time.Second
	_, followers, err := s.cast(ctx)
	if err != nil {
		return err
	}
	m := followers[0]
	s.announce(m, absence, "drain %s", m.Name)
	ending, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	if err := m.Terminate(ending); err != nil {
		return err
	}
	if err := s.hold(ctx, memberDrained, absence); err != nil {
		return err
	}
	if err := s.bringBack(ctx, m); err != nil {
		return err
	}
	s.say("%s is back: the drain is over", m.Name)
	return s.hold(ctx, memberBack, 15*time.Second)
}

func (s *story) playKill(ctx context.Context) error {
	leader, _, err := s.cast(ctx)
	if err != nil {
		return err
	}
	s.say("kill -9 of %s, the leader: nobody announced that", leader.Name)
	if err := leader.Kill(); err != nil {
		return err
	}
	if err := s.hold(ctx, memberKilled, 12*time.Second); err != nil {
		return err
	}
	if err := s.bringBack(ctx, leader); err != nil {
		return err
	}
	s.say("%s is started again", leader.Name)
	return s.hold(ctx, memberBack, 8*time.Second)
}

// bringBack starts a member and waits until all are healthy.
func (s *story) bringBack(ctx context.Context, m *etcdtest.Member) error {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	if err := m.Restart(ctx); err != nil {
		return err
	}
	return s.cluster.WaitHealthy(ctx)
}

func (s *story) playElection(ctx context.Context) error {
	leader, followers, err := s.cast(ctx)
	if err != nil {
		return err
	}
	to := followers[len(followers)-1]
	s.say("an election: the leadership moves from %s to %s", leader.Name, to.Name)
	moving, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	if err := s.cluster.MoveLeader(moving, to); err != nil {
		return err
	}
	return s.hold(ctx, leaderMoved, 15*time.Second)
}

func (s *story) playBurst(ctx context.Context) error {
	s.say("a burst of writes: as many as the cluster takes")
	storm, cancel := context.WithTimeout(ctx, s.scaled(8*time.Second))
	defer cancel()
	s.load.Burst(storm, burstWrites)
	return s.hold(ctx, burstOver, 7*time.Second)
}

func (s *story) playSlowLink(ctx context.Context) error {
	leader, followers, err := s.cast(ctx)
	if err != nil {
		return err
	}
	link, err := s.cluster.Link(leader, followers[0])
	if err != nil {
		return err
	}
	s.say("a slow link: %s between %s and %s, each way", slowLinkDelay, leader.Name, followers[0].Name)
	link.Delay(slowLinkDelay)
	defer link.Heal()
	if err := s.hold(ctx, linkSlow, 32*time.Second); err != nil {
		return err
	}
	link.Heal()
	s.say("the link of %s and %s is healed", leader.Name, followers[0].Name)
	return s.hold(ctx, linkHealed, 8*time.Second)
}
