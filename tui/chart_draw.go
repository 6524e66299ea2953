package tui

import (
	"math"
	"strings"

	"github.com/NimbleMarkets/ntcharts/canvas/runes"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// chart is the history of one vital of one member. An absent value leaves its column blank.
//
// ntcharts' sparkline joins its values without gaps, and its canvas renders cell by cell, which costs more than a
// frame may take; so only its glyphs are used here, and cells are styled in runs.
type chart struct {
	values []probe.Value // samples(width) of them, oldest first
	// judged are the values that levels go by, by place; values where there are none.
	judged []probe.Value
	// lower and upper are further series of the same kind, drawn inside and above the bars.
	lower, upper []probe.Value
	width, rows  int
	axis         yAxis
	tone         tone
	limits       thresholds.VitalLimits
	// level is the level of a value.
	level func(float64) thresholds.Level
	// newest is the level of the last value: that of its mark.
	newest thresholds.Level
	// marks are letters, by column.
	marks map[int]string
	notes []chartNote
	// cursor is the column that is read, counted from 1; 0 for none.
	cursor int
}

// samplesPerCell is how many values a cell of width holds.
func (t *theme) samplesPerCell() int {
	if t.glyphs == GlyphsBraille {
		return 2
	}
	return 1
}

// stroke is what a cell of a chart belongs to.
type stroke uint8

const (
	strokeNone  stroke = iota
	strokeTop          // the end of a bar
	strokeBody         // below it
	strokeNotch        // a line in that
	strokeUpper
	strokeLimit
	strokeMark
	strokeMarkLine
	strokeNote
)

// dot is a cell of a chart. level is that of its value as far up as the cell is, or of a limit that values are over.
type dot struct {
	glyph  rune
	stroke stroke
	level  thresholds.Level
}

// render draws the chart from its top line down. Values win over limits, marks and the cursor's line.
func (c *chart) render(t *theme) block {
	cells := c.columns(t)
	if t.glyphs == GlyphsBraille {
		cells = c.braille()
	} else if c.rows > 1 {
		c.drawSeries(t, cells)
	}
	c.setLevels(t, cells)
	c.drawNotes(cells)
	c.drawMarks(t, cells)
	c.drawLimits(t, cells)
	c.drawCursor(t, cells)
	b := make(block, c.rows)
	for y := range b {
		b[y] = renderDots(t, &t.bars[c.tone][c.step(y)], cells[y])
	}
	return b
}

// step is how far up a line of the chart is.
func (c *chart) step(y int) int {
	if c.rows == 1 {
		return gradientSteps - 2
	}
	return ((c.rows-1-y)*(gradientSteps-1) + (c.rows-1)/2) / (c.rows - 1)
}

// renderDots styles the cells of one line, a run of equal ones at a time.
func renderDots(t *theme, bars *barStyles, dots []dot) string {
	var b strings.Builder
	b.Grow(4 * len(dots))
	for from := 0; from < len(dots); {
		s, to := t.stroke(dots[from], bars), from+1
		for to < len(dots) && (dots[to].sameStyle(dots[from]) || t.stroke(dots[to], bars) == s) {
			to++
		}
		b.WriteString(s.open)
		for _, d := range dots[from:to] {
			b.WriteRune(d.glyph)
		}
		b.WriteString(s.close)
		from = to
	}
	return b.String()
}

// sameStyle reports that two cells differ in nothing but their glyph, whatever the theme.
func (d dot) sameStyle(e dot) bool { return d.stroke == e.stroke && d.level == e.level }

// stroke is the style of a cell in a line with such bars.
func (t *theme) stroke(d dot, bars *barStyles) style {
	switch d.stroke {
	case strokeTop:
		return bars[d.level].top
	case strokeBody:
		return bars[d.level].body
	case strokeNotch:
		return bars[d.level].notch
	case strokeUpper, strokeNote:
		return t.dim
	case strokeLimit:
		return t.limits[d.level]
	case strokeMark:
		return t.mark
	case strokeMarkLine:
		return t.faint
	default:
		return t.plain
	}
}

// height is how far up a value reaches, in lines; a known value always leaves a trace.
func (c *chart) height(n float64) float64 {
	const least = 1.0 / 8
	return max(c.axis.share(n)*float64(c.rows), least)
}

func (c *chart) blank() [][]dot {
	cells := make([][]dot, c.rows)
	all := make([]dot, c.rows*c.width)
	for i := range all {
		all[i].glyph = ' '
	}
	for y := range cells {
		cells[y] = all[y*c.width : (y+1)*c.width]
	}
	return cells
}

// topGap is how much of its top line a bar leaves blank at least, so that charts above one another do not touch.
const topGap = 1.0 / 8

// columns draws a bar for each value.
func (c *chart) columns(t *theme) [][]dot {
	cells, top := c.blank(), float64(c.rows)
	if t.glyphs != GlyphsASCII {
		top -= topGap
	}
	for x, v := range c.values[:min(len(c.values), c.width)] {
		n, known := v.Get()
		if !known {
			continue
		}
		h, what := min(c.height(n), top), strokeTop
		for y := range cells {
			fill := h - float64(c.rows-1-y)
			glyph := runes.LowerBlockElementFromFloat64(fill)
			if t.glyphs == GlyphsASCII {
				glyph = asciiFill(fill)
			}
			if glyph != runes.Null && glyph != ' ' {
				cells[y][x] = dot{glyph: glyph, stroke: what}
				what = strokeBody
			}
		}
	}
	return cells
}

// drawSeries draws the further series where they do not hide the bars' ends: the lower one as a notch in the bars,
// the upper one as dots above them.
func (c *chart) drawSeries(t *theme, cells [][]dot) {
	for _, s := range []struct {
		values []probe.Value
		on     stroke
		glyph  rune
		stroke stroke
	}{{c.lower, strokeBody, t.lower(), strokeNotch}, {c.upper, strokeNone, t.upper(), strokeUpper}} {
		for x, v := range s.values[:min(len(s.values), c.width)] {
			n, known := v.Get()
			if !known || n > c.axis.top {
				continue
			}
			if y := max(c.axis.row(n, c.rows), 0); cells[y][x].stroke == s.on {
				cells[y][x] = dot{glyph: s.glyph, stroke: s.stroke}
			}
		}
	}
}

// asciiFill is the character for a cell that is partly filled from below.
func asciiFill(part float64) rune {
	const ramp = "_.-:=+*#"
	if part <= 0 {
		return ' '
	}
	return rune(ramp[min(int(math.Ceil(part*float64(len(ramp))))-1, len(ramp)-1)])
}

// brailleDots are the bits of a braille character, by column and line.
var brailleDots = [2][4]uint8{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}

// braille draws a line through the values of each series, broken where there is a gap.
func (c *chart) braille() [][]dot {
	high := 4 * c.rows
	patterns := make([]uint8, c.width*c.rows)
	set := func(x, y int) { patterns[y/4*c.width+x/2] |= brailleDots[x%2][y%4] }
	for _, values := range [...][]probe.Value{c.lower, c.upper, c.values} {
		last := -1
		for x, v := range values[:min(len(values), 2*c.width)] {
			n, known := v.Get()
			if !known {
				last = -1
				continue
			}
			y := high - 1 - int(math.Round(c.height(n)/float64(c.rows)*float64(high-1)))
			if last < 0 {
				last = y
			}
			for at := min(last, y); at <= max(last, y); at++ { // the nearer half of the way at either end
				if 2*abs(at-y) <= abs(last-y) {
					set(x, at)
				} else {
					set(x-1, at)
				}
			}
			last = y
		}
	}
	cells := c.blank()
	for i, pattern := range patterns {
		if pattern == 0 {
			continue
		}
		y, x := i/c.width, i%c.width
		cells[y][x] = dot{glyph: runes.BrailleBlockOffset + rune(pattern), stroke: strokeTop}
		if y > 0 && cells[y-1][x].stroke != strokeNone {
			cells[y][x].stroke = strokeBody
		}
	}
	return cells
}

func abs(n int) int { return max(n, -n) }

// levelOf is the level of a value at a place.
func (c *chart) levelOf(i int, n float64) thresholds.Level {
	if i == len(c.values)-1 {
		return c.newest
	}
	if i < len(c.judged) {
		n = c.judged[i].Or(n)
	}
	return c.level(n)
}

// setLevels gives each cell the worst level of the values in its column; below the top of a bar at most that of what
// lies as far up, so that only what is over a limit has its colour.
func (c *chart) setLevels(t *theme, cells [][]dot) {
	per := t.samplesPerCell()
	upTo := make([]thresholds.Level, c.rows)
	for y := range upTo {
		upTo[y] = c.level(c.axis.valueAt(float64(c.rows-y) / float64(c.rows)))
	}
	for i, v := range c.values {
		n, known := v.Get()
		x := i / per
		if !known || x >= c.width {
			continue
		}
		level := c.levelOf(i, n)
		for y := range cells {
			d := &cells[y][x]
			if d.stroke == strokeBody || d.stroke == strokeNotch {
				d.level = max(d.level, min(level, upTo[y]))
			} else {
				d.level = max(d.level, level)
			}
		}
	}
}
