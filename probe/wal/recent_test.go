package wal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// TestRecent: what was written to a running member's log counts for a minute, and what was there before does not.
func TestRecent(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	m := c.Members()[0]
	s := &script{t: t, client: c.Client(), prefixes: map[string]wal.Counts{}, keys: map[string]wal.Counts{}}
	s.put("/before/x/", "a", 10)
	r := wal.NewRecent(wal.Dir(m.DataDir))
	defer func() { _ = r.Close() }()
	start := time.Now()
	read := func(after time.Duration) probe.Written {
		t.Helper()
		w, err := r.Read(t.Context(), start.Add(after))
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	if w := read(0); w.Over != 0 || w.Writes() != 0 || w.Member == 0 || w.Cluster == 0 {
		t.Errorf("at first %+v", w)
	}
	for i := range 9 {
		s.put("/registry/events/", fmt.Sprint("default/e", i), 100)
	}
	s.put("/registry/pods/", "default/p", 5)
	lease, err := s.client.Grant(s.ctx(), 3600)
	s.must(lease, err)
	read(time.Second)
	w := read(2 * time.Second) // the newest are known to be committed by now, or nothing has come after them
	bytes := s.prefixes["/registry/events/"].Bytes
	if w.Over != 2*time.Second || w.Puts != 10 || w.Granted != 1 || len(w.Prefixes) != 2 ||
		w.Prefixes[0] != (probe.WrittenPrefix{Name: "/registry/events/", Puts: 9, Bytes: bytes}) {
		t.Errorf("after the writes %+v", w)
	}
	s.must(s.client.Delete(s.ctx(), "/registry/pods/default/p"))
	read(30 * time.Second)
	if w := read(31 * time.Second); w.Puts != 10 || w.Deletes != 1 || w.Over != 31*time.Second {
		t.Errorf("half a minute later %+v", w)
	}
	if w := read(80 * time.Second); w.Puts != 0 || w.Deletes != 1 || len(w.Prefixes) != 1 {
		t.Errorf("after more than a minute %+v", w)
	}
	if w := read(time.Hour); w.Over != 0 || w.Writes() != 0 {
		t.Errorf("after an hour without a look %+v", w)
	}
}

// TestRecentBeginsAnew: a log that went away is an error, and the one that comes in its place is followed.
func TestRecentBeginsAnew(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	m := c.Members()[0]
	s := &script{t: t, client: c.Client(), prefixes: map[string]wal.Counts{}, keys: map[string]wal.Counts{}}
	dir := wal.Dir(m.DataDir)
	r := wal.NewRecent(dir)
	defer func() { _ = r.Close() }()
	now := time.Now()
	if _, err := r.Read(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(t.Context(), now.Add(time.Second)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a log: %v", err)
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	if w, err := r.Read(t.Context(), now.Add(2*time.Second)); err != nil || w.Over != 0 {
		t.Errorf("with a log again: %+v, %v", w, err)
	}
	s.put("/after/x/", "a", 10)
	if _, err := r.Read(t.Context(), now.Add(3*time.Second)); err != nil {
		t.Error(err)
	}
	if w, err := r.Read(t.Context(), now.Add(4*time.Second)); err != nil || w.Puts != 1 {
		t.Errorf("%+v, %v", w, err)
	}
}
