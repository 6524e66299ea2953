package etcdtest

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// stopped reports whether all threads of a process are stopped: SIGSTOP reaches one of them first, and on a busy
// machine the others run on until that one has run.
func stopped(pid int) bool {
	stats, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "stat"))
	if err != nil {
		return false
	}
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		// The name in parentheses may hold anything; the state follows it.
		_, state, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
		if len(state) == 0 || state[0] != 'T' {
			return false
		}
	}
	return len(stats) > 0
}
