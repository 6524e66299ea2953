package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// maxFiles bounds how many files of a directory are looked at.
const maxFiles = 10_000

// settled is how long ago a file must have been written to before it is called damaged: many jobs write a snapshot in
// its place, where it is cut until it is whole.
const settled = 2 * time.Minute

// Scan lists the snapshots in a directory and in those directly below it, and looks at the beginning of each. Hidden
// files count for nothing. The error is that the directory can't be read, or that ctx has ended.
func Scan(ctx context.Context, dir string, now time.Time) (probe.Backups, error) {
	b := probe.Backups{Dir: dir, At: now}
	names, err := list(dir)
	if err != nil {
		return b, err
	}
	var odd []probe.Backup // they do not begin as a snapshot
	var seen []os.FileInfo
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return b, err
		}
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // removed meanwhile, or a link to nothing
			continue
		case err == nil && !info.Mode().IsRegular():
			continue
		case err == nil && slices.ContainsFunc(seen, func(other os.FileInfo) bool { return os.SameFile(other, info) }):
			continue // a link, as one named latest
		case isUnfinished(name):
			b.Unfinished++
			continue
		}
		file := probe.Backup{Name: name, Series: seriesOf(name), State: probe.BackupUnchecked}
		if err == nil {
			seen = append(seen, info)
			file.Bytes, file.Modified = info.Size(), info.ModTime()
			file.Taken, file.ByName = taken(name, file.Modified)
			file.Compressed, err = keyspace.Peek(ctx, path)
		}
		var damaged *keyspace.DamagedError
		var other *keyspace.KindError
		isWritten := now.Sub(file.Modified) < settled && !now.Before(file.Modified)
		switch {
		case isWritten && (errors.As(err, &damaged) || errors.As(err, &other) && file.Bytes == 0):
			b.Unfinished++
			continue
		case errors.As(err, &other):
			file.State, file.Problem = probe.BackupDamaged, fmt.Sprintf("it %v", other)
			odd = append(odd, file)
			continue
		case errors.As(err, &damaged):
			file.State, file.Problem = probe.BackupDamaged, damaged.Brief()
		case err != nil:
			file.State, file.Problem = probe.BackupUnread, unread(err)
		}
		b.Files = append(b.Files, file)
	}
	for _, file := range odd {
		if isMeant(&file, b.Files) {
			b.Files = append(b.Files, file)
			continue
		}
		b.Others++
		b.Other = cmp.Or(b.Other, file.Name)
	}
	slices.SortFunc(b.Files, func(a, b probe.Backup) int {
		return cmp.Or(b.Taken.Compare(a.Taken), strings.Compare(a.Name, b.Name))
	})
	return b, ctx.Err()
}

// isMeant reports whether a file was to be a snapshot although it is none: it has the name of one, or is of a series of
// them.
func isMeant(file *probe.Backup, snapshots []probe.Backup) bool {
	return strings.HasSuffix(file.Name, ".db") || file.Series != "" &&
		slices.ContainsFunc(snapshots, func(b probe.Backup) bool { return b.Series == file.Series })
}

// list returns the names of the files in a directory and in those directly below it.
func list(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") {
			continue
		}
		if !entry.IsDir() {
			names = append(names, name)
			continue
		}
		below, err := os.ReadDir(filepath.Join(dir, name))
		if err != nil {
			continue // one that belongs to somebody else, such as lost+found
		}
		for _, entry := range below {
			if !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
				names = append(names, filepath.Join(name, entry.Name()))
			}
		}
	}
	if len(names) > maxFiles {
		return nil, fmt.Errorf("%q has %d files, and those directly below it: name the directory of the snapshots alone",
			dir, len(names))
	}
	return names, nil
}

// unread is why a file was not read, without its name.
func unread(err error) string {
	var file *fs.PathError
	if errors.As(err, &file) {
		return file.Err.Error()
	}
	return err.Error()
}

// Check reads all of a snapshot of a directory and returns it with what was found out, and the whole check; nil if it
// is not whole. The error is that ctx has ended.
func Check(
	ctx context.Context, dir string, file probe.Backup, report func(keyspace.Stage) keyspace.Progress,
) (probe.Backup, *keyspace.Check, error) {
	c, err := CheckFile(ctx, filepath.Join(dir, file.Name), keyspace.Options{}, report)
	var damaged *keyspace.DamagedError
	switch {
	case ctx.Err() != nil:
		return file, nil, ctx.Err()
	case errors.As(err, &damaged):
		file.State, file.Problem = probe.BackupDamaged, damaged.Brief()
	case err != nil:
		file.State, file.Problem = probe.BackupUnread, unread(err)
	default:
		file.State, file.Problem, file.Content = probe.BackupWhole, "", ContentOf(&c)
		return file, &c, nil
	}
	return file, nil, nil
}

// CheckFile opens a snapshot and reads all of it. Its errors are those of [keyspace.Open] and of [keyspace.DB.Check].
func CheckFile(
	ctx context.Context, path string, options keyspace.Options, report func(keyspace.Stage) keyspace.Progress,
) (c keyspace.Check, err error) {
	var unpacking keyspace.Progress
	if report != nil {
		unpacking = report(StageUnpack)
	}
	db, err := keyspace.Open(ctx, path, unpacking)
	if err != nil {
		return c, err
	}
	c, err = db.Check(ctx, options, report)
	return c, errors.Join(err, db.Close())
}

// StageUnpack goes before those of [keyspace.DB.Check].
const StageUnpack keyspace.Stage = "unpacking"

// ContentOf is what a check says of a snapshot's content.
func ContentOf(c *keyspace.Check) *probe.BackupContent {
	return &probe.BackupContent{HasSum: c.Sum == keyspace.SumMatches, Revision: c.Usage.Revision,
		Keys: c.Usage.Total.Keys, LiveBytes: c.Usage.Total.LiveBytes, DatabaseBytes: c.Usage.DatabaseBytes}
}

// FileOf describes a snapshot that is named by itself: as one of its directory.
func FileOf(path string) (probe.Backup, error) {
	info, err := os.Stat(path)
	if err != nil {
		return probe.Backup{}, err
	}
	file := probe.Backup{Name: filepath.Base(path), Bytes: info.Size(), Modified: info.ModTime(),
		State: probe.BackupUnchecked}
	file.Series = seriesOf(file.Name)
	file.Taken, file.ByName = taken(file.Name, file.Modified)
	return file, nil
}
