package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// stopTimeout bounds how long a process may run on after SIGSTOP.
const stopTimeout = 10 * time.Second

// A Member is one etcd member. Its exported fields do not change.
type Member struct {
	Name string
	ID   uint64
	// ClientURL and PeerURL are its advertised URLs; PeerURL is its proxy's if there is one.
	ClientURL, PeerURL string
	// MetricsURL is the URL of /metrics: under ClientURL unless the configuration says otherwise.
	MetricsURL string
	DataDir    string

	cluster *Cluster
	args    []string
	ports   []port
	proxy   *Proxy // nil: none
	log     *logTail
	client  *clientv3.Client

	mu             sync.Mutex
	process        *process // the newest; nil before the first
	paused         bool
	released       bool           // its ports are released: it can't run again
	undoThrottling []func() error // undo what throttles it
}

// PID is the process id of its newest run; 0 before the first.
func (m *Member) PID() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process == nil {
		return 0
	}
	return m.process.cmd.Process.Pid
}

// Running reports whether its process runs and is not paused.
func (m *Member) Running() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.alive() && !m.paused
}

// alive requires mu.
func (m *Member) alive() bool {
	if m.process == nil {
		return false
	}
	select {
	case <-m.process.exited:
		return false
	default:
		return true
	}
}

// LogTail is the end of its log over all runs: some hundred lines.
func (m *Member) LogTail() string { return m.log.String() }

// Client is a client of this member only, valid as long as the cluster lives. It must not be closed.
func (m *Member) Client() *clientv3.Client { return m.client }

// Status requests its Status.
func (m *Member) Status(ctx context.Context) (*pb.StatusResponse, error) {
	status, err := pb.NewMaintenanceClient(m.client.ActiveConnection()).Status(ctx, &pb.StatusRequest{})
	if err != nil {
		return nil, fmt.Errorf("asking %s for its status: %w", m.Name, err)
	}
	return status, nil
}

// Kill ends it at once (SIGKILL) and waits for that. It succeeds if it is not running.
func (m *Member) Kill() error {
	p, err := m.signal(syscall.SIGKILL)
	if err != nil || p == nil {
		return err
	}
	<-p.exited
	return nil
}

// Terminate asks it to end (SIGTERM), like draining its node, and waits for that. A leader first hands over its
// leadership.
func (m *Member) Terminate(ctx context.Context) error {
	p, err := m.signal(syscall.SIGTERM)
	if err != nil || p == nil {
		return err
	}
	if err := m.Resume(); err != nil {
		return err
	}
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("terminating %s: %w", m.Name, context.Cause(ctx))
	}
}

// Pause stops it (SIGSTOP): its connections stay open and nothing is answered.
func (m *Member) Pause() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.alive() {
		return fmt.Errorf("pausing %s: it is not running", m.Name)
	}
	if err := suspend(m.process.cmd.Process); err != nil {
		return fmt.Errorf("pausing %s: %w", m.Name, err)
	}
	m.paused = true
	for deadline := time.Now().Add(stopTimeout); !stopped(m.process.cmd.Process.Pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("pausing %s: it runs on %s after SIGSTOP", m.Name, stopTimeout)
		}
	}
	return nil
}

// Resume continues a paused member (SIGCONT).
func (m *Member) Resume() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paused = false
	if !m.alive() {
		return nil
	}
	if err := resume(m.process.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("resuming %s: %w", m.Name, err)
	}
	return nil
}

// Restart kills it if it runs, starts it with its data and ports, and waits until it serves. It may serve before it has
// caught up: see [Cluster.WaitHealthy].
func (m *Member) Restart(ctx context.Context) error {
	if err := m.Kill(); err != nil {
		return err
	}
	if err := m.start(); err != nil {
		return err
	}
	return m.waitServing(ctx)
}
