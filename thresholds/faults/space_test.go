//go:build faults

package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	ballastPrefix = "/ballast/"
	ballastBytes  = 1 << 20
	fillInterval  = 60 * time.Millisecond
)

// fill writes values of a MiB to consecutive keys, as fast as the disks can take.
func (s *stage) fill(ctx context.Context, from, values int) error {
	ticker := time.NewTicker(fillInterval)
	defer ticker.Stop()
	for i := range values {
		<-ticker.C
		key := fmt.Sprintf("%s%04d", ballastPrefix, from+i)
		if _, err := s.cluster.Client().Put(ctx, key, randomValue(ballastBytes)); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes ballast keys from that number on, and compacts.
func (s *stage) drop(ctx context.Context, from int) error {
	first := fmt.Sprintf("%s%04d", ballastPrefix, from)
	rest := clientv3.WithRange(clientv3.GetPrefixRangeEnd(ballastPrefix))
	if _, err := s.cluster.Client().Delete(ctx, first, rest); err != nil {
		return err
	}
	return s.cluster.Compact(ctx)
}

// defragment defragments all members, the leader last.
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

// leftAlarm frees the database and leaves the alarm raised: the only remaining step is to disarm it.
func (s *stage) leftAlarm() {
	s.change("write beyond the quota, delete, compact and defragment", func(ctx context.Context) error {
		if err := s.fill(ctx, 0, 40); !errors.Is(err, rpctypes.ErrNoSpace) {
			return fmt.Errorf("the quota is not enforced: %w", err)
		}
		if err := s.drop(ctx, 0); err != nil {
			return err
		}
		return s.defragment(ctx)
	})
	s.began = s.observer.count()
	s.expect(outcome{
		cause: thresholds.CauseNoSpace, sweeps: 30, anyAlarm: true,
		onTheWay: []thresholds.Cause{thresholds.CauseQuotaNear, thresholds.CauseDefragRunning},
		unsafe:   s.cluster.Members(),
		check: func(l *observation) string {
			next := l.Reading.Next
			if !strings.Contains(next, "disarm") || strings.Contains(next, "delete") ||
				strings.Contains(next, "defrag") ||
				strings.Contains(next, "compact") {
				return fmt.Sprintf("to disarm the alarm, and nothing more: %q", next)
			}
			return ""
		},
	})
	s.change("disarm", func(ctx context.Context) error {
		_, err := s.cluster.Client().AlarmDisarm(ctx, &clientv3.AlarmMember{})
		return err
	})
	s.expectRecovery(outcome{cause: thresholds.CauseNoSpace, sweeps: 60, anyAlarm: true})
}

// The sizes for fragmentation: more than 100 MiB must stay in use, and less than half of the file.
const (
	keptMiB    = 120
	droppedMiB = 220
)

// pageDelay, one per write, stretches the defragmentation of keptMiB to some seconds: real databases take that long
// or longer.
const pageDelay = 40 * time.Millisecond

func (s *stage) fragment() {
	o := outcome{cause: thresholds.CauseFragmentation, sweeps: 120}
	for _, m := range s.cluster.Members() {
		o.findings = append(o.findings, found{thresholds.DBFragmented, m})
	}
	s.change("write ballast and delete most of it", func(ctx context.Context) error {
		if err := s.fill(ctx, 0, keptMiB+droppedMiB); err != nil {
			return err
		}
		return s.drop(ctx, keptMiB)
	})
	s.expect(o)
	s.expectDefragmentation()
	s.change("defragment all", s.defragment)
	o.sweeps = 60
	// One member's disk was slow for a while before, which a commit may have met.
	o.onTheWay = []thresholds.Cause{thresholds.CauseDefragRunning, thresholds.CauseSlowDisk}
	o.tolerated = []thresholds.RuleID{
		thresholds.DefragRunning, thresholds.QuorumAtRisk, thresholds.MemberLate, thresholds.MemberUnreachable,
		thresholds.BackendCommitSlow,
	}
	s.expectRecovery(o)
}

// expectDefragmentation defragments a follower whose disk is slow, so that it takes a while.
func (s *stage) expectDefragmentation() {
	victim := s.followers()[0]
	o := outcome{
		what: "a follower is defragmented", cause: thresholds.CauseDefragRunning, sweeps: 10,
		onTheWay: []thresholds.Cause{thresholds.CauseFragmentation},
		findings: []found{{thresholds.DefragRunning, victim}},
		// It does not answer meanwhile and does not count as healthy; the reading says so, and why.
		tolerated: []thresholds.RuleID{thresholds.DBFragmented, thresholds.QuorumAtRisk, thresholds.MemberLate,
			thresholds.MemberUnreachable},
	}
	heal, err := s.slowDisk(s.ctx, pwrite, pageDelay, victim)
	if err != nil {
		s.Fatal(err)
	}
	done := make(chan error, 1)
	s.change("defragment "+victim.Name, func(context.Context) error {
		go func() { done <- defragment(s.ctx, victim) }()
		return nil
	})
	s.expect(o)
	if err := <-done; err != nil {
		s.Error(err)
	}
	o.what = "a follower was defragmented"
	s.expectNothingElse(o, s.observer.count())
	heal()
}
