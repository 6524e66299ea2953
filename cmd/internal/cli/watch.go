package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/tui"
)

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
	if err := settings.one(cmd.Flags(), "the dashboard begins with"); err != nil {
		return err
	}
	config, err := connection.config(cmd.Context(), streams, settings.given(cmd.Flags()))
	if err != nil {
		return err
	}
	if config.Written, err = screen.log.written(connection.host.walDir); err != nil {
		return err
	}
	screen.statePath, screen.keeps = statePath(), settings.keeps(cmd.Flags())
	if screen.remember && screen.statePath == "" {
		return fmt.Errorf("--remember: %w", errNoPlace)
	}
	screen.configPath = settings.path
	screen.ReachBy(connection.commandLine(cmd.Flags())...)
	connection.warn(streams.Err)
	config.Interval, screen.unverified = screen.interval, connection.insecureSkipVerify
	prober, err := probe.New(config)
	if err != nil {
		return err
	}
	end := sync.OnceFunc(prober.Close)
	defer end()
	if screen.plain {
		return screen.Plain(cmd.Context(), streams, prober)
	}
	screen.clusters = newSwitcher(settings, cmd.Flags(), &clusterSetup{
		settings, *connection, config, screen.rules, screen.name, screen.reach,
	}, end)
	return screen.Dashboard(cmd.Context(), streams, prober, prober, config.Endpoints)
}

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
	chosen := s.choices()
	o := tui.Options{
		Target: tui.Target{
			Source: source, Poller: poller, Rules: s.rules, Cluster: s.name, Endpoints: endpoints, Reach: s.reach,
			Unverified: s.unverified, Space: estimatorOf(source),
		},
		Choices: chosen, Left: func(c tui.Choices) { chosen = c },
		KeepColumns: s.columnsKeeper(), StatePath: s.statePath, Color: tui.ColorMode(s.color), Mouse: s.mouse,
		In: in, Out: out, Log: log, LogPath: s.logFile, ConfigPath: s.configPath, Version: Version(),
	}
	var run *onChange
	if s.onChange != "" {
		run = newOnChange(s.onChange, log).start()
		defer run.Close()
		o.Changes = run
	}
	if s.clusters != nil {
		defer s.clusters.Close()
		s.clusters.begin(log, s.onChange, run)
		o.Close, o.Clusters = s.clusters.endFirst, s.clusters
	}
	err = tui.Run(ctx, o)
	if ctx.Err() != nil || errors.Is(err, tui.ErrTerminated) {
		err = nil // it ended as asked
	}
	if s.remember {
		err = errors.Join(err, s.rememberChoices(streams.Err, s.statePath, chosen))
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
