package disk_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/etcdoc/etcdoc/probe/disk"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestMain(m *testing.M) {
	etcdtest.Main()
	os.Exit(m.Run()) //nolint:forbidigo // this is the test's main
}

// files are those in a directory.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// onDisk is a directory on a disk: that for temporary files may be in memory.
func onDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var memory *disk.MemoryError
	if _, err := disk.Measure(t.Context(), dir, disk.Options{Writes: 1}); !errors.As(err, &memory) {
		return dir
	}
	here, err := os.Getwd() // absolute, since members have directories of their own
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = os.MkdirTemp(here, "measured-*"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestMeasure writes as often as asked, in both ways, and leaves nothing behind: not even the file of a run that was
// killed.
func TestMeasure(t *testing.T) {
	t.Parallel()
	dir := onDisk(t)
	if err := os.WriteFile(filepath.Join(dir, "etcdoc-disk-123.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, growing := range []bool{false, true} {
		r, err := disk.Measure(t.Context(), dir, disk.Options{Writes: 100, Growing: growing})
		if err != nil {
			t.Fatal(err)
		}
		shortest, _ := r.Quantile(0)
		median, _ := r.Quantile(0.5)
		longest, known := r.Quantile(1)
		if len(r.Syncs) != 100 || !known || shortest > median || median > longest || longest > r.Took ||
			r.Writing > r.Took || r.PerSecond() <= 0 {
			t.Errorf("growing %t: %d writes, %v, %v, %v in %v", growing, len(r.Syncs), shortest, median, longest, r.Took)
		}
		if left := files(t, dir); len(left) != 0 {
			t.Errorf("growing %t: left behind: %q", growing, left)
		}
	}
}

// TestTwoAtOnce do not remove each other's files, and what is another user's does not keep from measuring.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(onDisk(t), "of [two]")
	if err := os.MkdirAll(filepath.Join(dir, "etcdoc-disk-of-another.tmp", "that stays"), 0o700); err != nil {
		t.Fatal(err)
	}
	began, ended := make(chan struct{}), make(chan error)
	var once sync.Once
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := disk.Measure(ctx, dir, disk.Options{Writes: 1 << 30, Report: func(*disk.Result) {
			once.Do(func() { close(began) })
		}})
		ended <- err
	}()
	<-began
	if _, err := disk.Measure(t.Context(), dir, disk.Options{Writes: 3}); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the one that ran: %v", err)
	}
	if left := files(t, dir); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}

// TestSeveralFiles: what does not fit into a file goes into the next.
func TestSeveralFiles(t *testing.T) {
	t.Parallel()
	dir := onDisk(t)
	r, err := disk.Measure(t.Context(), dir, disk.Options{Writes: 5, RecordBytes: disk.SegmentBytes / 2})
	if err != nil || len(r.Syncs) != 5 || len(files(t, dir)) != 0 {
		t.Errorf("%d writes, left %q, %v", len(r.Syncs), files(t, dir), err)
	}
}

// TestInterrupted: what was measured before counts, and nothing is left behind.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	dir := onDisk(t)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := disk.Measure(ctx, dir, disk.Options{Writes: 1 << 30, Report: func(*disk.Result) { cancel() }})
	if !errors.Is(err, context.Canceled) || len(r.Syncs) == 0 || len(files(t, dir)) != 0 {
		t.Errorf("%d writes, left %q, %v", len(r.Syncs), files(t, dir), err)
	}
}

// TestNotADirectory names what is none.
func TestNotADirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(filepath.Dir(file), "missing")} {
		var named *fs.PathError
		if _, err := disk.Measure(t.Context(), path, disk.Options{Writes: 1}); !errors.As(err, &named) ||
			named.Path != path {
			t.Errorf("%s: %v", path, err)
		}
	}
}
