package probe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A dumpFile is one exposition of a member, read when its sweep comes.
type dumpFile struct {
	// name is its path, for people.
	name string
	at   time.Time
	// undated says that the name has no time: timestamps of the samples override at.
	undated bool
	open    func() (io.ReadCloser, error)
}

// dumpIn returns the dump in a file.
func dumpIn(path string, at time.Time) dumpFile {
	return dumpFile{name: path, at: at, open: func() (io.ReadCloser, error) { return OpenRegular(path) }}
}

// undatedIn returns the dump in a file, dated by the file's age unless its samples have timestamps.
func undatedIn(path string, info fs.FileInfo) dumpFile {
	dump := dumpIn(path, info.ModTime())
	dump.undated = true
	return dump
}

// findDumps finds the members' dumps at a path by name: see [OpenDumps].
func findDumps(ctx context.Context, path string, stdin io.Reader,
	now func() time.Time) ([]*dumpSource, []Skipped, error) {
	if path == "-" {
		sources, err := readOnce(ctx, "standard input", "stdin", stdin, now)
		return sources, nil, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("%s: no such file or folder", path)
	case err != nil:
		return nil, nil, fmt.Errorf("looking for dumps: %w", err)
	case info.IsDir():
		return findInFolder(path)
	case info.Mode().IsRegular():
		return []*dumpSource{memberOfFile(path, info)}, nil, nil
	}
	if info.Mode()&fs.ModeNamedPipe == 0 { // such as a shell's <(curl …)
		return nil, nil, fmt.Errorf("%q is %s: want a file, a folder, a pipe, or - for standard input", path,
			fileKind(info.Mode()))
	}
	pipe := &lazyFile{path: path}
	defer func() { _ = pipe.Close() }() // nothing was written
	sources, err := readOnce(ctx, path, filepath.Base(path), pipe, now)
	return sources, nil, err
}

// A lazyFile opens on the first Read, because opening a pipe waits for its writer.
type lazyFile struct {
	path string
	mu   sync.Mutex
	file *os.File
	// closed says that nobody wants it any more.
	closed bool
}

func (l *lazyFile) Read(p []byte) (int, error) {
	file, err := l.open()
	if err != nil {
		return 0, err
	}
	return file.Read(p)
}

func (l *lazyFile) open() (*os.File, error) {
	if l.file != nil { // set by this goroutine
		return l.file, nil
	}
	file, err := os.Open(l.path)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.file = file
	if l.closed {
		return nil, errors.Join(fs.ErrClosed, file.Close())
	}
	return file, nil
}

// Close ends reading, even in another goroutine, except for one that still waits for a writer.
func (l *lazyFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// readOnce reads one member's dump from what can be read only once and not be interrupted. If ctx ends first, the read
// runs on until its end or the process's.
func readOnce(ctx context.Context, name, label string, r io.Reader, now func() time.Time) ([]*dumpSource, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(r, maxBody+1))
		done <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("reading %s: %w", name, ctx.Err())
	case got := <-done:
		if got.err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, got.err)
		}
		return []*dumpSource{{label: label, from: name, dumps: []dumpFile{{
			name: name, at: now(), undated: true,
			open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(got.text)), nil },
		}}}}, nil
	}
}

// memberOfFile returns the member whose only dump is a named file: etcd-1.prom, or etcd-1/1732150800.prom.
func memberOfFile(path string, info fs.FileInfo) *dumpSource {
	stem, _ := dumpStem(filepath.Base(path))
	if at, ok := parseTimestamp(stem); ok {
		return &dumpSource{label: baseOf(filepath.Dir(path)), from: path, dumps: []dumpFile{dumpIn(path, at)}}
	}
	return &dumpSource{label: stem, from: path, dumps: []dumpFile{undatedIn(path, info)}}
}

// baseOf returns the name of a folder, also for . or ..
func baseOf(folder string) string {
	if absolute, err := filepath.Abs(folder); err == nil {
		folder = absolute
	}
	return filepath.Base(folder)
}

// findInFolder finds the dumps of all members in a folder: one file or one folder per member. A folder that contains
// only files named by time is itself one member's.
func findInFolder(folder string) ([]*dumpSource, []Skipped, error) {
	files, folders, skipped, err := listFolder(folder)
	if err != nil {
		return nil, nil, err
	}
	isMoment := func(f entry) bool { _, ok := parseTimestamp(f.stem); return ok }
	if len(files) > 0 && len(folders) == 0 && !slices.ContainsFunc(files, func(f entry) bool { return !isMoment(f) }) {
		m, skipped, err := memberOfFolder(folder, baseOf(folder))
		return []*dumpSource{m}, skipped, err
	}
	var members []*dumpSource
	for _, f := range files {
		if f.hasEnding || filepath.Ext(f.stem) == "" || isExposition(f.path) {
			members = append(members, &dumpSource{
				label: f.stem, from: f.path, dumps: []dumpFile{undatedIn(f.path, f.info)},
				maybeOther: !isDumpName(f.info.Name()),
			})
		}
	}
	for _, f := range folders {
		m, out, err := memberOfFolder(f.path, f.info.Name())
		if err != nil {
			return nil, nil, err
		}
		members, skipped = append(members, m), append(skipped, out...)
	}
	if len(members) == 0 {
		if len(skipped) > 0 {
			return nil, nil, fmt.Errorf("%s has no dumps; skipped %s: %s", folder, skipped[0].Path,
				skipped[0].Reason)
		}
		return nil, nil, fmt.Errorf("%s has no dumps: "+
			"want a file per member (etcd-1.prom, .txt, .metrics, also with .gz), "+
			"or a folder per member with files named by %s", folder, timestampFormats)
	}
	slices.SortFunc(members, func(a, b *dumpSource) int {
		return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.from, b.from))
	})
	for i, m := range members[1:] {
		if members[i].label == m.label {
			return nil, nil, fmt.Errorf("%s and %s are both called %s: remove or rename one",
				members[i].from, m.from, m.label)
		}
	}
	return members, skipped, nil
}

// memberOfFolder returns the member whose dumps are the files of a folder, named by time.
func memberOfFolder(folder, label string) (*dumpSource, []Skipped, error) {
	files, folders, skipped, err := listFolder(folder)
	if err != nil {
		return nil, nil, err
	}
	if len(folders) > 0 {
		return nil, nil, fmt.Errorf("%s: a member's folder may contain only dumps, no folders", folders[0].path)
	}
	m := &dumpSource{label: label, from: folder, dumps: make([]dumpFile, 0, len(files))}
	for _, f := range files {
		at, ok := parseTimestamp(f.stem)
		if !ok {
			return nil, nil, fmt.Errorf("%s: the files in a member's folder must be named by the time they were "+
				"taken: want %s, and then .prom, .txt, .metrics or nothing, also with .gz", f.path, timestampFormats)
		}
		m.dumps = append(m.dumps, dumpIn(f.path, at))
	}
	slices.SortFunc(m.dumps, func(a, b dumpFile) int { return a.at.Compare(b.at) })
	for i := 1; i < len(m.dumps); i++ {
		if m.dumps[i].at.Equal(m.dumps[i-1].at) {
			return nil, nil, fmt.Errorf("%s and %s are of the same moment: remove one", m.dumps[i-1].name,
				m.dumps[i].name)
		}
	}
	return m, skipped, nil
}

// entry is a file or folder in a folder; for a symbolic link, its target. stem and hasEnding are its dumpStem.
type entry struct {
	path, stem string
	hasEnding  bool
	info       fs.FileInfo
}

// listFolder lists a folder by name, without hidden entries. It skips what is neither file nor folder. A dangling link
// counts as a file, whose error is reported when its sweep comes.
func listFolder(folder string) (files, folders []entry, skipped []Skipped, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("listing dumps: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") {
			continue
		}
		found := entry{path: filepath.Join(folder, name)}
		found.stem, found.hasEnding = dumpStem(name)
		if found.info, err = e.Info(); err != nil {
			return nil, nil, nil, fmt.Errorf("listing dumps: %w", err)
		}
		if e.Type()&fs.ModeSymlink != 0 {
			target, err := os.Stat(found.path)
			if err != nil {
				files = append(files, found)
				continue
			}
			found.info = target
		}
		switch {
		case found.info.IsDir():
			folders = append(folders, found)
		case found.info.Mode().IsRegular():
			files = append(files, found)
		default:
			skipped = append(skipped, Skipped{found.path,
				"it is " + fileKind(found.info.Mode()) + "; only regular files are read"})
		}
	}
	return files, folders, skipped, nil
}

// isExposition reports whether a file without a dump's ending begins like one: host names contain dots, and a bundle
// contains other files.
func isExposition(path string) bool {
	file, err := OpenRegular(path)
	if err != nil {
		return false
	}
	defer file.Close()
	start := make([]byte, len("# HELP "))
	_, err = io.ReadFull(file, start)
	return err == nil && (string(start) == "# HELP " || string(start) == "# TYPE ")
}
