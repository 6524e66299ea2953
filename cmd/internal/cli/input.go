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

// runInput checks dumped metrics instead of a live cluster. Dumps don't show a quorum, so the answer does not depend on
// one.
func runInput(
	cmd *cobra.Command, streams Streams, check *checkFlags, rules []thresholds.Rule, q *question, face face,
) error {
	if check.input == "" {
		return valueErrorf("input", "names nothing: want a file, a folder, or - for standard input")
	}
	if name := changedFlag(cmd, new(connectionFlags).register); name != "" {
		return valueErrorf(name, "is about a live cluster: it does not go with --input")
	}
	for _, name := range append([]string{"wait", "hash"}, questionFlags[:]...) {
		if cmd.Flags().Changed(name) {
			return valueErrorf(name, "is about a live cluster: it does not go with --input")
		}
	}
	var window *time.Duration
	if cmd.Flags().Changed("window") {
		window = &check.window
	}
	a, err := judgeDumps(cmd.Context(), check.input, streams.In, rules, window)
	switch {
	case err != nil && errors.Is(cmd.Context().Err(), context.Canceled):
		return errors.New("--input: interrupted while reading: nothing was judged")
	case err != nil:
		return fmt.Errorf("--input: %w", err)
	}
	q.asks, q.names, q.quorum, q.proof, q.dumps = "", nil, false, false, true
	return answer(streams, face, q, &a)
}

// judgeDumps judges the dumps at path as a series. It returns the last assessment with the events of the whole series.
// Rates and quantiles are over window, but never less than four of a member's own intervals; nil means the default.
func judgeDumps(
	ctx context.Context, path string, stdin io.Reader, rules []thresholds.Rule, window *time.Duration,
) (thresholds.Assessment, error) {
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
		if a = evaluator.Observe(sweep); !first { // the initial state is no event
			events = append(events, a.Events...)
		}
	}
}

// dumpOptions returns how to judge dumps of a span. A breach must hold as long as in a live cluster, unless the series
// is too short for that. A single sweep always is, however long it took to collect.
func dumpOptions(span probe.DumpSpan, interval time.Duration, window *time.Duration) thresholds.Options {
	o := thresholds.Options{Window: thresholds.DefaultWindow, SinceStart: span.Sweeps == 1}
	if window != nil {
		o.Window, o.SinceStart = *window, o.SinceStart || *window == 0
	}
	o.Immediate = span.Sweeps == 1 || thresholds.TooShortToHold(span.Last.Sub(span.First), max(o.Window, 4*interval))
	return o
}
