package tui

import (
	"slices"
	"strconv"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// metric is a row of the grid.
type metric struct {
	title string
	vital thresholds.Vital
}

// gridRows are the metrics that are charted. Their number is gridMetrics.
func gridRows() [gridMetrics]metric {
	return [...]metric{
		{"WAL p99", thresholds.WALFsyncP99},
		{"commit p99", thresholds.BackendCommitP99},
		{"pending", thresholds.ProposalsPending},
		{"db size", thresholds.DBSize},
	}
}

const (
	gridLabelWidth = 13
	gridGap        = 2
	tightColumns   = 8  // narrower charts stand closer together
	gridScaleWidth = 14 // the limit and the maximum, to the right of the charts, with the gap before them
	limitWidth     = 6
)

// gridFrame is where the charts stand: one column for each member shown.
type gridFrame struct {
	width    int
	from, to int // members
	column   int // width of a chart
	gap      int // between two charts
}

// newGridFrame makes charts as wide as there is room; with too many members for that, those around the selected.
func (m model) newGridFrame(width int) gridFrame {
	members := len(m.shown.members)
	room := width - gridLabelWidth - gridScaleWidth
	most := max((room+1)/(minChartColumns+1), 1)
	f := gridFrame{width: width, gap: gridGap}
	f.from, f.to = around(m.selection(), min(members, most), members)
	shown := max(f.to-f.from, 1)
	if f.column = (room+f.gap)/shown - f.gap; f.column < tightColumns {
		f.gap = 1
		f.column = max((room+f.gap)/shown-f.gap, 1)
	}
	return f
}

// renderGrid draws the metrics of all members over the window, one y-scale to a row.
func (m model) renderGrid(width, height, chartRows int, axis bool) block {
	f := m.newGridFrame(width)
	b := block{m.renderGridHead(f)}
	for _, row := range gridRows() {
		b = append(b, m.renderMetric(f, row, chartRows)...)
	}
	b = append(b, m.renderRoles(f))
	if axis {
		b = append(b, m.renderAxis(f))
	}
	return b.pad(width, height)
}

// renderGridHead names the members above their charts.
func (m model) renderGridHead(f gridFrame) string {
	t, members := &m.theme, m.shown.members
	l := newLine(t, f.width)
	title := " last " + interval(m.window)
	if hidden := len(members) - (f.to - f.from); hidden > 0 {
		title = " " + interval(m.window) + ", +" + strconv.Itoa(hidden) + " hid"
	}
	l.cell(t.dim, title, gridLabelWidth, false)
	for i := f.from; i < f.to; i++ {
		a := &members[i]
		suffix, s := "", t.plain
		switch {
		case a.Role == thresholds.RoleLeader:
			suffix, s = " L", t.leader
		case a.State == thresholds.StateDown:
			suffix = " DOWN"
		}
		if a.Key == m.selected {
			s = t.selected
		}
		if len(suffix) > f.column-minChartColumns {
			suffix = ""
		}
		name := fitName(t, t.clean(a.Label), f.column-len(suffix))
		l.add(s, name)
		l.add(t.dim, suffix)
		l.space(f.column - ansi.StringWidth(name) - len(suffix) + f.gap)
	}
	l.space(l.room() - gridScaleWidth + gridGap)
	l.cell(t.dim, "limit", limitWidth, true)
	l.cell(t.dim, "y-max", l.room(), true)
	return l.String()
}

// renderMetric draws one row of charts.
func (m model) renderMetric(f gridFrame, row metric, chartRows int) block {
	t := &m.theme
	values, peak := m.columns(f, row.vital)
	limits := m.limits(row.vital, m.limitShare(row.vital))
	top := scale(peak, limits)
	c := chart{width: f.column, rows: chartRows, yMax: top,
		level: func(n float64) thresholds.Level { return levelOf(limits, n) }}
	nearest, limited := nearestLimit(limits, peak)
	if limited {
		c.limit = probe.Known(nearest.value)
	}
	charts := make([]block, 0, len(values))
	for _, v := range values {
		c.values = v
		charts = append(charts, c.render(t))
	}
	limitRow := c.limitRow()
	b := make(block, chartRows)
	for y := range b {
		l := newLine(t, f.width)
		title := ""
		if y == 0 {
			title = " " + row.title
		}
		l.cell(t.plain, title, gridLabelWidth, false)
		for i := range charts {
			l.addRaw(charts[i][y], f.column)
			l.space(f.gap)
		}
		limit, maximum := "", ""
		if limited && y == max(limitRow, 0) {
			limit = m.limitText(row.vital, nearest)
			if limitRow < 0 {
				limit = t.pick("↑", "^") + limit
			}
		}
		switch {
		case peak <= 0 && !limited:
		case y == 0:
			maximum = t.number(probe.Known(top), row.vital.Unit())
		case y == chartRows-1 && chartRows > 2:
			maximum = "0"
		}
		l.space(l.room() - gridScaleWidth + gridGap)
		l.cell(t.limitText, limit, limitWidth, true)
		l.cell(t.dim, maximum, l.room(), true)
		b[y] = l.String()
	}
	return b
}

// columns are the values of every member shown, and the peak of all members: the scale of a row is everybody's.
func (m model) columns(f gridFrame, v thresholds.Vital) (shown [][]probe.Value, peak float64) {
	n := f.column * m.theme.samplesPerCell()
	for i := range m.shown.members {
		values := m.memberColumns(m.shown.members[i].Key, v, n)
		for _, value := range values {
			peak = max(peak, value.Or(0))
		}
		if i >= f.from && i < f.to {
			shown = append(shown, values)
		}
	}
	return shown, peak
}

// memberColumns are a member's values. Where a quantile had too few observations, the slowest one is shown.
func (m model) memberColumns(member string, v thresholds.Vital, n int) []probe.Value {
	values := m.judge.Columns(member, v, m.shown.assessment.At, m.window, n)
	worst, _, has := standIn(v)
	if !has || !slices.ContainsFunc(values, func(v probe.Value) bool { return !v.IsKnown() }) {
		return values
	}
	for i, slowest := range m.judge.Columns(member, worst, m.shown.assessment.At, m.window, n) {
		if !values[i].IsKnown() {
			values[i] = slowest
		}
	}
	return values
}

// limitShare is what a vital's limits are shares of: the smallest quota for the size of the database.
func (m model) limitShare(v thresholds.Vital) float64 {
	if v != thresholds.DBSize {
		return 1
	}
	var least probe.Value
	for i := range m.shown.members {
		quota, known := m.shown.members[i].Vitals[thresholds.DBQuota].Get()
		if known && (!least.IsKnown() || quota < least.Or(0)) {
			least = probe.Known(quota)
		}
	}
	return least.Or(0)
}

// limitText writes a limit as its rule has it: in percent where it is a share.
func (m model) limitText(v thresholds.Vital, l levelLimit) string {
	unit, n := m.rules[ruleOf(v)].Unit, l.value
	if share := m.limitShare(v); unit == thresholds.Ratio && share > 0 {
		n /= share
	}
	return m.theme.number(probe.Known(n), unit)
}
