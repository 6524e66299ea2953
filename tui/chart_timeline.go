package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderRoles draws who led when, and where each term began.
func (m model) renderRoles(f gridFrame) string {
	t := m.theme
	l := newLine(t, f.width)
	l.cell(t.plain, " term, leads", gridLabelWidth, false)
	for i := range f.members {
		a := &f.members[i]
		columns := m.rolesOf(a, f.column)
		l.addRaw(t.renderRoleColumns(columns), len(columns))
		l.space(f.column - len(columns) + f.gap)
	}
	return l.String()
}

// rolesOf are the member's role and term in n columns: the last one is the newest.
func (m model) rolesOf(a *thresholds.Member, n int) []thresholds.RoleColumn {
	columns := m.judge.Roles(a.Key, m.shown.assessment.At, m.span(), pastColumns(n))
	last := thresholds.RoleColumn{Role: a.Role}
	if a.Stale {
		last.Role = thresholds.RoleUnknown
	} else {
		last.Term = uint64(a.Vitals[thresholds.RaftTerm].Or(0))
	}
	return append(columns, last)[:n]
}

// renderRoleColumns draws a line where the member led and dots where it did not; each new term is named where it
// begins: t43.
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
			cells[x] = span{t.leader, t.pick("━", "=")}
		default:
			cells[x] = span{t.faint, t.dot()}
		}
		if c.Term == term || c.Term == 0 {
			continue
		}
		first := term == 0
		term = c.Term
		name := "t" + strconv.FormatUint(term, 10)
		if x+len(name) > len(columns) || first && len(columns) < tightColumns {
			continue
		}
		for _, r := range name {
			cells[x] = span{t.plain, string(r)}
			x++
		}
		x--
	}
	return paintRuns(cells)
}

// paintRuns paints neighbouring cells of one style together.
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

// renderAxis draws the time under each chart, with its marks.
func (m model) renderAxis(f gridFrame) string {
	t := m.theme
	cells := make([]span, f.column)
	for x := range cells {
		cells[x] = span{t.dim, t.dot()}
	}
	marks := f.marks
	write := func(from int, word string) {
		for x := range word {
			if marks[from+x] != "" {
				return // a mark matters more than a word
			}
		}
		for x, r := range word {
			cells[from+x].text = string(r)
		}
	}
	if ago, now := "-"+thresholds.ShortDuration(m.span()), m.nowWord(); f.column > len(ago)+len(now)+1 {
		write(0, ago)
		write(f.column-len(now), now)
	}
	for x, letter := range marks {
		cells[x] = span{t.mark, letter}
	}
	axis := paintRuns(cells)
	l := newLine(t, f.width)
	label := " time, marks"
	if each := m.worstOf(f.column); each > 0 {
		label = " worst / " + m.theme.coarse(each)
	}
	l.cell(t.plain, label, gridLabelWidth, false)
	for range f.members {
		l.addRaw(axis, f.column)
		l.space(f.gap)
	}
	return l.String()
}

// manyMarks is the sign for several marks in a column, and for a mark whose letters do not fit.
const manyMarks = "*"

// markColumns are the letters of the marks in the window, by column.
func (m model) markColumns(columns int) map[int]string {
	var marks map[int]string
	for i, letter := range m.markLetters() {
		x, in := m.columnOf(m.shown.events[i].At, columns)
		if !in {
			continue
		}
		if marks == nil {
			marks = map[int]string{}
		}
		if marks[x] != "" || len(letter) > 1 {
			letter = manyMarks
		}
		marks[x] = letter
	}
	return marks
}

// tickSteps are the possible distances between the times on a time axis.
var tickSteps = [...]time.Duration{
	5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute,
	2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour,
}

// renderTimeAxis writes the time of day under a chart, with the letters of the marks and a sign at the column that is
// read.
func (m model) renderTimeAxis(columns, cursor int) string {
	t := m.theme
	cells := make([]span, columns)
	for x := range cells {
		cells[x] = span{t.faint, t.rule()}
	}
	end := "now"
	if m.paused {
		end = m.clock(m.shown.assessment.At)
	}
	_, width := m.timeOf(0, columns)
	const apart = 12
	step := tickSteps[len(tickSteps)-1]
	for _, s := range slices.Backward(tickSteps[:]) {
		if width > 0 && s >= apart*width {
			step = s
		}
	}
	layout := "15:04"
	if step < time.Minute {
		layout = "15:04:05"
	}
	place := func(x int, text string, s style) {
		if x < 0 || x+len(text) > columns {
			return
		}
		for i, r := range text {
			cells[x+i] = span{s, string(r)}
		}
	}
	to := m.shown.assessment.At
	for at := to.Truncate(step); width > 0 && at.After(to.Add(-m.span())); at = at.Add(-step) {
		x, in := m.columnOf(at, columns)
		if text := "|" + m.appearance.zoned(at).Format(layout); in && x+len(text) < columns-len(end)-1 {
			place(x, text, t.dim)
		}
	}
	if cursor-1 < columns-len(end) {
		place(columns-len(end), end, t.dim)
	}
	for x, letter := range m.markColumns(columns) {
		place(x, letter, t.mark)
	}
	if cursor > 0 {
		place(cursor-1, "^", t.accent)
	}
	return paintRuns(cells)
}
