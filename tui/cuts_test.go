package tui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestNothingIsCut: from 80 columns on no text on any page ends in an ellipsis, but for names, which tell members
// apart.
func TestNothingIsCut(t *testing.T) {
	t.Parallel()
	faults := map[string]func(s *probe.Sweep, w *world, n int){
		"one down": func(s *probe.Sweep, w *world, _ int) {
			w.slow[1], w.leader, w.term = 0.12, 2, 43
			down(s, 0)
		},
		"quorum lost": func(s *probe.Sweep, _ *world, n int) {
			for j := range n {
				if j <= n/2 {
					down(s, j)
				} else {
					leaderless(s, j)
				}
			}
		},
		"full": func(s *probe.Sweep, _ *world, _ int) {
			s.Alarms.Value = []probe.Alarm{{Type: "NOSPACE", Member: s.Members[0].ID}}
			for j := range s.Members {
				status := &s.Members[j].Status.Value
				status.Alarms, status.DBSizeBytes = s.Alarms.Value, status.DBQuotaBytes+1
			}
		},
		"slow": func(_ *probe.Sweep, w *world, n int) {
			for j := range n {
				w.slow[j] = .05 * float64(j+1)
			}
		},
	}
	names := map[string]func(i int) string{
		"end": longNames()["end"], "hosts": func(i int) string { return fmt.Sprintf("127.0.0.%d:60574", i) },
		"short": func(i int) string { return fmt.Sprintf("etcd-%d", i) },
	}
	more := regexp.MustCompile(`… \d+ more line`)
	for fault, change := range faults {
		for kind, name := range names {
			for _, n := range []int{3, 7} {
				m := feed(t, newTestModel(nil), scenario{members: n, sweeps: 40,
					fault: func(ago time.Duration, s *probe.Sweep, w *world) {
						rename(s, name)
						if ago < 20*time.Second {
							change(s, w, n)
						}
					}}, 80, 24)
				for page, keys := range pageKeys {
					for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
						m := press(t, resized(t, m, size[0], size[1]), keys...)
						for _, line := range strings.Split(plainScreen(t, m, size[0], size[1]), "\n") {
							rest := line
							for i := range m.shown.members {
								a := &m.shown.members[i]
								rest = strings.ReplaceAll(rest, m.screen.names.byKey[a.Key], "")
								rest = strings.ReplaceAll(rest, a.Short, "")
							}
							if strings.Contains(rest, "…") && !more.MatchString(rest) {
								t.Errorf("%s, %d %s, %s at %v: %q", fault, n, kind, page, size, line)
							}
						}
					}
				}
			}
		}
	}
}
