//go:build faults

package faults

import (
	"context"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// The loads: each is something that clients do, and the reading must call it load.
const (
	stormReaders, stormKeys, stormBytes = 32, 500, 1 << 10
	churnWorkers                        = 64
	// A transaction with the most puts allowed, close to the largest size of a request.
	txnWriters, txnPerSecond, txnBytes = 4, 20, 11 << 10
	stuckStreams                       = 50
	stuckWriters, stuckPuts, stuckSize = 8, 300, 4 << 10
)

func (s *stage) readStorm() {
	s.loaded("read all keys all the time", thresholds.CauseBurst, func(context.Context) (*etcdtest.Load, error) {
		return s.cluster.ReadStorm(s.ctx, etcdtest.ReadLoad{Readers: stormReaders, Keys: stormKeys,
			ValueBytes: stormBytes})
	})
}

func (s *stage) leaseChurn() {
	s.loaded("grant and revoke leases all the time", thresholds.CauseBurst,
		func(context.Context) (*etcdtest.Load, error) {
			return s.cluster.LeaseChurn(s.ctx, churnWorkers, 0)
		}, thresholds.LeasesChurning)
}

func (s *stage) largeTransactions() {
	s.loaded("commit large transactions", thresholds.CauseLargeWrites, func(context.Context) (*etcdtest.Load, error) {
		return s.cluster.LargeTransactions(s.ctx, txnWriters, txnPerSecond, txnBytes)
	})
}

func (s *stage) stuckWatchers() {
	s.loaded("watch and do not read", thresholds.CauseWatchBacklog, func(ctx context.Context) (*etcdtest.Load, error) {
		watchers, err := s.leader().StuckWatchers(ctx, "/puts/", stuckStreams)
		if err != nil {
			return nil, err
		}
		s.Cleanup(watchers.Close)
		return s.cluster.Puts(s.ctx, stuckWriters, stuckPuts, stuckSize)
	})
}

// loaded starts a load and wants one of the causes about load; never a disk, a link or CPU starvation of a member. If
// the cluster copes it is healthy, and a notice names the load.
func (s *stage) loaded(
	what string, cause thresholds.Cause, start func(context.Context) (*etcdtest.Load, error),
	remarks ...thresholds.RuleID,
) {
	s.observer.at(s.ctx, usualSweeps) // a load is relative to the usual one
	o := outcome{
		cause: cause, sweeps: 80, strict: true, anyAlarm: true,
		orElse: []thresholds.Cause{
			thresholds.CauseBurst, thresholds.CauseOverload, thresholds.CauseLargeWrites, thresholds.CauseWatchBacklog,
		},
		onTheWay: []thresholds.Cause{thresholds.CauseNotClear, thresholds.CauseUndetermined, thresholds.CauseFlapping,
			thresholds.CauseNoLeader},
	}
	if len(remarks) > 0 {
		o.orElse = append(o.orElse, thresholds.CauseHealthy)
		o.check = func(l *observation) string {
			if l.Reading.Cause != thresholds.CauseHealthy ||
				slices.ContainsFunc(l.Findings, func(f thresholds.Finding) bool {
					return slices.Contains(remarks, f.Rule) && strings.Contains(l.Reading.Text, f.Summary)
				}) {
				return ""
			}
			return "a remark on it"
		}
	}
	var l *etcdtest.Load
	s.change(what, func(ctx context.Context) (err error) { l, err = start(ctx); return err })
	s.Cleanup(func() { l.Stop() })
	s.expect(o)
	s.Logf("%d requests, %d failed", l.Done(), l.Failed())
	s.change("end it", func(context.Context) error { l.Stop(); return nil })
	o.sweeps = 120
	s.expectRecovery(o)
}
