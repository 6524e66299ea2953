package tui

import (
	"strconv"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	gridLabelWidth = 13
	gridGap        = 2
	tightColumns   = 8  // with less, charts are closer together
	gridScaleWidth = 19 // the limit and the maximum, to the right of the charts, with the gap before them
	limitWidth     = 11 // of a limit behind its level, and behind the sign that it is above the chart
	maximumWidth   = 6  // of the maximum of a chart that has a scale of its own
)

// gridFrame is the layout of the charts: a column for each member shown.
type gridFrame struct {
	width int
	// members are those shown, which begin at from among all that have charts. selected is the place of the selected
	// one among members, outside of them where it is not shown.
	members, all   []thresholds.Member
	from, selected int
	gridColumns
	marks map[int]string
	// said are those of whom a chart further up says why it is blank.
	said []bool
}

// gridColumns are the columns of charts: how many there are, each as wide as the others.
type gridColumns struct {
	shown  int
	column int // width of a chart
	gap    int // between two charts
	// maximum is the width of each chart's maximum, in the gap behind it; 0 where all share one.
	maximum int
}

// newGridFrame makes the charts as wide as they fit; with too many members it shows those around the selected one.
func (m model) newGridFrame(width, least int) gridFrame {
	charted, selected := m.charted()
	columns := newGridColumns(width, len(charted), m.charts.scale, least)
	from, to := around(selected, columns.shown, len(charted))
	f := gridFrame{
		width: width, gridColumns: columns, members: charted[from:to], all: charted, from: from,
		selected: selected - from,
	}
	f.marks, f.said = m.markColumns(f.column), make([]bool, len(f.members))
	return f
}

// newGridColumns shares out a width among the charts of some members, each at least so wide.
func newGridColumns(width, members int, by Scale, least int) gridColumns {
	room := width - gridLabelWidth - gridScaleWidth
	most := max((room+1)/(least+1), 1)
	if members > most { // which need not be that narrow then
		most = max((room+1)/(tightColumns+1), 1)
	}
	c := gridColumns{shown: min(members, most), gap: gridGap}
	shown := max(c.shown, 1)
	if c.column = (room+c.gap)/shown - c.gap; c.column < tightColumns {
		c.gap = 1
		c.column = max((room+c.gap)/shown-c.gap, 1)
	}
	if by == ScaleOwn && c.column >= minChartColumns+maximumWidth {
		c.maximum = maximumWidth
		c.column -= c.maximum
		c.gap += c.maximum
	}
	return c
}

// hiddenNote says how many members have no room for charts. It stands to the right of the last line.
func (f *gridFrame) hiddenNote() string {
	if hidden := len(f.all) - len(f.members); hidden > 0 {
		return "+" + strconv.Itoa(hidden) + " hidden"
	}
	return ""
}

// renderGrid draws the first metrics of all members over the window, one y-scale to a row. It reports whether a limit
// is above its chart.
func (m model) renderGrid(l *layout) (b block, offChart bool) {
	f := m.newGridFrame(l.left, max(l.leastColumn, minChartColumns))
	b = append(b, m.renderGridHead(f, m.gridIsTitled(l)))
	all, more := metrics(), flows()
	rows := m.newGridRows(f, append(all[:l.metrics:l.metrics], more[:l.flows]...))
	for i := range rows {
		if i < l.metrics {
			charts, off := m.renderMetric(f, &rows[i], l.chartRows)
			b, offChart = append(b, charts...), offChart || off
		} else {
			b = append(b, m.renderFlow(f, &rows[i]))
		}
	}
	if l.links > 0 {
		b = append(b, m.renderLinks(f, l.links)...)
	}
	if !l.axis {
		return append(b, m.renderRoles(f, span{m.theme.bold, f.hiddenNote()})).pad(l.left, l.grid), offChart
	}
	var note span
	if offChart && !l.tableRule { // which explains the sign
		note = span{m.theme.dim, m.theme.offChart() + " above chart"}
	}
	b = append(b, m.renderRoles(f, note), m.renderAxis(f))
	return b.pad(l.left, l.grid), offChart
}

// gridRow is a row of charts: those of the members shown.
type gridRow struct {
	metric
	charts []thresholds.Chart
}

// newGridRows takes the charts of all rows, a member at a time: one pass of its history gives all of them.
func (m model) newGridRows(f gridFrame, all []metric) []gridRow {
	rows, vitals := make([]gridRow, len(all)), make([]thresholds.Vital, len(all))
	for i := range all {
		rows[i] = gridRow{all[i], make([]thresholds.Chart, len(f.members))}
		vitals[i] = all[i].main.vital
	}
	for member := range f.members {
		for i, c := range m.chartsOf(&f.members[member], vitals, f.column*m.theme.samplesPerCell()) {
			rows[i].charts[member] = c
		}
	}
	return rows
}

// renderGridHead names the members above their charts, and the time that those show unless a title does. The line of
// the time axis, where there is one, says how much time each column covers.
func (m model) renderGridHead(f gridFrame, titled bool) string {
	t, l := m.theme, newLine(m.theme, f.width)
	span := thresholds.ShortDuration(m.span())
	title := " last " + span
	switch {
	case titled:
		title = ""
	case m.worstOf(f.column) > 0:
		if title = " " + span + ", worst"; textWidth(title) >= gridLabelWidth {
			title = " " + span + " worst"
		}
	}
	l.cell(t.dim, title, gridLabelWidth, false)
	for i := range f.members {
		a := &f.members[i]
		suffix, s := "", t.plain
		switch {
		case a.Role == thresholds.RoleLeader:
			suffix, s = " leads", t.leader
		case a.Condition.IsAbsent():
			suffix = " " + string(a.Condition.Word)
		}
		if a.Key == m.selected {
			s = t.selected
		}
		name := fitName(t, m.shortName(a.MemberRef), f.column)
		if ansi.StringWidth(name)+len(suffix) > f.column {
			suffix = ""
		}
		l.add(s, name)
		l.add(t.dim, suffix)
		l.space(f.column - ansi.StringWidth(name) - len(suffix) + f.gap)
	}
	l.space(l.room() - gridScaleWidth + gridGap)
	l.cell(t.dim, "limit", limitWidth, true)
	word := "y-max"
	if m.charts.scale != ScaleShared {
		word = "y " + string(m.charts.scale)
	}
	l.cell(t.dim, word, l.room(), true)
	return l.String()
}

// renderHistory is the charts of all members as high as there is room: the first metrics, then operations and traffic,
// then round trips, above who led and the time. They are wide enough for names of the usual length. Below the least
// height it is empty.
func (m model) renderHistory(width, height int) block {
	const around = 3 // the head, the leaders, the axis
	l, members := layout{left: width, metrics: gridMetrics, axis: true, leastColumn: tightColumns}, len(m.shown.members)
	b := &budget{left: height - around}
	for rows := 1; rows <= maxChartRows && b.grant(l.metrics); rows++ {
		l.chartRows = rows
		if rows == roomyRows {
			b.allOf(&l.flows, flowCount)
			if members > 1 && members <= mostLinks {
				b.allOf(&l.links, members)
			}
		}
	}
	if l.chartRows == 0 || !m.anyAnswer() {
		return nil
	}
	l.grid = around + l.metrics*l.chartRows + l.flows + l.links
	grid, _ := m.renderGrid(&l)
	return grid
}
