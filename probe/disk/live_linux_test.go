package disk_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/disk"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestLiveEtcd: in the directories of an etcd that runs it measures only with pauses.
func TestLiveEtcd(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Size: 1, Dir: onDisk(t)})
	m := c.Members()[0]
	for _, dir := range []string{m.DataDir, filepath.Join(m.DataDir, "member", "wal"),
		filepath.Join(m.DataDir, "member", "snap")} {
		var live *disk.LiveError
		if _, err := disk.Measure(t.Context(), dir, disk.Options{Writes: 1}); !errors.As(err, &live) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	beside := disk.Options{Writes: 2, Pause: time.Millisecond}
	if r, err := disk.Measure(t.Context(), m.DataDir, beside); err != nil || len(r.Syncs) != 2 {
		t.Errorf("with pauses: %d writes, %v", len(r.Syncs), err)
	}
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	if r, err := disk.Measure(t.Context(), m.DataDir, disk.Options{Writes: 2}); err != nil || len(r.Syncs) != 2 {
		t.Errorf("of a member that is dead: %d writes, %v", len(r.Syncs), err)
	}
}

// TestInMemory refuses a file system without a disk.
func TestInMemory(t *testing.T) {
	t.Parallel()
	const shared = "/dev/shm" // a tmpfs, as the C library needs it
	var memory *disk.MemoryError
	if _, err := disk.Measure(t.Context(), shared, disk.Options{Writes: 1}); !errors.As(err, &memory) {
		t.Errorf("%v", err)
	}
}
