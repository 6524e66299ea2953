package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPasswordIsInNoProcessList asks the kernel for what ps shows of a process that has a password, while it waits for
// the answer to its login: a typed one and that of ETCDCTL_PASSWORD are not there. One on the command line is, as the
// documentation says: the kernel shows what the shell wrote.
func TestPasswordIsInNoProcessList(t *testing.T) {
	t.Parallel()
	const password = "pass-4711"
	check := func(address string, args ...string) []string {
		return append([]string{"check", "--endpoints", address, "--dial-timeout", "1m", "--command-timeout", "1m"},
			args...)
	}
	started := func(cmd *exec.Cmd) *exec.Cmd {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	for name, test := range map[string]struct {
		start func(t *testing.T, address string) *exec.Cmd
		shown bool
	}{
		"typed": {func(t *testing.T, address string) *exec.Cmd {
			cmd, ptmx, _, _, said := onTerminal(t, check(address, "--user", "root")...)
			said.await(t, "Password of root: ")
			if _, err := io.WriteString(ptmx, password+"\r"); err != nil {
				t.Fatal(err)
			}
			return cmd
		}, false},
		"ETCDCTL_PASSWORD": {func(t *testing.T, address string) *exec.Cmd {
			cmd := etcdoc(t, check(address, "--user", "root")...)
			cmd.Env = append(cmd.Env, "ETCDCTL_PASSWORD="+password)
			return started(cmd)
		}, false},
		"ETCDCTL_USER": {func(t *testing.T, address string) *exec.Cmd {
			cmd := etcdoc(t, check(address)...)
			cmd.Env = append(cmd.Env, "ETCDCTL_USER=root:"+password)
			return started(cmd)
		}, false},
		"on the command line": {func(t *testing.T, address string) *exec.Cmd {
			return started(etcdoc(t, check(address, "--user", "root:"+password)...))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			address, connected := silent(t)
			cmd := test.start(t, address)
			connected()
			for _, file := range []string{"cmdline", "comm", "status"} {
				text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", cmd.Process.Pid, file))
				if err != nil {
					t.Fatal(err)
				}
				if shown := strings.Contains(string(text), password); shown != (test.shown && file == "cmdline") {
					t.Errorf("%s shows %q", file, text)
				}
			}
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			ended(t, cmd)
		})
	}
}

// TestPromptBesideALog: where stderr leads into a file, the prompt is on the terminal.
func TestPromptBesideALog(t *testing.T) {
	t.Parallel()
	address, connected := silent(t)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := etcdoc(t, "check", "--endpoints", address, "--user", "root", "--dial-timeout", "1m")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ptmx, _, _, said := startWithStderr(t, cmd, log)
	said.await(t, "Password of root: ")
	if _, err := io.WriteString(ptmx, "pass\r"); err != nil {
		t.Fatal(err)
	}
	connected()
	if text, err := os.ReadFile(log.Name()); err != nil || strings.Contains(string(text), "Password") {
		t.Errorf("the log has %q, %v", text, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended(t, cmd)
}
