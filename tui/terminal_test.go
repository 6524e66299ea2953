//go:build unix

package tui

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// patience is how long a test waits for what must happen: a guard against hanging, no measure of speed.
const patience = 30 * time.Second

// terminal is a pseudo-terminal with an emulator that shows its screen.
type terminal struct {
	t        testing.TB
	ptmx     *os.File
	tty      *os.File
	mu       sync.Mutex
	screen   vt10x.Terminal
	raw      bytes.Buffer
	changed  chan struct{}
	finished chan struct{}
}

func newTerminal(t testing.TB, width, height int) *terminal {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	v := &terminal{t: t, ptmx: ptmx, tty: tty, screen: vt10x.New(vt10x.WithSize(width, height)),
		changed: make(chan struct{}, 1), finished: make(chan struct{})}
	v.resize(width, height)
	go v.read()
	t.Cleanup(func() {
		tty.Close()
		ptmx.Close()
		<-v.finished
	})
	return v
}

func (v *terminal) read() {
	defer close(v.finished)
	chunk := make([]byte, 4096)
	for {
		n, err := v.ptmx.Read(chunk)
		v.mu.Lock()
		v.raw.Write(chunk[:n])
		_, _ = v.screen.Write(chunk[:n])
		v.mu.Unlock()
		select {
		case v.changed <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (v *terminal) resize(width, height int) {
	v.t.Helper()
	v.mu.Lock()
	v.screen.Resize(width, height)
	v.mu.Unlock()
	if err := pty.Setsize(v.ptmx, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		v.t.Fatal(err)
	}
}

func (v *terminal) text() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.screen.String()
}

// sent returns everything that was ever written to the terminal.
func (v *terminal) sent() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.raw.String()
}

func (v *terminal) press(keys string) {
	v.t.Helper()
	if _, err := io.WriteString(v.ptmx, keys); err != nil {
		v.t.Fatal(err)
	}
}

// await waits until the screen satisfies the condition.
func (v *terminal) await(what string, wanted func(screen string) bool) {
	v.t.Helper()
	deadline := time.After(patience)
	for !wanted(v.text()) {
		select {
		case <-v.changed:
		case <-deadline:
			v.t.Fatalf("never saw %s; the screen:\n%s", what, v.text())
		}
	}
}

func (v *terminal) awaitText(text string) {
	v.t.Helper()
	v.await(text, func(screen string) bool { return strings.Contains(screen, text) })
}

// child starts the test binary as the program, with the pseudo-terminal as its controlling one.
func (v *terminal) child(scenario string, env ...string) *exec.Cmd {
	v.t.Helper()
	cmd := v.command(scenario, env...)
	v.start(cmd)
	return cmd
}

func (v *terminal) command(scenario string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childEnv+"="+scenario, "TERM=tmux-256color"), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = v.tty, v.tty, v.tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return cmd
}

func (v *terminal) start(cmd *exec.Cmd) {
	v.t.Helper()
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = cmd.Process.Kill() })
}

// The requests of tcflow(3) on Linux.
const (
	tcxonc = 0x540A
	tcooff = 0
	tcoon  = 1
)

// stall stops the terminal's output, or resumes it: writes to a stopped one block.
func (v *terminal) stall(stop bool) {
	v.t.Helper()
	if runtime.GOOS != "linux" {
		v.t.Skip("knows how to stop a terminal on Linux only")
	}
	request := uintptr(tcoon)
	if stop {
		request = tcooff
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, v.tty.Fd(), tcxonc, request); errno != 0 {
		v.t.Fatalf("stopping the terminal's output: %v", errno)
	}
}

func (v *terminal) awaitExit(cmd *exec.Cmd) error {
	v.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return v.awaitEnd(ended)
}
