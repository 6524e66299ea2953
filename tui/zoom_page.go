package tui

import (
	"strconv"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderZoomPage is the chart in focus on the whole window, with the values at the column that is read.
func (m model) renderZoomPage(width, height int) block {
	a := m.selectedMember()
	if a == nil {
		return m.renderNoMember(width, height)
	}
	t, b, number := m.theme, block{m.renderHeader(width)}, m.focused(a)
	mt := metricOf(number)
	x := m.readColumn(chartColumns(width))
	readout := m.renderReadout(a, mt, width, x)
	legend := m.renderLegend(mt, width)
	left := &budget{left: height - 1}
	var footer, head, hasLegend, rule bool
	var rows, lines int
	left.upTo(&lines, 1)
	left.one(&footer)
	left.one(&head)
	if left.grant(spacedRows + 1) {
		rows = spacedRows
	}
	if height >= lowHeight {
		left.upTo(&lines, 3)
	}
	left.upTo(&lines, 2)
	left.one(&hasLegend)
	left.one(&rule)
	if rows > 0 {
		rows += left.left
	}
	if head {
		b = append(b, m.renderChartHead(a, mt, number, width))
	}
	if rows > 0 {
		b = append(b, m.renderFullChart(a, mt, width, rows, x+1)...)
	}
	if hasLegend {
		b = append(b, legend)
	}
	if rule {
		b = append(b, m.renderRule(width))
	}
	b = append(b, readout.cut(t, width, lines)...)
	if footer {
		b = append(b.pad(width, height-1), m.renderFooter(width))
	}
	return b
}

// readColumn is the column of a zoomed chart that is read: the newest one unless one was chosen.
func (m model) readColumn(columns int) int {
	if m.charts.readAt.IsZero() {
		return columns - 1
	}
	x, in := m.columnOf(m.charts.readAt, columns)
	switch {
	case in:
		return x
	case m.charts.readAt.Before(m.shown.assessment.At):
		return 0
	}
	return columns - 1
}

// renderReadout writes the time of a column, and the largest value of each series in it.
func (m model) renderReadout(a *thresholds.Member, mt *metric, width, x int) block {
	t, columns, per := m.theme, chartColumns(width), m.theme.samplesPerCell()
	at, length := m.timeOf(x, columns)
	read := []span{{t.accent, m.clock(at)}, {t.dim, " to +" + t.duration(max(length, time.Second))}}
	if length == 0 {
		read[1].text = " " + m.nowWord()
	}
	items := [][]span{read}
	limits := m.rules.Limits(mt.main.vital, baseOf(a, mt.main.vital))
	series := mt.all()
	charts := m.chartsOf(a, vitalsOf(series), columns*per)
	for i, s := range series {
		values := charts[i].Values
		value := values[len(values)-1] // that of the last column, which has the newest one alone
		_, atMost := a.Shown(s.vital)
		if length > 0 {
			value = values[x*per].Max(values[(x+1)*per-1])
			atMost = charts[i].AtMost(value, x*per, (x+1)*per)
		}
		text := span{t.dim, "no sample"}
		if n, known := value.Get(); known {
			text = span{t.plain, t.worstText(thresholds.ShownValue{Value: value, AtMost: atMost}, s.vital.Unit())}
			level := a.Mark(s.vital).Level
			if length > 0 && s == mt.main {
				judged := charts[i].Judged
				level = limits.LevelOf(judged[x*per].Max(judged[(x+1)*per-1]).Or(n))
			}
			if s == mt.main && level > thresholds.OK {
				text = span{t.level(level), text.text + " " + levelWord(level)}
			}
		}
		items = append(items, []span{{t.dim, s.name + " "}, text})
	}
	for i, letter := range m.markLetters() {
		if mark, in := m.columnOf(m.shown.events[i].At, columns); in && mark == x {
			items = append(items, []span{{t.mark, letter}, {t.plain, " " + t.clean(m.shown.events[i].Text)}})
		}
	}
	b := t.flow(width, "^ read", items)
	if mt.main.vital == thresholds.PeerRTTP99 && m.charts.readAt.IsZero() { // a peer's history is not kept
		items = nil
		for _, f := range m.peerFacts(a) {
			items = append(items, []span{{t.dim, f.name + " "}, f.value})
		}
		b = append(b, t.flow(width, "peers", items)...)
	}
	return b
}

// renderLegend shows how each series is drawn.
func (m model) renderLegend(mt *metric, width int) string {
	t := m.theme
	spans := []span{{t.dim, " "}}
	add := func(sign string, s style, what string) {
		spans = append(spans, span{s, sign}, span{t.dim, " " + what + "  "})
	}
	line := t.pick("█", "#")
	if t.glyphs == GlyphsBraille {
		line = "⠒"
	}
	add(line, t.loneBar(mt.tone, thresholds.OK), mt.main.name)
	if mt.lower.name != "" && t.glyphs != GlyphsBraille {
		add(string(t.lower()), t.dim, mt.lower.name)
	}
	if mt.upper.name != "" && t.glyphs != GlyphsBraille {
		add(string(t.upper()), t.dim, mt.upper.name)
	}
	if t.glyphs == GlyphsBraille && (mt.lower.name != "" || mt.upper.name != "") {
		for _, s := range mt.all()[1:] {
			spans = append(spans, span{t.dim, "and " + s.name + "  "})
		}
	}
	add(t.dash(), t.limit, "limits")
	add(string(t.markLine()), t.mark, "marks")
	spans = append(spans, span{t.dim, "blank: no sample"})
	return lineOf(t, width, spans...)
}

// onZoomKey moves the column that is read, goes to its time, and takes the keys of the member's page.
func (m model) onZoomKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	switch k := m.keys; {
	case m.selection() < 0:
	case key.Matches(msg, k.ReadEarlier):
		return m.read(-1), nil, true
	case key.Matches(msg, k.ReadLater):
		return m.read(1), nil, true
	case key.Matches(msg, k.Open):
		if m.charts.readAt.IsZero() {
			return m, nil, true
		}
		m = m.goToTime(m.charts.readAt)
		m.charts.readAt = time.Time{}
		return m, nil, true
	}
	return m.onMemberKey(msg)
}

// read moves the column that is read. At the newest one it follows new sweeps.
func (m model) read(by int) model {
	width, _ := m.pageSize()
	columns := chartColumns(width)
	x := min(max(m.readColumn(columns)+by, 0), columns-1)
	if m.charts.readAt, _ = m.timeOf(x, columns); x == columns-1 {
		m.charts.readAt = time.Time{}
	}
	return m
}

// zoomTitle names the member, and the chart where that is not all that there is room for.
func (m model) zoomTitle() string {
	a := m.selectedMember()
	if a == nil || m.screen.width < usualWidth {
		return m.memberTitle()
	}
	return m.memberTitle() + " [" + strconv.Itoa(m.focused(a)) + "]"
}
