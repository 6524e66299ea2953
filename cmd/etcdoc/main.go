// Command etcdoc is the doctor for etcd: a dashboard, and a check with exit codes.
//
//go:debug containermaxprocs=0
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"google.golang.org/grpc/grpclog"

	"github.com/etcdoc/etcdoc/cmd/internal/cli"
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

// timerSlack is by how many nanoseconds the kernel may delay a timer to wake a thread less often: see
// PR_SET_TIMERSLACK in prctl(2). Nothing here needs timers that are more exact: what is measured ends with an answer,
// and answers and keys wake a thread at once.
const timerSlack = "5000000"

func main() {
	wakeLess()
	// The host may be a member's, so use one core. A sweep's work is short, and waking other cores costs more than it
	// saves. How many a container may use need not be read then: containermaxprocs.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	// Collect garbage before a hostile endpoint makes it double the heap.
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercentAtFirst)
		time.AfterFunc(lastingAfter, func() { debug.SetGCPercent(gcPercent) })
	}
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

// wakeLess lets the threads of the Go runtime sleep up to timerSlack longer. While there is work, its monitor sleeps
// for 20 µs at a time, and to wake so often would be up to half of what a dashboard takes. Threads that are yet to
// start do as the one that starts them. Only Linux knows this, and lets only root change it for threads other than the
// one that asks: elsewhere nothing changes.
func wakeLess() {
	threads, _ := os.ReadDir("/proc/self/task")
	for _, thread := range threads {
		_ = os.WriteFile("/proc/"+thread.Name()+"/timerslack_ns", []byte(timerSlack), 0)
	}
}
