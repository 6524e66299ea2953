package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// drainGrace bounds how long a process's log is still read after its end.
const drainGrace = time.Second

// A Member is one etcd member. Its fields do not change.
type Member struct {
	Name string
	ID   uint64
	// ClientURL and PeerURL are what it advertises; PeerURL is its proxy's where there is one.
	ClientURL, PeerURL string
	// MetricsURL is where /metrics is: under ClientURL unless the configuration says otherwise.
	MetricsURL string
	DataDir    string

	cluster *Cluster
	args    []string
	ports   []port
	proxy   *Proxy // nil: none
	log     *logTail
	client  *clientv3.Client

	mu      sync.Mutex
	process *process // the newest; nil before the first
	paused  bool
	over    bool // it gave back its ports: there is no further run
}

// A process is one run of a member.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // of cmd.Wait, once exited is closed
}

// PID is the process id of its newest run, 0 before the first.
func (m *Member) PID() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process == nil {
		return 0
	}
	return m.process.cmd.Process.Pid
}

// Running reports whether its process is there and not paused.
func (m *Member) Running() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.alive() && !m.paused
}

// alive wants mu.
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

// LogTail is the end of its log, over all runs: some hundred lines.
func (m *Member) LogTail() string { return m.log.String() }

// Client is a client of this member alone, for as long as the cluster lives. It must not be closed.
func (m *Member) Client() *clientv3.Client { return m.client }

// Status asks it for its status.
func (m *Member) Status(ctx context.Context) (*pb.StatusResponse, error) {
	status, err := pb.NewMaintenanceClient(m.client.ActiveConnection()).Status(ctx, &pb.StatusRequest{})
	if err != nil {
		return nil, fmt.Errorf("asking %s for its status: %w", m.Name, err)
	}
	return status, nil
}

// Kill ends it at once (SIGKILL) and waits until it is gone. It is no error if it was gone already.
func (m *Member) Kill() error {
	p, err := m.signal(syscall.SIGKILL)
	if err != nil || p == nil {
		return err
	}
	<-p.exited
	return nil
}

// Terminate asks it to end (SIGTERM), as a node being drained does, and waits until it is gone. A leader hands over
// its leadership first.
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
	if err := m.process.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("pausing %s: %w", m.Name, err)
	}
	m.paused = true
	return nil
}

// Resume lets a paused member go on (SIGCONT).
func (m *Member) Resume() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paused = false
	if !m.alive() {
		return nil
	}
	if err := m.process.cmd.Process.Signal(syscall.SIGCONT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("resuming %s: %w", m.Name, err)
	}
	return nil
}

// Restart starts it anew with its data and its ports, killing it first where it runs, and waits until it serves. It
// may serve before it has caught up: see [Cluster.WaitHealthy].
func (m *Member) Restart(ctx context.Context) error {
	if err := m.Kill(); err != nil {
		return err
	}
	if err := m.start(); err != nil {
		return err
	}
	return m.waitServing(ctx)
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
	cmd := exec.Command(executable, m.args...)
	cmd.Env = memberEnviron(m.cluster.dir)
	cmd.Dir = m.cluster.dir
	cmd.SysProcAttr = memberProcAttr()
	cmd.Stdout, cmd.Stderr = m.log, m.log
	cmd.WaitDelay = drainGrace
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

const (
	pollInterval = 20 * time.Millisecond
	// pollTimeout bounds one attempt, so that an answer that never comes does not hide a later one that would.
	pollTimeout = 2 * time.Second
)

// poll calls condition until it succeeds or ctx ends; then the error has ctx's cause and condition's last words.
func poll(ctx context.Context, condition func(context.Context) error) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var last error
	for {
		attempt, cancel := context.WithTimeout(ctx, pollTimeout)
		err := condition(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if last == nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("%w (%w)", context.Cause(ctx), last)
		}
	}
}
