package tui

import (
	"regexp"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestCellsDoNotTouch draws, at every width, the last known values of members whose disks were slow before they went
// down: the widest cells with their signs.
func TestCellsDoNotTouch(t *testing.T) {
	t.Parallel()
	touching := regexp.MustCompile(`[0-9A-Za-zµ%][~!*≤]`)
	for _, slow := range []float64{.03, .4, 1.5} {
		fault := func(ago time.Duration, s *probe.Sweep, w *world) {
			w.slow[0], w.slow[2] = slow, slow
			for i := range s.Members {
				status := &s.Members[i].Status.Value
				status.DBSizeBytes = status.DBQuotaBytes
			}
			if ago < 20*time.Second {
				down(s, 2)
			}
		}
		m := newTestModel(nil).after(scenario{members: 3, sweeps: 90, fault: fault})
		if m.shown.assessment.Members[2].Cell(thresholds.WALFsyncP99).Sign != thresholds.SignLast {
			t.Fatal("the value of the member that is down is not the last known one")
		}
		for width := leastWidth; width <= 140; width++ {
			for _, row := range m.renderTable(width, 3, false, false) {
				if text := ansi.Strip(row); touching.MatchString(text) {
					t.Errorf("at %d columns two cells touch: %s", width, text)
				}
			}
		}
	}
}
