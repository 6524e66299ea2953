package backup

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// How a directory is looked at while a cluster is watched.
const (
	// scanEvery is how often the directory is listed, and scanTimeout how long that may take: a file system that is
	// gone does not answer.
	scanEvery   = 5 * time.Minute
	scanTimeout = 10 * time.Second
	// readWhole is how many of the newest snapshots are read whole, each once.
	readWhole = 2
	// readBytesPerSecond bounds how fast, so that etcd has its disk.
	readBytesPerSecond = 16 << 20
)

// A Recent is what is known of the backups in a directory, while a cluster is watched. Any goroutine may call Read.
type Recent struct {
	dir string
	// bytesPerSecond is readBytesPerSecond but for tests.
	bytesPerSecond float64
	// atOnce says that nobody goes on watching.
	atOnce bool

	mu sync.Mutex
	// scanning says that the directory has not answered yet.
	scanning bool
	listed   bool
	newest   probe.Backups
	// known are the files that were read, by their names.
	known map[string]probe.Backup
}

// NewRecent returns what looks at a directory. It does nothing yet.
func NewRecent(dir string) *Recent {
	return &Recent{dir: dir, bytesPerSecond: readBytesPerSecond, known: map[string]probe.Backup{}}
}

// AtOnce makes it read at the disk's speed, and also what may still be written to: for a check, which ends soon and has
// to say then whether the newest is whole. It must be called before Read.
func (r *Recent) AtOnce() { r.atOnce = true }

// Read returns what is known of the backups. It lists the directory now and then, and otherwise reads one of the newest
// snapshots whole, slowly, if one has not been read: then it takes its time.
func (r *Recent) Read(ctx context.Context, now time.Time) (probe.Backups, error) {
	r.mu.Lock()
	due := !r.listed || now.Sub(r.newest.At) >= scanEvery || now.Before(r.newest.At)
	b, next := r.newest, r.unread(now)
	r.mu.Unlock()
	switch {
	case due:
		return r.scan(ctx, now)
	case next < 0:
		return b, nil
	}
	return r.check(ctx, b.Files[next], now)
}

// unread is the place of the snapshot to read next; negative if there is none. One that may still be written to has to
// wait, unless there is no time for that. The caller holds mu.
func (r *Recent) unread(now time.Time) int {
	left := readWhole
	for i := range r.newest.Files {
		switch f := &r.newest.Files[i]; {
		case left == 0:
			return -1
		case f.State == probe.BackupWhole:
			left--
		case f.State == probe.BackupUnchecked && f.Problem == "" && (r.atOnce || now.Sub(f.Modified) >= settled):
			return i
		}
	}
	return -1
}

// scan lists the directory. One that does not answer is waited for by a goroutine of its own, which nobody can end.
func (r *Recent) scan(ctx context.Context, now time.Time) (probe.Backups, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.scanning {
		return probe.Backups{}, fmt.Errorf("%s does not answer", r.dir)
	}
	type result struct {
		probe.Backups
		err error
	}
	done := make(chan result, 1)
	r.scanning = true
	go func() {
		b, err := Scan(ctx, r.dir, now)
		r.mu.Lock()
		r.scanning = false
		r.mu.Unlock()
		done <- result{b, err}
	}()
	r.mu.Unlock()
	timeout := time.NewTimer(scanTimeout)
	defer timeout.Stop()
	var found result
	select {
	case found = <-done:
	case <-timeout.C:
		found.err = fmt.Errorf("%s has not answered for %s", r.dir, scanTimeout)
	case <-ctx.Done():
		found.err = ctx.Err()
	}
	r.mu.Lock()
	if found.err != nil {
		return probe.Backups{}, found.err
	}
	r.keepKnown(&found.Backups)
	r.listed, r.newest = true, found.Backups
	r.newest.More = r.unread(now) >= 0
	return r.newest, nil
}

// keepKnown takes over what is known of files that have not changed, and forgets the others.
func (r *Recent) keepKnown(b *probe.Backups) {
	known := map[string]probe.Backup{}
	for i := range b.Files {
		f := &b.Files[i]
		if was, has := r.known[f.Name]; has && was.Bytes == f.Bytes && was.Modified.Equal(f.Modified) &&
			f.State == probe.BackupUnchecked {
			*f, known[f.Name] = was, was
		}
	}
	r.known = known
}

// check reads a snapshot whole.
func (r *Recent) check(ctx context.Context, file probe.Backup, now time.Time) (probe.Backups, error) {
	var throttle func(keyspace.Stage) keyspace.Progress
	if !r.atOnce {
		throttle = r.throttle(ctx, file.Bytes)
	}
	checked, _, err := Check(ctx, r.dir, file, throttle)
	if err != nil {
		return probe.Backups{}, err
	}
	if checked.State == probe.BackupUnread { // it begins as a snapshot does: there is no room to unpack it
		checked.State = probe.BackupUnchecked
	}
	isWritten := now.Sub(file.Modified) < settled && !now.Before(file.Modified)
	if isWritten && checked.State == probe.BackupDamaged {
		checked.State = probe.BackupUnchecked
		checked.Problem = fmt.Sprintf("%s; it was written to less than %s ago, and may not be complete yet",
			checked.Problem, settled)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !isWritten {
		r.known[file.Name] = checked
	}
	b := r.newest
	b.Files = slices.Clone(b.Files) // others may hold them
	for i := range b.Files {
		if f := &b.Files[i]; f.Name == file.Name && f.Bytes == file.Bytes && f.Modified.Equal(file.Modified) {
			*f = checked
		}
	}
	r.newest = b
	r.newest.More = r.unread(now) >= 0
	return r.newest, nil
}

// throttle returns what holds a check back in each of its stages, of which each reads as many bytes about.
func (r *Recent) throttle(ctx context.Context, bytes int64) func(keyspace.Stage) keyspace.Progress {
	return func(keyspace.Stage) keyspace.Progress {
		begun := time.Now()
		return func(done, of uint64) {
			seconds := float64(bytes) / r.bytesPerSecond * float64(done) / float64(max(of, 1))
			if wait := time.Duration(seconds*float64(time.Second)) - time.Since(begun); wait > 0 {
				_ = rest(ctx, wait) // the check looks at the context itself
			}
		}
	}
}
