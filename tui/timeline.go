package tui

import (
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderRoles draws who led when, and the terms as they began.
func (m model) renderRoles(f gridFrame) string {
	t := &m.theme
	l := newLine(t, f.width)
	l.cell(t.plain, " leader/term", gridLabelWidth, false)
	for i := f.from; i < f.to; i++ {
		a := &m.shown.members[i]
		columns := m.judge.Roles(a.Key, m.shown.assessment.At, m.window, f.column)
		l.addRaw(t.renderRoleColumns(columns), len(columns))
		l.space(f.column - len(columns) + f.gap)
	}
	return l.String()
}

// renderRoleColumns draws an L for every column in which the member led and a dot for every other one that is
// known; each new term is written where it begins.
func (t *theme) renderRoleColumns(columns []thresholds.RoleColumn) string {
	cells := make([]span, len(columns))
	var term uint64
	for x := 0; x < len(columns); x++ {
		c := columns[x]
		switch {
		case c.Role == "" || (c.Role == thresholds.RoleUnknown && c.Term == 0):
			cells[x] = span{text: " "}
			continue
		case c.Role == thresholds.RoleLeader:
			cells[x] = span{t.leader, "L"}
		default:
			cells[x] = span{t.faint, t.dot()}
		}
		if c.Term == term || c.Term == 0 {
			continue
		}
		term = c.Term
		digits := strconv.FormatUint(term, 10)
		if x+len(digits) > len(columns) {
			continue
		}
		for _, d := range digits {
			cells[x] = span{t.plain, string(d)}
			x++
		}
		x--
	}
	return paintRuns(cells)
}

// paintRuns paints cells, those of one style that follow each other in one go.
func paintRuns(cells []span) string {
	var runs []span
	for _, c := range cells {
		runs = join(runs, c)
	}
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(r.style.paint(r.text))
	}
	return b.String()
}

// renderAxis draws the time under each chart, with the marks that were made.
func (m model) renderAxis(f gridFrame) string {
	t := &m.theme
	cells := make([]span, f.column)
	for x := range cells {
		cells[x] = span{t.dim, t.dot()}
	}
	marks := m.markColumns(f.column)
	write := func(from int, word string) {
		for x := range word {
			if marks[from+x] != "" {
				return // a mark is worth more than a word
			}
		}
		for x, r := range word {
			cells[from+x].text = string(r)
		}
	}
	if ago, now := "-"+interval(m.window), "now"; f.column > len(ago)+len(now)+1 {
		write(0, ago)
		write(f.column-len(now), now)
	}
	for x, letter := range marks {
		cells[x] = span{t.mark, letter}
	}
	axis := paintRuns(cells)
	l := newLine(t, f.width)
	l.cell(t.plain, " time, marks", gridLabelWidth, false)
	for range f.to - f.from {
		l.addRaw(axis, f.column)
		l.space(f.gap)
	}
	return l.String()
}

// manyMarks stands where marks share a column.
const manyMarks = "*"

// markColumns are the letters of the marks in the window, by column.
func (m model) markColumns(columns int) map[int]string {
	marks := map[int]string{}
	to := m.shown.assessment.At
	for i, letter := range m.markLetters() {
		ago := to.Sub(m.shown.events[i].At)
		if ago < 0 || ago >= m.window {
			continue
		}
		x := columns - 1 - int(float64(columns)*float64(ago)/float64(m.window))
		if marks[x] != "" {
			letter = manyMarks
		}
		marks[x] = letter
	}
	return marks
}
