package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A setting is a key of the configuration file and its value, which YAML takes without quotes.
type setting struct{ key, value string }

// saveSettings writes settings to a configuration file: to the file itself where path is a symbolic link. All else in it
// stays byte for byte as it is. A file that is not there is made, with its folder, for its owner alone. Readers see the
// file as it was or as it is to be, never a part of it.
func saveSettings(path string, chosen []setting) error {
	path, mode, text, err := openForSaving(path)
	if err != nil {
		return err
	}
	changed, err := withSettings(path, text, chosen)
	if err != nil {
		return err
	}
	if bytes.Equal(changed, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return replaceFile(path, mode, changed)
}

// openForSaving finds the file that a path leads to, with its permissions and its text.
func openForSaving(path string) (file string, mode fs.FileMode, text []byte, err error) {
	file, err = filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(path); err == nil {
			return "", 0, nil, fmt.Errorf("%s is a symbolic link to nothing: make the file that it names", path)
		}
		return path, 0o600, nil, nil
	}
	if err != nil {
		return "", 0, nil, fmt.Errorf("following %s: %w", path, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", 0, nil, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, nil, fmt.Errorf("%s is no regular file", file)
	}
	text, err = readConfig(file)
	return file, info.Mode().Perm(), text, err
}

// replaceFile writes a file anew in one step.
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

// withSettings is the text of a configuration with settings in it: each in the place of the one of its key, or at the
// end. The YAML encoder would lose blank lines and write lists its own way, so that only the values themselves are
// replaced; what came of that is read again before anybody gets it.
func withSettings(path string, text []byte, chosen []setting) ([]byte, error) {
	root, err := parseConfig(path, text)
	if err != nil {
		return nil, err
	}
	lines := strings.SplitAfter(string(text), "\n")
	for _, s := range chosen {
		if value := valueOf(root, s.key); value != nil {
			if err := replaceValue(lines, value, s.value); err != nil {
				return nil, fmt.Errorf("%s:%d: %s: %w: write %s there by hand", path, value.Line, s.key, err, s.value)
			}
			continue
		}
		if last := &lines[len(lines)-1]; *last != "" && !strings.HasSuffix(*last, "\n") {
			*last += "\n"
		}
		lines = append(lines, s.key+": "+s.value+"\n")
	}
	changed := []byte(strings.Join(lines, ""))
	if err := holdsSettings(path, root, changed, chosen); err != nil {
		return nil, err
	}
	return changed, nil
}

// valueOf is the value of a key; nil where there is none.
func valueOf(root *yaml.Node, key string) *yaml.Node {
	for i := 0; root != nil && i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == key {
			return root.Content[i+1]
		}
	}
	return nil
}

// replaceValue writes a value in the place of another one, which must stand in a line alone with its key.
func replaceValue(lines []string, was *yaml.Node, value string) error {
	const block = yaml.LiteralStyle | yaml.FoldedStyle
	if was.Kind != yaml.ScalarNode || was.Anchor != "" || was.Style&block != 0 || was.Line > len(lines) {
		return errors.New("it is no simple value")
	}
	line := []rune(lines[was.Line-1])
	if was.Column > len(line) {
		return errors.New("it is no simple value")
	}
	before, rest := string(line[:was.Column-1]), string(line[was.Column-1:])
	end := len(rest)
	switch quote := rest[:1]; {
	case was.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		if end = strings.Index(rest[1:], quote); end < 0 {
			return errors.New("it goes over several lines")
		}
		end += 2
	default:
		if comment := strings.Index(rest, " #"); comment >= 0 {
			end = comment
		}
		end = len(strings.TrimRight(rest[:end], " \t\r\n"))
	}
	lines[was.Line-1] = before + value + rest[end:]
	return nil
}

// holdsSettings checks that a changed configuration has the settings, and all else as it was.
func holdsSettings(path string, was *yaml.Node, text []byte, chosen []setting) error {
	broken := fmt.Errorf("%s is not written as etcdoc could change it: begin each key on a line of its own", path)
	root, err := parseConfig(path, text)
	if err != nil || root == nil {
		return broken
	}
	for _, s := range chosen {
		if value := valueOf(root, s.key); value == nil || value.Value != s.value {
			return broken
		}
	}
	kept := 0
	for i := 0; was != nil && i+1 < len(was.Content); i += 2 {
		now := valueOf(root, was.Content[i].Value)
		if now == nil {
			return broken
		}
		kept++
		if !isChosen(was.Content[i].Value, chosen) && !sameNode(was.Content[i+1], now) {
			return broken
		}
	}
	for _, s := range chosen {
		if valueOf(was, s.key) == nil {
			kept++
		}
	}
	if 2*kept != len(root.Content) {
		return broken
	}
	return nil
}

func isChosen(key string, chosen []setting) bool {
	return slices.ContainsFunc(chosen, func(s setting) bool { return s.key == key })
}

// sameNode says that two values are the same, wherever they stand.
func sameNode(a, b *yaml.Node) bool {
	x, errA := yaml.Marshal(a)
	y, errB := yaml.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}
