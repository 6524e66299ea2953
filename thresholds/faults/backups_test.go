//go:build faults

package faults

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/backup"
	"github.com/etcdoc/etcdoc/thresholds"
)

// withBackup has the observer look at a folder with one snapshot of the cluster, so large a share of it and so
// old; with none if the share is 0.
func withBackup(share float64, age time.Duration) func(*stage, *probe.Config) {
	return func(s *stage, config *probe.Config) {
		dir := s.TempDir()
		if share > 0 {
			s.saveSnapshot(filepath.Join(dir, "snapshot.db"), share, age)
		}
		recent := backup.NewRecent(dir)
		config.Backups = func(ctx context.Context) (probe.Backups, error) { return recent.Read(ctx, time.Now()) }
	}
}

// saveSnapshot saves the beginning of a snapshot, as if that was so long ago.
func (s *stage) saveSnapshot(path string, share float64, age time.Duration) {
	s.Helper()
	stream, err := s.cluster.Client().Snapshot(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	defer stream.Close()
	content, err := io.ReadAll(stream)
	if err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, content[:int(share*float64(len(content)))], 0o600); err != nil {
		s.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		s.Fatal(err)
	}
}

// judgeBackups expects that a rule about backups is all there is: no member is worse to lose for that.
func judgeBackups(rule thresholds.RuleID) func(*stage) {
	return func(s *stage) {
		o := outcome{
			cause: thresholds.CauseBackup, level: thresholds.Warning, ceiling: thresholds.Warning,
			findings: []found{{rule, nil}}, verdicts: verdictsOf{}, sweeps: 10,
		}
		for _, m := range s.cluster.Members() {
			o.verdicts[m] = thresholds.LossSafe
		}
		s.expect(o)
	}
}
