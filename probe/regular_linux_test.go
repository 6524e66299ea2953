package probe

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestReadRegular(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	fifo := filepath.Join(folder, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	const most = 1024
	for size, fits := range map[int]bool{0: true, most - 1: true, most: true, most + 1: false, 100 * most: false} {
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := ReadRegular(path, most, "a test")
		if fits && (err != nil || len(text) != size) || !fits &&
			(err == nil || !strings.Contains(err.Error(), "larger than 1 KiB: is it a test?")) {
			t.Errorf("%d bytes: %d, %v", size, len(text), err)
		}
	}
	link := filepath.Join(folder, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if file, err := OpenRegular(link); err != nil {
		t.Error(err)
	} else {
		file.Close()
	}
	for path, kind := range map[string]string{folder: "a folder", fifo: "a pipe", "/dev/zero": "a device"} {
		if _, err := ReadRegular(path, most, "a test"); err == nil ||
			!strings.Contains(err.Error(), "is not a regular file: it is "+kind) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := ReadRegular(filepath.Join(folder, "none"), most, "a test"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestDumpsOfAPipe: a pipe is read, and waiting for a pipe without a writer ends with ctx.
func TestDumpsOfAPipe(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := OpenDumps(ctx, fifo, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(other, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(other, []byte("etcd_server_has_leader 1\n"), 0o600) }()
	dumps, err := OpenDumps(t.Context(), other, nil)
	if err != nil || dumps.Span().Files != 1 {
		t.Errorf("%+v, %v", dumps, err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	// Release whoever waited for the first pipe.
	if writer, err := os.OpenFile(fifo, os.O_WRONLY, 0); err == nil {
		writer.Close()
	}
	if _, err := OpenDumps(t.Context(), "/dev/zero", nil); err == nil ||
		!strings.Contains(err.Error(), "is a device: want a file, a folder, a pipe") {
		t.Errorf("/dev/zero: %v", err)
	}
}

// TestReadAsRoot: root is not told to become root, but which capability it lacks.
func TestReadAsRoot(t *testing.T) {
	t.Parallel()
	if is := ReadAsRoot(0); !strings.Contains(is, "CAP_DAC_READ_SEARCH") || strings.Contains(is, "as root") {
		t.Errorf("root: %s", is)
	}
	if is := ReadAsRoot(1000); !strings.Contains(is, "as root") {
		t.Errorf("another user: %s", is)
	}
}

// TestKeyOfAnotherUser: the error names the file and the flag, and says who may read it.
func TestKeyOfAnotherUser(t *testing.T) {
	t.Parallel()
	_, files := loopbackCertificate(t)
	for _, file := range []string{files.CertFile, files.KeyFile} {
		if err := os.Chmod(file, 0); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 { // who may read all
		runtime.LockOSThread() // the user is the thread's
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Setfsuid(0) }) // before the folder is removed; the thread ends with the test
	}
	for flag, given := range map[string]TLS{
		"--cacert": {CAFile: files.CAFile}, "--cert": {CertFile: files.CertFile, KeyFile: files.KeyFile},
	} {
		_, err := New(Config{Endpoints: []string{"a:1"}, TLS: given})
		for _, words := range []string{flag, files.CAFile, "permission denied", ReadAsRoot(os.Geteuid())} {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%v, want %q in it", err, words)
			}
		}
	}
}
