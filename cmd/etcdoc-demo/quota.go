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
	// ballastPercent is the share of the quota at which the fill stops. The load adds a few hundredths meanwhile; at
	// 100% etcd raises NOSPACE.
	ballastPercent = 85
)

func (s *story) playQuota(ctx context.Context) error {
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

// fill writes ballast until a member's database reaches ballastPercent of its quota, spread evenly over a time. It
// never writes more than the quota, even if the database does not grow as expected.
func (s *story) fill(ctx context.Context, lasts time.Duration) error {
	size, quota, err := s.fullestDB(ctx)
	if err != nil {
		return err
	}
	goal := quota * ballastPercent / 100
	chunks := max(1, (goal-size)/ballastBytes)
	for n := range quota / ballastBytes {
		if size+ballastBytes > goal {
			return nil
		}
		if err := s.putBallast(ctx, n); err != nil {
			return err
		}
		if err := s.hold(ctx, quotaFilling, lasts/time.Duration(chunks)); err != nil {
			return err
		}
		if size, _, err = s.fullestDB(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) putBallast(ctx context.Context, n int64) error {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	value := s.load.values.make(ballastBytes / 2)
	if _, err := s.cluster.Client().Put(ctx, fmt.Sprintf("%s%04d", ballastPrefix, n), value+value); err != nil {
		return fmt.Errorf("writing ballast: %w", err)
	}
	return nil
}

// fullestDB returns the size on disk of the largest of the members' databases, and its quota.
func (s *story) fullestDB(ctx context.Context) (sizeBytes, quotaBytes int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	for _, m := range s.cluster.Members() {
		status, err := m.Status(ctx)
		if err != nil {
			return 0, 0, err
		}
		if status.DbSize > sizeBytes {
			sizeBytes, quotaBytes = status.DbSize, status.DbSizeQuota
		}
	}
	return sizeBytes, quotaBytes, nil
}

// reclaimSpace does what a person would: delete, compact, defragment one member at a time with the leader last, and
// disarm an alarm if there is one.
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
