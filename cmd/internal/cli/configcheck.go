package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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

// report says all that a run would refuse of a configuration file and its clusters. It asks no cluster.
func (v *fileValues) report(cmd *cobra.Command, streams Streams, file string) error {
	text, err := readConfig(file)
	if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	s := v.settings
	s.path = file
	rules, mistakes, chosenErr := s.readFile(cmd.Flags(), file, text)
	m := &fileMistakes{file: probe.Printable(file), all: []error{mistakes}, told: make(map[string]bool)}
	m.add(s, "", chosenErr)
	m.add(s, "", v.refused(cmd.Context(), cmd.Flags(), rules))
	for _, name := range s.named {
		if name == s.on { // it has just been checked
			continue
		}
		of, err := refusedCluster(file, text, name)
		m.add(of, name, err)
	}
	if err := errors.Join(m.byLine()...); err != nil {
		return listing{err}
	}
	line := file + ": no mistakes"
	if len(s.named) > 0 {
		line += "; clusters: " + strings.Join(s.named, ", ")
	}
	fmt.Fprintln(streams.Out, probe.Printable(line))
	return nil
}

// fileMistakes are what is wrong with a configuration file.
type fileMistakes struct {
	file string
	all  []error
	// told are the values that are wrong, by flag and line: those of the file's top hold for its clusters, too.
	told map[string]bool
}

// byLine returns the mistakes in the order of their lines, and then those of none.
func (m *fileMistakes) byLine() []error {
	type placed struct {
		line int
		err  error
	}
	var all []placed
	for _, err := range flattened(errors.Join(m.all...)) {
		_, at, _ := strings.Cut(err.Error(), m.file+":") // once: the words of a mistake are made anew each time
		number, _, _ := strings.Cut(at, ":")
		line, notNumber := strconv.Atoi(number)
		if notNumber != nil {
			line = math.MaxInt
		}
		all = append(all, placed{line, err})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.line, b.line) })
	sorted := make([]error, len(all))
	for i, mistake := range all {
		sorted[i] = mistake.err
	}
	return sorted
}

// add adds errors about the settings, each by the line that sets it. cluster is the one that they are about; empty for
// none of its own.
func (m *fileMistakes) add(s *Settings, cluster string, err error) {
	var told []string
	for _, part := range flattened(err) {
		flag := flagOf(part)
		at := s.origins[flag]
		key := flag + " " + at
		var value *valueError
		var line *lineError
		switch {
		case errors.As(part, &line):
			m.all = append(m.all, part)
		case at != "" && m.told[key]:
		case at != "" && errors.As(part, &value):
			m.all, told = append(m.all, fmt.Errorf("%s: %s %w", at, flag, value.err)), append(told, key)
		case at != "":
			m.all, told = append(m.all, fmt.Errorf("%s: %s: %w", at, flag, part)), append(told, key)
		case cluster != "":
			m.all = append(m.all, fmt.Errorf("%s: cluster %s: %w", m.file, cluster, part))
		default:
			m.all = append(m.all, fmt.Errorf("%s: %w", m.file, part))
		}
	}
	for _, key := range told { // one value can be wrong in several ways
		m.told[key] = true
	}
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

// refusedCluster returns what a run with --on name would refuse of that cluster's section, besides mistakes in the
// file, and the settings of that run.
func refusedCluster(file string, text []byte, name string) (*Settings, error) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	c := &clusterSetup{settings: &Settings{path: file}}
	c.register(flags)
	if err := flags.Set(onFlag, name); err != nil {
		return c.settings, err
	}
	_, _, chosenErr := c.settings.readFile(flags, file, text)
	if err := checkNoUsers(flags); err != nil {
		return c.settings, errors.Join(chosenErr, err)
	}
	return c.settings, errors.Join(chosenErr, c.connection.check(c.settings.given(flags)))
}

// checkInput returns why the dumps at --input can't be judged. It leaves standard input alone.
func (c *checkFlags) checkInput(ctx context.Context) error {
	if c.input == "" || c.input == "-" {
		return nil
	}
	if _, err := probe.OpenDumps(ctx, c.input, nil); err != nil {
		return valueErrorf("input", "can't be judged: %w", err)
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
		return valueErrorf("log-file", "can't be opened: %w", err)
	}
	return nil
}
