package keyspace_test

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNoPermission: a file that may not be read is an error that says so, to root as well once it reads as somebody
// else.
func TestNoPermission(t *testing.T) {
	const nobody = 65534
	path := makeDatabase(t, 1)
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread() // whose files it is, is the thread's
	defer runtime.UnlockOSThread()
	me, err := unix.SetfsuidRetUid(nobody)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := unix.SetfsuidRetUid(me); err != nil {
			t.Error(err)
		}
	}()
	if _, err := readAny(t.Context(), path); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}
