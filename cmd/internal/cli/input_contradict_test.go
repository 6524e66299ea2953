package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestContradictingDumps: dumps that are of two moments or clusters show no healthy one.
func TestContradictingDumps(t *testing.T) {
	t.Parallel()
	peer := func(of string) string { return `etcd_network_active_peers{Local="x",Remote="` + of + `"} 1` + "\n" }
	for name, test := range map[string]struct {
		dumps map[string]string // what is appended to each
		code  int
	}{
		"one cluster":  {map[string]string{"etcd-1": peer("a2"), "etcd-2": peer("a1")}, ExitHealthy},
		"two leaders":  {map[string]string{"etcd-1": peer("a2"), "etcd-2": peer("a1") + "lead"}, ExitNotDone},
		"two clusters": {map[string]string{"etcd-1": peer("b1"), "etcd-2": peer("c1")}, ExitNotDone},
	} {
		folder, at := t.TempDir(), time.Unix(1732150800, 0)
		for i, member := range []string{"etcd-1", "etcd-2"} {
			path := filepath.Join(folder, member+".prom")
			writeDump(t, path, i+1, 10000, 0)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			more, leads := strings.CutSuffix(test.dumps[member], "lead")
			all := string(text) + more
			if leads {
				all = strings.Replace(all, "etcd_server_is_leader 0", "etcd_server_is_leader 1", 1)
			}
			if err := os.WriteFile(path, []byte(all), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		if code, r := judged(t, folder); code != test.code {
			t.Errorf("%s: exit code %d, want %d: %s: %s", name, code, test.code, r.Level, r.Reading.Text)
		}
	}
}
