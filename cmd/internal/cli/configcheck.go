package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// fileValues are the flags that etcdoc config --check sets from a file, to find what a run would refuse of them.
type fileValues struct {
	settings   *Settings
	connection *connectionFlags
	screen     *ScreenFlags
	check      *checkFlags
	serve      *serveFlags
}

// report says whether a run would refuse a configuration file, and for which of its clusters. It asks no cluster.
func (v *fileValues) report(cmd *cobra.Command, streams Streams, file string) error {
	text, err := readConfig(file)
	if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	s := v.settings
	s.path = file
	rules, err := s.LoadFile(cmd.Flags(), file, text)
	if err != nil {
		return err
	}
	errs := []error{s.explain(v.refused(cmd.Context(), cmd.Flags(), rules))}
	for _, name := range s.named {
		if name != s.on { // else it has just been checked
			errs = append(errs, refusedCluster(file, text, name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	line := file + ": no mistakes"
	if len(s.named) > 0 {
		line += "; clusters: " + strings.Join(s.named, ", ")
	}
	fmt.Fprintln(streams.Out, probe.Printable(line))
	return nil
}

// refused returns what the dashboard, a check or the agent would refuse of the values.
func (v *fileValues) refused(ctx context.Context, flags *pflag.FlagSet, rules []thresholds.Rule) error {
	if err := checkNoUsers(flags); err != nil {
		return err // no other error may quote a password
	}
	_, questionErr := v.check.question(flags.Changed, v.connection)
	names, severalErr := v.settings.several(flags)
	if names != nil {
		severalErr = v.settings.checkSeveral(flags, v.check, names)
	}
	return errors.Join(v.screen.Check(), v.screen.checkLog(), v.check.checkOutput(), questionErr, severalErr,
		v.check.checkInput(ctx), v.serve.checkOwn(rules), v.connection.check(v.settings.given(flags)))
}

// refusedCluster returns what a run with --on name would refuse of that cluster's section.
func refusedCluster(file string, text []byte, name string) error {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	c := &clusterSetup{settings: &Settings{path: file}}
	c.register(flags)
	if err := flags.Set(onFlag, name); err != nil {
		return err
	}
	if _, err := c.settings.LoadFile(flags, file, text); err != nil {
		return err
	}
	if err := checkNoUsers(flags); err != nil {
		return c.settings.explain(err)
	}
	var errs []error
	for _, err := range joined(c.connection.check(c.settings.given(flags))) {
		errs = append(errs, fmt.Errorf("%s: cluster %s: %w", file, name, c.settings.explain(err)))
	}
	return errors.Join(errs...)
}

// checkInput returns why the dumps at --input can't be judged. It leaves standard input alone.
func (c *checkFlags) checkInput(ctx context.Context) error {
	if c.input == "" || c.input == "-" {
		return nil
	}
	if _, err := probe.OpenDumps(ctx, c.input, nil); err != nil {
		return fmt.Errorf("--input: %w", err)
	}
	return nil
}

// checkLog returns why --log-file can't be opened. It creates none.
func (s *ScreenFlags) checkLog() error {
	if s.logFile == "" {
		return nil
	}
	_, err := os.Stat(s.logFile)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = os.Stat(filepath.Dir(s.logFile))
	} else if err == nil {
		var file *os.File
		if file, err = openRegular(s.logFile); err == nil {
			err = file.Close()
		}
	}
	if err != nil {
		return fmt.Errorf("opening --log-file: %w", err)
	}
	return nil
}
