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

// shortLook is how far apart the two sweeps of a check are once the first has shown that the outcome is unhealthy:
// a script is not kept waiting, and a person still sees rates of now.
const shortLook = time.Second

type checkFlags struct {
	output string
	window time.Duration
}

func (c *checkFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&c.output, "output", "o", "table", "`format` of what --once prints: table or json")
	flags.DurationVar(&c.window, "window", 3*time.Second, "time between the two sweeps of --once, over which rates and quantiles are taken; 0: one sweep, and quantiles since each member's start")
}

// checkFlagNames are the flags that mean something to a check alone.
func checkFlagNames() []string {
	var names []string
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(checkFlags).register(flags)
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

func newCheck(streams Streams, connection *connectionFlags) *cobra.Command {
	var looks checkFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look once, print, and exit: 0 healthy, 1 unhealthy, 2 could not check (same as --once)",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCheck(cmd, streams, connection, &looks)
		},
	}
	looks.register(cmd.Flags())
	return cmd
}

func runCheck(cmd *cobra.Command, streams Streams, connection *connectionFlags, looks *checkFlags) error {
	printer, err := printerOf(looks.output)
	if err != nil {
		return err
	}
	if looks.window < 0 {
		return fmt.Errorf("--window %v: want 0 or more, such as 3s", looks.window)
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
	a, err := Look(cmd.Context(), prober, looks.window, !windowGiven)
	if err != nil {
		return err
	}
	if err := printer(streams.Out, &a); err != nil {
		return fmt.Errorf("printing the assessment: %w", err)
	}
	return exitOf(&a)
}

// exitOf is the exit code of a check as an error; nil where it is 0.
func exitOf(a *thresholds.Assessment) error {
	switch {
	case a.Reading.Cause == thresholds.CauseNotTrusted:
		return exit{ExitNotDone}
	case a.Level >= thresholds.Warning:
		return exit{ExitUnhealthy}
	default:
		return nil
	}
}

// Pacer is a source whose pace can be set.
type Pacer interface {
	probe.Source
	SetInterval(time.Duration)
}

// Look judges a cluster by two sweeps that are window apart, or by one where window is 0. With cut, the second
// look comes early when the first has shown that the outcome is not healthy.
func Look(ctx context.Context, source Pacer, window time.Duration, cut bool) (thresholds.Assessment, error) {
	evaluator := thresholds.New(thresholds.Options{Window: window + shortLook, Immediate: true, SinceStart: window == 0})
	sweep, err := source.Next(ctx)
	if err != nil {
		return thresholds.Assessment{}, fmt.Errorf("looking at the cluster: %w", err)
	}
	a := evaluator.Observe(sweep)
	if window == 0 {
		return a, nil
	}
	if cut && exitOf(&a) != nil {
		source.SetInterval(min(window, shortLook))
	}
	sweep, err = source.Next(ctx)
	if err != nil {
		return thresholds.Assessment{}, fmt.Errorf("looking at the cluster a second time: %w", err)
	}
	return evaluator.Observe(sweep), nil
}

func printerOf(format string) (func(io.Writer, *thresholds.Assessment) error, error) {
	switch format {
	case "table":
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
