package tui

import (
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

func values(numbers ...float64) []probe.Value {
	v := make([]probe.Value, len(numbers))
	for i, n := range numbers {
		v[i] = probe.Known(n) // NaN is absent
	}
	return v
}

func draw(glyphs Glyphs, c chart) []string {
	th := newTheme(termenv.Ascii, false, looks{glyphs: glyphs})
	c.level = func(float64) thresholds.Level { return thresholds.OK }
	return c.render(&th)
}

func TestChart(t *testing.T) {
	gap := math.NaN()
	for _, test := range []struct {
		name   string
		glyphs Glyphs
		chart  chart
		want   []string
	}{
		{"eighths", GlyphsBlock, chart{values: values(0, 1, 2, 3, 4, 5, 6, 7, 8), width: 9, rows: 1, axis: yAxis{top: 8}}, []string{"▁▁▂▃▄▅▆▇█"}},
		{"a gap is blank, a zero is not", GlyphsBlock, chart{values: values(4, gap, gap, 0, 4), width: 5, rows: 1, axis: yAxis{top: 8}}, []string{"▄  ▁▄"}},
		{"over the top", GlyphsBlock, chart{values: values(99), width: 1, rows: 2, axis: yAxis{top: 8}}, []string{"█", "█"}},
		{"two lines", GlyphsBlock, chart{values: values(2, 4, 6, 8), width: 4, rows: 2, axis: yAxis{top: 8}}, []string{"  ▄█", "▄███"}},
		{"limit behind the values, not in gaps", GlyphsBlock,
			chart{values: values(1, gap, 7, 1), width: 4, rows: 2, axis: yAxis{top: 8}, limits: []levelLimit{{5, thresholds.Warning}}}, []string{"╌ ▆╌", "▂ █▂"}},
		{"limit off the scale", GlyphsBlock, chart{values: values(1), width: 1, rows: 2, axis: yAxis{top: 8}, limits: []levelLimit{{9, thresholds.Warning}}}, []string{" ", "▂"}},
		{"no values yet", GlyphsBlock, chart{width: 3, rows: 1, axis: yAxis{top: 8}}, []string{"   "}},
		{"more values than width", GlyphsBlock, chart{values: values(8, 8, 8), width: 2, rows: 1, axis: yAxis{top: 8}}, []string{"██"}},
		{"ascii", GlyphsASCII, chart{values: values(0, 2, 4, gap, 8), width: 5, rows: 1, axis: yAxis{top: 8}}, []string{"_.: #"}},
		{"braille breaks at a gap", GlyphsBraille, chart{values: values(8, 8, gap, gap, 8, 8), width: 3, rows: 1, axis: yAxis{top: 8}}, []string{"⠉ ⠉"}},
		{"braille keeps a lone value", GlyphsBraille, chart{values: values(gap, 0), width: 1, rows: 1, axis: yAxis{top: 8}}, []string{"⢀"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := draw(test.glyphs, test.chart)
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("drew\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// TestChartGeometry draws hostile values at many sizes: exact lines, and it ends.
func TestChartGeometry(t *testing.T) {
	hostile := values(0, -1, 1e-300, 1e300, math.NaN(), math.Inf(1), math.MaxFloat64, 5)
	for _, glyphs := range []Glyphs{GlyphsBlock, GlyphsBraille, GlyphsASCII} {
		for width := 1; width < 20; width++ {
			for rows := 1; rows < 9; rows++ {
				for _, yMax := range []float64{1e-300, 1, 1e300} {
					lines := draw(glyphs, chart{values: hostile, width: width, rows: rows, axis: yAxis{top: yMax}, limits: []levelLimit{{0.5, thresholds.Warning}}})
					if len(lines) != rows {
						t.Fatalf("%s %dx%d: %d lines", glyphs, width, rows, len(lines))
					}
					for _, l := range lines {
						if ansi.StringWidth(l) != width {
							t.Fatalf("%s %dx%d: %q", glyphs, width, rows, l)
						}
					}
				}
			}
		}
	}
}

func TestColumnsOverALimitAreStyled(t *testing.T) {
	th := newTheme(termenv.ANSI, true, looks{glyphs: GlyphsBlock})
	c := chart{values: values(4, 5, 6), width: 3, rows: 1, axis: yAxis{top: 8}, level: func(n float64) thresholds.Level {
		return levelOf([]levelLimit{{5, thresholds.Warning}}, n)
	}}
	below, over := th.bars[thresholds.OK].top, th.bars[thresholds.Warning].top
	if want := below.paint("▄") + over.paint("▅▆"); c.render(&th)[0] != want {
		t.Errorf("drew %q, want %q", c.render(&th)[0], want)
	}
}

func TestScale(t *testing.T) {
	limits := []levelLimit{{0.010, thresholds.Notice}, {0.100, thresholds.Warning}}
	for _, test := range []struct {
		name    string
		peak    float64
		limits  []levelLimit
		want    float64
		nearest float64
	}{
		{"the limit sets the scale", 0.003, limits, 0.012, 0.010},
		{"a limit far away does not", 0.001, limits, 0.002, 0.010},
		{"just in reach", 0.00125, limits, 0.012, 0.010},
		{"at the limit", 0.010, limits, 0.012, 0.010},
		{"over one limit", 0.048, limits, 0.05, 0.010},
		{"over both", 0.25, limits, 0.25, 0.100},
		{"no limit", 3, nil, 6, 0},
		{"nothing, without a limit", 0, nil, 1, 0},
		{"nothing but zeros", 0, limits, 0.012, 0.010},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := scale(test.peak, test.limits, 0); math.Abs(got-test.want) > 1e-9 {
				t.Errorf("scale %v, want %v", got, test.want)
			}
			if got, _ := nearestLimit(test.limits, test.peak); got.value != test.nearest {
				t.Errorf("nearest limit %v, want %v", got.value, test.nearest)
			}
		})
	}
}

func TestLevelOf(t *testing.T) {
	limits := []levelLimit{{10, thresholds.Notice}, {100, thresholds.Warning}, {500, thresholds.Critical}}
	for n, want := range map[float64]thresholds.Level{
		9.999: thresholds.OK, 10: thresholds.Notice, 10.001: thresholds.Notice, 99.999: thresholds.Notice, 100: thresholds.Warning,
		499.999: thresholds.Warning, 500: thresholds.Critical, 501: thresholds.Critical,
	} {
		if got := levelOf(limits, n); got != want {
			t.Errorf("%v: %v, want %v", n, got, want)
		}
	}
}
