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

// ScreenFlags say how the dashboard looks and how often it polls.
type ScreenFlags struct {
	interval, history time.Duration
	name              string
	glyphs, color     string
	local             bool
	logFile           string
	// unverified says that the members' certificates are not verified.
	unverified bool
	// rules are what is judged by; nil: the defaults.
	rules []thresholds.Rule
}

// Register adds the flags to a command's.
func (s *ScreenFlags) Register(flags *pflag.FlagSet) {
	flags.DurationVar(&s.interval, "interval", time.Second, "time between two sweeps")
	flags.DurationVar(&s.history, "history", 5*time.Minute, "how far back the charts go at first")
	flags.StringVar(&s.name, "name", "", "what to call the cluster on the screen (default its id)")
	flags.StringVar(&s.glyphs, "glyphs", string(tui.GlyphsBlock), "what charts are drawn with: block, braille or ascii")
	flags.StringVar(&s.color, "color", string(tui.ColorAuto), "auto, always or never; auto minds NO_COLOR")
	flags.BoolVar(&s.local, "local", false, "local time instead of UTC")
	flags.StringVar(&s.logFile, "log-file", "", "`file` to append debug messages to")
}

func newWatch(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	var screen ScreenFlags
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Show the dashboard (what etcdoc does without a command)",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runWatch(cmd, streams, settings, connection, &screen)
		},
	}
	screen.Register(cmd.Flags())
	return cmd
}

func runWatch(cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags, screen *ScreenFlags) (err error) {
	if screen.rules, err = settings.Load(cmd.Flags(), streams.Err); err != nil {
		return err
	}
	defer func() { err = settings.explain(err) }()
	if err := screen.Check(); err != nil {
		return err
	}
	if !streams.IsInteractive() {
		return errors.New("the dashboard needs a terminal, and there is none here: look once with etcdoc --once (exit code 0 healthy, 1 unhealthy, 2 could not check)")
	}
	config, err := connection.config(streams)
	if err != nil {
		return err
	}
	connection.warn(streams.Err)
	config.Interval, screen.unverified = screen.interval, connection.insecureSkipVerify
	prober, err := probe.New(config)
	if err != nil {
		return err
	}
	defer prober.Close()
	return screen.Dashboard(cmd.Context(), streams, prober, prober, config.Endpoints)
}

// The ranges of --interval and --history: every sweep costs each member a few milliseconds of CPU, and a day is how
// far back anything is kept.
const (
	minInterval, maxInterval = 100 * time.Millisecond, time.Hour
	minHistory, maxHistory   = time.Minute, 24 * time.Hour
)

// Check says which of the flags has a value that it can't have.
func (s *ScreenFlags) Check() error {
	if s.interval < minInterval || s.interval > maxInterval {
		return fmt.Errorf("--interval %v: want 100ms to 1h: every sweep costs each member a few milliseconds of CPU", s.interval)
	}
	if s.history < minHistory || s.history > maxHistory {
		return fmt.Errorf("--history %v: want 1m to 24h", s.history)
	}
	_, _, err := s.look()
	return err
}

// Interval is the time between two sweeps, once all flags have been checked.
func (s *ScreenFlags) Interval() (time.Duration, error) { return s.interval, s.Check() }

// Dashboard shows what a source sees on the terminal until it is left. The poller changes the source's pace; the
// endpoints are the ones that are asked first.
func (s *ScreenFlags) Dashboard(ctx context.Context, streams Streams, source probe.Source, poller tui.Poller, endpoints []string) error {
	in, _ := terminal(streams.In)
	out, _ := terminal(streams.Out)
	if in == nil || out == nil {
		return errors.New("the dashboard needs a terminal")
	}
	glyphs, color, err := s.look()
	if err != nil {
		return err
	}
	var log io.Writer
	if s.logFile != "" {
		file, err := os.OpenFile(s.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("opening --log-file: %w", err)
		}
		defer file.Close()
		log = file
	}
	err = tui.Run(ctx, tui.Options{
		Source: source, Poller: poller, Evaluator: thresholds.New(thresholds.Options{Rules: s.rules}), Rules: s.rules,
		Cluster: s.name, Endpoints: endpoints, Interval: s.interval, Window: s.history,
		Glyphs: glyphs, Color: color, Local: s.local, Unverified: s.unverified, In: in, Out: out, Log: log,
	})
	if ctx.Err() != nil || errors.Is(err, tui.ErrTerminated) {
		return nil // it was asked to end, and has ended well
	}
	return err
}

// JudgeBy makes the dashboard judge by other rules than the defaults.
func (s *ScreenFlags) JudgeBy(rules []thresholds.Rule) { s.rules = rules }

// look checks the flags that choose among words.
func (s *ScreenFlags) look() (tui.Glyphs, tui.ColorMode, error) {
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
