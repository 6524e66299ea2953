package etcdtest

import "syscall"

// memberProcAttr gives a member a process group of its own, so that ctrl-c on the terminal does not reach it. The
// kernel wakes it when its parent dies, because a stopped member could not see the end of its pipe. The kernel watches
// the thread that started it: see [spawner].
func memberProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGCONT}
}
