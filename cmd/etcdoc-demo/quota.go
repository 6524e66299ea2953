package main

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

const (
	ballastPrefix = "/registry/widgets.example.com/widgets/shop/ballast-"
	ballastBytes  = 256 << 10
	// ballastGoalBytes is the size that the fill stops at. The load adds a few hundredths of the quota while it stands,
	// and NOSPACE is at the whole.
	ballastGoalBytes = quotaBytes * 85 / 100
	// ballastMost bounds the fill, should the database not grow as it ought to.
	ballastMost = quotaBytes / ballastBytes
)

func (s *story) tellQuota(ctx context.Context) error {
	s.say("a quota filling up: somebody stores large objects")
	if err := s.fill(ctx, 18*time.Second); err != nil {
		return err
	}
	if err := s.hold(ctx, quotaNear, 12*time.Second); err != nil {
		return err
	}
	s.say("the space is reclaimed: deleted, compacted, and defragmented member by member")
	reclaiming, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	if err := s.reclaimSpace(reclaiming); err != nil {
		return err
	}
	return s.hold(ctx, spaceReclaimed, 10*time.Second)
}

// fill writes ballast until a member's database is at ballastGoalBytes, evenly over a time.
func (s *story) fill(ctx context.Context, lasts time.Duration) error {
	began, err := s.largestDB(ctx)
	if err != nil {
		return err
	}
	chunks := max(1, (ballastGoalBytes-began)/ballastBytes)
	for n := range ballastMost {
		size, err := s.largestDB(ctx)
		if err != nil || size+ballastBytes > ballastGoalBytes {
			return err
		}
		if err := s.putBallast(ctx, n); err != nil {
			return err
		}
		if err := s.hold(ctx, quotaFilling, lasts/time.Duration(chunks)); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) putBallast(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	value := s.load.values.make(ballastBytes / 2)
	if _, err := s.cluster.Client().Put(ctx, fmt.Sprintf("%s%04d", ballastPrefix, n), value+value); err != nil {
		return fmt.Errorf("writing ballast: %w", err)
	}
	return nil
}

// largestDB is the size of the largest of the members' databases, on disk.
func (s *story) largestDB(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	var largest int64
	for _, m := range s.cluster.Members() {
		status, err := m.Status(ctx)
		if err != nil {
			return 0, err
		}
		largest = max(largest, status.DbSize)
	}
	return largest, nil
}

// reclaimSpace does what a person would: delete, compact, defragment one member at a time with the leader last, and
// disarm an alarm if it came to that.
func (s *story) reclaimSpace(ctx context.Context) error {
	client := s.cluster.Client()
	for _, prefix := range []string{ballastPrefix, burstPrefix} {
		if _, err := client.Delete(ctx, prefix, clientv3.WithPrefix()); err != nil {
			return fmt.Errorf("deleting %s: %w", prefix, err)
		}
	}
	if err := s.cluster.Compact(ctx); err != nil {
		return err
	}
	leader, followers, err := s.cast(ctx)
	if err != nil {
		return err
	}
	for _, m := range append(followers, leader) {
		if err := s.defragment(ctx, m); err != nil {
			return err
		}
	}
	if _, err := client.AlarmDisarm(ctx, &clientv3.AlarmMember{}); err != nil {
		return fmt.Errorf("disarming alarms: %w", err)
	}
	return nil
}

func (s *story) defragment(ctx context.Context, m *etcdtest.Member) error {
	if _, err := m.Client().Defragment(ctx, m.ClientURL); err != nil {
		return fmt.Errorf("defragmenting %s: %w", m.Name, err)
	}
	return s.cluster.WaitHealthy(ctx)
}
