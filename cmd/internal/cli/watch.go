package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/tui"
)

// screenFlags say how the dashboard looks and how often it polls.
type screenFlags struct {
	interval, history time.Duration
	name              string
	glyphs, color     string
	local             bool
	logFile           string
}

func (s *screenFlags) register(flags *pflag.FlagSet) {
	flags.DurationVar(&s.interval, "interval", time.Second, "time between two sweeps")
	flags.DurationVar(&s.history, "history", 5*time.Minute, "how far back the charts go at first")
	flags.StringVar(&s.name, "name", "", "what to call the cluster on the screen (default its id)")
	flags.StringVar(&s.glyphs, "glyphs", string(tui.GlyphsBlock), "what charts are drawn with: block, braille or ascii")
	flags.StringVar(&s.color, "color", string(tui.ColorAuto), "auto, always or never; auto minds NO_COLOR")
	flags.BoolVar(&s.local, "local", false, "local time instead of UTC")
	flags.StringVar(&s.logFile, "log-file", "", "`file` to append debug messages to")
}

func newWatch(streams Streams, connection *connectionFlags) *cobra.Command {
	var screen screenFlags
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Show the dashboard (what etcdoc does without a command)",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runWatch(cmd, streams, connection, &screen)
		},
	}
	screen.register(cmd.Flags())
	return cmd
}

func runWatch(cmd *cobra.Command, streams Streams, connection *connectionFlags, screen *screenFlags) error {
	if !streams.IsInteractive() {
		return errors.New("the dashboard needs a terminal, and there is none here: look once with etcdoc --once (exit code 0 healthy, 1 unhealthy, 2 could not check)")
	}
	config, err := connection.config(streams)
	if err != nil {
		return err
	}
	if screen.interval < 100*time.Millisecond {
		return fmt.Errorf("--interval %v: want 100ms or more: every sweep costs each member a few milliseconds of CPU", screen.interval)
	}
	connection.warn(streams.Err)
	config.Interval = screen.interval
	prober, err := probe.New(config)
	if err != nil {
		return err
	}
	defer prober.Close()
	return Dashboard(cmd.Context(), streams, Screen{Source: prober, Poller: prober, Endpoints: config.Endpoints, flags: *screen})
}

// Screen is what a dashboard shows.
type Screen struct {
	Source    probe.Source
	Poller    tui.Poller
	Endpoints []string
	flags     screenFlags
}

// Dashboard shows the dashboard on a terminal until it is left.
func Dashboard(ctx context.Context, streams Streams, screen Screen) error {
	in, _ := terminal(streams.In)
	out, interactive := terminal(streams.Out)
	if in == nil || !interactive {
		return errors.New("the dashboard needs a terminal")
	}
	var log io.Writer
	if name := screen.flags.logFile; name != "" {
		file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("opening --log-file: %w", err)
		}
		defer file.Close()
		log = file
	}
	glyphs, color, err := screen.flags.look()
	if err != nil {
		return err
	}
	err = tui.Run(ctx, tui.Options{
		Source: screen.Source, Poller: screen.Poller, Evaluator: thresholds.New(thresholds.Options{}),
		Cluster: screen.flags.name, Endpoints: screen.Endpoints, Interval: screen.flags.interval, Window: screen.flags.history,
		Glyphs: glyphs, Color: color, Local: screen.flags.local, In: in, Out: out, Log: log,
	})
	if errors.Is(err, context.Canceled) || errors.Is(err, tui.ErrTerminated) {
		return nil // asked to end, and has ended well
	}
	return err
}

// look checks the flags that choose among words.
func (s *screenFlags) look() (tui.Glyphs, tui.ColorMode, error) {
	glyphs, color := tui.Glyphs(s.glyphs), tui.ColorMode(s.color)
	switch glyphs {
	case tui.GlyphsBlock, tui.GlyphsBraille, tui.GlyphsASCII:
	default:
		return "", "", fmt.Errorf("--glyphs %q: want block, braille or ascii", s.glyphs)
	}
	switch color {
	case tui.ColorAuto, tui.ColorAlways, tui.ColorNever:
	default:
		return "", "", fmt.Errorf("--color %q: want auto, always or never", s.color)
	}
	return glyphs, color, nil
}
