package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/probe"
)

// The state file keeps what the user chose by key in the dashboard. etcdoc writes it; the configuration file is the
// user's alone. The state file wins over the configuration file, the environment and the command line over both.

// A setting is the value of a flag that keys can change.
type setting struct{ key, value string }

// stateHeader begins a state file.
const stateHeader = "# What was chosen by key in the dashboard, written by etcdoc: the columns, and the rest with " +
	"--remember.\n# Delete the file to forget it.\n"

// maxStateBytes bounds a state file. etcdoc writes less than 1 KiB.
const maxStateBytes = 64 << 10

// statePath returns the state file's path in the XDG state directory; empty if there is no place for one.
func statePath() string {
	directory := os.Getenv("XDG_STATE_HOME")
	if home := os.Getenv("HOME"); directory == "" && home != "" {
		directory = filepath.Join(home, ".local", "state")
	}
	if directory == "" {
		return ""
	}
	return filepath.Join(directory, "etcdoc", "chosen.yaml")
}

// errNoPlace says why there is no state file.
var errNoPlace = errors.New("neither HOME nor XDG_STATE_HOME is set")

// readState reads a state file. One that does not exist holds no settings.
func readState(path string) ([]setting, error) {
	text, err := probe.ReadRegular(path, maxStateBytes, "a state file of etcdoc")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	root, err := parseConfig(probe.Printable(path), text)
	if err != nil || root == nil {
		return nil, err
	}
	var remembered []setting
	for i := 0; i+1 < len(root.Content); i += 2 {
		remembered = append(remembered, setting{root.Content[i].Value, root.Content[i+1].Value})
	}
	return remembered, nil
}

// keeps reports whether the state file is read and written: unless --remember=false was given, on the command line, in
// the environment or in the configuration file.
func (s *Settings) keeps(flags *pflag.FlagSet) bool {
	f := flags.Lookup("remember")
	return f != nil && (f.Value.String() == "true" || !f.Changed && s.origins[f.Name] == "")
}

// fromState sets the flags that keys can change from the state file, unless they were given on the command line or in
// the environment. It only warns about a state file that it can't use, and leaves it alone.
func (s *Settings) fromState(flags *pflag.FlagSet, stderr io.Writer) {
	if !s.keeps(flags) { // also of a command without a dashboard
		return
	}
	path := statePath()
	if path == "" {
		return
	}
	remembered, err := readState(path)
	for _, chosen := range remembered {
		f := flags.Lookup(chosen.key)
		if f == nil || !slices.Contains(chosenByKey[:], chosen.key) {
			err = errors.Join(err, fmt.Errorf("%.60q is nothing that a key chooses", probe.Redacted(chosen.key)))
			continue
		}
		if f.Changed || s.origins[f.Name] == variable(f) {
			continue
		}
		if setErr := setChosen(f, chosen.value); setErr != nil {
			err = errors.Join(err, fmt.Errorf("%s: %.60q: want %s",
				chosen.key, probe.Redacted(chosen.value), wanted(f)))
			continue
		}
		s.origins[f.Name] = path
	}
	if err != nil {
		warnf(stderr, "WARNING: %s remembers what can't be used: %v; delete it to begin anew", path, err)
	}
}

// setChosen sets a flag. It replaces a list: Set would let the environment add to it.
func setChosen(f *pflag.Flag, value string) error {
	list, isList := f.Value.(pflag.SliceValue)
	if !isList {
		return f.Value.Set(value)
	}
	if value == "" {
		return list.Replace(nil)
	}
	return list.Replace(strings.Split(value, ","))
}

// writeState adds what was chosen to a state file, and creates file and directory for their owner alone. It replaces
// the file atomically.
func writeState(path string, chosen []setting) error {
	remembered, err := readState(path)
	if err != nil {
		return fmt.Errorf("%w; delete it to begin anew", err)
	}
	text := bytes.NewBufferString(stateHeader)
	for _, key := range chosenByKey {
		hasKey := func(s setting) bool { return s.key == key }
		i, from := slices.IndexFunc(chosen, hasKey), chosen
		if i < 0 {
			i, from = slices.IndexFunc(remembered, hasKey), remembered
		}
		if i < 0 {
			continue
		}
		line, err := yaml.Marshal(map[string]string{key: from[i].value})
		if err != nil {
			return err
		}
		text.Write(line)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return replaceFile(path, 0o600, text.Bytes())
}

// keepColumns adds the columns to leave out to a state file. Its error names no other path: a shared screen shows it.
func keepColumns(path string, hidden []string) error {
	if path == "" {
		return errNoPlace
	}
	err := writeState(path, []setting{{"hide-columns", strings.Join(hidden, ",")}})
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return fmt.Errorf("%w: %s", failed.Err, path)
	}
	return err
}

// replaceFile replaces a file atomically.
func replaceFile(path string, mode fs.FileMode, text []byte) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	_, err = temporary.Write(text)
	if err == nil {
		err = temporary.Chmod(mode)
	}
	if err == nil {
		err = temporary.Sync()
	}
	if err = errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
