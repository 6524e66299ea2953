package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// drainGrace bounds how long a process's log is still read after its end.
const drainGrace = time.Second

// A process is one run of a member.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // of cmd.Wait, once exited is closed
}

// signal sends sig to its process; it returns nil where there is none.
func (m *Member) signal(sig syscall.Signal) (*process, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.alive() {
		return nil, nil
	}
	if err := m.process.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return nil, fmt.Errorf("sending %s to %s: %w", sig, m.Name, err)
	}
	return m.process, nil
}

// start starts its process and does not wait for anything.
func (m *Member) start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over || m.alive() {
		return fmt.Errorf("starting %s: it is running, or was removed, or its cluster is stopped", m.Name)
	}
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("starting %s: finding the running binary: %w", m.Name, err)
	}
	cmd := &exec.Cmd{
		Path: executable, Args: append([]string{executable}, m.args...),
		Env: memberEnviron(m.cluster.dir), Dir: m.cluster.dir,
		Stdout: m.log, Stderr: m.log, WaitDelay: drainGrace,
		SysProcAttr: memberProcAttr(),
	}
	// Nothing is ever written to this pipe. It closes when the process has exited, or with us.
	if _, err := cmd.StdinPipe(); err != nil {
		return fmt.Errorf("starting %s: %w", m.Name, err)
	}
	if err := m.cluster.spawner.start(cmd); err != nil {
		return fmt.Errorf("starting %s: %w", m.Name, err)
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	m.process, m.paused = p, false
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	return nil
}

// waitServing waits until it answers a read of its own data, or has exited.
func (m *Member) waitServing(ctx context.Context) error {
	m.mu.Lock()
	p := m.process
	m.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stopWatching := make(chan struct{})
	defer close(stopWatching)
	go func() {
		select {
		case <-p.exited:
			cancel(m.exitError(p))
		case <-stopWatching:
		}
	}()
	err := poll(ctx, func(ctx context.Context) error {
		_, err := m.client.Get(ctx, "etcdtest", clientv3.WithSerializable())
		return err
	})
	if err != nil {
		return fmt.Errorf("waiting for %s to serve: %w", m.Name, err)
	}
	return nil
}

// exitError says in words why a process that has exited did so.
func (m *Member) exitError(p *process) error {
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	if why := m.log.complaint(); why != "" {
		how += ", its log ends with: " + strings.TrimSpace(why)
	}
	return fmt.Errorf("it ended: %s", how)
}

// discard ends the member and gives back all it holds but its directory. Only its first call does anything.
func (m *Member) discard() error {
	m.mu.Lock()
	over := m.over
	m.over = true
	m.mu.Unlock()
	if over {
		return nil
	}
	err := errors.Join(m.Kill(), m.endThrottling())
	if m.proxy != nil {
		m.proxy.Close()
	}
	if m.client != nil {
		err = errors.Join(err, m.client.Close())
	}
	for _, p := range m.ports {
		p.release()
	}
	return err
}
