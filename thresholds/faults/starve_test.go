//go:build faults

package faults

import (
	"context"
	"fmt"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A starving is a way to starve a member: down to that share of a core, or of the time.
type starving struct {
	share float64
	do    func(*etcdtest.Member, float64) (func() error, etcdtest.Throttling, error)
}

// quotaOf is a CPU limit, which affects only a member that needs more: an idle one uses 1 to 3% of a core here, and
// twice that with 200 puts/s.
func quotaOf(share float64) starving { return starving{share, (*etcdtest.Member).Throttle} }

// littleTime lets a member run for 5% of the time, which affects it whatever it needs.
func littleTime() starving {
	return starving{0.05, func(m *etcdtest.Member, share float64) (func() error, etcdtest.Throttling, error) {
		heal, err := m.ThrottleDutyCycle(share)
		return heal, etcdtest.DutyCycle, err
	}}
}

func throttledFollower(how starving) func(*stage) {
	return func(s *stage) { s.throttle(s.followers()[0], how) }
}

func throttledLeader(how starving) func(*stage) {
	return func(s *stage) { s.throttle(s.leader(), how) }
}

// throttle takes a member's CPU away until the reading says so, or is undecided about it, and no survivor of
// another's loss counts as quick any more.
func (s *stage) throttle(victim *etcdtest.Member, with starving) {
	o := outcome{
		cause: thresholds.CauseStarvation, level: thresholds.Warning, sweeps: 80, strict: true, anyAlarm: true,
		orElse: []thresholds.Cause{thresholds.CauseNotClear, thresholds.CauseUndetermined},
		// A member that slow does not answer in time, and a leader that slow is deposed.
		onTheWay: []thresholds.Cause{thresholds.CauseMemberHung, thresholds.CauseNoLeader, thresholds.CauseFlapping,
			thresholds.CauseVoterUnhealthy},
	}
	for _, m := range s.cluster.Members() {
		if m != victim {
			o.unsafe = append(o.unsafe, m)
		}
	}
	var heal func() error
	s.change(fmt.Sprintf("leave %s %g %%", victim.Name, 100*with.share), func(context.Context) error {
		lift, how, err := with.do(victim, with.share)
		heal = lift
		s.Logf("by %s", how)
		return err
	})
	s.expect(o)
	s.change("let it run", func(context.Context) error { return heal() })
	o.sweeps = 75
	s.expectRecovery(o)
}
