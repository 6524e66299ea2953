package tui

import (
	"strconv"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// axisWidth is the width of a y-axis with its labels; limitsWidth that of the limits to the right of a full chart.
const (
	axisWidth   = 8
	limitsWidth = 11
)

// renderChartHead is the title of the chart in focus: its newest values, the window, the scale and the nearest limit.
func (m model) renderChartHead(a *thresholds.Member, mt *metric, number, width int) string {
	t := m.theme
	spans := []span{{t.accent, "[" + strconv.Itoa(number) + "] "}, {t.bold, mt.title}, {text: "  "}}
	for _, s := range append([]series{mt.lower, mt.main, mt.upper}, mt.also...) {
		if s.name == "" {
			continue
		}
		spans = append(spans, span{t.dim, s.name + " "}, m.vitalCell(a, s.vital), span{text: "  "})
	}
	right := []span{{t.dim, m.spanWords(chartColumns(width)) + "  y " + string(m.charts.scale)}}
	v := mt.main.vital
	for _, l := range m.limitInForce(a, v) {
		s := t.limitText(l.Reached(a.Mark(v).Level))
		right = append(right, span{s, "  " + levelWord(l.Level) + " " + m.memberLimit(a, mt, l)})
	}
	l := newLine(t, width)
	for _, s := range fitSpans(t, spans, width) {
		l.add(s.style, s.text)
	}
	if w := spansWidth(right); w <= l.room() {
		l.space(l.room() - w)
		for _, s := range right {
			l.add(s.style, s.text)
		}
	}
	return l.String()
}

// memberLimit writes a limit of a member's chart: in percent where it is a share of the quota.
func (m model) memberLimit(a *thresholds.Member, mt *metric, l thresholds.VitalLimit) string {
	return m.limitOfShare(mt.main.vital, l, baseOf(a, mt.main.vital))
}

// chartMargins are the widths of the y-axis and of the limits beside a full chart.
func chartMargins(width int) (left, right int) {
	if width < 2*axisWidth {
		return 0, 0
	}
	if width < minFocusWidth {
		return axisWidth, 0
	}
	return axisWidth, limitsWidth
}

// chartColumns is the width of a full chart's values.
func chartColumns(width int) int {
	left, right := chartMargins(width)
	return width - left - right
}

// renderFullChart draws a chart with its axes and limits on rows lines, and one for the time. cursor is the column
// that is read, counted from 1; 0 for none. Its line is drawn only where the user chose the column, as it hides
// values.
func (m model) renderFullChart(a *thresholds.Member, mt *metric, width, rows, cursor int) block {
	t, columns := m.theme, chartColumns(width)
	left, right := chartMargins(width)
	c := m.newChart(a, mt, columns, rows, true)
	if !m.charts.readAt.IsZero() {
		c.cursor = cursor
	}
	labels, drawn := c.axis.labels(t, rows), c.render(t)
	limits, worst := make([]span, rows), c.worst()
	for _, l := range c.limits {
		if y := c.axis.row(l.Value, rows); y >= 0 { // the higher one of two in a line
			limits[y] = span{t.limitText(l.Reached(worst)), " " + levelWord(l.Level) + " " + m.memberLimit(a, mt, l)}
		}
	}
	b := make(block, 0, rows+1)
	for y := range rows {
		l := newLine(t, width)
		if left > 0 {
			l.cell(t.dim, labels[y], left-1, true)
			l.add(t.faint, t.bar())
		}
		l.addRaw(drawn[y], columns)
		l.cell(limits[y].style, limits[y].text, right, false)
		b = append(b, l.String())
	}
	l := newLine(t, width)
	l.space(left)
	l.addRaw(m.renderTimeAxis(columns, cursor), columns)
	return append(b, l.String())
}

// renderSmallCharts draws the charts without the focus.
func (m model) renderSmallCharts(a *thresholds.Member, l *memberLayout, width, focus int) block {
	if l.smallLines == 0 {
		return nil
	}
	const gap = 2
	t, all := m.theme, metrics()
	column := (width - gap*(l.smallColumns-1)) / l.smallColumns
	tall := 1
	if l.smallRows > 1 {
		tall = 1 + l.smallRows
	}
	var charts []block
	for i := range all {
		if number := i + 1; number != focus && len(charts) < l.smallLines*l.smallColumns {
			charts = append(charts, m.renderSmallChart(a, &all[i], number, column, l.smallRows))
		}
	}
	var b block
	for from := 0; from < len(charts); from += l.smallColumns {
		for y := range tall {
			row := newLine(t, width)
			for i, c := range charts[from:min(from+l.smallColumns, len(charts))] {
				if i > 0 {
					row.space(gap)
				}
				row.addRaw(c[y], column)
			}
			b = append(b, row.String())
		}
	}
	return b
}

// renderLineChart appends a chart to a line, behind its label and its newest value.
func (m model) renderLineChart(a *thresholds.Member, mt *metric, l *line) string {
	const labelAndValue = 25
	value := m.vitalCell(a, mt.main.vital)
	l.cell(m.theme.plain, mt.label, labelAndValue-8-l.used, false)
	l.cell(value.style, value.text, 7, true)
	l.space(1)
	if room := l.room(); room >= minChartColumns {
		c := m.newChart(a, mt, room, 1, false)
		l.addRaw(c.render(m.theme)[0], room)
	}
	return l.String()
}

// renderSmallChart draws a chart on a line, or with its head above it.
func (m model) renderSmallChart(a *thresholds.Member, mt *metric, number, width, rows int) block {
	t := m.theme
	head := newLine(t, width)
	head.add(t.accent, "["+strconv.Itoa(number)+"] ")
	if rows == 1 {
		return block{m.renderLineChart(a, mt, head)}
	}
	value := m.vitalCell(a, mt.main.vital)
	head.add(t.plain, mt.label+" ")
	head.add(value.style, value.text)
	const labelWidth = 6
	c := m.newChart(a, mt, max(width-labelWidth, 1), rows, false)
	if len(c.limits) > 0 {
		text := m.memberLimit(a, mt, c.limits[0])
		if c.axis.row(c.limits[0].Value, rows) < 0 {
			text = t.pick("↑", "^") + text
		}
		if room := head.room() - 1; ansi.StringWidth(text) <= room {
			head.cell(t.limitText(c.limits[0].Reached(c.worst())), text, head.room(), true)
		}
	}
	b := block{head.String()}
	labels := c.axis.labels(t, rows)
	for y, drawn := range c.render(t) {
		l := newLine(t, width)
		l.cell(t.dim, labels[y], labelWidth-1, true)
		l.add(t.faint, t.bar())
		l.addRaw(drawn, c.width)
		b = append(b, l.String())
	}
	return b
}
