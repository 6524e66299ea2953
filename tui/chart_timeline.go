package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// renderRoles draws who led when, and where each term began, and a note to the right.
func (m model) renderRoles(f gridFrame, note span) string {
	t := m.theme
	l := newLine(t, f.width)
	l.cell(t.plain, " term, leads", gridLabelWidth, false)
	for i := range f.members {
		a := &f.members[i]
		columns := m.rolesOf(a, f.column)
		l.addRaw(t.renderRoleColumns(columns), len(columns))
		l.space(f.column - len(columns) + f.gap)
	}
	l.cell(note.style, note.text, l.room(), true)
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

// axisLine is the line of a time axis: signs stand at their time, and words where those leave room.
type axisLine struct {
	cells        []span
	signs, words []bool // by column
}

func newAxisLine(columns int, blank span) *axisLine {
	a := &axisLine{make([]span, columns), make([]bool, columns), make([]bool, columns)}
	for x := range a.cells {
		a.cells[x] = blank
	}
	return a
}

// sign puts a sign at its column.
func (a *axisLine) sign(x int, s style, sign string) { a.cells[x], a.signs[x] = span{s, sign}, true }

// write writes a word at a place where it touches no sign and no other word, and reports whether it does.
func (a *axisLine) write(s style, word string, x int) bool {
	end := x + len(word)
	if x < 0 || end > len(a.cells) {
		return false
	}
	from, to := max(x-1, 0), min(end+1, len(a.cells))
	if slices.Contains(a.signs[from:to], true) || slices.Contains(a.words[from:to], true) {
		return false
	}
	for i, r := range word {
		a.cells[x+i], a.words[x+i] = span{s, string(r)}, true
	}
	return true
}

// renderAxis draws the time under each chart, with its marks, and how many members have no chart.
func (m model) renderAxis(f gridFrame) string {
	t := m.theme
	line := newAxisLine(f.column, span{t.dim, t.dot()})
	for x, letter := range f.marks {
		line.sign(x, t.mark, letter)
	}
	ago, now := "-"+thresholds.ShortDuration(m.span()), m.nowWord()
	if f.column > len(ago)+len(now) { // else the beginning is enough
		line.write(t.dim, now, f.column-len(now)) // not to the left of a newer mark
	}
	line.write(t.dim, ago, 0)
	axis := paintRuns(line.cells)
	l := newLine(t, f.width)
	label := " time, marks"
	if each := m.worstOf(f.column); each > 0 {
		label = " each " + m.theme.number(probe.Known(each.Seconds()), thresholds.Seconds)
	}
	l.cell(t.plain, label, gridLabelWidth, false)
	for range f.members {
		l.addRaw(axis, f.column)
		l.space(f.gap)
	}
	l.cell(t.bold, f.hiddenNote(), l.room(), true)
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
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute,
	2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour,
}

// renderTimeAxis writes the time of day under a chart, with the letters of the marks and a sign at the column that is
// read.
func (m model) renderTimeAxis(columns, cursor int) string {
	t := m.theme
	line := newAxisLine(columns, span{t.faint, t.rule()})
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
	for x, letter := range m.markColumns(columns) {
		line.sign(x, t.mark, letter)
	}
	if cursor > 0 {
		line.sign(cursor-1, t.accent, "^")
	}
	if cursor-1 < columns-len(end) {
		line.write(t.dim, end, columns-len(end)) // not to the left of a newer mark
	}
	to := m.shown.assessment.At
	for at := to.Truncate(step); width > 0 && at.After(to.Add(-m.span())); at = at.Add(-step) {
		x, in := m.columnOf(at, columns)
		text := m.appearance.zoned(at).Format(layout)
		if in && x+len(text)+1 < columns-len(end)-1 && !line.write(t.dim, "|"+text, x) {
			line.write(t.dim, text+"|", x-len(text))
		}
	}
	return paintRuns(line.cells)
}
