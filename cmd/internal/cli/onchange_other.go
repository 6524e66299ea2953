//go:build !unix

package cli

import "os/exec"

// hasShell reports that there is a shell to run --on-change: here is none.
const hasShell = false

// inGroup returns what kills a command.
func inGroup(cmd *exec.Cmd) (kill func() error) { return func() error { return cmd.Process.Kill() } }
