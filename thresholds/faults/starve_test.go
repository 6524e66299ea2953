//go:build faults

package faults

import (
	"context"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// fewCPU is the share of a core that a starved member has left: what a container has with a limit of 50m.
const fewCPU = 0.05

func (s *stage) throttleFollower() { s.throttle(s.followers()[0], (*etcdtest.Member).Throttle) }

func (s *stage) throttleLeader() { s.throttle(s.leader(), (*etcdtest.Member).Throttle) }

func (s *stage) dutyCycleFollower() { s.throttle(s.followers()[0], byDutyCycle) }

func (s *stage) dutyCycleLeader() { s.throttle(s.leader(), byDutyCycle) }

func byDutyCycle(m *etcdtest.Member, share float64) (func() error, etcdtest.Throttling, error) {
	heal, err := m.ThrottleDutyCycle(share)
	return heal, etcdtest.DutyCycle, err
}

// throttle takes the CPU of a member away until it is said, or said to be undecided, and no survivor of another's loss
// is held for quick any more.
func (s *stage) throttle(victim *etcdtest.Member, do func(*etcdtest.Member, float64) (func() error, etcdtest.Throttling, error)) {
	o := outcome{
		cause: thresholds.CauseStarvation, level: thresholds.Warning, sweeps: 80, strict: true, anyAlarm: true,
		orElse: []thresholds.Cause{thresholds.CauseUndetermined},
		// So slow a member does not answer in time, and so slow a leader is deposed.
		onTheWay: []thresholds.Cause{thresholds.CauseMemberHung, thresholds.CauseNoLeader, thresholds.CauseFlapping, thresholds.CauseAiling},
	}
	for _, m := range s.cluster.Members() {
		if m != victim {
			o.unsafe = append(o.unsafe, m)
		}
	}
	var heal func() error
	s.change("leave "+victim.Name+" 5 % of a core", func(context.Context) error {
		lift, how, err := do(victim, fewCPU)
		heal = lift
		s.Logf("by %s", how)
		return err
	})
	s.expect(o)
	s.change("let it run", func(context.Context) error { return heal() })
	o.sweeps = 75
	s.expectRecovery(o)
}
