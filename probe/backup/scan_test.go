package backup

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// snapshotOf returns the snapshot of a real etcd.
func snapshotOf(t testing.TB) []byte {
	t.Helper()
	return recordedOf(t, "v3.6")
}

// recordedOf returns the snapshot of a real etcd of a version.
func recordedOf(t testing.TB, version string) []byte {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "keyspace", "testdata", version+".db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	from, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func write(t testing.TB, dir, name string, content []byte, modified time.Time) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, modified, modified); err != nil {
		t.Fatal(err)
	}
}

// TestScan: of a directory the snapshots count, the newest first, by what they hold and not by how they are called, and
// what was to be one as well.
func TestScan(t *testing.T) {
	dir, whole := t.TempDir(), snapshotOf(t)
	var packed bytes.Buffer
	to := gzip.NewWriter(&packed)
	if _, err := to.Write(whole); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "etcd-snapshot-n1-1795860000", whole, now)             // copied later: it is of 10:00
	write(t, dir, "etcd-snapshot-n1-1795863600", nil, now.Add(-settled)) // of 11:00, and empty
	write(t, dir, "etcd-snapshot-n1-1795867000", whole[:9000], now.Add(-settled+time.Second))
	write(t, dir, "etcd-snapshot-n1-1795867100", nil, now)
	write(t, dir, "anything", packed.Bytes(), now.Add(-time.Hour/2))
	write(t, dir, "etcd-2026-11-20_03:00:00/snapshot.db", whole[:len(whole)/2], now.Add(-8*24*time.Hour))
	write(t, dir, "etcd-snapshot.db", []byte("Error: context deadline exceeded"), now.Add(-3*time.Hour))
	write(t, dir, "etcd-snapshot.db.part", whole, now)
	write(t, dir, ".hidden", whole, now)
	write(t, dir, "README", []byte("how to restore"), now)
	write(t, dir, "a/b/deeper.db", whole, now)
	if err := os.Symlink("anything", filepath.Join(dir, "latest")); err != nil {
		t.Log(err) // not on every system
	}
	b, err := Scan(t.Context(), dir, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range b.Files {
		got = append(got, f.Taken.UTC().Format("02 15:04 ")+string(f.State)+" "+filepath.ToSlash(f.Name))
	}
	want := []string{
		"28 11:30 unchecked anything", "28 11:00 damaged etcd-snapshot-n1-1795863600",
		"28 10:00 unchecked etcd-snapshot-n1-1795860000", "28 09:00 damaged etcd-snapshot.db",
		"20 12:00 damaged etcd-2026-11-20_03:00:00/snapshot.db",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if b.Unfinished != 3 || b.Others != 1 || b.Other != "README" {
		t.Errorf("%d unfinished, %d others, such as %q", b.Unfinished, b.Others, b.Other)
	}
	if last := b.Files[4]; !strings.Contains(last.Problem, "truncated: page ") {
		t.Errorf("%+v", last)
	}
	if _, err := Scan(t.Context(), filepath.Join(dir, "none"), now); err == nil {
		t.Error("a directory that is not there passes")
	}
}

// TestCheck: a snapshot that is read whole is whole, damaged or could not be read, and its content is known.
func TestCheck(t *testing.T) {
	dir, whole := t.TempDir(), snapshotOf(t)
	changed := bytes.Clone(whole)
	changed[len(changed)/2] ^= 1
	write(t, dir, "whole", whole, now)
	write(t, dir, "changed", changed, now)
	write(t, dir, "copy", whole[:len(whole)-sha256.Size], now)
	stages := map[keyspace.Stage]bool{}
	for name, want := range map[string]probe.BackupState{
		"whole": probe.BackupWhole, "changed": probe.BackupDamaged, "copy": probe.BackupWhole, "gone": probe.BackupUnread,
	} {
		f, c, err := Check(t.Context(), dir, probe.Backup{Name: name}, func(s keyspace.Stage) keyspace.Progress {
			stages[s] = true
			return nil
		})
		isWhole := want == probe.BackupWhole
		if err != nil || f.State != want || (c != nil) != isWhole || (f.Content != nil) != isWhole ||
			(f.Problem == "") != isWhole {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
		if c != nil && (f.Content.HasSum != (name == "whole") || f.Content.Keys == 0 || f.Content.Revision == 0) {
			t.Errorf("%s: %+v", name, f.Content)
		}
	}
	if len(stages) != 4 {
		t.Errorf("stages %v", stages)
	}
}
