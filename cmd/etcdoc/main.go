// Command etcdoc is the doctor for etcd: a dashboard, and a check with exit codes.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/etcdoc/etcdoc/cmd/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
