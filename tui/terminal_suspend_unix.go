//go:build linux || darwin || freebsd || netbsd || openbsd

package tui

import "syscall"

// canSuspend reports that a shell with job control started the process, in a process group of its own, and can resume
// it. Where the whole session is its own (a container, kubectl exec, ssh host etcdoc) the kernel would not stop it,
// and the dashboard would wait forever to be resumed.
func canSuspend() bool {
	session, _, errno := syscall.Syscall(syscall.SYS_GETSID, 0, 0, 0)
	return errno == 0 && int(session) != syscall.Getpgrp()
}
