package probe

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestFilesBesideDumps: a file that is no exposition becomes no member, and is listed with the reason. A broken
// exposition becomes its member's error.
func TestFilesBesideDumps(t *testing.T) {
	t.Parallel()
	const prose = "hello world\nthis is 3 text\n"
	tests := map[string]struct {
		name, text string
		leftOut    string // why it is left out; empty: it is read
		member     bool
	}{
		"notes":         {"notes.txt", prose, "it is not an exposition", false},
		"a makefile":    {"Makefile", "all:\n\techo 3\n", "it is not an exposition", false},
		"an error page": {"etcd-9.txt", "404 page not found\n", "it is not an exposition", false},
		"a list":        {"endpoints", "http://127.0.0.1:2379\n", "it is not an exposition", false},
		"another program": {"api.txt", "# TYPE go_goroutines gauge\ngo_goroutines 7\n", "it has no metric of etcd",
			false},
		"etcd's name alone": {
			"api.prom", "# TYPE etcd_request_duration_seconds histogram\n" +
				"etcd_request_duration_seconds_count{operation=\"get\"} 6\n",
			"it has no metric of etcd", false,
		},
		"samples alone": {"api.txt", "go_goroutines 7\n", "it has no metric of etcd", false},
		"a sample with labels": {"api.txt", "api_requests_total{code=\"200\"} 7\n", "it has no metric of etcd",
			false},
		"one like a member's": {"api", "etcd_mvcc_db_total_size_in_bytes 7\n",
			"neither etcd_server_id nor etcd_server_has_leader", false},
		"cut short":                  {"etcd-9.txt", "# HELP etcd_cluster_version Which\n# TY", "", true},
		"a broken line":              {"etcd-9", "etcd_server_has_leader{x=\n", "", true},
		"an empty one":               {"etcd-9.txt", "", "", true},
		"called as dumps are":        {"etcd-9.prom", prose, "", true},
		"packed, and nothing packed": {"etcd-9.txt.gz", "\x1f\x8b\x08", "", true},
		"a document":                 {"README.md", prose, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder := writeDumps(t, map[string]string{"etcd-1.prom": dumpText(1, 101), test.name: test.text})
			s := readDumps(t, folder)[0]
			stem, _ := dumpStem(test.name)
			i := slices.IndexFunc(s.Members, func(m Member) bool { return m.Name == stem })
			if (i >= 0) != test.member || i >= 0 && s.Members[i].Metrics.Err == nil {
				t.Errorf("%s: want an unreadable member: %t", summary(&s), test.member)
			}
			wantsLeftOut(t, &s, folder, test.name, test.leftOut)
		})
	}
}

// TestPipesBesideDumps: nothing waits for a file that is not regular, and the list of skipped files names it.
func TestPipesBesideDumps(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file   string
		make   func(path string) error
		reason string
	}{
		"a pipe": {"etcd-2.prom", func(path string) error { return syscall.Mkfifo(path, 0o600) },
			"it is a pipe"},
		"a device": {"etcd-2.prom", func(path string) error { return os.Symlink("/dev/zero", path) },
			"it is a device"},
		"in a member's": {"etcd-3/1732150900.prom",
			func(path string) error { return syscall.Mkfifo(path, 0o600) }, "it is a pipe"},
		"a link to a file": {"kept/1732150900.prom",
			func(path string) error { return os.Symlink("1732150800.prom", path) }, ""},
		"a pipe named no way": {"control", func(path string) error { return syscall.Mkfifo(path, 0o600) },
			"it is a pipe"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := writeDumps(t, map[string]string{
				"etcd-1.prom": dumpText(1, 101), "etcd-3/1732150800.prom": dumpText(3, 101),
				"kept/1732150800.prom": dumpText(2, 101),
			})
			if err := test.make(filepath.Join(folder, test.file)); err != nil {
				t.Fatal(err)
			}
			sweeps := readDumps(t, folder)
			wantsLeftOut(t, &sweeps[0], folder, test.file, test.reason)
		})
	}
	folder := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(folder, "etcd-1.prom"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDumps(t.Context(), folder, nil); err == nil || !strings.Contains(err.Error(), "etcd-1.prom") ||
		!strings.Contains(err.Error(), "a pipe") {
		t.Errorf("nothing but a pipe: %v", err)
	}
}

func wantsLeftOut(t *testing.T, s *Sweep, folder, name, reason string) {
	t.Helper()
	path := filepath.Join(folder, name)
	at := slices.IndexFunc(s.Dumps.Skipped, func(l Skipped) bool { return l.Path == path })
	if (at >= 0) != (reason != "") || at >= 0 && !strings.Contains(s.Dumps.Skipped[at].Reason, reason) {
		t.Errorf("left out: %+v, want %s for %q", s.Dumps.Skipped, path, reason)
	}
}
