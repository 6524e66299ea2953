package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/tui/internal/redact"
)

// presentPage is a shared screen: names and addresses have aliases, and the footer echoes the keys pressed last.
type presentPage struct {
	on      bool
	aliases *redact.Aliases
	echoed  []string
}

// The sizes of the overview on a shared screen.
const (
	presentMargin    = 2
	presentGap       = 9  // between two columns of the table, at most
	presentRank      = 8  // the largest rank of a column that is shown
	presentMinWidth  = 60 // with less, or a lower window, the ordinary overview is shown
	presentMinHeight = 18
	presentBanner    = 36 // lines of a window with a banner three lines high
	presentChartRows = 12
	presentEvents    = 3 // lines, or there are none
	echoedKeys       = 5
)

// onPresentKey makes the screen fit to be shared, or undoes it: large, with aliases for names and addresses.
func (m model) onPresentKey() model {
	m.present.on, m.present.echoed = !m.present.on, nil
	m.alerts = m.alerts.whilePresenting(m.present.on)
	m = m.redacted()
	if m.present.on {
		return m.say("present: aliases for names and addresses, also in files", nil)
	}
	return m.say("present: off, names and addresses are shown", nil)
}

// redacted makes the theme write aliases while the screen is shared, of everything that the shown moment names.
func (m model) redacted() model {
	if !m.present.on && m.theme.aliases == nil {
		return m
	}
	own := *m.theme // other models hold it
	m.theme, own.aliases, own.plain = &own, nil, style{}
	if m.present.on {
		own.plain = own.bold // from afar
		m.present.aliases = m.present.aliases.LearnFlags(m.conn.reach).
			LearnFiles(m.program.configPath, m.program.logPath, m.program.statePath)
		m.present.aliases = m.present.aliases.Learn(
			m.conn.cluster, m.conn.endpoints, &m.shown.assessment, m.shown.events).
			LearnClusters(m.clusters.names()...)
		if m.paused {
			m.present.aliases = m.present.aliases.Learn("", nil, &m.seen.live.assessment, m.seen.log)
		}
		_, gone := m.seen.session.Keys()
		for _, key := range gone { // the summary still has them
			m.present.aliases = m.present.aliases.LearnMember(m.seen.session.Members[key].Label, nil)
		}
		own.aliases = m.present.aliases
	}
	return m
}

// echo remembers a key for the footer of a shared screen.
func (m model) echo(msg tea.KeyMsg) model {
	if !m.present.on || m.prompt.open() {
		return m
	}
	name := msg.String()
	if key.Matches(msg, m.keys.Pause) {
		name = "space"
	}
	m.present.echoed = append(slices.Clone(m.present.echoed), name)
	m.present.echoed = m.present.echoed[max(len(m.present.echoed)-echoedKeys, 0):]
	return m
}

// withEcho renders a line of the footer beside the keys pressed last.
func (m model) withEcho(width int, render func(width int) string) string {
	t := m.theme
	keys := "keys: " + t.printable(strings.Join(m.present.echoed, " "))
	if len(m.present.echoed) == 0 || width < 3*len(keys) {
		return render(width)
	}
	l := newLine(t, width)
	rest := width - len(keys) - 2
	l.addRaw(render(rest), rest)
	l.add(t.loud, " "+keys+" ")
	return l.String()
}

// isLarge reports that the large overview of a shared screen fits.
func (m model) isLarge(width, height int) bool {
	return m.present.on && width >= presentMinWidth && height >= presentMinHeight
}

// pageSize is the room for a page: on a shared screen pages but the overview, which has a form of its own, have
// margins.
func (m model) pageSize() (width, height int) { return m.sizeOf(m.page()) }

// sizeOf is pageSize of any page.
func (m model) sizeOf(of page) (width, height int) {
	width, height = m.screen.width, m.screen.height
	if of != pageOverview && m.isLarge(width, height) {
		width -= 2 * presentMargin
	}
	return width, height
}

// renderPage draws the page that is shown.
func (m model) renderPage() block {
	width, height := m.pageSize()
	frame := m.pane().render(m, width, height)
	if width == m.screen.width {
		return frame
	}
	return frame.indent(m.screen.width)
}

// spreads reports that a list has blank lines between its entries: on a shared screen, where there is room.
func (m model) spreads(entries, rows int) bool { return m.present.on && 2*entries-1 <= rows }

// presentLayout is the lines of the overview on a shared screen. It depends on the window and on how many members
// there are, and on nothing else.
type presentLayout struct {
	banner, text, drain, rows int
	head, spread              bool
	gaps                      int // under the header, the banner, the texts and the verdicts
	chartRows, events         int
}

func newPresentLayout(width, height, members int) presentLayout {
	var l presentLayout
	b := &budget{height - 2} // the header and the footer
	b.upTo(&l.banner, 1)
	b.upTo(&l.text, 2)
	b.upTo(&l.drain, 2)
	b.one(&l.head)
	b.upTo(&l.rows, min(max(members, 1), 7))
	b.upTo(&l.text, presentTextLines(width, height))
	b.upTo(&l.gaps, 4)
	b.upTo(&l.rows, members)
	if height >= lowHeight {
		b.upTo(&l.drain, 3)
	}
	if height >= presentBanner {
		b.upTo(&l.banner, 3)
	}
	l.spread = l.rows > 1 && b.grant(l.rows-1)
	if b.left >= 5 {
		b.left -= 4
		b.upTo(&l.chartRows, presentChartRows)
	}
	if b.left > presentEvents {
		l.events = b.left - 1
	}
	return l
}

// presentTextLines is how many lines there are for what is wrong and what to do.
func presentTextLines(width, height int) int {
	if width-2*presentMargin < thresholds.HeadlineWidth {
		return 4 // two each
	}
	if height >= lowHeight || isNarrow(width-2*presentMargin+verdictIndent) {
		return 3
	}
	return 2
}

// hasBanner reports that a banner has the level and the margin.
func (m model) hasBanner() bool {
	return m.shown.known() && m.page() == pageOverview && m.isLarge(m.screen.width, m.screen.height)
}

// renderPresent is the overview for a shared screen: a banner, the verdicts with space around them, a table of few
// columns with what the signs of its values mean, and a row of charts where it fits.
func (m model) renderPresent(width, height int) block {
	inner := width - 2*presentMargin
	l := newPresentLayout(width, height, len(m.shown.assessment.Members))
	frame := block{m.renderHeader(width)}
	gap := func(worth int) {
		if l.gaps >= worth {
			frame = append(frame, blanks(width))
		}
	}
	gap(3)
	frame = append(frame, m.renderLevelBanner(width, l.banner)...)
	gap(1)
	said := m.texts(inner, l.text)
	frame = append(frame, m.linesOf(inner, l.text, 0, slices.Concat(said.what, said.next)).indent(width)...)
	gap(2)
	frame = append(frame, m.renderDrain(inner, l.drain).indent(width)...)
	legend := lineOf(m.theme, inner, span{m.theme.dim, m.signLegend(m.tableSigns(inner, l.rows), inner)})
	if l.gaps >= 4 {
		frame = append(frame, block{legend}.indent(width)...)
	}
	frame = append(frame, m.presentTable(inner, &l).indent(width)...)
	if l.chartRows > 0 {
		if l.gaps >= 4 {
			legend = blanks(inner)
		}
		frame = append(frame, block{legend}.indent(width)...)
		frame = append(frame, m.presentCharts(inner, l.chartRows).indent(width)...)
	}
	if l.events > 0 {
		frame = append(append(frame, blanks(width)), m.renderEvents(inner, l.events).indent(width)...)
	}
	return append(frame.pad(width, height-1), m.renderFooter(width))
}

// presentCharts are the charts of one metric.
func (m model) presentCharts(width, rows int) block {
	f := m.newGridFrame(width, minChartColumns)
	charts := block{m.renderGridHead(f, false)}
	drawn, _ := m.renderMetric(f, &m.newGridRows(f, []metric{*metricOf(1)})[0], rows)
	return append(append(charts, drawn...), m.renderAxis(f))
}

// renderLevelBanner is the level in a bar across the window.
func (m model) renderLevelBanner(width, height int) block {
	t, a := m.theme, &m.shown.assessment
	word := levelWord(a.Level)
	switch a.Level {
	case thresholds.OK:
		word = "OK"
	case thresholds.Unknown:
		word = "NOT KNOWN"
	}
	text := word + "   " + m.marginText()
	var b block
	for y := range height {
		l := newLine(t, width)
		l.space(presentMargin)
		s := newLine(t, l.room()-presentMargin)
		if y == height/2 {
			s.space(presentMargin)
			s.add(style{}, text) // one of its own would end the bar's
		}
		l.addRaw(t.banners[min(a.Level, thresholds.Critical)].paint(s.String()), s.width)
		b = append(b, l.String())
	}
	return b
}

// presentTable is a table of few columns, with blank lines between the members where there is room.
func (m model) presentTable(width int, l *presentLayout) block {
	table := m.renderTable(width, l.rows, l.head, true)
	height := l.rows
	if l.head {
		height++
	}
	if !l.spread {
		return table.pad(width, height)
	}
	lines := table[:min(len(table), 2)]
	var b block
	b = append(b, lines...)
	for _, line := range table[len(lines):] {
		b = append(b, blanks(width), line)
	}
	return b.pad(width, height+l.rows-1)
}

// indent adds the margins of a shared screen around narrower lines.
func (b block) indent(width int) block {
	indented := make(block, len(b))
	for i, line := range b {
		indented[i] = blanks(min(presentMargin, width)) + line + blanks(presentMargin)
	}
	return indented
}
