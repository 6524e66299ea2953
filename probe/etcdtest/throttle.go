package etcdtest

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// throttlePeriod is that of CFS bandwidth control, which Kubernetes' CPU limits use with the kernel's default:
// Documentation/scheduler/sched-bwc.rst.
const throttlePeriod = 100 * time.Millisecond

// A Throttling is how a member is kept from the CPU.
type Throttling int

// The ways of throttling.
const (
	Quota     Throttling = iota // a control group's quota, as a container's CPU limit is
	DutyCycle                   // SIGSTOP and SIGCONT by turns, as a hypervisor does that takes the CPU away
)

func (t Throttling) String() string {
	if t == Quota {
		return "CPU quota"
	}
	return "duty cycle"
}

// Throttle leaves a member that share of one core, 0.05 for 5 %, until heal is called or its process ends: by
// [Member.ThrottleQuota] where that is permitted, else by [Member.ThrottleDutyCycle]. heal may be called again.
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

// ThrottleQuota puts a member's process into a control group of its own, with a quota of that share of one core. The
// error is [errors.ErrUnsupported] or [os.ErrPermission] where control groups can't be made. The process keeps the
// quota however many threads it has, and it is throttled for most of every 100 ms in which it has work to do.
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
	m.heals = append(m.heals, lift)
	return lift, nil
}

// ThrottleDutyCycle lets a member's process run for that share of every 100 ms and stops it (SIGSTOP) for the rest.
// While it does, [Member.Pause] and [Member.Resume] must not be called. [Member.Running] stays true.
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
		if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("ending the throttling of %s: %w", m.Name, err)
		}
		return nil
	})
	m.heals = append(m.heals, lift)
	return lift, nil
}

// endThrottling takes back all that throttles it. The process should have ended.
func (m *Member) endThrottling() error {
	m.mu.Lock()
	heals := m.heals
	m.heals = nil
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

// dutyCycle stops and continues the process by turns until stop is closed or the process has ended; it may leave the
// process stopped.
func (p *process) dutyCycle(running, stopped time.Duration, stop <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	signal, next := syscall.SIGSTOP, stopped
	for {
		select {
		case <-timer.C:
		case <-stop:
			return
		case <-p.exited:
			return
		}
		if p.cmd.Process.Signal(signal) != nil {
			return
		}
		timer.Reset(next)
		if signal == syscall.SIGSTOP {
			signal, next = syscall.SIGCONT, running
		} else {
			signal, next = syscall.SIGSTOP, stopped
		}
	}
}
