//go:build unix && !solaris && !aix

package keyspace_test

import (
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// TestUnlock: who opens the file for writing does not wait for a database that gave up its lock, and what is written
// then is noticed.
func TestUnlock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	write := func() {
		t.Helper()
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("key"))
			if err != nil {
				return err
			}
			return b.SetSequence(b.Sequence() + 1)
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write()
	db, err := keyspace.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Unlock(); err != nil {
		t.Fatal(err)
	}
	if s, err := db.Summarize(t.Context()); err != nil || s.Revision != 1 || db.Changed() {
		t.Errorf("%v, %+v, changed: %v", err, s, db.Changed())
	}
	write()
	if !db.Changed() {
		t.Error("it was written to, and that is not noticed")
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
