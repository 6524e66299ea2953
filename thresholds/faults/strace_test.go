//go:build faults

package faults

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// straceGrace bounds how long strace may take to detach from a process.
const straceGrace = 10 * time.Second

// A syscallName is a system call on which a disk is slow.
type syscallName string

const (
	// fdatasync ends every write to the WAL, and every backend commit.
	fdatasync syscallName = "fdatasync"
	// pwrite writes the pages of the backend, and of the copy that a defragmentation makes.
	pwrite syscallName = "pwrite64"
)

// slowDisk delays every such system call of the members until heal is called. It skips the test if strace is missing
// or may not trace.
func (s *stage) slowDisk(ctx context.Context, call syscallName, delay time.Duration,
	members ...*etcdtest.Member) (heal func(), err error) {
	var detach []func()
	heal = func() {
		for _, d := range detach {
			d()
		}
		detach = nil
	}
	s.Cleanup(heal)
	for _, m := range members {
		d, err := s.injectDelay(ctx, m, call, delay)
		if err != nil {
			return nil, err
		}
		detach = append(detach, d)
	}
	return heal, nil
}

// requireStrace skips the test if strace is missing.
func (s *stage) requireStrace() {
	if _, err := exec.LookPath("strace"); err != nil {
		s.Skip("SKIPPED: a slow disk is made with strace, which is not installed (Debian: apt-get install strace)")
	}
}

// injectDelay attaches strace to a member and returns once it is attached. If this process dies, the member and
// strace die with it.
func (s *stage) injectDelay(ctx context.Context, m *etcdtest.Member, call syscallName,
	delay time.Duration) (detach func(), err error) {
	s.requireStrace()
	cmd := exec.Command("strace", "-f", "-o", "/dev/null", "-e", "trace="+string(call), "-e", "signal=none",
		"-e", fmt.Sprintf("inject=%s:delay_enter=%d", call, delay.Microseconds()), "-p", strconv.Itoa(m.PID()))
	said, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("starting strace: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting strace: %w", err)
	}
	attached, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			switch text := lines.Text(); {
			case strings.Contains(text, " attached"):
				tell(attached, nil)
			case strings.Contains(text, "Operation not permitted"):
				tell(attached, errNoTracing)
			}
		}
		tell(attached, errors.New("strace ended before it had attached"))
		_ = cmd.Wait()
	}()
	detach = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(straceGrace):
			_ = cmd.Process.Kill()
			<-ended
		}
	}
	select {
	case err = <-attached:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		return detach, nil
	}
	detach()
	if errors.Is(err, errNoTracing) {
		s.Skip("SKIPPED: a slow disk is made with strace, which may not trace other processes here (ptrace is refused)")
	}
	return nil, fmt.Errorf("attaching strace to %s: %w", m.Name, err)
}

var errNoTracing = errors.New("ptrace is refused")

// tell sends err unless something was sent before.
func tell(c chan<- error, err error) {
	select {
	case c <- err:
	default:
	}
}
