//go:build !linux

package etcdtest

// stopped can't tell here whether SIGSTOP has taken effect, and claims that it has.
func stopped(int) bool { return true }
