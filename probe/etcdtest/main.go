package etcdtest

import (
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

// memberEnv makes a process a member if it is set. Its value is the cluster's directory.
const memberEnv = "ETCDTEST_MEMBER"

// Main turns the process into an etcd member and never returns if a [Cluster] started it as one; otherwise it returns
// at once. Call it first in main or TestMain.
func Main() {
	dir, isMember := os.LookupEnv(memberEnv)
	if !isMember {
		return
	}
	// When the parent dies, the kernel sends SIGHUP to a stopped member, and writing its log raises SIGPIPE. Neither
	// may end it before it has cleaned up.
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	go endWithParent(os.Stdin, dir)
	etcdmain.Main(append([]string{"etcd"}, os.Args[1:]...))
	os.Exit(0) //nolint:forbidigo // this process is etcd, whose own main has just ended
}

// endWithParent ends the process once the parent's end of the pipe closes. All members of the cluster do that at the
// same time, each removing the whole directory. Those that still write may undo that, so each tries again until it is
// gone or a second has passed.
func endWithParent(parent io.Reader, dir string) {
	_, _ = io.Copy(io.Discard, parent)
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err := os.RemoveAll(dir); err != nil {
			continue
		}
		if _, err := os.Lstat(dir); os.IsNotExist(err) {
			break
		}
	}
	os.Exit(1) //nolint:forbidigo // this process is etcd, which knows no other way to end at once
}

// memberEnviron is a member's environment: the parent's without etcd's own variables.
func memberEnviron(dir string) []string {
	env := []string{memberEnv + "=" + dir}
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "ETCD_") || strings.HasPrefix(kv, "ETCDCTL_") || strings.HasPrefix(kv, memberEnv+"=") {
			continue
		}
		env = append(env, kv)
	}
	return env
}
