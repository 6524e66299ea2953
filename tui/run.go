package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/tui/internal/noquery"
	"github.com/etcdoc/etcdoc/tui/internal/redact"
)

// Bubble Tea is initialised by now, and has not queried the terminal.
var _ = noquery.Over()

// Target is a cluster to look at.
type Target struct {
	// Source gives the sweeps. One Next runs at a time.
	Source probe.Source
	// Poller changes the source's interval; nil for a source that has none: a replay.
	Poller Poller
	// Space estimates what fills the database; nil where there is no live cluster.
	Space Space
	// Close ends the source once another cluster is shown, and waits for that. The source of the cluster that is shown
	// last is not closed.
	Close func()
	// Rules is the table to judge by; nil: [thresholds.Rules].
	Rules []thresholds.Rule
	// Cluster is the cluster's name on the screen; empty: its id.
	Cluster string
	// Endpoints are those given, for the screen before the first answer.
	Endpoints []string
	// Reach are the flags with which another etcdoc reaches the same cluster, for commands to copy.
	Reach []string
	// Changes runs something when the cluster changes; nil: nothing. It is the same each time that a cluster is opened.
	Changes Changes
	// Unverified says that the source does not verify the members' certificates: the screen shows that all the time.
	Unverified bool
}

// Options are what the dashboard shows, and how.
type Options struct {
	// Target is the cluster to begin with, and Clusters are those to switch to; nil: none.
	Target
	Clusters Clusters
	// Evaluator judges the sweeps of the Target by its Rules, and Run owns it until it returns; nil: a new one.
	Evaluator *thresholds.Evaluator
	// Choices are those to begin with. Left gets what keys made of them, once the terminal is restored; nil: not
	// called.
	Choices
	Left  func(Choices)
	Color ColorMode // default: auto
	// Mouse makes the mouse select members; the terminal then no longer selects text.
	Mouse bool
	// In and Out are the terminal; standard input and output by default.
	In, Out *os.File
	// Log gets debug messages, as nothing else may write to the terminal meanwhile; nil: they are dropped.
	Log io.Writer
	// KeepColumns keeps the columns that are left out for the next time, in the file at StatePath, when a key asks for
	// it; nil: they are never kept. It may block.
	KeepColumns func(hidden []string) error
	StatePath   string
	// Version is this program's, ConfigPath and LogPath are the files in use, for the help; empty: none.
	Version, ConfigPath, LogPath string
	// Getenv looks up NO_COLOR and TERM; os.Getenv by default.
	Getenv func(string) string
}

// Choices are what keys can change.
type Choices struct {
	// Interval is the time from one sweep to the next, 1 s by default; Window is how far back the charts go, 5 m by
	// default.
	Interval, Window time.Duration
	Theme            Theme  // default: the default theme
	Glyphs           Glyphs // default: block
	Units            Units  // default: 1024
	Sort             Sort   // default: as the member list has them
	Scale            Scale  // default: shared
	Local            bool   // local time instead of UTC
	Notify           bool   // ring and notify when something gets worse
	// Hidden are the titles of columns to leave out: see [HideableColumns].
	Hidden []string
}

// ErrTerminated says that a signal or the loss of the terminal ended the dashboard.
var ErrTerminated = errors.New("the dashboard was ended")

// defaultInterval is the interval that the screen does not mention.
const defaultInterval = time.Second

// framesPerSecond is how often Bubble Tea looks for something to draw: rarely, as the painter draws.
const framesPerSecond = 1

// Run shows the dashboard until it is quit, and returns after it has restored the terminal and ended everything it
// started. The error is nil after a key, ctx's when that ended, and wraps [ErrTerminated] after a SIGTERM, a SIGHUP,
// or the loss of the terminal.
func Run(ctx context.Context, o Options) error {
	o = o.withDefaults()
	log := slog.New(slog.NewTextHandler(o.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	back := newBackground(ctx, log)
	defer back.close()

	in := &watchedInput{File: o.In, lost: make(chan error, 1)}
	out := newExpiringOutput(o.Out)
	painter := newPainter(out)
	defer painter.close()
	options := []tea.ProgramOption{
		tea.WithInput(in), tea.WithOutput(painter), tea.WithAltScreen(),
		tea.WithFPS(framesPerSecond), tea.WithoutSignalHandler(),
	}
	if o.Mouse {
		options = append(options, tea.WithMouseCellMotion())
	}
	first := newModel(o, judgeOf(o.Evaluator), back)
	first = first.onTerminal(out)
	program := tea.NewProgram(&dashboard{first, painter}, options...)
	stop := watchEnd(ctx, program, in.lost, out.expire)
	restore := first.alerts.keepTitle()
	final, err := program.Run()
	stop()
	back.close()
	restore()
	log.Debug("ended", "err", err)
	last, ok := final.(*dashboard)
	if ok && o.Left != nil {
		o.Left(last.model.choices())
	}
	if !ok || err != nil {
		return endError(ctx, err)
	}
	m := &last.model
	switch m.program.leaving {
	case leaveScreen:
		_, err = fmt.Fprint(out, m.lastScreen(), "\n", m.summary())
	case leaveSummary:
		_, err = fmt.Fprint(out, m.summary())
	}
	if err != nil {
		return fmt.Errorf("printing the summary: %w", err)
	}
	return m.program.cause
}

func (o Options) withDefaults() Options {
	if o.In == nil {
		o.In = os.Stdin
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	if o.Window <= 0 {
		o.Window = windows[1]
	}
	if o.Rules == nil {
		o.Rules = thresholds.Rules()
	}
	if o.Evaluator == nil {
		o.Evaluator = thresholds.New(thresholds.Options{Rules: o.Rules})
	}
	o.Theme, o.Glyphs = cmp.Or(o.Theme, ThemeDefault), cmp.Or(o.Glyphs, GlyphsBlock)
	o.Units, o.Sort = cmp.Or(o.Units, Units1024), cmp.Or(o.Sort, SortList)
	o.Scale = cmp.Or(o.Scale, ScaleShared)
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	return o
}

func newModel(o Options, j judge, back *background) model {
	now := time.Now()
	m := model{
		program: program{
			run: back, version: o.Version, configPath: o.ConfigPath, logPath: o.LogPath,
			keepColumns: o.KeepColumns, statePath: o.StatePath,
		},
		screen: screen{
			limits: limitsOf(o), terminal: io.Discard, inScreen: o.Getenv("STY") != "" && o.Getenv("TMUX") == "",
		},
		keys:     newKeyMap(o.Poller != nil, o.Clusters != nil),
		present:  presentPage{aliases: redact.New()},
		cluster:  newCluster(&o.Target, j, now),
		clusters: clusters{all: o.Clusters},
		now:      now,
		alerts: alerts{
			terminal: alertTerminalOf(o.Getenv), titles: &titles{out: io.Discard}, on: o.Notify, elsewhere: o.Notify,
		},
	}
	m.conn.interval = o.Interval
	if o.Clusters != nil {
		m.conn.on = o.Clusters.Current()
	}
	m.overview.sort, m.overview.hidden = o.Sort, o.Hidden
	m.charts.window, m.charts.scale = o.Window, o.Scale
	return m.withAppearance(appearance{o.Theme, o.Glyphs, o.Units, o.Local})
}

// onTerminal is the model that writes to a terminal.
func (m model) onTerminal(out io.Writer) model {
	m.screen.terminal, m.alerts.titles.out, m.screen.suspends = out, out, canSuspend()
	return m
}

// choices are the ones in use, after what keys have changed.
func (m model) choices() Choices {
	return Choices{
		Interval: m.conn.interval, Window: m.charts.window, Theme: m.appearance.theme,
		Glyphs: m.appearance.glyphs, Units: m.appearance.units, Sort: m.overview.sort,
		Scale: m.charts.scale, Local: m.appearance.local, Notify: m.alerts.elsewhere,
		Hidden: m.overview.hidden,
	}
}

// lastScreen is the frame without the blank lines at its end.
func (m model) lastScreen() string { return strings.TrimRight(m.screen.frame, " \n") }

// endPatience is how long the program may take to end before its output is given up: less than the second in which a
// signal ends it in any case.
const endPatience = 700 * time.Millisecond

// watchEnd ends the program when ctx does, at a signal, and when the terminal is lost. Bubble Tea handles neither
// SIGHUP nor the end of its input. A program that has not ended after endPatience waits for a terminal that takes no
// output: expire gives that up. stop ends the watch and waits for it.
func watchEnd(ctx context.Context, program *tea.Program, lost <-chan error, expire func()) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		var cause error
		select {
		case <-done:
			return
		case <-ctx.Done():
			cause = ctx.Err()
		case s := <-signals:
			cause = fmt.Errorf("%w by %s", ErrTerminated, s)
		case err := <-lost:
			cause = fmt.Errorf("%w: the terminal is gone: %w", ErrTerminated, err)
		}
		sent := make(chan struct{})
		go func() { // Send blocks while the event loop waits for the renderer
			defer close(sent)
			program.Send(endMsg{cause})
		}()
		defer func() { <-sent }()
		timer := time.NewTimer(endPatience)
		defer timer.Stop()
		select {
		case <-done:
		case <-timer.C:
			expire()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
		<-ended
	}
}

// endError is Run's error for a program that panicked, or that could not read the terminal.
func endError(ctx context.Context, err error) error {
	switch {
	case err == nil || errors.Is(err, tea.ErrProgramPanic):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrTerminated, err)
}

// watchedInput is the terminal's input; it reports its end.
type watchedInput struct {
	*os.File
	lost chan error
}

// Read reads from the terminal.
func (w *watchedInput) Read(p []byte) (int, error) {
	n, err := w.File.Read(p)
	if err != nil {
		select {
		case w.lost <- err:
		default:
		}
	}
	return n, err
}
