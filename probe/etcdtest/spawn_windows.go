package etcdtest

import "syscall"

// memberProcAttr gives a member a process group of its own, so that ctrl-c on the terminal does not reach it.
func memberProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
