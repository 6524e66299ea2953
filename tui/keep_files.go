package tui

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// fileName is the name of a file about the moment shown, without a suffix.
func (m model) fileName() string {
	name := m.conn.cluster
	if name == "" {
		name = m.shown.assessment.Cluster.ID.String()
	}
	return "etcdoc-" + fileWord(m.theme.clean(name)) + "-" + m.asOf().UTC().Format("20060102T150405Z")
}

// fileWord makes a name fit for a file's name on any system.
func fileWord(name string) string {
	word := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, name)
	if word = strings.Trim(word, "-."); word == "" {
		return "cluster"
	}
	return word
}

// content is a new file's text, and the suffix of its name.
type content struct{ suffix, text string }

// writeNew writes new files of one name into the working directory. Where the name is taken, all get a number. It
// returns their full paths; where one fails it leaves none.
func writeNew(name string, contents ...content) (paths []string, err error) {
	const most = 100
	for n := 1; n <= most; n++ {
		numbered := name
		if n > 1 {
			numbered += "-" + strconv.Itoa(n)
		}
		paths, err = createAll(numbered, contents)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("%s and %d more of that name are there already: remove some",
			name+contents[0].suffix, most-1)
	case err != nil:
		return nil, fmt.Errorf("%w: start etcdoc in a folder that it may write to", err)
	}
	return paths, nil
}

// createAll creates all of the files, or none.
func createAll(name string, contents []content) (paths []string, err error) {
	defer func() {
		if err != nil {
			for _, path := range paths {
				err = errors.Join(err, os.Remove(path))
			}
			paths = nil
		}
	}()
	for _, c := range contents {
		path, err := filepath.Abs(name + c.suffix)
		if err != nil {
			return paths, err
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return paths, err
		}
		paths = append(paths, path)
		_, err = file.WriteString(c.text)
		if err = errors.Join(err, file.Close()); err != nil {
			return paths, err
		}
	}
	return paths, nil
}
