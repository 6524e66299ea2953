package profile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestRefusedFiles: whoever isn't root learns which files take root to read.
func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	h := fixture(t, "kubeadm", kubeadmPKI+"etcd/healthcheck-client.crt")
	h.write(kubeadmPKI+"etcd/ca.crt", "CA\n")
	if err := os.Chmod(filepath.Join(h.root, manifests, "etcd.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	for folder := h.root; folder != os.TempDir() && folder != "/"; folder = filepath.Dir(folder) {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var got *Host
	var err error
	asNobody(t, func() { got, err = h.find(Auto) })
	if err != nil {
		t.Fatal(err)
	}
	if got == nil {
		t.Fatal("a host whose files may not be read counts as one without etcd")
	}
	var refused *RefusedError
	if !errors.As(got.Err(), &refused) {
		t.Fatalf("got %v", got.Err())
	}
	for _, want := range []string{
		h.root + manifests + "etcd.yaml", h.root + kubeadmPKI + "etcd/healthcheck-client.key", "root",
	} {
		if !strings.Contains(refused.Error(), want) {
			t.Errorf("the error doesn't name %s: %v", want, refused)
		}
	}
	asNobody(t, func() { _, err = h.find(Kubeadm) })
	if err != nil {
		t.Errorf("--profile kubeadm: %v", err)
	}
}

// TestHiddenFolders: whoever may not enter a folder learns that etcd may be there.
func TestHiddenFolders(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]string{
		"k3s": "/var/lib/rancher/k3s/server", "rke2": "/var/lib/rancher/rke2/server", "kubeadm": "/etc/kubernetes",
	} {
		h := fixture(t, name)
		for at := h.root; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
			if err := os.Chmod(at, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(h.root+folder, 0o700); err != nil {
			t.Fatal(err)
		}
		var found *Host
		var err error
		asNobody(t, func() { found, err = h.find(Auto) })
		var hidden *HiddenError
		if found != nil && found.Err() != nil {
			continue // other files give it away, and the error names those
		}
		if !errors.As(err, &hidden) || !strings.Contains(hidden.Error(), h.root+folder) ||
			!strings.Contains(hidden.Error(), "root") {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}

// TestBrokenManifestIsNamed: a file that says nothing sensible is named even where nothing else tells of an etcd.
func TestBrokenManifestIsNamed(t *testing.T) {
	t.Parallel()
	h := fixture(t, "")
	h.write(manifests+"etcd.yaml", "spec: [")
	found, err := h.find(Auto)
	var hidden *HiddenError
	if found != nil || !errors.As(err, &hidden) || !strings.Contains(hidden.Error(), "etcd.yaml") {
		t.Errorf("%+v, %v", found, err)
	}
}

// asNobody calls f on a thread that reads files as the user nobody, who has none of root's capabilities for files.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		const nobody = 65534
		if os.Geteuid() == 0 {
			if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0); errno != 0 {
				t.Errorf("reading files as nobody: %v", errno)
			}
		}
		f()
	}()
	<-done
}
