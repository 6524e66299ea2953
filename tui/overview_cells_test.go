package tui

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestCellsDoNotTouch draws, at every width, the last known values of members whose disks were slow before they went
// down: the widest cells. No sign is left out.
func TestCellsDoNotTouch(t *testing.T) {
	t.Parallel()
	touching := regexp.MustCompile(`[0-9A-Za-zµ%][~!*≤]`)
	for _, slow := range []float64{.03, .1, .2, .4, 1.5, -.1, -.4} {
		few := slow < 0 // so that its quantiles are upper bounds
		slow = math.Abs(slow)
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
		sweeps := 90
		if few {
			sweeps = 23
		}
		m := newTestModel(nil).after(scenario{members: 3, sweeps: sweeps, fault: fault})
		if few && !m.shown.assessment.Members[2].Cell(thresholds.WALFsyncP99).AtMost {
			t.Fatal("the value of the member that is down is not an upper bound")
		}
		if m.shown.assessment.Members[2].Cell(thresholds.WALFsyncP99).Sign != thresholds.SignLast {
			t.Fatal("the value of the member that is down is not the last known one")
		}
		for width := leastWidth; width <= 140; width++ {
			columns, _, _ := m.tableLayout(width, "")
			cells := m.tableRows(m.visible(3), columns)
			for i, row := range m.renderTable(width, 3, false, false) {
				text := ansi.Strip(row)
				if touching.MatchString(text) {
					t.Errorf("at %d columns two cells touch: %s", width, text)
				}
				for k, c := range columns {
					if c.vital == thresholds.NoVital {
						continue
					}
					cell := m.shown.members[i].Cell(c.vital)
					sign := string(cell.Sign)
					if cell.Sign == thresholds.SignLast {
						sign += string(cell.Level.Sign())
					}
					if is := cells[i][k].text; !strings.HasPrefix(is, sign) || !strings.Contains(text, " "+is) {
						t.Errorf("at %d columns %s is %q without its sign %q, or cut: %s", width, c.title, is, sign, text)
					}
				}
			}
		}
	}
}

// TestColumnsOfMembersThatAreDownAreAligned also where their last values are wide: small databases, long names.
func TestColumnsOfMembersThatAreDownAreAligned(t *testing.T) {
	t.Parallel()
	m := newTestModel(nil).after(scenario{members: 7, sweeps: 60,
		fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			rename(s, longNames()["end"])
			for i := range s.Members {
				s.Members[i].Status.Value.DBSizeBytes, s.Members[i].Status.Value.DBInUseBytes = 100<<10, 90<<10
			}
			if ago < 30*time.Second {
				down(s, 0)
			}
		}})
	screen := plainScreen(t, m, 80, 24)
	up, gone := lineWith(t, screen, "follower ok"), lineWith(t, screen, "DOWN  ")
	for _, value := range []string{"100K", "<1%"} {
		if a, b := strings.Index(up, value), strings.Index(gone, value); a < 0 || a != b {
			t.Errorf("%s is not at one place:\n%s\n%s", value, up, gone)
		}
	}
}
