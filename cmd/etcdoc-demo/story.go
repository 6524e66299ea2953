package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// storyLength is about how long one run of the whole story takes.
const storyLength = 3 * time.Minute

// shortest is the minimum length of the whole story; a shorter one has only the most important steps.
const shortest = time.Minute

const (
	// actionTimeout bounds each action on the cluster.
	actionTimeout = time.Minute
	// windowSlack is how much longer than the outage its announced window is.
	windowSlack = 15 * time.Second
)

// A scene is the state of the story while it pauses for people to look.
type scene string

// The scenes.
const (
	calm           scene = "calm"
	memberDrained  scene = "a member is drained"
	memberBack     scene = "a member is back"
	memberKilled   scene = "a member is killed"
	leaderMoved    scene = "the leadership was moved"
	burstOver      scene = "the burst is over"
	linkSlow       scene = "a link is slow"
	linkHealed     scene = "the link is healed"
	quotaFilling   scene = "the quota is filling"
	quotaNear      scene = "the quota is near"
	spaceReclaimed scene = "the space is reclaimed"
)

// A step is one event of the story.
type step struct {
	name string
	// lasts is how long it takes in a story of storyLength.
	lasts time.Duration
	// always keeps it in the shortest story.
	always bool
	run    func(*story, context.Context) error
}

// steps is the story. Every step begins and ends with a healthy cluster.
func steps() []step {
	return []step{
		{"calm", 20 * time.Second, true, (*story).playCalm},
		{"drain", 30 * time.Second, true, (*story).playDrain},
		{"kill", 20 * time.Second, true, (*story).playKill},
		{"election", 15 * time.Second, true, (*story).playElection},
		{"burst", 15 * time.Second, false, (*story).playBurst},
		{"slow link", 40 * time.Second, false, (*story).playSlowLink},
		{"quota", 40 * time.Second, false, (*story).playQuota},
	}
}

// A story does real harm to a cluster, announces it, and repairs it, over and over. Nobody else may inject faults
// meanwhile.
type story struct {
	cluster *etcdtest.Cluster
	load    *load
	steps   []step
	scale   float64 // the length of a scene as a share of its length in a story of storyLength
	onMark  func(probe.Mark)
	// pause holds a scene for people to look; tests look then.
	pause func(ctx context.Context, at scene, d time.Duration) error
}

// newStory makes a story that takes about length; 0 means storyLength. It calls onMark with the captions, in order,
// from the goroutine in Run.
func newStory(cluster *etcdtest.Cluster, load *load, length time.Duration, onMark func(probe.Mark)) *story {
	if length == 0 {
		length = storyLength
	}
	s := &story{cluster: cluster, load: load, onMark: onMark, pause: sleep}
	var whole time.Duration
	for _, step := range steps() {
		if length >= shortest || step.always {
			s.steps = append(s.steps, step)
			whole += step.lasts
		}
	}
	s.scale = length.Seconds() / whole.Seconds()
	return s
}

// Run runs the steps until ctx ends, and then returns nil at once, whatever the cluster's state; the caller discards
// the cluster or calls Restore. If a step fails, Run says so and restores the cluster; it returns an error only if that
// fails too.
func (s *story) Run(ctx context.Context) error {
	for {
		for _, step := range s.steps {
			err := step.run(s, ctx)
			if ctx.Err() != nil {
				return nil
			}
			if err == nil {
				continue
			}
			s.say("the story is interrupted: %v", err)
			if err := s.Restore(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("playing %q: %w", step.name, err)
			}
		}
	}
}

// Restore undoes the story's faults, and returns when the cluster is healthy.
func (s *story) Restore(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	members := s.cluster.Members()
	for i, m := range members {
		for _, other := range members[i+1:] {
			link, err := s.cluster.Link(m, other)
			if err != nil {
				return err
			}
			link.Heal()
		}
	}
	for _, m := range members {
		if !m.Running() {
			if err := m.Restart(ctx); err != nil {
				return err
			}
		}
	}
	if err := s.cluster.WaitHealthy(ctx); err != nil {
		return err
	}
	return s.reclaimSpace(ctx)
}

// hold pauses for lasts, scaled to this story.
func (s *story) hold(ctx context.Context, at scene, lasts time.Duration) error {
	return s.pause(ctx, at, s.scaled(lasts))
}

func (s *story) scaled(lasts time.Duration) time.Duration {
	return time.Duration(float64(lasts) * s.scale)
}

func sleep(ctx context.Context, _ scene, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// say puts a caption on the time line.
func (s *story) say(format string, args ...any) {
	s.onMark(probe.Mark{At: time.Now(), Text: fmt.Sprintf(format, args...)})
}

// announce puts a caption on the time line that announces a member's outage.
func (s *story) announce(m *etcdtest.Member, lasts time.Duration, format string, args ...any) {
	s.onMark(probe.Mark{
		At: time.Now(), Text: fmt.Sprintf(format, args...), Member: m.Name, Window: s.scaled(lasts) + windowSlack,
	})
}

// cast returns the leader and the followers.
func (s *story) cast(ctx context.Context) (leader *etcdtest.Member, followers []*etcdtest.Member, err error) {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	leader, err = s.cluster.Leader(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range s.cluster.Members() {
		if m != leader {
			followers = append(followers, m)
		}
	}
	if len(followers) == 0 {
		return nil, nil, errors.New("finding the followers: the leader is alone")
	}
	return leader, followers, nil
}
