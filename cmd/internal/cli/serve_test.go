package cli

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestMuteThatHasEnded: the agent starts without a mute whose time is over, and says so.
func TestMuteThatHasEnded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var log bytes.Buffer
	left := withoutEnded(thresholds.Mutes{
		{Rule: thresholds.WALFsyncSlow, Member: "etcd-2", Until: now},
		{Rule: thresholds.ApplyLagging, Until: now.Add(time.Second)},
	}, now, slog.New(slog.NewTextHandler(&log, nil)))
	if len(left) != 1 || left[0].Rule != thresholds.ApplyLagging {
		t.Errorf("left are %+v", left)
	}
	if said := log.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "level=WARN") ||
		!strings.Contains(said, "rule=wal-fsync-slow member=etcd-2 muted_until=2026-01-02T03:04:05Z") {
		t.Errorf("the log says %q", said)
	}
}

// TestWebConfigInOneLine: each mistake in a web configuration is named in the one line of the error.
func TestWebConfigInOneLine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(file, []byte("nope: 1\ntls_server_config: {bogus: 2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := etcdoc(t, "serve", "--web-config", file)
	if code != ExitNotDone || strings.Contains(errs, `\n`) || !strings.Contains(errs, "errors: line 1: field nope not found "+
		"in type web.Config; line 2: field bogus") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
