package profile

import (
	"os"
	"path/filepath"
	"testing"
)

// TestBackupDir: the folder of snapshots is where RKE2 and k3s have it, or where their configuration says, once it is
// there.
func TestBackupDir(t *testing.T) {
	for name, test := range map[string]struct {
		fixture, config, folder, want string
	}{
		"rke2":       {"rke2", "", rke2 + "server/db/snapshots", rke2 + "server/db/snapshots"},
		"none yet":   {"rke2", "", "", ""},
		"k3s":        {"k3s", "", k3s + "server/db/snapshots", k3s + "server/db/snapshots"},
		"another":    {"rke2", "etcd-snapshot-dir: /mnt/backups", "/mnt/backups", "/mnt/backups"},
		"moved":      {"rke2-moved", "", "/data/rke2/server/db/snapshots", "/data/rke2/server/db/snapshots"},
		"turned off": {"rke2", "etcd-disable-snapshots: true", rke2 + "server/db/snapshots", ""},
		"kubeadm":    {"kubeadm", "", rke2 + "server/db/snapshots", ""},
	} {
		h := fixture(t, test.fixture)
		if test.config != "" {
			h.write("/etc/rancher/rke2/config.yaml", test.config)
		}
		if test.folder != "" {
			if err := os.MkdirAll(filepath.Join(h.root, test.folder), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		found, err := Find(Options{Root: h.root, Now: now})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := test.want
		if want != "" {
			want = filepath.Join(h.root, want)
		}
		if found.BackupDir != want {
			t.Errorf("%s: %q, want %q", name, found.BackupDir, want)
		}
	}
}
