package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// configVariable is the environment variable that names the configuration file.
const configVariable = "ETCDOC_CONFIG"

// commandLineOnly are the flags that neither a file nor a variable sets: they are about a single run.
var commandLineOnly = slices.Concat([]string{"config", "once", "help", "defaults", "sample", "check"},
	spaceOnly, logOnly, writesOnly, diskOnly, backupOnly)

// Settings fills in the flags that the command line leaves out: from the environment, else the state file, else the
// configuration file, else the defaults. The zero value is ready to use.
type Settings struct {
	file string
	// on names the cluster of the configuration file to look at, or several with commas, or all.
	on      string
	path    string            // of the configuration file; empty if there is no place for one
	missing bool              // there is no file at path
	named   []string          // the clusters of the configuration file, in its order
	origins map[string]string // of values that don't come from the command line, by flag
	// found are values that this host's files have for flags that nobody has given.
	found map[string]foundValue
}

// Register adds --config and --on to a command's flags.
func (s *Settings) Register(flags *pflag.FlagSet) {
	flags.StringVar(&s.file, "config", "",
		"configuration `file` (default $XDG_CONFIG_HOME/etcdoc/config.yaml or ~/.config/etcdoc/config.yaml, "+
			"if it is there)")
	s.registerOn(flags)
}

func (s *Settings) registerOn(flags *pflag.FlagSet) {
	flags.StringVar(&s.on, onFlag, "",
		"`name` of the cluster in the configuration file to look at; check also takes several with commas, or all")
}

// onFlag is the flag that names a cluster of the configuration file.
const onFlag = "on"

// Load sets the flags that the command line leaves out, and returns the rules with their configured limits. It writes
// warnings to stderr.
func (s *Settings) Load(flags *pflag.FlagSet, stderr io.Writer) ([]thresholds.Rule, error) {
	path, text, err := s.read()
	if err != nil {
		return nil, err
	}
	rules, err := s.LoadFile(flags, path, text)
	if err != nil {
		return nil, err
	}
	if s.hasPassword(flags) {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			warnf(stderr, "WARNING: %s has a password in it, and can be read by others: chmod 600 %s", path, path)
		}
	}
	if err := s.fromEnvironment(flags); err != nil {
		return nil, err
	}
	s.fromState(flags, stderr)
	if err := checkNoUsers(flags); err != nil {
		return nil, s.explain(err)
	}
	return limitsFromEnvironment(rules)
}

// given returns whether the user sets a flag: on the command line, by its variable, or in the configuration file.
func (s *Settings) given(flags *pflag.FlagSet) func(flag string) bool {
	return func(flag string) bool { return flags.Changed(flag) || s.origins[flag] != "" }
}

// hasPassword reports whether a password comes from the configuration file.
func (s *Settings) hasPassword(flags *pflag.FlagSet) bool {
	if s.origins["password"] != "" || s.origins["auth-jwt-token"] != "" {
		return true
	}
	return s.origins["user"] != "" && userHasPassword(flags)
}

// userHasPassword reports whether --user has a password behind the name.
func userHasPassword(flags *pflag.FlagSet) bool {
	return strings.Contains(flags.Lookup("user").Value.String(), ":")
}

// LoadExplicit is Load from the file that --config names, and from nothing else: neither the default file nor the
// environment.
func (s *Settings) LoadExplicit(flags *pflag.FlagSet) ([]thresholds.Rule, error) {
	switch {
	case s.file == "":
		return thresholds.Rules(), nil
	case hasUser(s.file):
		return nil, valueErrorf("config", "%w", userError(s.file))
	}
	text, err := readConfig(s.file)
	if err != nil {
		return nil, fmt.Errorf("reading --config: %w", err)
	}
	return s.LoadFile(flags, s.file, text)
}

// explain adds the origin of a flag's value to an error about it, unless it comes from the command line.
func (s *Settings) explain(err error) error {
	if err == nil {
		return nil
	}
	if parts := joined(err); parts != nil {
		all := slices.Clone(parts)
		for i, part := range parts[:min(len(parts), maxMessages)] {
			all[i] = s.explain(part)
		}
		return errors.Join(all...)
	}
	var explained *originError
	if origin := s.origins[flagOf(err)]; origin != "" && !errors.As(err, &explained) {
		return &originError{err, origin}
	}
	return err
}

// An originError says where the value of a flag that it is about comes from.
type originError struct {
	err    error
	origin string
}

func (e *originError) Error() string { return fmt.Sprintf("%v (set by %s)", e.err, e.origin) }
func (e *originError) Unwrap() error { return e.err }

// flagOf returns the flag whose value an error is about; empty if it is about none.
func flagOf(err error) string {
	var value *valueError
	var setting *probe.SettingError
	switch {
	case errors.As(err, &value):
		return value.flag
	case errors.As(err, &setting):
		return setting.Flag
	}
	return ""
}

// A valueError is about the value of a flag.
type valueError struct {
	flag string
	err  error // reads on after the flag's name
}

func (e *valueError) Error() string { return "--" + e.flag + " " + e.err.Error() }
func (e *valueError) Unwrap() error { return e.err }

func valueErrorf(flag, format string, args ...any) error {
	return &valueError{flag, fmt.Errorf(format, args...)}
}
