package cli

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
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
	// statePath is where the columns chosen by key are kept, empty where there is no place; keeps is false where
	// nothing is kept.
	statePath string
	keeps     bool
	// configPath is the configuration file, which the help names.
	configPath string
	// clusters are those that the dashboard can switch to; nil: none.
	clusters *switcher
	// unverified means that the members' certificates are not verified.
	unverified bool
	// reach are the flags with which another etcdoc reaches the same cluster.
	reach []string
	// rules judge the cluster; nil means the defaults.
	rules []thresholds.Rule
	// log says which log is read for who writes.
	log logFlags
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
	s.log.register(flags, whoWrites)
	flags.BoolVar(&s.remember, "remember", false,
		"when the dashboard is left, keep what was chosen by key (theme, glyphs, sort …) for the next time, "+
			"in $XDG_STATE_HOME/etcdoc/chosen.yaml or ~/.local/state/etcdoc/chosen.yaml; "+
			"false also keeps no columns, and starts with nothing that was kept")
}

// IsPlain reports whether --plain is set.
func (s *ScreenFlags) IsPlain() bool { return s.plain }

// ReachBy sets the flags with which another etcdoc reaches the same cluster, for the commands to copy.
func (s *ScreenFlags) ReachBy(flags ...string) { s.reach = flags }

// JudgeBy replaces the default rules.
func (s *ScreenFlags) JudgeBy(rules []thresholds.Rule) { s.rules = rules }

// The ranges of --interval and --history. Every sweep costs each member a few milliseconds of CPU, and nothing is kept
// for longer than a day.
const (
	minInterval, maxInterval = 100 * time.Millisecond, time.Hour
	minHistory, maxHistory   = time.Minute, 24 * time.Hour
)

// Check returns an error if the value of a flag is out of its range.
func (s *ScreenFlags) Check() error {
	var history, onChange error
	if s.history < minHistory || s.history > maxHistory {
		history = valueErrorf("history", "%v: want 1m to 24h", s.history)
	}
	if s.onChange != "" && !hasShell {
		onChange = valueErrorf("on-change", "needs sh, which this system does not have")
	}
	return errors.Join(checkInterval(s.interval), history, onChange, s.log.check(), s.checkAppearance())
}

func checkInterval(interval time.Duration) error {
	if interval < minInterval || interval > maxInterval {
		return valueErrorf("interval", "%v: want 100ms to 1h: every sweep costs each member a few milliseconds of CPU",
			interval)
	}
	return nil
}

// Interval returns the time between two sweeps. Its error is that of Check.
func (s *ScreenFlags) Interval() (time.Duration, error) { return s.interval, s.Check() }

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
	all, fixed := tui.HideableColumns(), tui.FixedColumns()
	var errs []error
	for _, hidden := range s.hidden {
		is := func(title string) bool { return strings.EqualFold(title, hidden) }
		switch {
		case slices.ContainsFunc(all, is):
		case slices.ContainsFunc(fixed, is):
			errs = append(errs, valueErrorf("hide-columns", "%q: this column is always there: want some of %s", hidden,
				strings.Join(all, ", ")))
		default:
			errs = append(errs, valueErrorf("hide-columns", "%q: want some of %s%s", hidden, strings.Join(all, ", "),
				limits.DidYouMean(hidden, all)))
		}
	}
	return errors.Join(errs...)
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
	return notOneOf(flag, value, words)
}

// notOneOf is the error about a flag's value that is none of the words.
func notOneOf(flag, value string, words []string) error {
	last := len(words) - 1
	return valueErrorf(flag, "%q: want %s or %s%s", value, strings.Join(words[:last], ", "), words[last],
		limits.DidYouMean(value, words))
}
