package cli

import (
	"bytes"
	"log/slog"
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
