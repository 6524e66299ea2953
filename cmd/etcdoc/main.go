// Command etcdoc is the doctor for etcd: a dashboard, and a check with exit codes.
//
//go:debug containermaxprocs=0
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"google.golang.org/grpc/grpclog"

	"github.com/etcdoc/etcdoc/cmd/internal/cli"
	"github.com/etcdoc/etcdoc/cmd/internal/frugal"
)

// memoryLimit is the soft memory limit in bytes. An hour of watching three members takes less, the program's own pages
// included: only a hostile cluster meets it.
const memoryLimit = 42 << 20

// gcPercent is how much garbage there may be, in percent of what is in use: a quarter of the default. A dashboard that
// has watched for a quarter of an hour uses 9 MiB, and makes half a MiB of garbage per sweep: a collection every few
// seconds takes two thousandths of a core. For the first lastingAfter it is gcPercentAtFirst: a check is over by then,
// and collecting its garbage, up to the memory limit, would be a quarter of its work.
const (
	gcPercent, gcPercentAtFirst = 25, 400
	lastingAfter                = 5 * time.Second
)

func main() {
	// Collect garbage before a hostile endpoint makes it double the heap.
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercentAtFirst)
		time.AfterFunc(lastingAfter, func() { debug.SetGCPercent(gcPercent) })
	}
	time.AfterFunc(lastingAfter, frugal.ForgetStart)
	// gRPC would write onto the dashboard what a member makes it complain of.
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	// A closed stdout is an error like a full disk, not a silent death. It is not ignored: what --on-change runs would
	// ignore it too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), cli.Signals()...)
	code := cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
