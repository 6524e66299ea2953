package tui

import (
	"strconv"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	gridLabelWidth = 13
	gridGap        = 2
	tightColumns   = 8  // with less, charts are closer together
	gridScaleWidth = 14 // the limit and the maximum, to the right of the charts, with the gap before them
	limitWidth     = 6
	maximumWidth   = 6 // of the maximum of a chart that has a scale of its own
)

// gridFrame is the layout of the charts: a column for each member shown.
type gridFrame struct {
	width int
	// members are those shown, which begin at from among all that have charts. selected is the place of the selected
	// one among members, outside of them where it is not shown.
	members, all   []thresholds.Member
	from, selected int
	column         int // width of a chart
	gap            int // between two charts
	// maximum is the width of each chart's maximum, in the gap behind it; 0 where all share one.
	maximum int
	marks   map[int]string
}

// newGridFrame makes the charts as wide as they fit; with too many members it shows those around the selected one.
func (m model) newGridFrame(width int) gridFrame {
	charted, selected := m.charted()
	room := width - gridLabelWidth - gridScaleWidth
	most := max((room+1)/(minChartColumns+1), 1)
	from, to := around(selected, min(len(charted), most), len(charted))
	f := gridFrame{
		width: width, gap: gridGap, members: charted[from:to], all: charted, from: from, selected: selected - from,
	}
	shown := max(to-from, 1)
	if f.column = (room+f.gap)/shown - f.gap; f.column < tightColumns {
		f.gap = 1
		f.column = max((room+f.gap)/shown-f.gap, 1)
	}
	if m.charts.scale == ScaleOwn && f.column >= minChartColumns+maximumWidth {
		f.maximum = maximumWidth
		f.column -= f.maximum
		f.gap += f.maximum
	}
	f.marks = m.markColumns(f.column)
	return f
}

// hiddenNote says how many members have no room for charts. It stands to the right of the last line.
func (f *gridFrame) hiddenNote() string {
	if hidden := len(f.all) - len(f.members); hidden > 0 {
		return "+" + strconv.Itoa(hidden) + " hidden"
	}
	return ""
}

// renderGrid draws the first metrics of all members over the window, one y-scale to a row.
func (m model) renderGrid(l *layout) block {
	f := m.newGridFrame(l.left)
	b := block{m.renderGridHead(f)}
	all, more := metrics(), flows()
	rows := m.newGridRows(f, append(all[:l.metrics:l.metrics], more[:l.flows]...))
	for i := range rows {
		if i < l.metrics {
			b = append(b, m.renderMetric(f, &rows[i], l.chartRows)...)
		} else {
			b = append(b, m.renderFlow(f, &rows[i]))
		}
	}
	if l.links > 0 {
		b = append(b, m.renderLinks(f, l.links)...)
	}
	if !l.axis {
		return append(b, m.renderRoles(f, f.hiddenNote())).pad(l.left, l.grid)
	}
	b = append(b, m.renderRoles(f, ""), m.renderAxis(f))
	return b.pad(l.left, l.grid)
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

// renderGridHead names the members above their charts, and the time that those show. The line of the time axis, where
// there is one, says how much time each column covers.
func (m model) renderGridHead(f gridFrame) string {
	t, l := m.theme, newLine(m.theme, f.width)
	span := thresholds.ShortDuration(m.span())
	title := " last " + span
	if m.worstOf(f.column) > 0 {
		title = " " + span + ", worst"
	}
	l.cell(t.dim, title, gridLabelWidth, false)
	names := m.chartNames(f)
	for i := range f.members {
		a := &f.members[i]
		suffix, s := "", t.plain
		switch {
		case a.Role == thresholds.RoleLeader:
			suffix, s = " leads", t.leader
		case a.State == thresholds.StateDown:
			suffix = " DOWN"
		}
		if a.Key == m.selected {
			s = t.selected
		}
		name := names[i]
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

// chartNames are the members' names above their charts: in a narrow column, what tells one from the others.
func (m model) chartNames(f gridFrame) []string {
	names := make([]string, len(f.all))
	for i := range f.all {
		names[i] = m.shortName(f.all[i].MemberRef)
	}
	return fitNames(m.theme, names, f.column)[f.from : f.from+len(f.members)]
}

// renderMetric draws one row of charts.
func (m model) renderMetric(f gridFrame, row *gridRow, rows int) block {
	t, v := m.theme, row.main.vital
	all := m.gridExtent(f, row)
	base := thresholds.LimitBase(m.shown.members, v)
	limits := m.rules.Limits(v, base)
	axis := t.newAxis(all, limits, v.Unit(), m.charts.scale == ScaleLog)
	near := m.rules.InForce(f.members, v, all.peak, base)
	charts, maxima := make([]block, 0, len(row.charts)), make([]string, 0, len(row.charts))
	worst := thresholds.OK
	for i, of := range row.charts {
		c := chart{values: of.Values, judged: of.Judged, width: f.column, rows: rows, axis: axis, tone: row.tone,
			limits: near, level: limits.LevelOf, newest: f.members[i].Mark(v).Level, marks: f.marks}
		if m.charts.scale == ScaleOwn {
			e := extent{}.with(of.Values)
			c.axis = t.newAxis(e, limits, v.Unit(), false)
			c.limits = m.rules.InForce(f.members[i:i+1], v, e.peak, base)
		}
		charts, worst = append(charts, c.render(t)), max(worst, c.worst())
		maxima = append(maxima, t.number(probe.Known(c.axis.top), v.Unit()))
	}
	labels := axis.labels(t, rows)
	limitRow, limit := m.limitLabel(v, near, axis, rows)
	limitStyle := t.dim
	if len(near) > 0 {
		limitStyle = t.limitText(near[0].Reached(worst))
	}
	b := make(block, rows)
	for y := range b {
		l := newLine(t, f.width)
		title := ""
		if y == 0 {
			title = " " + row.label
		}
		l.cell(t.plain, title, gridLabelWidth, false)
		for i := range charts {
			l.addRaw(charts[i][y], f.column)
			if y == 0 {
				l.cell(t.dim, maxima[i], f.maximum, false)
			} else {
				l.space(f.maximum)
			}
			l.space(f.gap - f.maximum)
		}
		l.space(l.room() - gridScaleWidth + gridGap)
		text, label := "", ""
		if y == limitRow {
			text = limit
		}
		if text != "" && y > 0 && y < rows-1 {
			labels[y] = "" // its place is the limit's
		}
		switch {
		case m.charts.scale != ScaleOwn && (all.peak > 0 || len(near) > 0):
			label = labels[y]
		case m.charts.scale == ScaleOwn && f.maximum == 0 && y == 0 && f.selected >= 0 && f.selected < len(maxima):
			label = maxima[f.selected] // those of all do not fit
		}
		l.cell(limitStyle, text, limitWidth, true)
		l.cell(t.dim, label, l.room(), true)
		b[y] = l.String()
	}
	return b
}

// limitLabel returns a chart's row for the nearest limit, and the limit's text. A limit above the chart is in its top
// row, with an arrow.
func (m model) limitLabel(
	v thresholds.Vital, near thresholds.VitalLimits, axis yAxis, rows int,
) (row int, text string) {
	if len(near) == 0 {
		return 0, ""
	}
	row, text = axis.row(near[0].Value, rows), m.limitText(v, near[0])
	if row < 0 {
		return 0, m.theme.pick("↑", "^") + text
	}
	return row, text
}

// gridExtent is the extent of the values of all members, who share the scale of a row; with a scale of their own, of
// those shown.
func (m model) gridExtent(f gridFrame, row *gridRow) extent {
	var all extent
	for _, c := range row.charts {
		all = all.with(c.Values)
	}
	for i := range f.all {
		if shown := i >= f.from && i < f.from+len(f.members); !shown && m.charts.scale != ScaleOwn {
			all = all.and(m.extentOf(&f.all[i], row.main.vital, f.column*m.theme.samplesPerCell()))
		}
	}
	return all
}

// limitText writes a limit as its rule has it: a share in percent.
func (m model) limitText(v thresholds.Vital, l thresholds.VitalLimit) string {
	return m.limitOfShare(v, l, thresholds.LimitBase(m.shown.members, v))
}

// limitOfShare writes a limit of a vital: a share of the base in percent.
func (m model) limitOfShare(v thresholds.Vital, l thresholds.VitalLimit, base float64) string {
	if rule := m.rules.Limiting(v); rule != nil && rule.Unit == thresholds.Ratio && base > 0 {
		return m.theme.number(probe.Known(l.Value/base), thresholds.Ratio)
	}
	return m.theme.number(probe.Known(l.Value), v.Unit())
}
