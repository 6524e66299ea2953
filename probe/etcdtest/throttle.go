package etcdtest

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// throttlePeriod is the default period of CFS bandwidth control, which Kubernetes' CPU limits use:
// Documentation/scheduler/sched-bwc.rst.
const throttlePeriod = 100 * time.Millisecond

// A Throttling is a way to keep a member from the CPU.
type Throttling int

// The ways of throttling.
const (
	Quota     Throttling = iota // a control group's quota, like a container's CPU limit
	DutyCycle                   // SIGSTOP and SIGCONT in turn, like a hypervisor that takes the CPU away
)

func (t Throttling) String() string {
	if t == Quota {
		return "CPU quota"
	}
	return "duty cycle"
}

// Throttle limits a member to a share of one core (0.05 is 5%) until heal is called or its process ends: by
// [Member.ThrottleQuota] if that is permitted, else by [Member.ThrottleDutyCycle]. heal may be called again.
func (m *Member) Throttle(share float64) (heal func() error, how Throttling, err error) {
	heal, err = m.ThrottleQuota(share)
	if err == nil {
		return heal, Quota, nil
	}
	if !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, os.ErrPermission) {
		return nil, Quota, err
	}
	heal, err = m.ThrottleDutyCycle(share)
	return heal, DutyCycle, err
}

// ThrottleQuota puts a member's process into a control group with a quota of that share of one core. It fails with
// [errors.ErrUnsupported] or [os.ErrPermission] if it can't make control groups. The quota covers all threads of the
// process and throttles it for most of every 100 ms in which it has work.
func (m *Member) ThrottleQuota(share float64) (heal func() error, err error) {
	if err := checkShare(share); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.alive() {
		return nil, fmt.Errorf("throttling %s: it is not running", m.Name)
	}
	lift, err := limitCPU(m.process.cmd.Process.Pid, share, throttlePeriod)
	if err != nil {
		return nil, fmt.Errorf("throttling %s: %w", m.Name, err)
	}
	m.undoThrottling = append(m.undoThrottling, lift)
	return lift, nil
}

// ThrottleDutyCycle runs a member's process for that share of every 100 ms and stops it (SIGSTOP) for the rest.
// Meanwhile nobody may call [Member.Pause] or [Member.Resume]. [Member.Running] stays true.
func (m *Member) ThrottleDutyCycle(share float64) (heal func() error, err error) {
	if err := checkShare(share); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.alive() {
		return nil, fmt.Errorf("throttling %s: it is not running", m.Name)
	}
	running := time.Duration(share * float64(throttlePeriod))
	p, stop, ended := m.process, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		p.dutyCycle(running, throttlePeriod-running, stop)
	}()
	lift := sync.OnceValue(func() error {
		close(stop)
		<-ended
		if err := resume(p.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("ending the throttling of %s: %w", m.Name, err)
		}
		return nil
	})
	m.undoThrottling = append(m.undoThrottling, lift)
	return lift, nil
}

// endThrottling undoes all throttling. The process should have ended.
func (m *Member) endThrottling() error {
	m.mu.Lock()
	heals := m.undoThrottling
	m.undoThrottling = nil
	m.mu.Unlock()
	var errs []error
	for _, heal := range heals {
		errs = append(errs, heal())
	}
	return errors.Join(errs...)
}

func checkShare(share float64) error {
	if share <= 0 || share >= 1 {
		return fmt.Errorf("throttling to %g of a core: want more than 0 and less than 1", share)
	}
	return nil
}

// dutyCycle stops and continues the process in turn until stop is closed or the process has ended; it may leave the
// process stopped.
func (p *process) dutyCycle(running, stopped time.Duration, stop <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for pause := true; ; pause = !pause {
		select {
		case <-timer.C:
		case <-stop:
			return
		case <-p.exited:
			return
		}
		act, lasts := resume, running
		if pause {
			act, lasts = suspend, stopped
		}
		if act(p.cmd.Process) != nil {
			return
		}
		timer.Reset(lasts)
	}
}
