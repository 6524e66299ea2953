package tui

import (
	"slices"
	"strconv"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// flowValueWidth is the width of the newest value beside a chart of one line.
const flowValueWidth = 6

// renderFlow draws a row of charts of one line, each behind its newest value.
func (m model) renderFlow(f gridFrame, row *gridRow) string {
	t, l, mt := m.theme, newLine(m.theme, f.width), &row.metric
	l.cell(t.plain, " "+mt.label, gridLabelWidth, false)
	columns, valued := f.column, f.column >= flowValueWidth+1+minChartColumns
	if valued {
		columns -= flowValueWidth + 1
	}
	values := make([][]probe.Value, len(f.members))
	var all extent
	left := (f.column - columns) * t.samplesPerCell() // so that a column is of the same time as in the charts above
	for i := range f.members {
		values[i] = row.charts[i].Values[left:]
		all = all.with(values[i])
	}
	axis := m.flowAxis(all, mt)
	for i := range f.members {
		if valued {
			value := m.vitalCell(&f.members[i], mt.main.vital)
			l.cell(value.style, value.text, flowValueWidth, true)
			l.space(1)
		}
		own := axis
		if m.charts.scale == ScaleOwn {
			own = m.flowAxis(extent{}.with(values[i]), mt)
		}
		c := chart{width: columns, rows: 1, tone: mt.tone, values: values[i], level: noLevel, axis: own}
		l.addRaw(c.render(t)[0], columns)
		l.space(f.gap)
	}
	l.space(l.room() - gridScaleWidth + gridGap + limitWidth)
	if m.charts.scale != ScaleOwn && all.peak > 0 {
		l.cell(t.dim, t.number(probe.Known(axis.top), mt.main.vital.Unit()), l.room(), true)
	}
	return l.String()
}

// flowAxis is the axis of a chart of one line, whose few heights are for differences: it has little head-room.
func (m model) flowAxis(e extent, mt *metric) yAxis {
	const headRoom = 0.8
	e.peak *= headRoom
	return m.theme.newAxis(e, nil, mt.main.vital.Unit(), m.charts.scale == ScaleLog)
}

// noLevel is the level of values that have no limits.
func noLevel(float64) thresholds.Level { return thresholds.OK }

// linkLegend says what a cell of the round trips is; a line each, where there are as many.
var linkLegend = [...]string{"RTT p50–p99", "× conns"}

// linkNameWidth is the widest name before a row of round trips, behind an arrow.
const linkNameWidth = gridLabelWidth - 2

// renderLinks are the round trips between the members on the screen: from the one above each column to the one that
// its line names.
func (m model) renderLinks(f gridFrame, lines int) block {
	t := m.theme
	b := make(block, 0, lines)
	rows := f.members[:min(lines, len(f.members))]
	arrow := " RTT" + t.pick("→", ">")
	if slices.ContainsFunc(rows, func(to thresholds.Member) bool {
		return ansi.StringWidth(arrow+m.shortName(to.MemberRef)) >= gridLabelWidth
	}) {
		arrow = t.pick("→", ">") // the legend has the word
	}
	for row := range rows {
		to := &rows[row]
		l := newLine(t, f.width)
		l.add(t.plain, arrow)
		l.cell(t.plain, fitName(t, m.shortName(to.MemberRef), linkNameWidth), gridLabelWidth-l.used, false)
		for i := range f.members {
			cell := m.linkCell(&f.members[i], to, f.column)
			l.cell(cell.style, cell.text, f.column, false)
			l.space(f.gap)
		}
		l.space(l.room() - gridScaleWidth + gridGap)
		if row < len(linkLegend) {
			l.cell(t.dim, t.printable(linkLegend[row]), l.room(), true)
		}
		b = append(b, l.String())
	}
	return b.pad(f.width, lines)
}

// linkCell is the round trip from one member to another by the first one's metrics, as far as a width has room for it.
func (m model) linkCell(from, to *thresholds.Member, width int) span {
	if from.Key == to.Key {
		return span{m.theme.faint, m.theme.dot()}
	}
	for i := range from.Peers {
		if p := &from.Peers[i]; p.Key == to.Key {
			return m.peerSpan(from, p, width)
		}
	}
	return span{m.theme.dim, "-"}
}

// peerSpan is a member's round trip to a peer, its median and its p99, and how many connections there are between the
// two, as far as a width has room for it.
func (m model) peerSpan(a *thresholds.Member, p *thresholds.Peer, width int) span {
	t := m.theme
	long, brief, s := "?", "?", t.dim
	p99, known := p.RoundTripP99.Get()
	if known {
		brief = t.number(p.RoundTripP99, thresholds.Seconds)
		long, s = t.notation().SecondsRange(p.RoundTripP50.Or(p99), p99), t.plain
		if high, only := p.RoundTripHigh.Get(); only {
			brief = t.atMost() + t.number(p.RoundTripHigh, thresholds.Seconds)
			long = t.notation().SecondsRange(p.RoundTripLow.Or(0), high)
		}
		if sign := p.Mark.Level.Sign(); sign != thresholds.SignNone && !a.MetricsStale {
			s, brief, long = t.level(p.Mark.Level), string(sign)+brief, string(sign)+long
		}
	}
	conns := ""
	if n, known := p.Active.Get(); known {
		conns = " " + t.pick("×", "x") + strconv.Itoa(int(n))
		if p.Disconnected() {
			long, brief, conns, s = "NOT CONNECTED", "CUT", "", t.bold
		}
	}
	if a.MetricsStale || p.RoundTripIsPast {
		s = t.dim
		if known || p.Disconnected() {
			brief, long = string(thresholds.SignLast)+brief, string(thresholds.SignLast)+long
		}
	}
	for _, text := range [...]string{long + conns, brief + conns, brief} {
		if ansi.StringWidth(text) <= width {
			return span{s, text}
		}
	}
	return span{s, fit(t, brief, width)}
}
