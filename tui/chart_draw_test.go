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
	th := newTheme(termenv.Ascii, false, appearance{glyphs: glyphs})
	c.level = func(float64) thresholds.Level { return thresholds.OK }
	return c.render(th)
}

func TestChart(t *testing.T) {
	gap := math.NaN()
	for _, test := range []struct {
		name   string
		glyphs Glyphs
		chart  chart
		want   []string
	}{
		{"eighths", GlyphsBlock, chart{values: values(0, 1, 2, 3, 4, 5, 6, 7, 8), width: 9, rows: 1,
			axis: yAxis{top: 8}}, []string{"▁▁▂▃▄▅▆▇▇"}},
		{"a gap is blank, a zero is not", GlyphsBlock,
			chart{values: values(4, gap, gap, 0, 4), width: 5, rows: 1, axis: yAxis{top: 8}}, []string{"▄  ▁▄"}},
		{"over the top", GlyphsBlock, chart{values: values(99), width: 1, rows: 2, axis: yAxis{top: 8}},
			[]string{"▇", "█"}},
		{"two lines", GlyphsBlock, chart{values: values(2, 4, 6, 8), width: 4, rows: 2, axis: yAxis{top: 8}},
			[]string{"  ▄▇", "▄███"}},
		{"limit behind the values, not in gaps", GlyphsBlock,
			chart{values: values(1, gap, 7, 1), width: 4, rows: 2, axis: yAxis{top: 8},
				limits: thresholds.VitalLimits{{Value: 5, Level: thresholds.Warning}}}, []string{"╌ ▆╌", "▂ █▂"}},
		{"limit off the scale", GlyphsBlock,
			chart{values: values(1), width: 1, rows: 2, axis: yAxis{top: 8},
				limits: thresholds.VitalLimits{{Value: 9, Level: thresholds.Warning}}}, []string{" ", "▂"}},
		{"no values yet", GlyphsBlock, chart{width: 3, rows: 1, axis: yAxis{top: 8}}, []string{"   "}},
		{"more values than width", GlyphsBlock, chart{values: values(8, 8, 8), width: 2, rows: 1, axis: yAxis{top: 8}},
			[]string{"▇▇"}},
		{"ascii", GlyphsASCII, chart{values: values(0, 2, 4, gap, 8), width: 5, rows: 1, axis: yAxis{top: 8}},
			[]string{"_.: #"}},
		{"braille breaks at a gap", GlyphsBraille,
			chart{values: values(8, 8, gap, gap, 8, 8), width: 3, rows: 1, axis: yAxis{top: 8}}, []string{"⠉ ⠉"}},
		{"braille keeps a lone value", GlyphsBraille,
			chart{values: values(gap, 0), width: 1, rows: 1, axis: yAxis{top: 8}}, []string{"⢀"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := draw(test.glyphs, test.chart)
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("drew\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// TestChartGeometry draws hostile values at many sizes: exact lines, and it terminates.
func TestChartGeometry(t *testing.T) {
	t.Parallel()
	hostile := values(0, -1, 1e-300, 1e300, math.NaN(), math.Inf(1), math.MaxFloat64, 5)
	for _, glyphs := range []Glyphs{GlyphsBlock, GlyphsBraille, GlyphsASCII} {
		for width := 1; width < 20; width++ {
			for rows := 1; rows < 9; rows++ {
				for _, yMax := range []float64{1e-300, 1, 1e300} {
					lines := draw(glyphs, chart{values: hostile, width: width, rows: rows, axis: yAxis{top: yMax},
						limits: thresholds.VitalLimits{{Value: 0.5, Level: thresholds.Warning}}})
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
	th := newTheme(termenv.ANSI, true, appearance{glyphs: GlyphsBlock})
	c := chart{values: values(4, 5, 6), width: 3, rows: 1, axis: yAxis{top: 8}, newest: thresholds.Warning,
		level: func(n float64) thresholds.Level {
			return thresholds.VitalLimits{{Value: 5, Level: thresholds.Warning}}.LevelOf(n)
		}}
	below, over := th.loneBar(toneTime, thresholds.OK), th.loneBar(toneTime, thresholds.Warning)
	if want := below.paint("▄") + over.paint("▅▆"); c.render(th)[0] != want {
		t.Errorf("drew %q, want %q", c.render(th)[0], want)
	}
}

func TestScale(t *testing.T) {
	limits := thresholds.VitalLimits{
		{Value: 0.010, Level: thresholds.Notice}, {Value: 0.100, Level: thresholds.Warning},
	}
	for _, test := range []struct {
		name   string
		peak   float64
		limits thresholds.VitalLimits
		want   float64
	}{
		{"the limit sets the scale", 0.003, limits, 0.012},
		{"a limit far away does not", 0.001, limits, 0.002},
		{"just in reach", 0.00125, limits, 0.012},
		{"at the limit", 0.010, limits, 0.012},
		{"over one limit", 0.048, limits, 0.05},
		{"over both", 0.25, limits, 0.25},
		{"no limit", 3, nil, 6},
		{"nothing, without a limit", 0, nil, 1},
		{"nothing but zeros", 0, limits, 0.012},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := scale(test.peak, test.limits, 0); math.Abs(got-test.want) > 1e-9 {
				t.Errorf("scale %v, want %v", got, test.want)
			}
		})
	}
}

// TestChartOverlays: marks, further series and the cursor never replace the ends of the bars.
func TestChartOverlays(t *testing.T) {
	gap := math.NaN()
	for _, test := range []struct {
		name  string
		chart chart
		want  []string
	}{
		{"a mark has its letter on top, and its line where nothing else is",
			chart{values: values(8, 2, 2), width: 3, rows: 4, axis: yAxis{top: 8},
				marks: map[int]string{0: "A", 1: "B"}},
			[]string{"▇B ", "█┊ ", "█┊ ", "███"}},
		{"a mark in a gap", chart{values: values(8, gap), width: 2, rows: 2, axis: yAxis{top: 8},
			marks: map[int]string{1: "A"}}, []string{"▇A", "█┊"}},
		{"a mark in one line changes no value", chart{values: values(8, 2, gap), width: 3, rows: 1, axis: yAxis{top: 8},
			marks: map[int]string{0: "A", 1: "B", 2: "C"}}, []string{"▇▂ "}},
		{"a mark off the chart", chart{values: values(8), width: 1, rows: 2, axis: yAxis{top: 8},
			marks: map[int]string{-1: "A", 1: "B"}}, []string{"▇", "█"}},
		{"a lower series in the bars, an upper one above them",
			chart{values: values(5, 1), lower: values(1, 1), upper: values(7, 1), width: 2, rows: 4,
				axis: yAxis{top: 8}},
			[]string{"• ", "▄ ", "█ ", "─▄"}},
		{"a series above the axis is not drawn",
			chart{values: values(1), upper: values(9), width: 1, rows: 2, axis: yAxis{top: 8}}, []string{" ", "▂"}},
		{"a cursor", chart{values: values(2, 2), width: 2, rows: 2, axis: yAxis{top: 8}, cursor: 2},
			[]string{" │", "▄▄"}},
		{"a cursor in a bar", chart{values: values(6), width: 1, rows: 2, axis: yAxis{top: 8}, cursor: 1},
			[]string{"▄", "│"}},
		{"two limits", chart{values: values(1), width: 1, rows: 4, axis: yAxis{top: 8},
			limits: thresholds.VitalLimits{{Value: 3, Level: thresholds.Notice},
				{Value: 7, Level: thresholds.Warning}}}, []string{"╌", " ", "╌", "▄"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := draw(GlyphsBlock, test.chart); strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("drew\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// TestMarkInOneLineIsStyled if the value is within its limits; otherwise the level's style wins.
func TestMarkInOneLineIsStyled(t *testing.T) {
	th := newTheme(termenv.ANSI, true, appearance{glyphs: GlyphsBlock})
	c := chart{values: values(4, 6), width: 2, rows: 1, axis: yAxis{top: 8}, newest: thresholds.Warning,
		marks: map[int]string{0: "A", 1: "B"},
		level: func(n float64) thresholds.Level {
			return thresholds.VitalLimits{{Value: 5, Level: thresholds.Warning}}.LevelOf(n)
		}}
	if want := th.mark.paint("▄") + th.loneBar(toneTime, thresholds.Warning).paint("▆"); c.render(th)[0] != want {
		t.Errorf("drew %q, want %q", c.render(th)[0], want)
	}
}
