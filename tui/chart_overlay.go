package tui

import "github.com/etcdoc/etcdoc/thresholds"

// drawMarks draws each mark's line through the blank cells of its column, its letter on top. In a chart of one line
// the value is styled as a mark, unless it is over a limit.
func (c *chart) drawMarks(t *theme, cells [][]dot) {
	for x, letter := range c.marks {
		if x < 0 || x >= c.width {
			continue
		}
		if one := &cells[0][x]; c.rows == 1 {
			if one.stroke == strokeTop && one.level == thresholds.OK {
				one.stroke = strokeMark
			}
			continue
		}
		d := dot{glyph: []rune(letter)[0], stroke: strokeMark}
		for y := range cells {
			if cells[y][x].stroke == strokeNone {
				cells[y][x] = d
			}
			d = dot{glyph: t.markLine(), stroke: strokeMarkLine}
		}
	}
}

// drawLimits draws the limits behind the values; not into gaps, and not into a chart of one line.
func (c *chart) drawLimits(t *theme, cells [][]dot) {
	if c.rows < 2 {
		return
	}
	dash, per := []rune(t.dash())[0], t.samplesPerCell()
	worst := c.worst()
	for _, l := range c.limits {
		y := c.axis.row(l.Value, c.rows)
		if y < 0 {
			continue
		}
		for x := range cells[y] {
			if cells[y][x].stroke == strokeNone && c.knownAt(x, per) {
				cells[y][x] = dot{glyph: dash, stroke: strokeLimit, level: l.Reached(worst)}
			}
		}
	}
}

// worst is the worst level of the values.
func (c *chart) worst() thresholds.Level {
	worst := thresholds.OK
	for i, v := range c.values {
		if n, known := v.Get(); known {
			worst = max(worst, c.levelOf(i, n))
		}
	}
	return worst
}

// drawCursor draws a line through the column that is read, above its bar and in it.
func (c *chart) drawCursor(t *theme, cells [][]dot) {
	x := c.cursor - 1
	if x < 0 || x >= c.width {
		return
	}
	bar := []rune(t.bar())[0]
	for y := range cells {
		switch d := &cells[y][x]; d.stroke {
		case strokeNone, strokeLimit:
			d.glyph, d.stroke = bar, strokeUpper
		case strokeBody:
			d.glyph, d.stroke = bar, strokeNotch
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
