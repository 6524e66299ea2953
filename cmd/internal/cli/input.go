package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// runInput is the check of dumped metrics instead of a live cluster. Whether there is a quorum no dump tells: that
// decides nothing here.
func runInput(cmd *cobra.Command, streams Streams, looks *checkFlags, rules []thresholds.Rule, asked *question, face face) error {
	if looks.input == "" {
		return valueErrorf("input", "names nothing: want a file, a folder, or - for standard input")
	}
	if name := changedFlag(cmd, new(connectionFlags).register); name != "" {
		return valueErrorf(name, "is about a live cluster: it does not go with --input")
	}
	for _, name := range []string{"can-lose", "wait", "hash"} {
		if cmd.Flags().Changed(name) {
			return valueErrorf(name, "is about a live cluster: it does not go with --input")
		}
	}
	var window *time.Duration
	if cmd.Flags().Changed("window") {
		window = &looks.window
	}
	a, err := judgeDumps(cmd.Context(), looks.input, streams.In, rules, window)
	if err != nil {
		return fmt.Errorf("--input: %w", err)
	}
	asked.canLose, asked.quorum = "", false
	return answer(streams, face, asked, &a)
}

// judgeDumps judges the dumps at a path as a series, and returns what there is to say of its last moment, with the events
// of all. Rates and quantiles are over window; nil: as over a live cluster, and never less than four of a member's own steps.
func judgeDumps(ctx context.Context, path string, stdin io.Reader, rules []thresholds.Rule, window *time.Duration) (thresholds.Assessment, error) {
	dumps, err := probe.OpenDumps(ctx, path, stdin)
	if err != nil {
		return thresholds.Assessment{}, err
	}
	options := dumpOptions(dumps.Span(), dumps.Interval(), window)
	options.Rules = rules
	evaluator := thresholds.New(options)
	var a thresholds.Assessment
	var events []thresholds.Event
	for {
		sweep, err := dumps.Next(ctx)
		if errors.Is(err, io.EOF) {
			a.Events = events
			return a, nil
		}
		if err != nil {
			return a, fmt.Errorf("reading the dumps of the next moment: %w", err)
		}
		first := a.At.IsZero()
		if a = evaluator.Observe(sweep); !first { // how it is to begin with is no event
			events = append(events, a.Events...)
		}
	}
}

// dumpOptions are how dumps of a span are judged. A breach has to hold for as long as in a live cluster, unless the
// series is too short for that. Those of a single moment are, however long it took to collect them.
func dumpOptions(span probe.DumpSpan, interval time.Duration, window *time.Duration) thresholds.Options {
	o := thresholds.Options{Window: thresholds.DefaultWindow, SinceStart: span.Sweeps == 1}
	if window != nil {
		o.Window, o.SinceStart = *window, o.SinceStart || *window == 0
	}
	o.Immediate = span.Sweeps == 1 || thresholds.TooShortToHold(span.Last.Sub(span.First), max(o.Window, 4*interval))
	return o
}
