// Command etcdoc is the doctor for etcd: a dashboard, and a check with exit codes.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/etcdoc/etcdoc/cmd/internal/cli"
)

// memoryLimit is from where on the collector works harder, in bytes. A cluster of five takes half of it.
const memoryLimit = 64 << 20

func main() {
	// The host may be a member's: one core at most. What is done for each sweep is short, and waking other cores for it
	// costs more than it saves.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	// What is garbage is collected before it doubles what an endpoint that means ill makes us hold.
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	// A reader of stdout that goes away is an error like a full disk, and no death without a word.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), cli.Signals()...)
	code := cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
