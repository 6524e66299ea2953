package disk

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
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

const (
	// SegmentBytes is how long a file is made before it is written to: etcd's segment (etcd server/storage/wal/wal.go:
	// SegmentSizeBytes).
	SegmentBytes = 64_000_000
	// RecordBytes is the size of a record by default: 2.3 kB, that of etcd's own recipe for fio
	// (https://etcd.io/docs/v3.6/op-guide/hardware/).
	RecordBytes = 2300
	// Writes is how many records are written by default: the 22 MB of that recipe.
	Writes = 10_000
	// filePattern names the files that are written; one of a run that was killed is removed by the next, where its lock
	// shows that.
	filePattern = "etcdoc-disk-*.tmp"
	// spareBytes is what must be free beside the file.
	spareBytes = SegmentBytes
)

// Options say what is written.
type Options struct {
	RecordBytes int
	// Writes and Duration bound the measurement: it ends with the first that is reached.
	Writes   int
	Duration time.Duration
	// Growing leaves the file as long as what is written, as fio does: each write then changes the file's length, which
	// has to become durable, too.
	Growing bool
	// Pause is the least time between the beginnings of two writes.
	Pause time.Duration
	// Report is called now and then with what is measured so far; nil: nobody wants to know.
	Report func(*Result)
}

// Result is what was measured.
type Result struct {
	Dir string
	// Syncs are how long each fdatasync took, in the order of the writes until the measurement has ended, and then from
	// the shortest to the longest.
	Syncs       []time.Duration
	RecordBytes int
	Took        time.Duration
	// Writing is how much of that the writes took, without what it takes to make files.
	Writing time.Duration
	// Device is what the kernel counts of the disk; nil where it tells nothing.
	Device *Device
	// Paused says that there were pauses between the writes.
	Paused bool
	// Whole says that each write made the whole file durable, where the system has no fdatasync.
	Whole bool
}

// A Device is a block device during a measurement.
type Device struct {
	Name string
	// Busy is the share of the time in which it had something to do, and Queue how many requests it had at once on
	// average, those of other programs included.
	Busy, Queue float64
}

// Quantile is the least time in which a share of the syncs ended; ok is false without any.
func (r *Result) Quantile(share float64) (d time.Duration, ok bool) {
	if len(r.Syncs) == 0 {
		return 0, false
	}
	at := int(math.Ceil(share*float64(len(r.Syncs)))) - 1
	return r.Syncs[max(at, 0)], true
}

// PerSecond is how many writes, one after the other, are durable in a second: sequential IOPS. With pauses between them
// it is 0: they say nothing of that.
func (r *Result) PerSecond() float64 {
	if r.Writing <= 0 || r.Paused {
		return 0
	}
	return float64(len(r.Syncs)) / r.Writing.Seconds()
}

// A LiveError says that a running etcd has its data in a directory.
type LiveError struct{ Dir, DataDir string }

func (e *LiveError) Error() string {
	return fmt.Sprintf("etcd is running on %s", e.DataDir)
}

// A MemoryError says that a directory is in memory, where nothing has to become durable.
type MemoryError struct{ Dir string }

func (e *MemoryError) Error() string {
	return e.Dir + " is in memory, not on a disk: fdatasync does nothing there"
}

// A SpaceError says that a file system has too little room for the measurement.
type SpaceError struct {
	Dir          string
	Free, Needed int64
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("%s has %d MB free, and measuring takes %d MB", e.Dir, e.Free/1e6, e.Needed/1e6)
}

// Measure writes to a file in a directory, and removes it, also if ctx ends. With an error it returns what was measured
// before. Beside an etcd that runs on the directory, it measures only with a pause.
func Measure(ctx context.Context, dir string, o Options) (r Result, err error) {
	o.RecordBytes, o.Writes = cmp.Or(o.RecordBytes, RecordBytes), cmp.Or(o.Writes, Writes)
	r = Result{Dir: dir, RecordBytes: o.RecordBytes, Paused: o.Pause > 0, Whole: !hasDatasync}
	if info, err := os.Stat(dir); err != nil {
		return r, err
	} else if !info.IsDir() {
		return r, &fs.PathError{Op: "measure", Path: dir, Err: errors.New("it is no directory")}
	}
	if o.Pause == 0 {
		if dataDir := liveDataDir(dir); dataDir != "" {
			return r, &LiveError{dir, dataDir}
		}
	}
	if isInMemory(dir) {
		return r, &MemoryError{dir}
	}
	needed := int64(SegmentBytes + spareBytes)
	if free, known := probe.FreeBytes(dir); known && free < needed {
		return r, &SpaceError{dir, free, needed}
	}
	removeLeftovers(dir)
	m := measurement{options: o, dir: dir, record: make([]byte, o.RecordBytes), result: &r}
	for i := range m.record {
		m.record[i] = byte(i) // zeros may cost nothing
	}
	defer func() { err = errors.Join(err, m.discard()) }()
	before := readDevice(dir)
	start := time.Now()
	err = m.run(ctx, start)
	r.Took = time.Since(start)
	if after := readDevice(dir); before != nil && after != nil {
		r.Device = before.until(after)
	}
	slices.Sort(r.Syncs)
	return r, err
}

// removeLeftovers removes the files of runs that were killed, as far as it may: those that nobody has locked.
func removeLeftovers(dir string) {
	if !hasLocks {
		return
	}
	for _, name := range namesIn(dir, filePattern) {
		file, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
		if err != nil {
			continue // another user's
		}
		if lock(file) == nil {
			_ = os.Remove(file.Name())
		}
		_ = file.Close() // nothing was written to it
	}
}

// namesIn are the names of the files in a directory that match a pattern.
func namesIn(dir, pattern string) (names []string) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, file := range files {
		if is, err := filepath.Match(pattern, file.Name()); is && err == nil && file.Type().IsRegular() {
			names = append(names, file.Name())
		}
	}
	return names
}

// measurement is one that goes on.
type measurement struct {
	options Options
	dir     string
	record  []byte
	file    *os.File
	offset  int64
	result  *Result
}

// reportEvery is how often a report is made.
const reportEvery = 200 * time.Millisecond

// run writes until the measurement is over.
func (m *measurement) run(ctx context.Context, start time.Time) error {
	reported := start
	for len(m.result.Syncs) < m.options.Writes {
		began := time.Now()
		if err := ctx.Err(); err != nil {
			return err
		}
		if m.options.Duration > 0 && began.Sub(start) >= m.options.Duration {
			return nil
		}
		if err := m.write(); err != nil {
			return err
		}
		if now := time.Now(); m.options.Report != nil && now.Sub(reported) >= reportEvery {
			reported, m.result.Took = now, now.Sub(start)
			m.options.Report(m.result)
		}
		if err := wait(ctx, m.options.Pause-time.Since(began)); err != nil {
			return err
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write appends a record, and notes how long it took to become durable.
func (m *measurement) write() error {
	if m.file == nil || m.offset+int64(len(m.record)) > SegmentBytes {
		if err := m.nextFile(); err != nil {
			return err
		}
	}
	began := time.Now()
	n, err := m.file.WriteAt(m.record, m.offset)
	if m.offset += int64(n); err != nil {
		return err
	}
	written := time.Now()
	if err := datasync(m.file); err != nil {
		return &fs.PathError{Op: "fdatasync", Path: m.file.Name(), Err: err}
	}
	ended := time.Now()
	m.result.Syncs = append(m.result.Syncs, ended.Sub(written))
	m.result.Writing += ended.Sub(began)
	return nil
}

// nextFile makes the next file, as etcd makes a segment: it and its name are durable before anything is written.
func (m *measurement) nextFile() error {
	if err := m.discard(); err != nil {
		return err
	}
	file, err := os.CreateTemp(m.dir, filePattern)
	if err != nil {
		return err
	}
	m.file, m.offset = file, 0
	if err := lock(file); err != nil {
		return &fs.PathError{Op: "lock", Path: file.Name(), Err: err}
	}
	if !m.options.Growing {
		if err := preallocate(file, SegmentBytes); err != nil {
			return &fs.PathError{Op: "preallocate", Path: file.Name(), Err: err}
		}
	}
	return errors.Join(file.Sync(), syncDir(m.dir))
}

// discard removes the file.
func (m *measurement) discard() error {
	if m.file == nil {
		return nil
	}
	name := m.file.Name()
	err := errors.Join(m.file.Close(), os.Remove(name))
	m.file = nil
	return err
}
