package tui

import (
	"math"
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"github.com/etcdoc/etcdoc/thresholds"
)

func TestRoundFrom(t *testing.T) {
	steps := []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8}
	const mi, gi = 1 << 20, 1 << 30
	for _, test := range []struct{ n, base, want float64 }{
		{0, 0, 1}, {-1, 0, 1}, {0.0107, 0, 0.012}, {1, 0, 1}, {1.01, 0, 1.2}, {8, 0, 8}, {8.1, 0, 10}, {9.9, 0, 10},
		{130, 0, 150},
		{math.NaN(), 0, 1}, {math.Inf(1), 1024, 1},
		{7.3 * gi, 1024, 8 * gi}, {900 * mi, 1024, gi}, {1000 * mi, 1024, gi}, {1.1 * gi, 1024, 1.2 * gi},
		{700, 1024, 800}, {900, 1024, 1024},
		{7.3e9, 1000, 8e9}, {900e6, 1000, 1e9},
	} {
		if got := roundFrom(test.n, test.base, steps); math.Abs(got/test.want-1) > 1e-9 {
			t.Errorf("%v by %v: %v, want %v", test.n, test.base, got, test.want)
		}
	}
}

func TestLogAxis(t *testing.T) {
	th := newTheme(termenv.Ascii, false, appearance{})
	limits := thresholds.VitalLimits{
		{Value: 0.010, Level: thresholds.Notice}, {Value: 0.100, Level: thresholds.Warning},
	}
	for _, test := range []struct {
		name        string
		values      extent
		limits      thresholds.VitalLimits
		unit        thresholds.Unit
		bottom, top float64
	}{
		{"values over three decades", extent{peak: 0.048, least: 0.0007}, limits, thresholds.Seconds, 0.0001, 0.1},
		{"the limit is on the axis", extent{peak: 0.0007, least: 0.0006}, limits, thresholds.Seconds, 0.0001, 0.01},
		{"nothing but zeros", extent{}, nil, thresholds.Count, 1, 10},
		{"rates below one", extent{peak: 0.4, least: 0.02}, nil, thresholds.PerSecond, 0.01, 1},
		{"no seconds", extent{}, nil, thresholds.Seconds, 1e-6, 1e-5},
		{"one value", extent{peak: 5, least: 5}, nil, thresholds.Count, 1, 10},
		{"no more than six decades", extent{peak: 1e9, least: 1e-9}, nil, thresholds.Count, 1e3, 1e9},
		{"sizes", extent{peak: 2 << 30, least: 1 << 30}, nil, thresholds.Bytes, 100 << 20, 10 << 30},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := th.newAxis(test.values, test.limits, test.unit, true)
			if math.Abs(a.bottom/test.bottom-1) > 0.03 || math.Abs(a.top/test.top-1) > 1e-9 {
				t.Fatalf("from %v to %v, want %v to %v", a.bottom, a.top, test.bottom, test.top)
			}
			for _, edge := range []struct{ n, want float64 }{
				{0, 0}, {-3, 0}, {a.bottom, 0}, {a.bottom / 2, 0}, {a.top, 1}, {2 * a.top, 1},
				{math.Sqrt(a.bottom * a.top), 0.5},
			} {
				if got := a.share(edge.n); math.Abs(got-edge.want) > 1e-9 {
					t.Errorf("%v lies at %v, want %v", edge.n, got, edge.want)
				}
			}
		})
	}
}

// TestLogChart: a zero is not blank, every decade is equally high, and a gap stays a gap.
func TestLogChart(t *testing.T) {
	c := chart{values: values(0, -1, 1, 10, 100, math.NaN(), 1000), width: 7, rows: 1,
		axis: yAxis{bottom: 1, top: 100, log: true}}
	if got := draw(GlyphsBlock, c)[0]; got != "▁▁▁▄▇ ▇" {
		t.Errorf("drew %q", got)
	}
}

func TestAxisLabels(t *testing.T) {
	th := newTheme(termenv.Ascii, false, appearance{})
	for _, test := range []struct {
		axis yAxis
		rows int
		want string
	}{
		{yAxis{top: 0.15, unit: thresholds.Seconds}, 1, "150ms"},
		{yAxis{top: 0.15, unit: thresholds.Seconds}, 2, "150ms 0"},
		{yAxis{top: 0.15, unit: thresholds.Seconds}, 6, "150ms . . . . 0"},
		{yAxis{top: 0.15, unit: thresholds.Seconds}, 9, "150ms . 100ms . . 50ms . . 0"},
		{yAxis{bottom: 0.001, top: 0.1, unit: thresholds.Seconds, log: true}, 6, "100ms . 10ms . . ≤1ms"},
		{yAxis{top: 0.1, unit: thresholds.PerSecond}, 9, "0.1 . . . 0.05 . . . 0"},
		{yAxis{top: 0.01, unit: thresholds.PerSecond}, 9, "0.01 . . . . . . . 0"}, // 0.005 would be printed as 0.01
	} {
		labels := test.axis.labels(th, test.rows)
		for i := range labels {
			if labels[i] == "" {
				labels[i] = "."
			}
		}
		if got := strings.Join(labels, " "); got != test.want {
			t.Errorf("%+v in %d rows: %s, want %s", test.axis, test.rows, got, test.want)
		}
	}
}
