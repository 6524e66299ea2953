package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// drainGrace bounds how long the log is read after a process's end.
const drainGrace = time.Second

// A process is one run of a member.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // from cmd.Wait, once exited is closed
}

// signal sends sig to its process; it returns nil if there is none.
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

// start starts its process and waits for nothing.
func (m *Member) start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.released || m.alive() {
		return fmt.Errorf("starting %s: it is running, or was removed, or its cluster is stopped", m.Name)
	}
	p, err := m.cluster.spawn(m.args, m.log)
	if err != nil {
		return fmt.Errorf("starting %s: %w", m.Name, err)
	}
	m.process, m.paused = p, false
	return nil
}

// spawn starts etcd with the given arguments and waits for nothing.
func (c *Cluster) spawn(args []string, log io.Writer) (*process, error) {
	executable, err := c.config.server()
	if err != nil {
		return nil, err
	}
	cmd := &exec.Cmd{
		Path: executable, Args: append([]string{executable}, args...),
		Env: memberEnviron(c.dir), Dir: c.dir,
		Stdout: log, Stderr: log, WaitDelay: drainGrace,
		SysProcAttr: memberProcAttr(),
	}
	// Nobody writes to this pipe. It closes when either process ends.
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := c.spawner.start(cmd); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// waitServing waits until it answers a read of its own data, or has exited.
func (m *Member) waitServing(ctx context.Context) error {
	m.mu.Lock()
	p := m.process
	m.mu.Unlock()
	if err := p.waitServing(ctx, m.client, m.log); err != nil {
		return fmt.Errorf("waiting for %s to serve: %w", m.Name, err)
	}
	return nil
}

// waitServing waits until it answers a client's read, or has exited.
func (p *process) waitServing(ctx context.Context, client *clientv3.Client, log *logTail) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stopWatching := make(chan struct{})
	defer close(stopWatching)
	go func() {
		select {
		case <-p.exited:
			cancel(p.exitError(log))
		case <-stopWatching:
		}
	}()
	return poll(ctx, func(ctx context.Context) error {
		_, err := client.Get(ctx, "etcdtest", clientv3.WithSerializable())
		return err
	})
}

// exitError says why an exited process exited.
func (p *process) exitError(log *logTail) error {
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	if why := log.lastError(); why != "" {
		how += ", its log ends with: " + strings.TrimSpace(why)
	}
	return fmt.Errorf("it ended: %s", how)
}

// discard ends the member and releases everything but its directory. Only its first call does anything.
func (m *Member) discard() error {
	m.mu.Lock()
	over := m.released
	m.released = true
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
