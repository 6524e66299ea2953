//go:build unix && !linux

package etcdtest

// stopped cannot tell here whether SIGSTOP has taken effect, and says that it has.
func stopped(int) bool { return true }
