package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// shortLook is how far apart the two sweeps of a check are once the first has shown that the outcome is
	// unhealthy: a script is not kept waiting, and a person still sees rates of now.
	shortLook = time.Second
	// hasty is how far apart sweeps are while a check waits for members that have only just been asked.
	hasty = 200 * time.Millisecond
	// settled bounds that wait: a member that has not answered by then is late, and said to be.
	settled = 2 * time.Second
)

type checkFlags struct {
	output string
	window time.Duration
	input  string
}

func (c *checkFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&c.output, "output", "o", "table", "`format` of what --once prints: table or json")
	flags.StringVarP(&c.output, "write-out", "w", "table", "etcdctl's name for --output")
	_ = flags.MarkHidden("write-out") // it was just made
	flags.StringVar(&c.input, "input", "", "`path` of dumped metrics to judge instead of a live cluster: a folder with a file for each member (as old as the file is), or with a folder for each member of files named by unix time or RFC 3339; one such file or folder; or - for standard input")
	flags.DurationVar(&c.window, "window", 3*time.Second, "time between the two sweeps of --once, over which rates and quantiles are taken; 0: one sweep, and quantiles since each member's start")
}

func newCheck(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	var looks checkFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look once, print, and exit: 0 healthy, 1 unhealthy, 2 could not check (same as --once)",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCheck(cmd, streams, settings, connection, &looks)
		},
	}
	looks.register(cmd.Flags())
	return cmd
}

func runCheck(cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags, looks *checkFlags) (err error) {
	rules, err := settings.Load(cmd.Flags(), streams.Err)
	if err != nil {
		return err
	}
	defer func() { err = settings.explain(err) }()
	printer, err := printerOf(looks.output)
	if err != nil {
		return err
	}
	if looks.window < 0 {
		return fmt.Errorf("--window %v: want 0 or more, such as 3s", looks.window)
	}
	if looks.input != "" || cmd.Flags().Changed("input") {
		return runInput(cmd, streams, looks, printer)
	}
	config, err := connection.config(streams)
	if err != nil {
		return err
	}
	connection.warn(streams.Err)
	config.Interval = looks.window
	prober, err := probe.New(config)
	if err != nil {
		return err
	}
	defer prober.Close()

	windowGiven := cmd.Flags().Changed("window")
	a, err := Look(cmd.Context(), prober, rules, looks.window, !windowGiven)
	if err != nil {
		return err
	}
	if err := printer(streams.Out, &a); err != nil {
		return fmt.Errorf("printing the assessment: %w", err)
	}
	code := codeOf(&a)
	if code == ExitHealthy && connection.cluster && a.Undecided() {
		code = ExitNotDone // nothing wrong was seen, because too little was
	}
	if code != ExitHealthy {
		return exit{code}
	}
	return nil
}

// codeOf is the exit code that an assessment asks for.
func codeOf(a *thresholds.Assessment) int {
	switch {
	case a.Reading.Cause == thresholds.CauseNotTrusted:
		return ExitNotDone
	case a.Level >= thresholds.Warning:
		return ExitUnhealthy
	default:
		return ExitHealthy
	}
}

// Pacer is a source whose pace can be set.
type Pacer interface {
	probe.Source
	SetInterval(time.Duration)
}

// Look judges a cluster by the rules (nil: the defaults), with two sweeps that are window apart, or by one where window is 0. With cut, the second
// look comes early when the first has shown that the outcome is not healthy.
func Look(ctx context.Context, source Pacer, rules []thresholds.Rule, window time.Duration, cut bool) (thresholds.Assessment, error) {
	evaluator := thresholds.New(thresholds.Options{Rules: rules, Window: window + shortLook, Immediate: true, SinceStart: window == 0})
	sweep, err := source.Next(ctx)
	if err != nil {
		return thresholds.Assessment{}, fmt.Errorf("looking at the cluster: %w", err)
	}
	a := evaluator.Observe(sweep)
	if window > 0 {
		if cut && codeOf(&a) != ExitHealthy {
			source.SetInterval(min(window, shortLook))
		}
		if sweep, err = source.Next(ctx); err != nil {
			return thresholds.Assessment{}, fmt.Errorf("looking at the cluster a second time: %w", err)
		}
		a = evaluator.Observe(sweep)
	}
	// A member that has just been asked may be about to answer, or not: that makes a difference.
	source.SetInterval(hasty)
	for began := time.Now(); a.Awaits() && time.Since(began) < settled; {
		if sweep, err = source.Next(ctx); err != nil {
			return thresholds.Assessment{}, fmt.Errorf("waiting for the members' answers: %w", err)
		}
		a = evaluator.Observe(sweep)
	}
	return a, nil
}

func printerOf(format string) (func(io.Writer, *thresholds.Assessment) error, error) {
	switch format {
	case "table", "simple": // the second is etcdctl's default
		return PrintTable, nil
	case "json":
		return printJSON, nil
	default:
		return nil, fmt.Errorf("--output %q: want table or json", format)
	}
}

func printJSON(w io.Writer, a *thresholds.Assessment) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(a)
}
