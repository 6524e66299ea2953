//go:build linux || darwin || freebsd || netbsd || openbsd

package tui

import "syscall"

// canSuspend says whether somebody is there to let the process go on again: a shell with job control, which has put it
// into a process group of its own. Where the whole session is its own (a container, kubectl exec, ssh host etcdoc) the
// kernel stops nothing, and the dashboard would wait for good to be woken.
func canSuspend() bool {
	session, _, errno := syscall.Syscall(syscall.SYS_GETSID, 0, 0, 0)
	return errno == 0 && int(session) != syscall.Getpgrp()
}
