package tui

import (
	"math"
	"strings"

	"github.com/NimbleMarkets/ntcharts/canvas"
	"github.com/NimbleMarkets/ntcharts/canvas/graph"
	"github.com/NimbleMarkets/ntcharts/canvas/runes"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// chart is one member's course of one vital. A value that is absent leaves its column blank.
//
// ntcharts' sparkline joins what it is given without gaps, and its canvas renders cell by cell, which costs more
// than a frame may; so its glyph and line primitives are used here, and cells are styled in runs.
type chart struct {
	values []probe.Value // samples(width) of them, oldest first
	width  int
	rows   int
	yMax   float64
	limit  probe.Value
	// level is how bad a value is.
	level func(float64) thresholds.Level
}

// samplesPerCell is how many values a cell of width holds.
func (t *theme) samplesPerCell() int {
	if t.glyphs == GlyphsBraille {
		return 2
	}
	return 1
}

// render draws the chart from its top line down.
func (c *chart) render(t *theme) block {
	cells := c.columns(t)
	if t.glyphs == GlyphsBraille {
		cells = c.braille()
	}
	c.drawLimit(t, cells)
	levels := c.levels(t.samplesPerCell())
	b := make(block, c.rows)
	for y := range b {
		var above []rune
		if y > 0 {
			above = cells[y-1]
		}
		b[y] = c.renderRow(t, cells[y], above, levels)
	}
	return b
}

// renderRow styles the cells of one line, a run of equal ones at a time. above is the line above it.
func (c *chart) renderRow(t *theme, cells, above []rune, levels []thresholds.Level) string {
	var b strings.Builder
	limit := []rune(t.dash())[0]
	styleAt := func(x int) style {
		switch {
		case cells[x] == ' ':
			return t.plain
		case cells[x] == limit && c.limit.IsKnown() && c.rows > 1:
			return t.limit
		case above != nil && above[x] != ' ' && above[x] != limit:
			return t.bars[levels[x]].body
		}
		return t.bars[levels[x]].top
	}
	for from := 0; from < len(cells); {
		s, to := styleAt(from), from+1
		for to < len(cells) && styleAt(to) == s {
			to++
		}
		b.WriteString(s.paint(string(cells[from:to])))
		from = to
	}
	return b.String()
}

// height is how far up a value reaches, in lines; a known value is never without a trace.
func (c *chart) height(n float64) float64 {
	const least = 1.0 / 8
	return min(max(n/c.yMax*float64(c.rows), least), float64(c.rows))
}

func (c *chart) blank() [][]rune {
	cells := make([][]rune, c.rows)
	for y := range cells {
		cells[y] = []rune(blanks(c.width))
	}
	return cells
}

// columns draws a bar for each value.
func (c *chart) columns(t *theme) [][]rune {
	cells := c.blank()
	for x, v := range c.values[:min(len(c.values), c.width)] {
		n, known := v.Get()
		if !known {
			continue
		}
		h := c.height(n)
		for y := range cells {
			fill := h - float64(c.rows-1-y)
			if t.glyphs == GlyphsASCII {
				cells[y][x] = asciiFill(fill)
			} else if r := runes.LowerBlockElementFromFloat64(fill); r != runes.Null {
				cells[y][x] = r
			}
		}
	}
	return cells
}

// asciiFill is the character for a cell that is filled from below by a part.
func asciiFill(part float64) rune {
	const ramp = "_.-:=+*#"
	if part <= 0 {
		return ' '
	}
	return rune(ramp[min(int(math.Ceil(part*float64(len(ramp))))-1, len(ramp)-1)])
}

// braille draws a line through the values, broken where there is a gap.
func (c *chart) braille() [][]rune {
	grid := graph.NewBrailleGrid(c.width, c.rows, 0, float64(2*c.width-1), 0, float64(c.rows))
	var last *canvas.Point
	for x, v := range c.values[:min(len(c.values), 2*c.width)] {
		n, known := v.Get()
		if !known {
			last = nil
			continue
		}
		p := grid.GridPoint(canvas.Float64Point{X: float64(x), Y: c.height(n)})
		if last == nil {
			last = &p
		}
		for _, q := range graph.GetLinePoints(*last, p) {
			grid.Set(q)
		}
		last = &p
	}
	cells := grid.BraillePatterns()
	for y := range cells {
		for x := range cells[y] {
			if cells[y][x] == runes.BrailleBlockOffset {
				cells[y][x] = ' '
			}
		}
	}
	return cells
}

// limitRow is the line, from the top, in which the limit lies; -1 where it is off the scale.
func (c *chart) limitRow() int {
	limit, known := c.limit.Get()
	if !known || limit > c.yMax || limit < 0 {
		return -1
	}
	return c.rows - 1 - min(int(limit/c.yMax*float64(c.rows)), c.rows-1)
}

// drawLimit draws the limit behind the values: not into gaps, and not into a chart of one line.
func (c *chart) drawLimit(t *theme, cells [][]rune) {
	y, per := c.limitRow(), t.samplesPerCell()
	if y < 0 || c.rows < 2 {
		return
	}
	dash := []rune(t.dash())[0]
	for x := range cells[y] {
		if cells[y][x] == ' ' && c.knownAt(x, per) {
			cells[y][x] = dash
		}
	}
}

func (c *chart) knownAt(x, per int) bool {
	for i := x * per; i < min((x+1)*per, len(c.values)); i++ {
		if c.values[i].IsKnown() {
			return true
		}
	}
	return false
}

// levels are how bad the values of each cell are at worst.
func (c *chart) levels(per int) []thresholds.Level {
	levels := make([]thresholds.Level, c.width)
	for i, v := range c.values {
		if n, known := v.Get(); known && i/per < len(levels) {
			levels[i/per] = max(levels[i/per], c.level(n))
		}
	}
	return levels
}

// niceCeiling is the least round number that is not below n.
func niceCeiling(n float64) float64 {
	if n <= 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(n)))
	for _, step := range [...]float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8} {
		if n <= step*power*(1+1e-9) {
			return step * power
		}
	}
	return 10 * power
}
