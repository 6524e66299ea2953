package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// asEtcdoc makes the test binary run as etcdoc.
const asEtcdoc = "ETCDOC_TEST_AS_ETCDOC"

func TestMain(m *testing.M) {
	if os.Getenv(asEtcdoc) != "" {
		main()
	}
	// The tests may run under nohup, which ignores SIGHUP, and child processes inherit that. A signal with a handler
	// is reset to the default in children.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	// Most tests wait for a process that itself waits, so more of them run than there are CPUs. The flag overrides
	// this.
	_ = flag.Set("test.parallel", "4")
	dir, err := os.MkdirTemp("", "etcdoc-test-")
	if err != nil {
		panic(err)
	}
	programDir = dir
	m.Run()
	_ = os.RemoveAll(dir)
}

// patience is how long a test waits for what must happen: a guard against hanging, no measure of speed.
const patience = 30 * time.Second

// etcdoc is a command that runs the real main, without the configuration of the user who runs the test.
func etcdoc(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = []string{asEtcdoc + "=1", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color"}
	return cmd
}

// silent is an address that accepts connections and never answers. connected waits for the first one.
func silent(t *testing.T) (address string, connected func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	first := make(chan struct{})
	go func() {
		var held []net.Conn
		for {
			c, err := listener.Accept()
			if err != nil {
				for _, c := range held {
					c.Close()
				}
				return
			}
			if held = append(held, c); len(held) == 1 {
				close(first)
			}
		}
	}()
	return listener.Addr().String(), func() {
		select {
		case <-first:
		case <-time.After(patience):
			t.Error("nobody has connected")
		}
	}
}

// heard is a process' output so far, and signals when there is more.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{}
}

func newHeard() *heard { return &heard{news: make(chan struct{}, 1)} }

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text.Write(p)
	select {
	case h.news <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// await waits until the output contains a text.
func (h *heard) await(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(patience)
	for !strings.Contains(h.String(), text) {
		select {
		case <-h.news:
		case <-deadline:
			t.Fatalf("the output lacks %q: %q", text, h.String())
		}
	}
}

// ended waits for a process to end, and returns its exit code, or -1 if a signal killed it.
func ended(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if failed := new(exec.ExitError); err != nil && !errors.As(err, &failed) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		t.Fatalf("%q does not end", cmd.Args[1:])
		return 0
	}
}

// onTerminal starts etcdoc with its three streams on a pseudo-terminal. It returns the other side, the terminal's
// state before, and a function for its state now.
func onTerminal(t *testing.T, args ...string) (
	cmd *exec.Cmd, ptmx *os.File, before *term.State, now func() *term.State, said *heard,
) {
	t.Helper()
	cmd = etcdoc(t, args...)
	ptmx, before, now, said = startOnTerminal(t, cmd)
	return cmd, ptmx, before, now, said
}

// startOnTerminal is onTerminal for a prepared command.
func startOnTerminal(t *testing.T, cmd *exec.Cmd) (
	ptmx *os.File, before *term.State, now func() *term.State, said *heard,
) {
	t.Helper()
	return startWithStderr(t, cmd, nil)
}

// startWithStderr is startOnTerminal with stderr elsewhere; nil means on the terminal.
func startWithStderr(t *testing.T, cmd *exec.Cmd, stderr *os.File) (
	ptmx *os.File, before *term.State, now func() *term.State, said *heard,
) {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	now = func() *term.State {
		state, err := term.GetState(int(tty.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	before = now()
	said = newHeard()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, cmp.Or(stderr, tty)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		_, _ = io.Copy(said, ptmx) // until it is closed
	}()
	t.Cleanup(func() {
		tty.Close()
		ptmx.Close()
		<-finished
	})
	return ptmx, before, now, said
}

// TestPasswordPrompt leaves the prompt in every way there is: the terminal is restored, and the password was never
// shown.
func TestPasswordPrompt(t *testing.T) {
	t.Parallel()
	address, _ := silent(t)
	for name, leave := range map[string]struct {
		keys   string
		signal os.Signal
		says   string
	}{
		"^C":         {keys: "half\x03", says: "no password was given"},
		"^D":         {keys: "\x04", says: "no password was given"},
		"SIGINT":     {signal: syscall.SIGINT, says: "no password was given"},
		"SIGTERM":    {signal: syscall.SIGTERM, says: "no password was given"},
		"SIGHUP":     {signal: syscall.SIGHUP, says: "no password was given"},
		"SIGQUIT":    {signal: syscall.SIGQUIT, says: "no password was given"},
		"^\\":        {keys: "half\x1c", says: "no password was given"},
		"a password": {keys: "secret\r", says: "no answer within"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, ptmx, before, after, said := onTerminal(t, "check", "--endpoints", address, "--user", "root",
				"--window", "0", "--dial-timeout", "100ms", "--command-timeout", "200ms")
			said.await(t, "Password of root: ")
			if _, err := io.WriteString(ptmx, leave.keys); err != nil {
				t.Fatal(err)
			}
			if leave.signal != nil {
				if err := cmd.Process.Signal(leave.signal); err != nil {
					t.Fatal(err)
				}
			}
			if code := ended(t, cmd); code != 2 && leave.says != "no answer within" {
				t.Errorf("exit code %d, want 2", code)
			}
			said.await(t, leave.says)
			if now := after(); !reflect.DeepEqual(now, before) {
				t.Errorf("the terminal is %+v, and was %+v", now, before)
			}
			if strings.Contains(said.String(), "secret") || strings.Contains(said.String(), "half") {
				t.Errorf("it shows the password: %q", said.String())
			}
		})
	}
}

// TestSignalsEndIt sends each signal in each state in which the program waits.
func TestSignalsEndIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args func(t *testing.T) (args []string, waits func())
	}{
		"before the first sweep": {func(t *testing.T) ([]string, func()) {
			address, connected := silent(t)
			return []string{"check", "--endpoints", address, "--dial-timeout", "1m", "--command-timeout", "1m"},
				connected
		}},
		"plain, before the first sweep": {func(t *testing.T) ([]string, func()) {
			address, connected := silent(t)
			return []string{"--plain", "--endpoints", address, "--dial-timeout", "1m", "--command-timeout", "1m"},
				connected
		}},
		"a pipe that says nothing": {func(t *testing.T) ([]string, func()) {
			fifo := filepath.Join(t.TempDir(), "fifo")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"check", "--input", fifo}, func() {
				writer, err := os.OpenFile(fifo, os.O_WRONLY, 0) // waits for a reader
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { writer.Close() })
			}
		}},
		"while it waits for a better answer": {func(*testing.T) ([]string, func()) {
			return []string{"check", "--endpoints", "127.0.0.1:1", "--wait", "10m"}, nil
		}},
		"plain": {func(*testing.T) ([]string, func()) {
			return []string{"--plain", "--endpoints", "127.0.0.1:1"}, nil
		}},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			t.Run(name+"/"+signal.String(), func(t *testing.T) {
				t.Parallel()
				args, waits := test.args(t)
				cmd, said := etcdoc(t, args...), newHeard()
				cmd.Stdout, cmd.Stderr = said, said
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				if waits != nil {
					waits()
				} else {
					said.await(t, "connection refused")
				}
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				if code := ended(t, cmd); code < 0 {
					t.Errorf("the signal killed it, and it tidied up nothing: %s", said)
				}
			})
		}
	}
}

// TestSignalsEndItThoughNobodyReads: the pipe that it writes to is full.
func TestSignalsEndItThoughNobodyReads(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 150 {
		fmt.Fprintf(&many, "127.0.0.1:%d,", i+1)
	}
	many.WriteString("127.0.0.1:200")
	for name, args := range map[string][]string{
		"config": {"config"}, "help": {"--help"},
		"check": {"check", "--endpoints", "127.0.0.1:1,127.0.0.1:2,127.0.0.1:3", "-o", "yaml", "--window", "0"},
		"plain": {"--plain", "--interval", "100ms", "--endpoints", many.String()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer read.Close()
			const setSize, page = 1031, 4096 // F_SETPIPE_SZ, see fcntl(2)
			if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, write.Fd(), setSize, page); errno != 0 {
				t.Fatal(errno)
			}
			cmd := etcdoc(t, args...)
			cmd.Stdout, cmd.Stderr = write, write
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			write.Close()
			if _, err := read.Read(make([]byte, 1)); err != nil { // it writes
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if code := ended(t, cmd); code != 2 {
				t.Errorf("exit code %d, want 2: its output was not delivered", code)
			}
		})
	}
}

// TestFilesAreRegular gives a file that would block, or is endless, wherever the program takes one.
func TestFilesAreRegular(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 1<<40); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--config", "--cacert", "--cert", "--key", "--log-file", "--input"} {
		for _, path := range []string{fifo, "/dev/zero", t.TempDir(), large} {
			if path == fifo && flag == "--input" || path == t.TempDir() && flag == "--input" || path == large &&
				flag == "--log-file" {
				continue // it is read for as long as somebody writes; and a log is written at the end
			}
			t.Run(flag+" "+filepath.Base(path), func(t *testing.T) {
				t.Parallel()
				args := []string{"check", "--endpoints", "https://127.0.0.1:1", flag, path, "--window", "0"}
				switch flag {
				case "--cert":
					args = append(args, "--key", path)
				case "--key":
					args = append(args, "--cert", path)
				case "--input":
					args = []string{"check", flag, path}
				case "--log-file":
					args = []string{"watch", "--endpoints", "127.0.0.1:1", flag, path}
				}
				if flag == "--log-file" {
					cmd, _, _, _, said := onTerminal(t, args...)
					if code := ended(t, cmd); code != 2 {
						t.Errorf("exit code %d", code)
					}
					said.await(t, "opening --log-file")
					return
				}
				cmd, said := etcdoc(t, args...), newHeard()
				cmd.Stdout, cmd.Stderr = said, said
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				if code := ended(t, cmd); code != 2 || !strings.Contains(said.String(), filepath.Base(path)) {
					t.Errorf("exit code %d: %s", code, said)
				}
			})
		}
	}
}
