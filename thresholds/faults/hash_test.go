//go:build faults

package faults

import (
	"context"
	"fmt"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// compareHashes has the observer request the members' hashes.
func compareHashes(_ *stage, config *probe.Config) { config.HashKV = true }

// corruptFollower corrupts a value of a stopped follower. Without a comparison of hashes nobody can find out, and the
// reading says that hashes were not compared.
func (s *stage) corruptFollower() {
	s.corrupt(s.followers()[0])
	s.expect(outcome{
		cause: thresholds.CauseHealthy, orElse: []thresholds.Cause{thresholds.CauseCorruption}, sweeps: 60,
		anyAlarm: true,
		onTheWay: []thresholds.Cause{thresholds.CauseMemberDown},
		check: func(l *observation) string {
			if l.Reading.Cause == thresholds.CauseCorruption ||
				strings.Contains(strings.Join(l.Reading.NotLookedAt, "\n"), "hash") {
				return ""
			}
			return fmt.Sprintf("that hashes were not compared, in %q", l.Reading.NotLookedAt)
		},
	})
}

// compareCorrupt corrupts a value where hashes are compared: two comparisons, each after a compaction on all members,
// find it, and no member is safe to lose whose loss would leave the quorum to the corrupt one.
func (s *stage) compareCorrupt() {
	victim := s.followers()[0]
	s.corrupt(victim)
	o := outcome{
		cause: thresholds.CauseCorruption, level: thresholds.Warning, sweeps: 150, anyAlarm: true,
		onTheWay: []thresholds.Cause{thresholds.CauseMemberDown},
	}
	for _, m := range s.cluster.Members() {
		if m != victim {
			o.unsafe = append(o.unsafe, m)
		}
	}
	s.expect(o)
}

// corrupt changes a value of a stopped member and starts it; it raises no alarm.
func (s *stage) corrupt(victim *etcdtest.Member) {
	s.Helper()
	const key = "/precious"
	s.change("spoil a value of "+victim.Name, func(ctx context.Context) error {
		if _, err := s.cluster.Client().Put(ctx, key, "value"); err != nil {
			return err
		}
		if _, err := victim.Client().Get(ctx, key); err != nil { // applied now: a quorum could have done without it
			return err
		}
		if err := victim.Terminate(ctx); err != nil {
			return err
		}
		if err := victim.CorruptValue(key); err != nil {
			return err
		}
		if err := victim.Restart(ctx); err != nil {
			return err
		}
		return s.cluster.WaitHealthy(ctx)
	})
	s.began = s.observer.count()
}
