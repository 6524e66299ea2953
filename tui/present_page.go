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
	m = m.redacted()
	if m.present.on {
		return m.say("present: names and addresses have aliases on the screen, in snapshots and in the summary", nil)
	}
	return m.say("present: off, names and addresses are shown", nil)
}

// redacted makes the theme write aliases while the screen is shared, of everything that the shown moment names.
func (m model) redacted() model {
	if !m.present.on && m.theme.aliases == nil {
		return m
	}
	own := *m.theme // other models hold it
	m.theme, own.aliases = &own, nil
	if m.present.on {
		m.present.aliases = m.present.aliases.Learn(
			m.conn.cluster, m.conn.endpoints, &m.shown.assessment, m.shown.events)
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

// renderPresent is the overview for a shared screen: a banner, the verdicts with space around them, a table of few
// columns, and a row of charts where it fits.
func (m model) renderPresent(width, height int) block {
	level := m.shown.assessment.Level
	inner := width - 2*presentMargin
	b := &budget{height - 2} // the header and the footer
	text, next := m.reading(inner + verdictIndent)
	drain := m.drainLines(inner)
	banner, reading, nextLines, drainLines, rows := 0, 0, 0, 0, 0
	b.upTo(&banner, 1)
	b.upTo(&reading, 1)
	b.upTo(&drainLines, min(len(drain), 2))
	var head bool
	b.one(&head)
	b.upTo(&rows, min(max(len(m.shown.members), 1), 7))
	b.upTo(&reading, min(len(text), maxTextLines))
	if level >= thresholds.Warning {
		b.upTo(&nextLines, min(len(next), maxNextLines))
	}
	b.upTo(&drainLines, min(len(drain), maxDrainLines))
	gaps := 0 // under the header, the banner, the reading and the drain line
	b.upTo(&gaps, 4)
	b.upTo(&rows, len(m.shown.members))
	if height >= presentBanner {
		b.upTo(&banner, 3)
	}
	spread := rows > 1 && b.grant(rows-1)
	chartRows := 0
	if b.left >= 5 {
		b.left -= 4
		b.upTo(&chartRows, presentChartRows)
	}
	events := 0
	if b.left > presentEvents {
		events = b.left - 1
	}

	frame := block{m.renderHeader(width)}
	gap := func(worth int) {
		if gaps >= worth {
			frame = append(frame, blanks(width))
		}
	}
	gap(3)
	frame = append(frame, m.renderLevelBanner(width, banner)...)
	gap(1)
	frame = append(frame, m.presentReading(text, next, reading, nextLines).indent(width)...)
	gap(2)
	frame = append(frame, m.renderDrain(inner, drainLines).indent(width)...)
	gap(4)
	frame = append(frame, m.presentTable(inner, rows, spread).indent(width)...)
	if chartRows > 0 {
		frame = append(frame, m.presentCharts(inner, chartRows).indent(width)...)
	}
	if events > 0 {
		frame = append(append(frame, blanks(width)), m.renderEvents(inner, events).indent(width)...)
	}
	return append(frame.pad(width, height-1), m.renderFooter(width))
}

// presentCharts are the charts of one metric, under an empty line.
func (m model) presentCharts(width, rows int) block {
	f := m.newGridFrame(width)
	charts := block{blanks(width), m.renderGridHead(f, true)}
	charts = append(charts, m.renderMetric(f, metricOf(1), rows)...)
	return append(charts, m.renderAxis(f))
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
	text := word + "   " + m.votersSpan().text
	var b block
	for y := range height {
		l := newLine(t, width)
		l.space(presentMargin)
		s := newLine(t, l.room()-presentMargin)
		if y == height/2 {
			s.space(presentMargin)
			s.add(t.plain, text)
		}
		l.addRaw(t.banners[min(a.Level, thresholds.Critical)].paint(s.String()), s.width)
		b = append(b, l.String())
	}
	return b
}

// presentReading is the reading, in bold, and what to do next.
func (m model) presentReading(text, next [][]span, lines, nextLines int) block {
	t := m.theme
	width := m.screen.width - 2*presentMargin
	if len(text) > lines {
		text = cutLines(text, lines)
	}
	if len(next) > nextLines && nextLines > 0 {
		next = cutLines(next, nextLines)
	}
	var b block
	for _, spans := range append(slices.Clone(text), next[:min(nextLines, len(next))]...) {
		b = append(b, lineOf(t, width, spans...))
	}
	return b.pad(width, lines+nextLines)
}

// presentTable is a table of few columns; spread puts a blank line between members.
func (m model) presentTable(width, rows int, spread bool) block {
	table := m.renderTable(width, rows, true, true)
	if !spread {
		return table
	}
	lines := table[:min(len(table), 2)]
	var b block
	b = append(b, lines...)
	for _, line := range table[len(lines):] {
		b = append(b, blanks(width), line)
	}
	return b
}

// indent adds the margins of a shared screen around narrower lines.
func (b block) indent(width int) block {
	indented := make(block, len(b))
	for i, line := range b {
		indented[i] = blanks(min(presentMargin, width)) + line + blanks(presentMargin)
	}
	return indented
}
