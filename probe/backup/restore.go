package backup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// Tool is the program of etcd that restores a snapshot.
const Tool = "etcdutl"

const (
	// logBytes is how long the log is that it begins (etcd server/storage/wal/wal.go: SegmentSizeBytes).
	logBytes = 64 << 20
	// maxOutput bounds what is kept of what the tool writes.
	maxOutput = 4 << 10
	// killDelay is how long a tool may take to end once it is killed.
	killDelay = 5 * time.Second
)

// A Restored is a snapshot that was restored to a temporary directory, which is removed.
type Restored struct {
	// Tool is the path of the program, and Version what it calls its version.
	Tool, Version string
	// SkippedSum says that it was told not to look for a sum, because there is none.
	SkippedSum bool
	Took       time.Duration
	// Problem is why it has failed, or how what was restored differs from the snapshot; empty if all is well.
	Problem string
}

// A RoomError says that a file system has too little room for what is restored.
type RoomError struct {
	Dir          string
	Free, Needed int64
}

func (e *RoomError) Error() string {
	return fmt.Sprintf("%s has %d MB free, and a restore takes %d MB", e.Dir, e.Free/1e6, e.Needed/1e6)
}

// FindTool returns the path of the program that restores a snapshot. The error is [exec.ErrNotFound] if it is not on
// the PATH.
func FindTool() (string, error) {
	path, err := exec.LookPath(Tool)
	if err != nil {
		return "", fmt.Errorf("looking for %s: %w", Tool, err)
	}
	return path, nil
}

// Restore lets etcd's own tool restore a snapshot, of which c is the check, to a temporary directory below dir, or
// where temporary files are if that is empty; and compares what is there then with the snapshot. It removes the
// directory in any case. The error says why it could not be tried.
func Restore(
	ctx context.Context, tool, path, dir string, c *keyspace.Check, report func(keyspace.Stage) keyspace.Progress,
) (r Restored, err error) {
	if report == nil {
		report = func(keyspace.Stage) keyspace.Progress { return nil }
	}
	dir = cmp.Or(dir, os.TempDir())
	if path, err = filepath.Abs(path); err != nil { // none that begins as a flag does
		return r, err
	}
	compressed, err := keyspace.Peek(ctx, path)
	if err != nil {
		return r, err
	}
	needed := c.Usage.FileBytes + logBytes
	if compressed {
		needed += c.Usage.FileBytes
	}
	if free, known := probe.FreeBytes(dir); known && free < needed+needed/16 {
		return r, &RoomError{dir, free, needed}
	}
	below, err := os.MkdirTemp(dir, "etcdoc-restore-*")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(below)) }()
	if compressed {
		if path, err = unpackBelow(ctx, below, path, report(StageUnpack)); err != nil {
			return r, err
		}
	}
	r.Tool, r.Version, r.SkippedSum = tool, versionOf(ctx, tool), c.Sum == keyspace.SumNone
	data := filepath.Join(below, "restored")
	begun := time.Now()
	r.Problem, err = r.run(ctx, path, data)
	if r.Took = time.Since(begun); err != nil || r.Problem != "" {
		return r, err
	}
	restored, err := CheckFile(ctx, keyspace.DataFile(data), keyspace.Options{}, report)
	switch {
	case ctx.Err() != nil:
		return r, ctx.Err()
	case err != nil:
		r.Problem = fmt.Sprintf("what it restored can't be read: %v", err)
	default:
		r.Problem = difference(&c.Usage, &restored.Usage)
	}
	return r, nil
}

// unpackBelow unpacks a snapshot to a file in a directory, and returns its path.
func unpackBelow(ctx context.Context, dir, path string, report keyspace.Progress) (string, error) {
	to, err := os.Create(filepath.Join(dir, "snapshot.db"))
	if err != nil {
		return "", err
	}
	_, err = keyspace.Unpack(ctx, to, path, report)
	return to.Name(), errors.Join(err, to.Close())
}

// command returns a call of the tool, which ends with ctx.
func command(ctx context.Context, tool string, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, tool, arguments...)
	cmd.WaitDelay = killDelay
	return cmd
}

// run restores a snapshot, and returns why the tool has failed; empty if it has not.
func (r *Restored) run(ctx context.Context, path, data string) (problem string, err error) {
	arguments := []string{"snapshot", "restore", path, "--data-dir", data}
	if r.SkippedSum {
		arguments = append(arguments, "--skip-hash-check")
	}
	output, err := command(ctx, r.Tool, arguments...).CombinedOutput()
	var failed *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &failed):
		return "it failed: " + cmp.Or(lastWords(output), failed.String()), nil
	}
	return "", err
}

// lastWords is the end of what a tool has written.
func lastWords(output []byte) string {
	lines := bytes.Split(bytes.TrimSpace(output), []byte("\n"))
	last := lines[len(lines)-1]
	return string(bytes.TrimSpace(last[:min(len(last), maxOutput)]))
}

// versionOf is the version that the tool says it has; empty if it does not say.
func versionOf(ctx context.Context, tool string) string {
	output, err := command(ctx, tool, "version").Output()
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(output[:min(len(output), maxOutput)]), "\n")
	_, version, _ := strings.Cut(first, ": ")
	return strings.TrimSpace(version)
}

// difference says how what was restored differs from the snapshot; empty if it does not.
func difference(was, is *keyspace.Usage) string {
	switch {
	case is.Revision != was.Revision:
		return fmt.Sprintf("what it restored is at revision %d, and the snapshot at %d", is.Revision, was.Revision)
	case is.Total != was.Total:
		return fmt.Sprintf("what it restored has %d keys and %d revisions, and the snapshot has %d and %d", is.Total.Keys,
			is.Total.Writes(), was.Total.Keys, was.Total.Writes())
	}
	return ""
}
