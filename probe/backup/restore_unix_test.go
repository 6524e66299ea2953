//go:build unix

package backup

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// fakeTool writes a program that is called as etcdutl is, and returns its path. It restores a snapshot of the length
// that the database has, by a script of the test's.
func fakeTool(t *testing.T, restore string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), Tool)
	script := "#!/bin/sh\nif [ \"$1\" = version ]; then echo 'etcdutl version: 3.6.0'; echo 'API version: 3.6'; exit; fi\n" +
		"echo \"$@\" > \"$0.called\"\n" + // snapshot restore FILE --data-dir DIR
		"mkdir -p \"$5/member/snap\" && cp \"$3\" \"$5/member/snap/db\"\n" + restore + "\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// emptyDatabase writes a database without a key.
func emptyDatabase(t *testing.T, path string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("key"))
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestRestore: what a tool restores is compared with the snapshot, and nothing is left of it.
func TestRestore(t *testing.T) {
	whole := snapshotOf(t)
	dir, other := t.TempDir(), t.TempDir()
	var packed bytes.Buffer
	to := gzip.NewWriter(&packed)
	if _, err := to.Write(whole); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "plain.db", whole, now)
	write(t, dir, "-dash.db", whole, now)
	write(t, dir, "packed.db.gz", packed.Bytes(), now)
	write(t, dir, "copy.db", whole[:len(whole)-sha256.Size], now)
	emptyDatabase(t, filepath.Join(other, "empty.db"))
	for name, test := range map[string]struct {
		file, script, problem string
		skipped               bool
	}{
		"plain":           {file: "plain.db"},
		"a dash":          {file: "-dash.db"},
		"packed":          {file: "packed.db.gz"},
		"without a sum":   {file: "copy.db", skipped: true},
		"it fails":        {file: "plain.db", script: "echo one; echo 'Error: no room' >&2; exit 1", problem: "it failed: Error: no room"},
		"it says why not": {file: "plain.db", script: "exit 3", problem: "it failed: exit status 3"},
		"another":         {file: "plain.db", script: "cp " + filepath.Join(other, "empty.db") + " \"$5/member/snap/db\"", problem: "what it restored "},
		"damaged":         {file: "plain.db", script: "head -c 9000 \"$3\" > \"$5/member/snap/db\"", problem: "what it restored can't be read: "},
		"nothing":         {file: "plain.db", script: "rm \"$5/member/snap/db\"", problem: "what it restored can't be read: "},
	} {
		path := filepath.Join(dir, test.file)
		c, err := CheckFile(t.Context(), path, keyspace.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		tool, temporary := fakeTool(t, test.script), t.TempDir()
		r, err := Restore(t.Context(), tool, path, temporary, &c, nil)
		if err != nil || r.Version != "3.6.0" || r.SkippedSum != test.skipped || (r.Problem == "") != (test.problem == "") ||
			!strings.HasPrefix(r.Problem, test.problem) {
			t.Errorf("%s: %v, %+v", name, err, r)
		}
		called, err := os.ReadFile(tool + ".called")
		if err != nil || strings.Contains(string(called), "--skip-hash-check") != test.skipped {
			t.Errorf("%s: called with %s", name, called)
		}
		if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left, %v", name, left, err)
		}
	}
}

// TestRestoreInterrupted: a tool ends with the context, and nothing is left.
func TestRestoreInterrupted(t *testing.T) {
	dir, temporary := t.TempDir(), t.TempDir()
	write(t, dir, "plain.db", snapshotOf(t), now)
	c, err := CheckFile(t.Context(), filepath.Join(dir, "plain.db"), keyspace.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tool := fakeTool(t, "echo > \"$0.begun\"; exec sleep 600")
	if err := syscall.Mkfifo(tool+".begun", 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		begun, err := os.Open(tool + ".begun") // waits for the tool
		if err == nil {
			begun.Close()
		}
		cancel()
	}()
	if _, err := Restore(ctx, tool, filepath.Join(dir, "plain.db"), temporary, &c, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if _, err := Restore(t.Context(), tool, filepath.Join(dir, "none.db"), temporary, &c, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a snapshot that is gone: %v", err)
	}
	c.Usage.FileBytes = 1 << 60
	var room *RoomError
	if _, err := Restore(t.Context(), tool, filepath.Join(dir, "plain.db"), temporary, &c, nil); !errors.As(err, &room) {
		t.Errorf("without room: %v", err)
	}
}

// TestRestoreReal: etcd's own tool restores what it is given. ETCDTEST_ETCDUTL has its path (make test-restore, and
// make test, which builds it, too).
func TestRestoreReal(t *testing.T) {
	tool := os.Getenv("ETCDTEST_ETCDUTL")
	switch {
	case tool == "" && os.Getenv("CI") != "":
		t.Fatal("ETCDTEST_ETCDUTL is not set, as make test does")
	case tool == "":
		t.Skip("ETCDTEST_ETCDUTL is not set")
	}
	dir := t.TempDir()
	for _, version := range []string{"v3.5", "v3.6"} {
		for _, cut := range []int{0, sha256.Size} {
			content := recordedOf(t, version)
			write(t, dir, "snapshot.db", content[:len(content)-cut], now)
			c, err := CheckFile(t.Context(), filepath.Join(dir, "snapshot.db"), keyspace.Options{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Restore(t.Context(), tool, filepath.Join(dir, "snapshot.db"), "", &c, nil)
			if err != nil || r.Problem != "" || r.Version == "" || r.SkippedSum != (cut > 0) {
				t.Errorf("%s without its last %d bytes: %v, %+v", version, cut, err, r)
			}
		}
	}
}
