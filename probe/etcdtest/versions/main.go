// Command versions is an etcd of another version than the linked one, for tests: package etcdtest runs it as a member
// if ETCDTEST_SERVER names it. Each version has its own module file beside this one, so that none becomes a dependency
// of etcdoc:
//
//	go build -modfile=v3.5.mod -o etcd-v3.5 .
//
// Like a linked member, it ends with the process that started it and removes the cluster's directory.
package main

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	if dir, isMember := os.LookupEnv("ETCDTEST_MEMBER"); isMember {
		// As in etcdtest.Main.
		signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
		go endWithParent(dir)
	}
	etcdmain.Main(os.Args)
}

// endWithParent ends the process once standard input closes, whose other end the parent holds.
func endWithParent(dir string) {
	_, _ = io.Copy(io.Discard, os.Stdin)
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err := os.RemoveAll(dir); err != nil {
			continue
		}
		if _, err := os.Lstat(dir); os.IsNotExist(err) {
			break
		}
	}
	os.Exit(1)
}
