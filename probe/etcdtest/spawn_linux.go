package etcdtest

import "syscall"

// memberProcAttr puts a member into a process group of its own, so that ctrl-c on the terminal does not reach it, and
// has the kernel wake it when its parent is gone: were it stopped, it could not see the end of its pipe. The kernel
// goes by the thread that started it, see [spawner].
func memberProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGCONT}
}
