package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/cmd/internal/cli"
	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// shortStory is how long the demo runs without a terminal and without --for.
	shortStory = 20 * time.Second
	// settling bounds how long the new cluster may take to become healthy.
	settling = 45 * time.Second
	// checkWindow is the time between the two sweeps of the first check.
	checkWindow = 3 * time.Second
)

func newCommand(streams cli.Streams) *cobra.Command {
	var screen cli.ScreenFlags
	var settings cli.Settings
	var length time.Duration
	var cast string
	cmd := &cobra.Command{
		Use:   "etcdoc-demo",
		Short: "etcdoc on a real cluster of three members on loopback, with load and real faults",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("it takes no argument, got %q", args[0])
			}
			return nil
		},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if length < 0 {
				return fmt.Errorf("--for %v: want 0 or more, such as 20s", length)
			}
			if cast != "" {
				length = cmp.Or(length, castLength)
				return recordCast(cmd.Context(), cast, castArgs(cmd.Flags(), length), length)
			}
			rules, err := settings.LoadExplicit(cmd.Flags())
			if err != nil {
				return err
			}
			screen.JudgeBy(rules)
			return run(cmd.Context(), streams, &screen, rules, length)
		},
	}
	cmd.Flags().DurationVar(&length, "for", 0, "how long to run; 0: until it is quit on a terminal, 20s without one")
	cmd.Flags().StringVar(&cast, "cast", "", "record the demo as an asciicast in this `file`, and show nothing")
	screen.Register(cmd.Flags())
	settings.Register(cmd.Flags())
	cmd.Flags().Lookup("config").Usage = "configuration `file` of etcdoc to judge by (default none)"
	return cmd
}

// run starts the cluster, puts load on it, runs the story and shows it. It ends when the user quits, after length, or
// with ctx, and removes the cluster.
func run(ctx context.Context, streams cli.Streams, screen *cli.ScreenFlags, rules []thresholds.Rule,
	length time.Duration) (err error) {
	interval, err := screen.Interval()
	if err != nil {
		return err
	}
	fmt.Fprintln(streams.Err, "etcdoc-demo: starting three etcd members on loopback")
	cluster, err := etcdtest.Start(ctx, clusterConfig())
	if err != nil {
		return interrupted(ctx, err)
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
	prober, err := probe.New(probe.Config{Endpoints: cluster.Endpoints(), Cluster: true, Interval: interval})
	if err != nil {
		return err
	}
	defer prober.Close()

	if !streams.IsInteractive() {
		if err := checkUntilHealthy(ctx, streams, prober, rules); err != nil {
			return interrupted(ctx, err)
		}
		prober.SetInterval(interval)
		length = cmp.Or(length, shortStory)
	}
	if length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, length)
		defer cancel()
	}
	return show(ctx, streams, screen, prober, newStory(cluster, load, length, prober.Mark))
}

// show runs the story, and shows what happens until it ends or the user quits.
func show(ctx context.Context, streams cli.Streams, screen *cli.ScreenFlags, prober *probe.Prober, s *story) error {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		ended <- s.Run(ctx)
	}()
	var err error
	if screen.IsPlain() || !streams.IsInteractive() {
		err = screen.Plain(ctx, streams, prober)
	} else {
		endpoints := s.cluster.Endpoints()
		screen.ReachBy("--endpoints=" + strings.Join(endpoints, ","))
		err = screen.Dashboard(ctx, streams, prober, prober, endpoints)
	}
	cancel()
	return errors.Join(err, <-ended)
}

// interrupted drops an error that only says that the demo was interrupted.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// checkUntilHealthy prints the check of a new cluster, which needs time for elections and first writes.
func checkUntilHealthy(ctx context.Context, streams cli.Streams, prober *probe.Prober, rules []thresholds.Rule) error {
	prober.SetInterval(checkWindow)
	for deadline := time.Now().Add(settling); ; {
		a, err := cli.Check(ctx, prober, rules, checkWindow, true)
		if err != nil {
			return err
		}
		if a.Level < thresholds.Warning || time.Now().After(deadline) {
			if err := cli.PrintTable(streams.Out, &a); err != nil {
				return fmt.Errorf("printing the check: %w", err)
			}
			fmt.Fprintln(streams.Out)
			if a.Level >= thresholds.Warning {
				return fmt.Errorf("the cluster has not become healthy within %v", settling)
			}
			return nil
		}
	}
}
