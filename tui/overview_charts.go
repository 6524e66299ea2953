package tui

import (
	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// renderMetric draws one row of charts, and reports whether the limit is above them.
func (m model) renderMetric(f gridFrame, row *gridRow, rows int) (b block, offChart bool) {
	t, v := m.theme, row.main.vital
	all := m.gridExtent(f, row)
	base := thresholds.LimitBase(m.shown.members, v)
	limits := m.rules.Limits(v, base)
	axis := t.newAxis(all, limits, v.Unit(), m.charts.scale == ScaleLog)
	near := m.rules.InForce(f.members, v, all.peak, base)
	charts, maxima := make([]block, 0, len(row.charts)), make([]string, 0, len(row.charts))
	worst := thresholds.OK
	for i, of := range row.charts {
		a, e, own := &f.members[i], extent{}.with(of.Values), baseOf(&f.members[i], v)
		ownLimits := m.rules.Limits(v, own)
		c := chart{values: of.Values, judged: of.Judged, width: f.column, rows: rows, axis: axis, tone: row.tone,
			limits: near, level: ownLimits.LevelOf, newest: a.Mark(v).Level, marks: f.marks,
			notes: m.chartNotes(a, v, of.Values, f.said[i])}
		f.said[i] = f.said[i] || len(c.notes) > 0
		if m.charts.scale == ScaleOwn {
			c.axis = t.newAxis(e, ownLimits, v.Unit(), false)
		}
		if m.charts.scale == ScaleOwn || own != base { // such as a quota of its own
			c.limits = m.rules.InForce(f.members[i:i+1], v, e.peak, own)
		}
		charts, worst = append(charts, c.render(t)), max(worst, c.worst())
		maxima = append(maxima, t.number(probe.Known(c.axis.top), v.Unit()))
	}
	offChart = len(near) > 0 && axis.row(near[0].Value, rows) < 0
	return m.joinCharts(f, row, charts, maxima, gridScale{rows, axis, near, worst, all.peak}), offChart
}

// gridScale is what all charts of a row are drawn by, and the worst level and the largest value in them.
type gridScale struct {
	rows   int
	axis   yAxis
	limits thresholds.VitalLimits
	worst  thresholds.Level
	peak   float64
}

// joinCharts puts the charts of a row side by side, the limit and the scale to the right of them.
func (m model) joinCharts(f gridFrame, row *gridRow, charts []block, maxima []string, by gridScale) block {
	t, rows := m.theme, by.rows
	labels := by.axis.labels(t, rows)
	limitRow, limit := m.limitLabel(row.main.vital, by.limits, by.axis, rows)
	limitStyle := t.dim
	if len(by.limits) > 0 {
		limitStyle = t.limitText(by.limits[0].Reached(by.worst))
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
		case m.charts.scale != ScaleOwn && (by.peak > 0 || len(by.limits) > 0):
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

// limitLabel returns a chart's row for the nearest limit, and the level that begins there with its text. A limit above
// the chart is in its top row, with an arrow.
func (m model) limitLabel(
	v thresholds.Vital, near thresholds.VitalLimits, axis yAxis, rows int,
) (row int, text string) {
	if len(near) == 0 {
		return 0, ""
	}
	row, text = axis.row(near[0].Value, rows), levelWord(near[0].Level)+" "+m.limitText(v, near[0])
	if row < 0 {
		return 0, m.theme.offChart() + text
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
