package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
)

// TestBackupOnTheClustersLine: the line of the cluster says how old the newest backup on this host is, in the colour of
// what the rules make of it, at each size.
func TestBackupOnTheClustersLine(t *testing.T) {
	t.Parallel()
	for want, ages := range map[string][]time.Duration{
		"backup 3h00m old": {3 * time.Hour, 27 * time.Hour}, "backup 1d06h old": {30 * time.Hour}, "backup none": nil,
	} {
		s := scenario{members: 3, sweeps: 10, fault: func(_ time.Duration, s *probe.Sweep, _ *world) {
			b := probe.Backups{Dir: "/backups", At: s.At}
			for _, age := range ages {
				b.Files = append(b.Files, probe.Backup{Name: "a.db", Taken: s.At.Add(-age), State: probe.BackupWhole,
					Content: &probe.BackupContent{HasSum: true, Revision: 7, Keys: 7}})
			}
			s.Backups = &probe.Fact[probe.Backups]{At: s.At, Value: b}
		}}
		for _, size := range [][2]int{{120, 40}, {200, 60}} {
			screen := ansi.Strip(feed(t, newTestModel(nil), s, size[0], size[1]).View())
			head := strings.Join(strings.Split(screen, "\n")[:6], "\n")
			if !strings.Contains(head, want) {
				t.Errorf("%dx%d: it does not say %q:\n%s", size[0], size[1], want, head)
			}
			if warns := strings.Contains(head, "WARN"); warns != (want != "backup 3h00m old") {
				t.Errorf("%q: it warns: %v:\n%s", want, warns, head)
			}
		}
	}
}
