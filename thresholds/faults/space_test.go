//go:build faults

package faults

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	ballastPrefix = "/ballast/"
	ballastBytes  = 1 << 20
)

// fill writes so many values of a MiB, to keys from that number on.
func (s *stage) fill(ctx context.Context, from, values int) error {
	for i := range values {
		if _, err := s.cluster.Client().Put(ctx, fmt.Sprintf("%s%04d", ballastPrefix, from+i), randomValue(ballastBytes)); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes ballast keys from that number on, and compacts.
func (s *stage) drop(ctx context.Context, from int) error {
	first := fmt.Sprintf("%s%04d", ballastPrefix, from)
	if _, err := s.cluster.Client().Delete(ctx, first, clientv3.WithRange(clientv3.GetPrefixRangeEnd(ballastPrefix))); err != nil {
		return err
	}
	return s.cluster.Compact(ctx)
}

// defragment does so to all members, the leader last.
func (s *stage) defragment(ctx context.Context) error {
	for _, m := range append(s.followers(), s.leader()) {
		if err := defragment(ctx, m); err != nil {
			return err
		}
		if err := s.cluster.WaitHealthy(ctx); err != nil {
			return err
		}
	}
	return nil
}

func defragment(ctx context.Context, m *etcdtest.Member) error {
	if _, err := m.Client().Defragment(ctx, m.ClientURL); err != nil {
		return fmt.Errorf("defragmenting %s: %w", m.Name, err)
	}
	return nil
}

func (s *stage) exceedQuota() {
	o := outcome{
		cause: thresholds.CauseNoSpace, sweeps: 30,
		onTheWay: []thresholds.Cause{thresholds.CauseQuotaNear},
		findings: []found{{thresholds.AlarmNoSpace, nil}},
	}
	for _, m := range s.cluster.Members() {
		o.findings = append(o.findings, found{thresholds.DBQuotaNear, m})
	}
	s.change("write beyond the quota", func(ctx context.Context) error {
		if err := s.fill(ctx, 0, 40); !errors.Is(err, rpctypes.ErrNoSpace) {
			return fmt.Errorf("the quota is not enforced: %w", err)
		}
		return nil
	})
	s.expect(o)
	s.change("delete, compact, defragment, disarm", func(ctx context.Context) error {
		if err := s.drop(ctx, 0); err != nil {
			return err
		}
		if err := s.defragment(ctx); err != nil {
			return err
		}
		_, err := s.cluster.Client().AlarmDisarm(ctx, &clientv3.AlarmMember{})
		return err
	})
	o.sweeps = 60
	s.expectRecovery(o)
}

// The sizes of fragmentation: what stays in use must be more than 100 MiB, and less than half of all.
const (
	keptMiB    = 120
	droppedMiB = 220
)

func (s *stage) fragment() {
	o := outcome{cause: "fragmentation", sweeps: 90}
	for _, m := range s.cluster.Members() {
		o.findings = append(o.findings, found{"db-fragmentation", m})
	}
	s.change("write ballast and delete most of it", func(ctx context.Context) error {
		if err := s.fill(ctx, 0, keptMiB+droppedMiB); err != nil {
			return err
		}
		return s.drop(ctx, keptMiB)
	})
	s.expect(o)
	victim := s.followers()[0]
	o = outcome{
		what: "a follower is defragmented", cause: "defragmentation", sweeps: 10,
		findings:  []found{{"defrag-running", victim}},
		tolerated: []thresholds.RuleID{"db-fragmentation"},
	}
	s.change("defragment "+victim.Name, func(ctx context.Context) error { return defragment(ctx, victim) })
	s.expect(o)
	s.change("defragment all", s.defragment)
	o.what, o.sweeps = "", 60
	s.expectRecovery(o)
}
