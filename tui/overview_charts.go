package tui

import (
	"cmp"
	"slices"
	"strings"

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
	near := m.limitsInForce(f.all, v, all.peak, base)
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
			c.limits = m.limitsInForce(f.members[i:i+1], v, e.peak, own)
		}
		charts, worst = append(charts, c.render(t)), max(worst, c.worst())
		maxima = append(maxima, t.number(probe.Known(c.axis.top), v.Unit()))
	}
	offChart = slices.ContainsFunc(near, func(l thresholds.VitalLimit) bool { return axis.row(l.Value, rows) < 0 })
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
	limits := m.limitLabels(row.main.vital, by, labels)
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
		label := ""
		if limits[y].text != "" && y > 0 && y < rows-1 {
			labels[y] = "" // its place is the limit's
		}
		switch {
		case m.charts.scale != ScaleOwn && (by.peak > 0 || len(by.limits) > 0):
			label = labels[y]
		case m.charts.scale == ScaleOwn && f.maximum == 0 && y == 0 && f.selected >= 0 && f.selected < len(maxima):
			label = maxima[f.selected] // those of all do not fit
		}
		l.cell(limits[y].style, limits[y].text, max(limitWidth, textWidth(limits[y].text)), true)
		l.cell(t.dim, label, l.room(), true)
		b[y] = l.String()
	}
	return b
}

// limitsInForce are the limits that the members' marks go by, the lowest first. Without any mark it is the one nearest
// to the peak of their values.
func (m model) limitsInForce(
	members []thresholds.Member, v thresholds.Vital, peak, base float64,
) (found thresholds.VitalLimits) {
	for i := range members {
		mark := members[i].Mark(v)
		if max(mark.Level, mark.LastLevel) == thresholds.OK || !mark.Limit.IsKnown() {
			continue
		}
		for _, l := range m.rules.InForce(members[i:i+1], v, peak, base) {
			same := func(other thresholds.VitalLimit) bool {
				return other.Level == l.Level && m.limitOfShare(v, other, base) == m.limitOfShare(v, l, base)
			}
			if !slices.ContainsFunc(found, same) {
				found = append(found, l)
			}
		}
	}
	if len(found) == 0 {
		return m.rules.InForce(members, v, peak, base)
	}
	slices.SortFunc(found, func(a, b thresholds.VitalLimit) int { return cmp.Compare(a.Value, b.Value) })
	return found
}

// limitLabels are the limits beside a row of charts, by line, left of what the axis has there. One above the charts is
// in the top line, with an arrow.
func (m model) limitLabels(v thresholds.Vital, by gridScale, axis []string) []span {
	labels, inLine := make([]span, by.rows), make([]thresholds.VitalLimits, by.rows)
	for _, l := range by.limits {
		y := max(by.axis.row(l.Value, by.rows), 0)
		inLine[y] = append(inLine[y], l)
	}
	for y, limits := range inLine {
		if n := len(limits); n > 0 {
			room := limitWidth + max(maximumWidth-1-textWidth(axis[y]), 0)
			labels[y] = span{m.theme.limitText(limits[n-1].Reached(by.worst)), m.limitsText(v, limits, by, room)}
		}
	}
	return labels
}

// limitsText writes the limits in one line: one behind the level that begins there; several behind the signs of the
// values over them, a unit once where those that follow one another share it. Where even that has no room, the lowest
// are left out.
func (m model) limitsText(v thresholds.Vital, limits thresholds.VitalLimits, by gridScale, room int) string {
	arrow := func(l thresholds.VitalLimit) string {
		if by.axis.row(l.Value, by.rows) < 0 {
			return m.theme.offChart()
		}
		return ""
	}
	for ; len(limits) > 1; limits = limits[1:] {
		whole, brief := make([]string, len(limits)), make([]string, len(limits))
		unit := ""
		for i := len(limits) - 1; i >= 0; i-- {
			text, sign := m.limitText(v, limits[i]), arrow(limits[i])+string(limits[i].Level.Sign())
			number := strings.TrimRight(text, "µmsKMGTP%/")
			whole[i], brief[i] = sign+text, sign+text
			if text[len(number):] == unit {
				brief[i] = sign + number
			}
			unit = text[len(number):]
		}
		for _, form := range [...]string{
			strings.Join(whole, " "), strings.Join(brief, " "), strings.Join(brief, ""),
		} {
			if textWidth(form) <= room {
				return form
			}
		}
		if all := strings.TrimSuffix(strings.Join(brief, ""), unit); textWidth(all) <= room && !strings.ContainsAny(all,
			"µmsKMGTP%/") { // the axis has the unit
			return all
		}
	}
	return arrow(limits[0]) + levelWord(limits[0].Level) + " " + m.limitText(v, limits[0])
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
