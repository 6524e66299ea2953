// Command etcdoc-demo shows etcdoc on a real cluster: three etcd processes on loopback, a load like that of Kubernetes,
// and a repeating story of real faults. On a terminal it opens the dashboard; without one it prints a check and then a
// line for every change. It leaves no process and no file behind.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"

	"google.golang.org/grpc/grpclog"

	"github.com/etcdoc/etcdoc/cmd/internal/cli"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func main() {
	etcdtest.Main()
	// gRPC would write onto the dashboard what a member makes it complain of.
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	ctx, stop := signal.NotifyContext(context.Background(), cli.Signals()...)
	streams := cli.NewStreams(ctx, os.Stdin, os.Stdout, os.Stderr)
	err := newCommand(streams).ExecuteContext(ctx)
	stop()
	os.Exit(cli.ExitCode(err, "etcdoc-demo", streams.Err))
}
