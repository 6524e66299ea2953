package tui

import (
	"cmp"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// readingPage is the page with the whole reading.
type readingPage struct{ top int } // the first line shown

// The share of the reading's text in a vast window, and the events below it.
const (
	readingShare = 45 // percent of the columns
	vastEvents   = 14 // lines
)

// readingPart is a labelled part of the reading, a paragraph for each text.
type readingPart struct {
	label string
	texts []string
}

// because are the facts that the reading is based on, other than those in its own text; in short, what findings say is
// as the lists have it, and those of one rule are together, so that none of their members is left out. A healthy
// cluster's are remarks: no reason for what the reading says.
func (m model) because(inShort bool) readingPart {
	part := readingPart{label: "because"}
	a := &m.shown.assessment
	if a.Reading.Cause == thresholds.CauseHealthy {
		part.label = "besides"
	}
	var found []*thresholds.Finding
	place := make(map[thresholds.RuleID]int)
	for _, e := range a.Reading.Evidence {
		if e.InText {
			continue
		}
		f := a.Finding(e.Rule, e.Member.Key)
		if !inShort || e.Rule == "" || f == nil {
			part.texts = append(part.texts, e.Text)
			continue
		}
		found = append(found, f)
		if _, has := place[f.Rule]; !has {
			place[f.Rule] = len(part.texts)
			part.texts = append(part.texts, "")
		}
	}
	for rule, at := range place {
		part.texts[at] = thresholds.Together(slices.DeleteFunc(slices.Clone(found),
			func(f *thresholds.Finding) bool { return f.Rule != rule }))
	}
	return part
}

// also are the findings that the reading does not quote.
func (m model) also() readingPart {
	part := readingPart{label: "also"}
	for i := range m.shown.assessment.Findings {
		f := &m.shown.assessment.Findings[i]
		said := f.CoveredByReading || f.QuotedByReading
		if m.shown.inhibition.By(f) == nil && !said && f.Level != thresholds.Unknown {
			part.texts = append(part.texts, levelWord(f.Level)+" "+f.Headline)
		}
	}
	return part
}

// notLookedAt is what the reading could not take into account.
func (m model) notLookedAt() readingPart {
	return readingPart{"not looked at", m.shown.assessment.Reading.NotLookedAt}
}

// renderParts writes parts one below the other.
func (m model) renderParts(width int, parts ...readingPart) block {
	t := m.theme
	var b block
	for _, part := range parts {
		label := part.label
		for _, text := range part.texts {
			if text = m.brief(text); text != "" {
				b = append(b, t.wrapped(width, label, text)...)
				label = ""
			}
		}
	}
	return b
}

// renderEvidence says, beside the events, what the lines under the header leave out: what the texts that are there in
// short say beyond that, what they are based on, what else is wrong, and what was not looked at. What the endpoints
// answer is on the screen already until one of them answers well.
func (m model) renderEvidence(width, height int, said *headTexts) block {
	t, r := m.theme, &m.shown.assessment.Reading
	var parts []readingPart
	if !said.whole {
		parts = append(parts, readingPart{"reading", []string{r.Further}})
	}
	if !said.wholeNext { // the step is above: this is how
		parts = append(parts, readingPart{"how", []string{r.Next}})
	}
	if m.anyAnswer() {
		parts = append(parts, m.because(true))
	}
	parts = append(parts, m.apiServers(false), m.also(), m.notLookedAt())
	title := []span{{t.bold, "READING"}}
	lines, whole := m.wholeParts(width, height-1, parts)
	if keys := m.keys.shown(&m.keys.Reading); keys != "" && !whole {
		title = append(title, span{t.dim, "  and more: "}, span{t.bold, keys})
	}
	return append(block{lineOf(t, width, title...)}, lines...).pad(width, height)
}

// wholeParts writes as many paragraphs as fit whole on some lines, and says whether those are all. What has no room
// does not keep away a shorter one behind it.
func (m model) wholeParts(width, height int, parts []readingPart) (b block, all bool) {
	all = true
	for _, part := range parts {
		label := part.label
		for _, text := range part.texts {
			lines := m.renderParts(width, readingPart{label, []string{text}})
			if len(lines) == 0 {
				continue
			}
			if len(b)+len(lines) > height {
				all = false
				continue
			}
			b, label = append(b, lines...), ""
		}
	}
	if len(b) == 0 && !all {
		b = m.renderParts(width, parts...).cut(m.theme, width, height)
	}
	return b, all
}

// readingLines are everything that the reading says.
func (m model) readingLines(width int) block {
	t, r := m.theme, &m.shown.assessment.Reading
	headline := wrap([]span{{t.bold, m.brief(cmp.Or(r.Headline, r.Text))}}, max(width-labelWidth, 1), 0)
	b := m.linesOf(width, len(headline), labelWidth, headline)
	whole := readingPart{label: "reading"}
	if r.Headline != "" && r.Headline != r.Text {
		whole.texts = []string{r.Text}
	}
	for _, part := range []readingPart{
		whole, {"next", []string{r.Next}}, m.because(false), m.apiServers(true), m.also(), m.notLookedAt(),
	} {
		if lines := m.renderParts(width, part); len(lines) > 0 {
			b = append(append(b, blanks(width)), lines...)
		}
	}
	return b
}

// readingRoom is how wide and how high the text of the reading's page is.
func readingRoom(width, height int) (columns, lines int) {
	if lines = max(height-2, 1); isVast(width, height) { // without the header and the footer
		return width * readingShare / 100, lines - 1 - vastEvents
	}
	return width, lines
}

// renderReadingPage is the whole reading; in a vast window with the events below it, and beside it who is affected, and
// the charts.
func (m model) renderReadingPage(width, height int) block {
	t := m.theme
	columns, shown := readingRoom(width, height)
	lines := m.readingLines(columns)
	top := min(m.reading.top, max(len(lines)-shown, 0))
	b, text := block{m.renderHeader(width)}, lines[top:].cut(t, columns, shown)
	if !isVast(width, height) {
		return append(append(b, text...).pad(width, height-1), m.renderFooter(width))
	}
	text = append(text, m.renderRule(columns))
	text = append(text, m.renderEvents(columns, vastEvents)...)
	right := width - columns - 3
	b = append(b, beside(text, " "+t.faint.paint(t.bar())+" ", m.renderAffected(right, len(text)))...)
	return append(b, m.renderFooter(width))
}

// renderAffected is how the members are, the chart of the worst finding that the reading speaks of, and those of all
// members.
func (m model) renderAffected(width, height int) block {
	b := block{lineOf(m.theme, width, span{m.theme.bold, " MEMBERS"})}
	b = append(b, m.renderTable(width, min(len(m.shown.members), height/3), true, true)...)
	b = append(b, blanks(width))
	for i := range m.shown.assessment.Findings {
		f := &m.shown.assessment.Findings[i]
		number, a := m.chartOf(f.Rule), m.shown.assessment.Member(f.Member.Key)
		if !f.CoveredByReading || f.Level == thresholds.Unknown || number == 0 || a == nil {
			continue
		}
		b = append(b, m.renderChartHead(a, metricOf(number), number, width))
		b = append(b, m.renderFullChart(a, metricOf(number), width, mostSmallRows, 0)...)
		b = append(b, blanks(width))
		break
	}
	return append(b, m.renderHistory(width, height-len(b))...).cut(m.theme, width, height)
}

// onReadingKey scrolls the reading.
func (m model) onReadingKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	columns, shown := readingRoom(m.pageSize())
	last := max(len(m.readingLines(columns))-shown, 0)
	to, moved := m.keys.move(msg, min(m.reading.top, last), last)
	m.reading.top = to
	return m, nil, moved
}

// copyReading copies the whole reading.
func (m model) copyReading() (what, text string) {
	const unwrapped = 1 << 12
	a := &m.shown.assessment
	lines := []string{levelWord(a.Level) + ": " + m.marginText()}
	for _, line := range m.readingLines(unwrapped) {
		lines = append(lines, strings.TrimRight(ansi.Strip(line), " "))
	}
	return "reading", strings.Join(lines, "\n")
}
