package etcdtest

import (
	"errors"
	"os/exec"
	"runtime"
)

// A spawner starts processes from one thread that lives until close: Linux signals a child when the thread that started
// it ends, even if the parent process lives on.
type spawner struct {
	requests chan spawnRequest
	closed   chan struct{}
}

type spawnRequest struct {
	cmd  *exec.Cmd
	done chan error
}

func newSpawner() *spawner {
	s := &spawner{requests: make(chan spawnRequest), closed: make(chan struct{})}
	go s.run()
	return s
}

func (s *spawner) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		select {
		case r := <-s.requests:
			r.done <- r.cmd.Start()
		case <-s.closed:
			return
		}
	}
}

// start is cmd.Start.
func (s *spawner) start(cmd *exec.Cmd) error {
	r := spawnRequest{cmd: cmd, done: make(chan error, 1)}
	select {
	case s.requests <- r:
		return <-r.done
	case <-s.closed:
		return errors.New("the cluster is stopped")
	}
}

// close ends the thread; no child may be left. It must be called once.
func (s *spawner) close() { close(s.closed) }
