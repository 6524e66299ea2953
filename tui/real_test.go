//go:build unix

package tui

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestRealCluster walks through the whole program on a terminal and a real cluster.
func TestRealCluster(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a cluster")
	}
	real := endpointsEnv + "=" + strings.Join(etcdtest.New(t, etcdtest.Config{}).Endpoints(), ",")
	t.Run("from start to quit", func(t *testing.T) {
		t.Parallel()
		v := newTerminal(t, 100, 40)
		before := v.state()
		cmd := v.child("", real)
		v.awaitText("3/3 healthy")
		first := v.selected()
		v.press("j")
		v.await("another member selected", func(string) bool { return v.selected() != first })
		v.press("\r")         // drill down
		v.awaitText("> etcd") // in the header
		v.awaitText("[2]")
		v.press("1z") // at once, as over a slow line
		v.await("a chart alone", func(s string) bool { return !strings.Contains(s, "[2]") })
		v.press("\x1b")
		v.awaitText("[2]")
		v.press("\x1b")
		v.awaitText("MEMBER")
		v.press(" ")
		v.awaitText("PAUSED")
		v.press(" ")
		v.await("LIVE", func(s string) bool { return !strings.Contains(s, "PAUSED") })
		v.press("m")
		v.awaitText("mark A")
		v.press("a walk\r")
		v.awaitText("A a walk")
		v.press("d")
		v.awaitText("BEFORE EACH STEP")
		v.press("y")
		v.await("a copy", func(s string) bool {
			return strings.Contains(s, "sent to the clipboard: ") && strings.Contains(v.sent(), "\x1b]52;c;")
		})
		v.storm(cmd)
		v.press("q")
		if err := v.awaitExit(cmd); err != nil {
			t.Errorf("ended with %v", err)
		}
		v.await("the summary", func(string) bool {
			return strings.Contains(v.sent(), "etcdoc watched real") && strings.Contains(v.sent(), "a walk")
		})
		v.checkRestored(before)
	})
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			v := newTerminal(t, 80, 24)
			before := v.state()
			cmd := v.child("", real)
			v.awaitText("3/3 healthy")
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := v.awaitExit(cmd); !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("ended with %v, want exit status 1", err)
			}
			v.checkRestored(before)
		})
	}
}

// selected returns the line of the table under the cursor.
func (v *terminal) selected() string {
	for line := range strings.Lines(v.text()) {
		if strings.HasPrefix(line, "> ") {
			return strings.Fields(line)[1]
		}
	}
	return ""
}

// storm resizes the window many times, and awaits a whole frame of the last size.
func (v *terminal) storm(cmd *exec.Cmd) {
	v.t.Helper()
	for i := range 60 {
		v.resize(20+(i*37)%180, 3+(i*13)%57)
		if err := cmd.Process.Signal(syscall.SIGWINCH); err != nil {
			v.t.Fatal(err)
		}
	}
	v.resize(90, 25)
	v.await("the frame at 90x25", func(s string) bool {
		lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
		return len(lines) == 25 && strings.Contains(lines[0], "real") && strings.HasPrefix(lines[24], " esc back")
	})
}

// TestSuspend stops the program with ctrl-z under a shell with job control, and resumes it in a window of another
// size.
func TestSuspend(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs a shell with job control: bash")
	}
	v := newTerminal(t, 80, 24)
	before := v.state()
	cmd := v.command("healthy")
	cmd.Path, cmd.Args = shell, []string{shell, "--norc", "-m", "-c",
		`"$0"; echo STOPPED; read -r; fg >/dev/null; echo ENDED`, os.Args[0]}
	v.start(cmd)
	v.awaitText("> etcd-1")
	inside := v.state()
	v.press("\x1a")
	v.awaitText("STOPPED")
	v.checkRestored(before)
	v.resize(120, 40)
	v.press("\n")
	v.await("the frame at 120x40", func(s string) bool {
		lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
		return len(lines) == 40 && strings.HasPrefix(lines[39], " ? help") && strings.Contains(s, "> etcd-1")
	})
	if *v.state() != *inside {
		t.Error("the terminal's mode is not the one before it was suspended")
	}
	v.press("j")
	v.awaitText("> etcd-2")
	v.press("q")
	v.awaitText("ENDED")
	if err := v.awaitExit(cmd); err != nil {
		t.Errorf("ended with %v", err)
	}
	v.checkRestored(before)
}

// TestWithoutAShellNothingIsSuspended: nobody could resume it.
func TestWithoutAShellNothingIsSuspended(t *testing.T) {
	t.Parallel()
	v := newTerminal(t, 80, 24)
	cmd := v.child("healthy")
	v.awaitText("> etcd-1")
	v.press("\x1a")
	v.awaitText("not suspended")
	v.press("q")
	if err := v.awaitExit(cmd); err != nil {
		t.Errorf("ended with %v", err)
	}
}
