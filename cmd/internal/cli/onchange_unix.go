//go:build unix

package cli

import (
	"os/exec"
	"syscall"
)

// hasShell reports that there is a shell to run --on-change.
const hasShell = true

// inGroup gives a command that is not started yet a process group of its own, and returns what kills the group.
func inGroup(cmd *exec.Cmd) (kill func() error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
