package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
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
	theme, glyphs     string
	units, sort       string
	scale             string
	color             string
	local, mouse      bool
	notify            bool
	hidden            []string
	onChange          string
	plain             bool
	logFile           string
	// remember means that what the user chooses by key is kept for the next time.
	remember bool
	// configPath is the configuration file, which the help names.
	configPath string
	// unverified means that the members' certificates are not verified.
	unverified bool
	// reach are the flags with which another etcdoc reaches the same cluster.
	reach []string
	// rules judge the cluster; nil means the defaults.
	rules []thresholds.Rule
}

// Register adds the flags to a command's, without --remember.
func (s *ScreenFlags) Register(flags *pflag.FlagSet) {
	flags.DurationVar(&s.interval, "interval", time.Second, "time between two sweeps")
	flags.DurationVar(&s.history, "history", 5*time.Minute, "how far back the charts go at first")
	flags.StringVar(&s.name, "name", "", "what to call the cluster on the screen (default its id)")
	flags.StringVar(&s.theme, "theme", string(tui.ThemeDefault),
		"default, light (for light backgrounds), high-contrast, or none (no colours)")
	flags.StringVar(&s.glyphs, "glyphs", string(tui.GlyphsBlock), "what charts are drawn with: block, braille or ascii")
	flags.StringVar(&s.color, "color", string(tui.ColorAuto), "auto, always or never; auto minds NO_COLOR")
	flags.StringVar(&s.units, "units", string(tui.Units1024), "sizes by 1024 (1.9G is 1.9 GiB) or by 1000 (2GB)")
	flags.StringVar(&s.sort, "sort", string(tui.SortList),
		"order of the members: list (as the member list has them), name, role, state, wal, lag or db")
	flags.StringSliceVar(&s.hidden, "hide-columns", nil,
		"columns of the table to leave out, such as ROLE,WAL p50; all but MEMBER, STATE and DRAIN can be")
	flags.StringVar(&s.scale, "scale", string(tui.ScaleShared), "y-scale of the charts: shared, own or log")
	flags.BoolVar(&s.mouse, "mouse", false,
		"select members with the mouse; the terminal selects text with shift held down then")
	flags.BoolVar(&s.local, "local", false, "local time instead of UTC")
	flags.BoolVar(&s.notify, "notify", false,
		"ring, and ask the terminal for a notification, when the level gets worse or a member becomes unsafe to lose")
	flags.StringVar(&s.onChange, "on-change", "",
		"`command` to run when the level or a verdict changes, as sh -c COMMAND with the JSON on its standard input")
	flags.BoolVar(&s.plain, "plain", false,
		"write a line for every change instead of the dashboard, also without a terminal")
	flags.StringVar(&s.logFile, "log-file", "", "`file` to append debug messages to, and what --on-change writes")
}

// register adds the flags to a command's, with --remember.
func (s *ScreenFlags) register(flags *pflag.FlagSet) {
	s.Register(flags)
	flags.BoolVar(&s.remember, "remember", false,
		"when the dashboard is left, keep what was chosen by key (theme, glyphs, sort …) for the next time, "+
			"in $XDG_STATE_HOME/etcdoc/chosen.yaml or ~/.local/state/etcdoc/chosen.yaml")
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
	screen.register(cmd.Flags())
	return cmd
}

func runWatch(
	cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags, screen *ScreenFlags,
) (err error) {
	if screen.rules, err = settings.Load(cmd.Flags(), streams.Err); err != nil {
		return err
	}
	defer func() { err = settings.explain(err) }()
	if err := screen.Check(); err != nil {
		return err
	}
	if !screen.plain && !streams.IsInteractive() {
		return errors.New("the dashboard needs a terminal, and there is none here: " +
			"write a line for every change with etcdoc --plain, " +
			"or check once with etcdoc --once (exit code 0 healthy, 1 unhealthy, 2 could not check)")
	}
	config, err := connection.config(cmd.Context(), streams)
	if err != nil {
		return err
	}
	if screen.remember && statePath() == "" {
		return errors.New("--remember: there is no place to keep it: set HOME or XDG_STATE_HOME")
	}
	screen.configPath = settings.path
	screen.ReachBy(connection.commandLine(cmd.Flags())...)
	connection.warn(streams.Err)
	config.Interval, screen.unverified = screen.interval, connection.insecureSkipVerify
	prober, err := probe.New(config)
	if err != nil {
		return err
	}
	defer prober.Close()
	if screen.plain {
		return screen.Plain(cmd.Context(), streams, prober)
	}
	return screen.Dashboard(cmd.Context(), streams, prober, prober, config.Endpoints)
}

// The ranges of --interval and --history. Every sweep costs each member a few milliseconds of CPU, and nothing is kept
// for longer than a day.
const (
	minInterval, maxInterval = 100 * time.Millisecond, time.Hour
	minHistory, maxHistory   = time.Minute, 24 * time.Hour
)

// Check returns an error if the value of a flag is out of its range.
func (s *ScreenFlags) Check() error {
	if s.interval < minInterval || s.interval > maxInterval {
		return valueErrorf("interval", "%v: want 100ms to 1h: every sweep costs each member a few milliseconds of CPU",
			s.interval)
	}
	if s.history < minHistory || s.history > maxHistory {
		return valueErrorf("history", "%v: want 1m to 24h", s.history)
	}
	if s.onChange != "" && !hasShell {
		return valueErrorf("on-change", "needs sh, which this system does not have")
	}
	return s.checkAppearance()
}

// Interval returns the time between two sweeps. Its error is that of Check.
func (s *ScreenFlags) Interval() (time.Duration, error) { return s.interval, s.Check() }

// Dashboard shows what a source sees on the terminal, until the user quits or ctx ends. The poller changes the source's
// interval. The endpoints are those asked first.
func (s *ScreenFlags) Dashboard(
	ctx context.Context, streams Streams, source probe.Source, poller tui.Poller, endpoints []string,
) error {
	in, _ := terminal(streams.In)
	out, _ := terminal(streams.Out)
	if in == nil || out == nil {
		return errors.New("the dashboard needs a terminal")
	}
	log, closeLog, err := s.openLog()
	if err != nil {
		return err
	}
	defer closeLog()
	var changes tui.Changes
	if s.onChange != "" {
		run := newOnChange(s.onChange, log).start()
		defer run.Close()
		changes = run
	}
	chosen := s.choices()
	err = tui.Run(ctx, tui.Options{
		Source: source, Poller: poller, Evaluator: thresholds.New(thresholds.Options{Rules: s.rules}), Rules: s.rules,
		Cluster: s.name, Endpoints: endpoints, Reach: s.reach, Changes: changes,
		Choices: chosen, Left: func(c tui.Choices) { chosen = c },
		Color: tui.ColorMode(s.color), Mouse: s.mouse, Unverified: s.unverified,
		In: in, Out: out, Log: log, LogPath: s.logFile, ConfigPath: s.configPath, Version: Version(),
	})
	if ctx.Err() != nil || errors.Is(err, tui.ErrTerminated) {
		err = nil // it ended as asked
	}
	if s.remember {
		err = errors.Join(err, s.rememberChoices(streams.Err, statePath(), chosen))
	}
	return err
}

// openLog opens the log, to which several goroutines may write; without --log-file what is written is dropped.
func (s *ScreenFlags) openLog() (log io.Writer, closeLog func(), err error) {
	if s.logFile == "" {
		return io.Discard, func() {}, nil
	}
	file, err := openRegular(s.logFile)
	if err != nil {
		return nil, nil, fmt.Errorf("opening --log-file: %w", err)
	}
	return &lockedWriter{to: &escapingWriter{to: file}}, func() { _ = file.Close() }, nil
}

// openRegular opens a regular file, or os.DevNull, to append to. A pipe would block the dashboard until somebody reads
// it.
func openRegular(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); path != os.DevNull && (err != nil || !info.Mode().IsRegular()) {
		return nil, errors.Join(fmt.Errorf("%q is no regular file", path), file.Close())
	}
	return file, nil
}

// choices returns the flags that keys can change.
func (s *ScreenFlags) choices() tui.Choices {
	return tui.Choices{
		Interval: s.interval, Window: s.history, Theme: tui.Theme(s.theme), Glyphs: tui.Glyphs(s.glyphs),
		Units: tui.Units(s.units), Sort: tui.Sort(s.sort), Scale: tui.Scale(s.scale), Local: s.local,
		Notify: s.notify, Hidden: s.hidden,
	}
}

// chosenByKey names the flags that keys can change.
var chosenByKey = [...]string{
	"interval", "history", "theme", "glyphs", "units", "sort", "scale", "local",
	"notify", "hide-columns",
}

// changedChoices returns the flags that keys have changed.
func (s *ScreenFlags) changedChoices(now tui.Choices) []setting {
	var changed []setting
	before := s.choices()
	for _, c := range []struct {
		flag        string
		before, now any
	}{
		{"interval", before.Interval, now.Interval}, {"history", before.Window, now.Window},
		{"theme", before.Theme, now.Theme}, {"glyphs", before.Glyphs, now.Glyphs},
		{"units", before.Units, now.Units}, {"sort", before.Sort, now.Sort},
		{"scale", before.Scale, now.Scale}, {"local", before.Local, now.Local}, {"notify", before.Notify, now.Notify},
		{"hide-columns", strings.Join(before.Hidden, ","), strings.Join(now.Hidden, ",")},
	} {
		if c.before != c.now {
			changed = append(changed, setting{c.flag, fmt.Sprint(c.now)})
		}
	}
	return changed
}

// rememberChoices writes what keys have changed to the state file, and reports it on stderr.
func (s *ScreenFlags) rememberChoices(stderr io.Writer, path string, now tui.Choices) error {
	chosen := s.changedChoices(now)
	if len(chosen) == 0 {
		return nil
	}
	if err := writeState(path, chosen); err != nil {
		return fmt.Errorf("--remember: writing %s: %w", path, err)
	}
	var words []string
	for _, c := range chosen {
		words = append(words, c.key+": "+c.value)
	}
	warnf(stderr, "remembered %s in %s", strings.Join(words, ", "), path)
	return nil
}

// IsPlain reports whether --plain is set.
func (s *ScreenFlags) IsPlain() bool { return s.plain }

// ReachBy sets the flags with which another etcdoc reaches the same cluster, for the commands to copy.
func (s *ScreenFlags) ReachBy(flags ...string) { s.reach = flags }

// JudgeBy replaces the default rules.
func (s *ScreenFlags) JudgeBy(rules []thresholds.Rule) { s.rules = rules }

// checkAppearance checks the flags whose value is one of several words.
func (s *ScreenFlags) checkAppearance() error {
	return errors.Join(
		oneOf("theme", s.theme, tui.Themes()), oneOf("glyphs", s.glyphs, tui.GlyphSets()),
		oneOf("units", s.units, tui.AllUnits()),
		oneOf("sort", s.sort, tui.Sorts()), oneOf("scale", s.scale, tui.Scales()),
		s.checkColumns(), oneOf("color", s.color, []tui.ColorMode{tui.ColorAuto, tui.ColorAlways, tui.ColorNever}),
	)
}

// checkColumns checks the columns to leave out.
func (s *ScreenFlags) checkColumns() error {
	all := tui.HideableColumns()
	for _, hidden := range s.hidden {
		if !slices.ContainsFunc(all, func(title string) bool { return strings.EqualFold(title, hidden) }) {
			return valueErrorf("hide-columns", "%q: want some of %s", hidden, strings.Join(all, ", "))
		}
	}
	return nil
}

// oneOf checks that a flag's value is one of all.
func oneOf[T ~string](flag, value string, all []T) error {
	if slices.Contains(all, T(value)) {
		return nil
	}
	words := make([]string, len(all))
	for i, word := range all {
		words[i] = string(word)
	}
	last := len(words) - 1
	return valueErrorf(flag, "%q: want %s or %s", value, strings.Join(words[:last], ", "), words[last])
}
