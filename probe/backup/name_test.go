package backup

import (
	"testing"
	"time"
)

// TestTaken has the names that RKE2, k3s, OpenShift, RKE1 and cron jobs write, and what else looks like a time.
func TestTaken(t *testing.T) {
	modified := time.Date(2026, 11, 28, 12, 0, 30, 0, time.UTC)
	for name, want := range map[string]struct {
		at     time.Time // zero: the file's
		series string
	}{
		"etcd-snapshot-node-1-1795867200":          {time.Unix(1795867200, 0), "etcd-snapshot-node-1-*"},
		"etcd-snapshot-node-1-1795867200.zip":      {time.Unix(1795867200, 0), "etcd-snapshot-node-1-*"},
		"on-demand-cp2.example.com-1795867200":     {time.Unix(1795867200, 0), "on-demand-cp2.example.com-*"},
		"etcd-snapshot-node-1-1895867200":          {time.Time{}, "etcd-snapshot-node-1-*"}, // the future
		"snapshot_2026-11-28_120000.db":            {time.Time{}, "snapshot_*"},
		"etcd-snapshot-2026-11-28_12:00:00_UTC.db": {time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), "etcd-snapshot-*"},
		"etcd-snapshot-2026-11-28T12:00:00Z.db.gz": {time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), "etcd-snapshot-*"},
		"etcd-20261128.db":                         {time.Time{}, "etcd-*"},
		"etcd-2026-11-20-0300.db":                  {time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC), "etcd-*"}, // a copy
		"c-x7_etcd_2026-11-27T12:00:00Z.zip":       {time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC), "c-x7_etcd_*"},
		"etcd-2026-11-28_08:00:00/snapshot.db":     {time.Time{}, "etcd-*/snapshot"},
		"snapshot.db":                              {time.Time{}, ""},
		"mon.db":                                   {time.Time{}, ""},
		"node-10.0.0.1.db":                         {time.Time{}, ""},
		"etcd-2026-13-45.db":                       {time.Time{}, ""},
		"etcd-20269999.db":                         {time.Time{}, ""},
		"v3.6.14-2026-11-01.db":                    {time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), "v3.6.14-*"},
	} {
		at, byName := taken(name, modified)
		if want.at.IsZero() && (byName || !at.Equal(modified)) || !want.at.IsZero() && (!byName || !at.Equal(want.at)) {
			t.Errorf("%s: %s, by the name: %v", name, at, byName)
		}
		if series := seriesOf(name); series != want.series {
			t.Errorf("%s is of the series %q, want %q", name, series, want.series)
		}
	}
}

// FuzzTaken: whatever a name is, its time is no later than the file's.
func FuzzTaken(f *testing.F) {
	f.Add("etcd-snapshot-node-1-1795867200.zip", int64(1795867230))
	f.Add("etcd-2026-11-28_08:00:00/snapshot.db", int64(1795867230))
	f.Fuzz(func(t *testing.T, name string, modified int64) {
		file := time.Unix(modified%(1<<40), 0)
		if at, _ := taken(name, file); at.After(file) {
			t.Errorf("%q of %s was taken at %s", name, file, at)
		}
		seriesOf(name)
	})
}
