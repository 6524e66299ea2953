package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestEveryLimitOfAMark: where marks of a row go by several limits, all of them stand beside the charts, at every size.
func TestEveryLimitOfAMark(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 5} {
		m := feed(t, newTestModel(nil), scenario{members: n, sweeps: 120,
			fault: func(_ time.Duration, _ *probe.Sweep, w *world) {
				w.slow[0], w.slow[1], w.slow[2] = .015, .9, .2
			}}, 80, 24)
		for i, want := range []thresholds.Level{thresholds.Notice, thresholds.Critical, thresholds.Warning} {
			if level := m.shown.assessment.Members[i].Mark(thresholds.WALFsyncP99).Level; level != want {
				t.Fatalf("member %d is marked as %v", i+1, level)
			}
		}
		for _, scale := range Scales() {
			for _, size := range storySizes {
				m := resized(t, m, size[0], size[1])
				m.charts.scale = scale
				screen := plainScreen(t, m, size[0], size[1])
				if !strings.Contains(screen, "y-max") && !strings.Contains(screen, " y ") {
					continue // no charts
				}
				rows := strings.Split(screen, "\n")
				from := slices.IndexFunc(rows, func(l string) bool { return strings.HasPrefix(l, " WAL p99  ") })
				to := slices.IndexFunc(rows, func(l string) bool { return strings.HasPrefix(l, " commit p99  ") })
				chart := strings.Join(rows[from:to], "\n")
				for _, limit := range []string{"10", "100", "500"} {
					if !strings.Contains(chart, " "+limit) && !strings.Contains(chart, "*"+limit) &&
						!strings.Contains(chart, "!"+limit) {
						t.Errorf("%v %s: the limit of %s ms is missing:\n%s", size, scale, limit, screen)
					}
				}
			}
		}
	}
}

// TestLimitsInALine: several limits in one line have as much of their units as there is room for.
func TestLimitsInALine(t *testing.T) {
	t.Parallel()
	m := newTestModel(nil)
	limits := thresholds.VitalLimits{{Value: .01, Level: thresholds.Notice}, {Value: .1, Level: thresholds.Warning},
		{Value: .5, Level: thresholds.Critical}}
	commits := thresholds.VitalLimits{{Value: .025, Level: thresholds.Notice}, {Value: .25, Level: thresholds.Warning},
		{Value: 1, Level: thresholds.Critical}}
	by := gridScale{rows: 1, axis: yAxis{top: .6, unit: thresholds.Seconds}}
	for _, test := range []struct {
		limits thresholds.VitalLimits
		top    float64
		want   string
	}{
		{commits, 2.5, "*25!250ms!1s"}, {commits[1:], 2.5, "!250ms !1s"},
		{limits[:1], .6, "NOTE 10ms"}, {limits[1:2], .05, "↑WARN 100ms"},
		{limits[:2], .6, "*10 !100ms"}, {thresholds.VitalLimits{limits[0], limits[2]}, .6, "*10 !500ms"},
		{limits, .6, "*10!100!500"}, {limits[1:], .6, "!100 !500ms"}, {limits[1:], .2, "!100↑!500ms"},
	} {
		by.axis.top = test.top
		room := limitWidth
		if test.top > 1 {
			room++
		}
		if got := m.limitsText(thresholds.WALFsyncP99, test.limits, by, room); got != test.want {
			t.Errorf("%v below %v: %q, want %q", test.limits, test.top, got, test.want)
		}
	}
}
