//go:build unix && !linux

package etcdtest

import "syscall"

// memberProcAttr gives a member a process group of its own, so that ctrl-c on the terminal does not reach it. POSIX
// wakes stopped members of a process group that its parent's death orphans.
func memberProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
