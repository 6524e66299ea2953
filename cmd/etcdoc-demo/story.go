package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// storyLength is how long one telling of the whole story lasts, about.
const storyLength = 3 * time.Minute

// shortest is the least length that has room for the whole story; below it only the steps that matter most are told.
const shortest = time.Minute

const (
	// actionTimeout bounds whatever the story does to the cluster at once.
	actionTimeout = time.Minute
	// windowSlack is what an expected window allows for more than the outage is meant to last.
	windowSlack = 15 * time.Second
)

// A moment is what has just been done when the story pauses for people to see it.
type moment string

// The moments.
const (
	calm           moment = "calm"
	memberDrained  moment = "a member is drained"
	memberBack     moment = "a member is back"
	memberKilled   moment = "a member is killed"
	leaderMoved    moment = "the leadership was moved"
	burstOver      moment = "the burst is over"
	linkSlow       moment = "a link is slow"
	linkHealed     moment = "the link is healed"
	quotaFilling   moment = "the quota is filling"
	quotaNear      moment = "the quota is near"
	spaceReclaimed moment = "the space is reclaimed"
)

// A step is one thing that happens in the story.
type step struct {
	name string
	// lasts is how long it takes in a story of storyLength.
	lasts time.Duration
	// always says that the shortest story has it, too.
	always bool
	tell   func(*story, context.Context) error
}

// steps is the story. Every step begins with a healthy cluster and leaves one.
func steps() []step {
	return []step{
		{"calm", 20 * time.Second, true, (*story).tellCalm},
		{"drain", 30 * time.Second, true, (*story).tellDrain},
		{"kill", 20 * time.Second, true, (*story).tellKill},
		{"election", 15 * time.Second, true, (*story).tellElection},
		{"burst", 15 * time.Second, false, (*story).tellBurst},
		{"slow link", 40 * time.Second, false, (*story).tellSlowLink},
		{"quota", 40 * time.Second, false, (*story).tellQuota},
	}
}

// A story does real harm to a cluster, says so, and mends it, over and over. Its caller must have the only hand on the
// cluster's faults.
type story struct {
	cluster *etcdtest.Cluster
	load    *load
	steps   []step
	pace    float64 // how long a moment lasts, as a share of its length in a story of storyLength
	onMark  func(probe.Mark)
	// pause holds a moment for people to see; tests look then.
	pause func(ctx context.Context, at moment, d time.Duration) error
}

// newStory makes a story of which one telling lasts about length; 0 is storyLength. onMark hears the captions, in order,
// from the goroutine that tells the story.
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
	s.pace = length.Seconds() / whole.Seconds()
	return s
}

// Run tells the story until ctx ends, and then returns nil at once, whatever state the cluster is in: it is thrown away
// then, or mended with Restore. A
// step that does not succeed is made up for, and said; an error is only that making up for it did not succeed either.
func (s *story) Run(ctx context.Context) error {
	for {
		for _, step := range s.steps {
			err := step.tell(s, ctx)
			if ctx.Err() != nil {
				return nil
			}
			if err == nil {
				continue
			}
			s.say("the story is interrupted: %v", err)
			if err := s.Restore(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("telling %q: %w", step.name, err)
			}
		}
	}
}

// Restore undoes what the story has done, and returns when the cluster is healthy.
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

// hold pauses for as long as lasts is in this story.
func (s *story) hold(ctx context.Context, at moment, lasts time.Duration) error {
	return s.pause(ctx, at, s.scaled(lasts))
}

func (s *story) scaled(lasts time.Duration) time.Duration {
	return time.Duration(float64(lasts) * s.pace)
}

func sleep(ctx context.Context, _ moment, d time.Duration) error {
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

// cast gives the leader and the followers their parts.
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
