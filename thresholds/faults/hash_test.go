//go:build faults

package faults

import (
	"context"
	"fmt"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// corruptFollower spoils a value of a stopped follower, who starts again and raises no alarm. Without being asked to
// compare hashes nobody can see that, and so it is said that they were not compared.
func (s *stage) corruptFollower() {
	const key = "/precious"
	victim := s.followers()[0]
	s.change("spoil a value of "+victim.Name, func(ctx context.Context) error {
		if _, err := s.cluster.Client().Put(ctx, key, "value"); err != nil {
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
	s.expect(outcome{
		cause: thresholds.CauseHealthy, orElse: []thresholds.Cause{thresholds.CauseCorruption}, sweeps: 60, anyAlarm: true,
		onTheWay: []thresholds.Cause{thresholds.CauseMemberDown},
		check: func(l *look) string {
			if l.Reading.Cause == thresholds.CauseCorruption || strings.Contains(strings.Join(l.Reading.NotLookedAt, "\n"), "hash") {
				return ""
			}
			return fmt.Sprintf("that hashes were not compared, in %q", l.Reading.NotLookedAt)
		},
	})
}
