package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// overviewPage is how the members are arranged in the table and the charts.
type overviewPage struct {
	sort Sort
	// filter is the words that a member's name, endpoints, role or state must contain.
	filter string
	// hidden are the titles of the columns that are left out. It is replaced, never changed.
	hidden []string
}

// renderOverview is the page that etcdoc opens with: the cluster on one screen.
func (m model) renderOverview(width, height int) block {
	if m.isLarge(width, height) {
		return m.renderPresent(width, height)
	}
	l := m.overviewLayout(width, height)
	middle, offChart := m.renderMiddle(l)
	found, legend := m.tableSigns(l.left, l.rows), ""
	found.offChart = offChart
	var note []span
	if !l.tableRule { // which has the notes
		note = m.noteSpans(width-textIndent(width), found)
	}
	frame := m.renderHead(&l, note)
	frame = append(frame, m.renderDrain(width, l.drain)...)
	if l.tableRule {
		var rule string
		rule, legend = m.renderTableRule(&l, found)
		frame = append(frame, rule)
	}
	frame = append(frame, middle...)
	if l.eventsRule {
		frame = append(frame, m.renderEventsRule(&l, legend))
	}
	frame = append(frame, m.renderBottom(l)...)
	if l.footerBlank {
		frame = append(frame, blanks(width))
	}
	if l.footer {
		frame = append(frame, m.renderFooter(width))
	}
	return frame
}

// overviewLayout lays out the overview. A filter leaves the table as high as it is.
func (m model) overviewLayout(width, height int) layout {
	return newLayout(width, height, len(m.shown.assessment.Members))
}

// renderMiddle is the table above the grid, and in a wide window the selected member's facts beside both. It reports
// whether a limit is above its chart.
func (m model) renderMiddle(l layout) (b block, offChart bool) {
	lines := l.rows
	if l.tableHead {
		lines++
	}
	var left block
	if l.grid == 0 && !m.anyAnswer() { // the endpoints' errors matter more than a table without values
		left = m.answers(l.left, lines)
	} else {
		left = m.renderTable(l.left, l.rows, l.tableHead, !l.tableRule).pad(l.left, lines)
	}
	if l.gridBlank {
		left = append(left, m.gridTitle(&l))
	}
	if l.grid > 0 {
		if m.anyAnswer() {
			var grid block
			grid, offChart = m.renderGrid(&l)
			left = append(left, grid...)
		} else {
			left = append(left, m.answers(l.left, l.grid)...)
		}
	}
	if l.dock == 0 {
		return left, offChart
	}
	left = left.pad(l.left, l.middle())
	return beside(left, " "+m.theme.faint.paint(m.theme.bar())+" ", m.renderFacts(l.dock, l.middle())), offChart
}

// gridIsTitled reports that the line above the charts says which time they show.
func (m model) gridIsTitled(l *layout) bool {
	return l.gridBlank && !l.axis && l.grid > 0 && m.anyAnswer()
}

// gridTitle is the line between the table and the charts: whether to rebuild the cluster, while that is a question, and
// which time the charts show, where they have no time axis.
func (m model) gridTitle(l *layout) string {
	const indent = "  "
	var spans []span
	if m.gridIsTitled(l) {
		spans = append(spans, span{m.theme.dim, " CHARTS " + m.spanWords(m.newGridFrame(l.left, minChartColumns).column)})
	}
	if note := m.rebuildNote(l.left - spansWidth(spans) - len(indent)); note != "" {
		spans = append(spans, span{m.theme.bold, indent + note})
	}
	return lineOf(m.theme, l.left, spans...)
}

// rebuildNote says in a room from whose data the cluster may have to be rebuilt, or where that has no room, where it is
// said; empty while that is no question.
func (m model) rebuildNote(room int) string {
	r := &m.shown.assessment.Recovery
	if !m.shown.assessment.RebuildInQuestion() || r.Newest.IsZero() {
		return ""
	}
	headline := m.brief(r.Headline)
	for _, note := range []string{"Rebuild the cluster? " + headline, rebuildWord + " " + headline} {
		if textWidth(note) <= room {
			return note
		}
	}
	return rebuildWord + " see " + m.keys.Drain.Help().Key
}

// renderBottom is the list of events, and in a wide window the reading beside it.
func (m model) renderBottom(l layout) block {
	list := m.renderEvents(l.list, l.events)
	if l.side == 0 {
		return list
	}
	said := m.headTexts(&l)
	return beside(list, " "+m.theme.faint.paint(m.theme.bar())+" ", m.renderEvidence(l.side, l.events, &said))
}

// noteAround is what a note in a rule takes beside its text: a blank on either side, and a piece of the rule behind.
// titleIndent is the piece of the rule before its title.
const (
	noteAround  = 3
	titleIndent = 2
)

// renderTableRule divides the verdicts from the table, and notes the filter, how many members are scrolled out, how far
// an upgrade or members that catch up have come, from whose data the cluster may have to be rebuilt, the sort order,
// and what the signs of values mean; the filter stays longest in a narrow window. Where the words for the signs have no
// room here and there is another rule for them, they are returned.
func (m model) renderTableRule(l *layout, found signs) (rule, legend string) {
	t, width := m.theme, l.width
	hidden := len(m.shown.members) - l.rows
	notes := []span{{t.loud, m.filterNote()}, {t.bold, hiddenNote(hidden)}}
	notes = append(notes, m.progressNotes()...)
	if !l.gridBlank { // else it is above the charts
		const rule = 2 // some of it stays on both sides
		notes = append(notes, span{t.bold, m.rebuildNote(width - noteAround - rule)})
	}
	if m.overview.sort != SortList {
		notes = append(notes, span{t.dim, "sorted " + m.overview.sort.words()})
	}
	notes[0].text = fit(t, notes[0].text, width-noteAround)
	var shown []span
	rest := width
	add := func(note span) bool {
		w := ansi.StringWidth(note.text) + noteAround
		if note.text == "" || w > rest {
			return false
		}
		shown, rest = append(shown, note), rest-w
		return true
	}
	for _, note := range notes {
		add(note)
	}
	switch {
	case add(span{t.dim, m.wholeSignLegend(found, rest-noteAround)}):
	case l.eventsRule:
		legend = m.signLegend(found, width-noteAround)
	default:
		add(span{t.dim, m.signLegend(found, rest-noteAround)})
	}
	slices.Reverse(shown)
	return m.ruleWith(width, "", shown...), legend
}

// renderEventsRule divides the events from what is above. It has the legend, and what a list without a title says
// beside it.
func (m model) renderEventsRule(l *layout, legend string) string {
	if l.events >= titledEvents {
		return m.ruleWith(l.width, "", span{m.theme.dim, legend})
	}
	room := l.width - titleIndent - noteAround
	if legend != "" {
		room -= textWidth(legend) + noteAround
	}
	_, hidden := m.listEvents(l.list, l.events)
	return m.ruleWith(l.width, m.latelyWords(hidden, room), span{m.theme.dim, legend})
}

// ruleWith is a rule with a title at its left end and notes at its right end; those without text are left out.
func (m model) ruleWith(width int, title string, notes ...span) string {
	notes = slices.DeleteFunc(notes, func(note span) bool { return note.text == "" })
	rest := width - spansWidth(notes) - noteAround*len(notes)
	l := newLine(m.theme, width)
	if title != "" {
		l.addRaw(m.renderRule(titleIndent), titleIndent)
		l.add(m.theme.dim, " "+title+" ")
		rest -= l.used
	}
	l.addRaw(m.renderRule(rest), rest)
	for _, note := range notes {
		l.add(note.style, " "+note.text+" ")
		l.addRaw(m.renderRule(1), 1)
	}
	return l.String()
}

// progressNotes say how far an upgrade has come, and members that catch up.
func (m model) progressNotes() []span {
	t := m.theme
	notes := []span{{t.accent, m.brief(m.shown.assessment.Rolling.Progress)}}
	for i := range m.shown.members {
		if a := &m.shown.members[i]; a.Condition.Progress != "" {
			text := m.shortName(a.MemberRef) + " " + a.StateWords() + ": " + m.brief(a.Condition.Progress)
			notes = append(notes, span{t.accent, text})
		}
	}
	return notes
}

// noteSpans are the first of the notes on progress that fits in a room; without any, what the signs of values mean.
func (m model) noteSpans(room int, found signs) []span {
	notes := append(m.progressNotes(), span{m.theme.bold, m.rebuildNote(room)})
	for _, note := range append(notes, span{m.theme.dim, m.signLegend(found, room)}) {
		if note.text != "" && textWidth(note.text) <= room {
			return []span{note}
		}
	}
	return nil
}

// anyAnswer reports that some member has answered since the start.
func (m model) anyAnswer() bool {
	for i := range m.shown.assessment.Members {
		if !m.shown.assessment.Members[i].NeverSeen {
			return true
		}
	}
	return false
}

// onOverviewKey arranges the members, moves the selection and opens a member.
func (m model) onOverviewKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	if arranged, taken := m.onArrangeKey(msg); taken {
		return arranged, nil, true
	}
	members := m.shown.members
	if len(members) == 0 {
		return m, nil, false
	}
	if key.Matches(msg, m.keys.Open) {
		return m.openMember(), nil, true
	}
	if to, moved := m.keys.move(msg, max(m.selection(), 0), len(members)-1); moved {
		m.selected = members[to].Key
		return m, nil, true
	}
	if key.Matches(msg, m.keys.Chart) {
		m = m.open(pageMember)
	}
	return m.onChartKey(msg)
}

// copyOverview copies the selected member's row and verdict.
func (m model) copyOverview() (what, text string) {
	a := m.selectedMember()
	if a == nil {
		return "", ""
	}
	words := []string{m.stateCell(a).text, m.roleCell(a).text}
	for _, v := range thresholds.WorstVitals() {
		words = append(words, vitalNames[v].head+" "+m.vitalCell(a, v).text)
	}
	words = append(words, "version "+m.versionCell(a).text, "age "+m.ageCell(a).text)
	return m.theme.clean(a.Label) + "'s row", m.verdictText(a) + "; " + strings.Join(words, ", ")
}
