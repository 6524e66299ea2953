// Command etcdoc-demo shows etcdoc on a real cluster: three etcd processes on loopback, a load like that of Kubernetes,
// and a story of real faults that repeats.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func main() {
	etcdtest.Main()
	length := flag.Duration("for", 0, "how long to run; 0 is until interrupted")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, *length, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcdoc-demo:", err)
		os.Exit(2)
	}
}

// run tells the story on a cluster of its own, and prints the captions, until ctx ends or length has passed.
func run(ctx context.Context, length time.Duration, out io.Writer) (err error) {
	cluster, err := etcdtest.Start(ctx, clusterConfig())
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := cluster.Stop(); err == nil {
			err = stopErr
		}
	}()
	config, err := cluster.ClientConfig()
	if err != nil {
		return err
	}
	load, err := startLoad(ctx, config)
	if err != nil {
		return err
	}
	defer load.Stop()
	fmt.Fprintln(out, "endpoints:", cluster.Endpoints())
	if length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, length)
		defer cancel()
	}
	story := newStory(cluster, load, length, func(mark probe.Mark) {
		fmt.Fprintln(out, mark.At.UTC().Format(time.TimeOnly), mark.Text)
	})
	return story.Run(ctx)
}
