package backup

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// states are those of the files, the newest first.
func states(b probe.Backups) string {
	var all []string
	for _, f := range b.Files {
		all = append(all, f.Name+" "+string(f.State))
	}
	return strings.Join(all, ", ")
}

// TestRecent: the directory is listed every five minutes, the two newest snapshots are read whole between, one with
// each call, and a file is read once, unless it changes.
func TestRecent(t *testing.T) {
	dir, whole := t.TempDir(), snapshotOf(t)
	for i, name := range []string{"c", "b", "a"} {
		write(t, dir, name, whole, now.Add(-time.Duration(i)*time.Hour))
	}
	r := NewRecent(dir)
	at := now.Add(settled)
	read := func(want string) {
		t.Helper()
		b, err := r.Read(t.Context(), at)
		if err != nil || states(b) != want {
			t.Errorf("%v: %s, want %s", err, states(b), want)
		}
	}
	read("c unchecked, b unchecked, a unchecked")
	read("c whole, b unchecked, a unchecked")
	read("c whole, b whole, a unchecked")
	read("c whole, b whole, a unchecked")
	write(t, dir, "d", whole[:len(whole)-40], now.Add(time.Minute))
	read("c whole, b whole, a unchecked") // it was not looked at since
	at = at.Add(scanEvery)
	read("d damaged, c whole, b whole, a unchecked") // too short
	write(t, dir, "e", append(whole[:len(whole)-32:len(whole)-32], make([]byte, 32)...), now.Add(2*time.Minute))
	write(t, dir, "c", whole, now.Add(time.Second)) // it was written anew
	at = at.Add(scanEvery)
	read("e unchecked, d damaged, c unchecked, b whole, a unchecked")
	read("e damaged, d damaged, c unchecked, b whole, a unchecked")
	read("e damaged, d damaged, c whole, b whole, a unchecked")
	read("e damaged, d damaged, c whole, b whole, a unchecked")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	at = at.Add(scanEvery)
	if _, err := r.Read(ended, at); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := NewRecent(filepath.Join(dir, "none")).Read(t.Context(), at); err == nil {
		t.Error("a directory that is not there passes")
	}
}

// TestRecentAtOnce: each look reads another one of the newest whole, and says whether there is more; what was just
// written to and is not whole is not called damaged yet.
func TestRecentAtOnce(t *testing.T) {
	dir, whole := t.TempDir(), snapshotOf(t)
	changed := bytes.Clone(whole)
	changed[len(changed)/2] ^= 1
	for i, content := range [][]byte{changed, whole, changed, whole, whole} {
		write(t, dir, string(rune('a'+i)), content, now.Add(-time.Duration(i)*time.Minute))
	}
	r := NewRecent(dir)
	r.bytesPerSecond = 1
	r.AtOnce()
	for _, want := range []string{
		"a unchecked, b unchecked, c unchecked, d unchecked, e unchecked, more",
		"a unchecked, b unchecked, c unchecked, d unchecked, e unchecked, more",
		"a unchecked, b whole, c unchecked, d unchecked, e unchecked, more",
		"a unchecked, b whole, c damaged, d unchecked, e unchecked, more",
		"a unchecked, b whole, c damaged, d whole, e unchecked",
		"a unchecked, b whole, c damaged, d whole, e unchecked",
	} {
		b, err := r.Read(t.Context(), now)
		got := states(b)
		if b.More {
			got += ", more"
		}
		if err != nil || got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
		if len(b.Files) > 0 && b.Files[1].State == probe.BackupWhole &&
			!strings.Contains(b.Files[0].Problem, "may not be complete yet") {
			t.Errorf("the newest: %q", b.Files[0].Problem)
		}
	}
}

// TestRecentIsSlow: a snapshot is read no faster than it may be, in each stage.
func TestRecentIsSlow(t *testing.T) {
	dir, whole := t.TempDir(), snapshotOf(t)
	write(t, dir, "a", whole, now)
	synctest.Test(t, func(t *testing.T) {
		r := NewRecent(dir)
		r.bytesPerSecond = float64(len(whole)) / 1000 // 1000 s for each stage
		begun := time.Now()
		for range 2 {
			if _, err := r.Read(t.Context(), now.Add(settled)); err != nil {
				t.Fatal(err)
			}
		}
		// What is reported is the beginning of each mebibyte.
		parts := (len(whole) - 1) >> 20
		least := time.Duration(parts) * 1000 * time.Second * (1 << 20) / time.Duration(len(whole))
		if parts == 0 || time.Since(begun) < least {
			t.Errorf("%d bytes were read in %s, want %s or more", len(whole), time.Since(begun), least)
		}
	})
}
