//go:build unix

package tui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/term"

	"github.com/etcdoc/etcdoc/probe"
)

// live is a source that gives a sweep whenever the test asks for one.
type live struct{ sweeps chan probe.Sweep }

func (l *live) Next(ctx context.Context) (probe.Sweep, error) {
	select {
	case s, open := <-l.sweeps:
		if !open {
			return probe.Sweep{}, io.EOF
		}
		return s, nil
	case <-ctx.Done():
		return probe.Sweep{}, ctx.Err()
	}
}

// start runs the dashboard in this process on a pseudo-terminal.
func start(ctx context.Context, v *terminal, source probe.Source) <-chan error {
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			Target: Target{Source: source, Poller: &recordedPoller{}, Cluster: "prod-eu1",
				Endpoints: []string{"10.0.3.11:2379"}},
			In: v.tty, Out: v.tty, Color: ColorAlways,
			Getenv: func(string) string { return "" },
		})
	}()
	return ended
}

func (v *terminal) awaitEnd(ended <-chan error) error {
	v.t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		v.t.Fatalf("the dashboard does not end; the screen:\n%s", v.text())
		return nil
	}
}

// checkRestored fails if the terminal is not restored.
func (v *terminal) checkRestored(before *term.State) {
	v.t.Helper()
	after, err := term.GetState(int(v.tty.Fd()))
	if err != nil {
		v.t.Fatal(err)
	}
	if *before != *after {
		v.t.Error("the terminal's mode was not restored")
	}
	// What the program wrote last may still be on its way through the terminal.
	for _, undone := range [][2]string{{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?25l", "\x1b[?25h"}} {
		v.await(fmt.Sprintf("that %q is undone", undone[0]), func(string) bool {
			return strings.LastIndex(v.sent(), undone[0]) <= strings.LastIndex(v.sent(), undone[1])
		})
	}
}

func (v *terminal) state() *term.State {
	v.t.Helper()
	state, err := term.GetState(int(v.tty.Fd()))
	if err != nil {
		v.t.Fatal(err)
	}
	return state
}

// TestProgram walks through the whole program on a terminal.
func TestProgram(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	v := newTerminal(t, 100, 30)
	before := v.state()
	source := &live{sweeps: make(chan probe.Sweep)}
	ended := start(t.Context(), v, source)

	v.awaitText("Asking")
	v.awaitText("10.0.3.11:2379")
	sweeps := scenario{members: 3, sweeps: 4}.generate()
	source.sweeps <- sweeps[0]
	v.awaitText("> etcd-1")
	v.press("j")
	v.awaitText("> etcd-2")
	v.press("?")
	v.awaitText("etcdoc keys")
	v.press("\x1b")
	v.awaitText("> etcd-2")
	v.press(" ")
	v.awaitText("PAUSED +0 new")
	source.sweeps <- sweeps[1]
	v.awaitText("PAUSED +1 new")
	v.press(" ")
	v.await("LIVE", func(s string) bool { return !strings.Contains(s, "PAUSED") })
	v.resize(60, 15)
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil { // it isn't this process's own terminal
		t.Fatal(err)
	}
	v.await("the frame at 60x15", func(s string) bool {
		lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
		return len(lines) == 15 && strings.HasPrefix(lines[14], " ? help") && strings.Contains(s, "> etcd-2")
	})
	v.press("q")
	if err := v.awaitEnd(ended); err != nil {
		t.Errorf("ended with %v", err)
	}
	v.await("the summary", func(string) bool { return strings.Contains(v.sent(), "etcdoc watched prod-eu1") })
	v.checkRestored(before)
}

func TestProgramQuitKeepsTheScreen(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	v := newTerminal(t, 100, 60)
	source := &live{sweeps: make(chan probe.Sweep)}
	ended := start(t.Context(), v, source)
	source.sweeps <- scenario{members: 3, sweeps: 1}.generate()[0]
	v.awaitText("> etcd-1")
	v.press("Q")
	if err := v.awaitEnd(ended); err != nil {
		t.Errorf("ended with %v", err)
	}
	v.awaitText("etcdoc watched prod-eu1")
	if last := v.sent()[strings.LastIndex(v.sent(), "\x1b[?1049l"):]; !strings.Contains(last, "etcd-1") ||
		!strings.Contains(last, "DRAIN") {
		t.Errorf("the last screen was not left behind: %q", last)
	}
}

func TestProgramCtrlCPrintsNothing(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	v := newTerminal(t, 80, 24)
	before := v.state()
	ended := start(t.Context(), v, &live{sweeps: make(chan probe.Sweep)})
	v.awaitText("Asking")
	v.press("\x03")
	if err := v.awaitEnd(ended); err != nil {
		t.Errorf("ended with %v", err)
	}
	v.checkRestored(before)
	if strings.Contains(v.sent(), "etcdoc saw no answer") {
		t.Error("ctrl-c printed a summary")
	}
}

func TestProgramTheContextEndsTheProgram(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	v := newTerminal(t, 80, 24)
	before := v.state()
	ctx, cancel := context.WithCancel(t.Context())
	ended := start(ctx, v, &live{sweeps: make(chan probe.Sweep)})
	v.awaitText("Asking")
	cancel()
	if err := v.awaitEnd(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v, want the context's error", err)
	}
	v.checkRestored(before)
}

func TestProgramTheEndOfARecording(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	v := newTerminal(t, 80, 24)
	source := &live{sweeps: make(chan probe.Sweep)}
	ended := start(t.Context(), v, source)
	source.sweeps <- scenario{members: 3, sweeps: 1}.generate()[0]
	close(source.sweeps)
	v.awaitText(" END ")
	v.press("q")
	if err := v.awaitEnd(ended); err != nil {
		t.Errorf("ended with %v", err)
	}
}

// TestProgramSignals sends signals to the program as a process of its own.
func TestProgramSignals(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			v := newTerminal(t, 80, 24)
			before := v.state()
			cmd := v.child("healthy")
			v.awaitText("> etcd-1")
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := v.awaitExit(cmd); !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("ended with %v, want exit status 1", err)
			}
			v.awaitText("the dashboard was ended by " + signal.String())
			v.checkRestored(before)
		})
	}
}

// TestProgramSignalsWhileTheTerminalIsStalled sends signals while nobody reads the program's output, as when an ssh
// session hangs: it ends anyway, and restores the terminal's mode.
func TestProgramSignalsWhileTheTerminalIsStalled(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			v := newTerminal(t, 80, 24)
			before := v.state()
			var stderr bytes.Buffer
			cmd := v.command("healthy")
			cmd.Stderr = &stderr
			v.start(cmd)
			v.awaitText("> etcd-1")
			v.stall(true)
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := v.awaitExit(cmd); !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("ended with %v, want exit status 1", err)
			}
			if want := "the dashboard was ended by " + signal.String(); !strings.Contains(stderr.String(), want) {
				t.Errorf("stderr %q does not say %q", stderr.String(), want)
			}
			if *v.state() != *before {
				t.Error("the terminal's mode was not restored")
			}
			v.stall(false)
		})
	}
}

// TestProgramOutputExpires abandons the output while a write waits for a terminal that nobody reads.
func TestProgramOutputExpires(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	out := newExpiringOutput(w)
	if n, err := out.Write([]byte("seen")); n != 4 || err != nil {
		t.Fatalf("a write to a terminal with a reader: %d, %v", n, err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := out.Write(make([]byte, 1<<20))
		ended <- err
	}()
	out.expire()
	out.expire()
	select {
	case err := <-ended:
		if !errors.Is(err, errExpired) {
			t.Errorf("the write under way ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the write under way does not end")
	}
	if _, err := out.Write([]byte("x")); !errors.Is(err, errExpired) {
		t.Errorf("a later write ended with %v", err)
	}
}

// TestProgramAPanicRestoresTheTerminal lets the source panic.
func TestProgramAPanicRestoresTheTerminal(t *testing.T) {
	t.Parallel()
	v := newTerminal(t, 80, 24)
	before := v.state()
	if err := v.awaitExit(v.child(panicking)); err == nil {
		t.Error("ended with success after a panic")
	}
	v.await("the panic's cause", func(string) bool { return strings.Contains(v.sent(), "the bomb went off") })
	v.checkRestored(before)
}

// TestProgramALostTerminalEndsTheProgram takes the terminal away, as a broken ssh session does.
func TestProgramALostTerminalEndsTheProgram(t *testing.T) {
	t.Parallel()
	for _, ignored := range []bool{false, true} {
		name := "with SIGHUP"
		if ignored {
			name = "under nohup"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newTerminal(t, 80, 24)
			var extra []string
			if ignored {
				extra = []string{ignoreHangupEnv + "=1"}
			}
			cmd := v.child("healthy", extra...)
			v.awaitText("> etcd-1")
			v.tty.Close()
			v.ptmx.Close()
			if err := v.awaitExit(cmd); err == nil {
				t.Error("ended with success, want an error: nobody quit it")
			}
		})
	}
}

// TestProgramTerminalIsNotAsked: the dashboard never queries the terminal, which might not answer, and leaves its
// background alone.
func TestProgramTerminalIsNotAsked(t *testing.T) {
	t.Parallel()
	v := newTerminal(t, 80, 24)
	cmd := v.child("healthy", "TERM=xterm-256color")
	v.awaitText("etcd-1")
	v.press("q")
	if err := v.awaitExit(cmd); err != nil {
		t.Fatal(err)
	}
	for name, query := range map[string]string{"its background colour": "]11;?", "its foreground colour": "]10;?",
		"where its cursor is": "[6n"} {
		if strings.Contains(v.sent(), query) {
			t.Errorf("the dashboard queried the terminal for %s", name)
		}
	}
}

// TestProgramTheTitleIsRestored when the dashboard ends.
func TestProgramTheTitleIsRestored(t *testing.T) {
	v := newTerminal(t, 80, 24)
	source := &live{sweeps: make(chan probe.Sweep, 1)}
	source.sweeps <- worsening("")[0]
	ended := make(chan error, 1)
	go func() {
		o := Options{Target: Target{Source: source, Cluster: "prod-eu1"}, In: v.tty, Out: v.tty}
		titledTerminal(nil)(&o)
		ended <- Run(t.Context(), o)
	}()
	v.await("the title", func(string) bool { return strings.Contains(v.sent(), "3/3 prod-eu1 — etcdoc\a") })
	v.press("q")
	if err := v.awaitEnd(ended); err != nil {
		t.Error(err)
	}
	v.await("the old title", func(string) bool { return strings.Contains(v.sent(), restoreTitle) })
	if sent := v.sent(); strings.Index(sent, keepTitle) > strings.Index(sent, "\x1b]2;") ||
		strings.LastIndex(sent, "\x1b]2;") > strings.Index(sent, restoreTitle) {
		t.Errorf("the title is kept too late, or set after it was restored: %q", sent)
	}
}
