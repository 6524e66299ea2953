package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderMemberPage is everything about the selected member: verdicts, charts, facts, events.
func (m model) renderMemberPage(width, height int) block {
	a := m.selectedMember()
	if a == nil {
		return m.renderNoMember(width, height)
	}
	left, dock := memberWidths(width, height)
	l := newMemberLayout(left, height, len(a.Peers), dock > 0)
	b := block{m.renderHeader(width)}
	if l.identity {
		b = append(b, lineOf(m.theme, width, m.identityLine(a, width)...))
	}
	body := m.renderMemberBody(a, &l, left)
	body = m.scrolled(append(body, m.memberMore(a, &l, left, dock > 0)...), len(body))
	if dock > 0 {
		facts := m.labelled(dock, "remove", m.removalSpans(a, a.CanRemove.Reason))
		facts = append(facts, m.renderDockedFacts(a, dock, len(body)-len(facts))...)
		body = beside(body, " "+m.theme.faint.paint(m.theme.bar())+" ", facts.cut(m.theme, dock, len(body)))
	}
	b = append(b, body...)
	if l.footer {
		b = append(b.pad(width, height-1), m.renderFooter(width))
	}
	return b
}

// memberWidths are the widths of a member's page and of the facts docked beside it; 0 for none.
func memberWidths(width, height int) (left, dock int) {
	if width < dockWidth || height < dockHeight {
		return width, 0
	}
	dock = width * dockShare / 100
	return width - dock - 3, dock
}

// renderMemberDrain says whether the member may go down now, and why, in full where that fits.
func (m model) renderMemberDrain(a *thresholds.Member, width, height int) block {
	var lines [][]span
	for _, detail := range [...]drainDetail{drainReasons, drainHeadlines} {
		spans := append([]span{{m.theme.bold, "DRAIN "}}, m.verdictSpans(a, detail)...)
		if lines = wrap(spans, width, min(verdictIndent, width/2)); len(lines) <= height {
			break
		}
	}
	return m.renderCut(lines, width, height).pad(width, height)
}

// memberFacts are the facts below the charts.
func (m model) memberFacts(a *thresholds.Member, l *memberLayout, width int) block {
	if l.facts == 0 {
		return nil
	}
	facts := m.labelled(width, "remove", m.removalSpans(a, a.CanRemove.Reason))
	if l.facts < mostFacts {
		if len(facts) > 1 && a.CanRemove.Headline != "" {
			facts = m.labelled(width, "remove", m.removalSpans(a, a.CanRemove.Headline))
		}
		facts = append(facts.cut(m.theme, width, 1), m.renderDenseFacts(a, width)...)
	} else {
		facts = append(facts, m.renderFactLines(a, width)...)
	}
	return facts.cut(m.theme, width, l.facts)
}

// renderNoMember is the page of a member that is not there at the time shown.
func (m model) renderNoMember(width, height int) block {
	text := " no member to show"
	if len(m.shown.members) > 0 {
		text = " This member is not in the member list at the time shown; " +
			m.keys.Next.Help().Key + " shows the next one."
	}
	b := block{m.renderHeader(width), lineOf(m.theme, width, span{m.theme.dim, text})}
	return append(b.pad(width, height-1), m.renderFooter(width))
}

// renderMemberBody is the page between the header and the footer.
func (m model) renderMemberBody(a *thresholds.Member, l *memberLayout, width int) block {
	b := m.renderRemarks(a, width, l.reading)
	b = append(b, m.renderMemberDrain(a, width, l.drain)...)
	if l.chartRule {
		b = append(b, m.renderRule(width))
	}
	number := m.focused(a)
	if l.focusHead {
		b = append(b, m.renderChartHead(a, metricOf(number), number, width))
	}
	if l.focusRows > 0 {
		b = append(b, m.renderFullChart(a, metricOf(number), width, l.focusRows, 0)...)
	}
	b = append(b, m.renderSmallCharts(a, l, width, number)...)
	if l.factBlank {
		b = append(b, blanks(width))
	}
	if l.flows > 0 {
		b = append(b, m.memberFlows(a, width)...)
	}
	if l.links > 0 {
		b = append(b, m.memberLinks(a, width)...)
	}
	b = append(b, m.memberFacts(a, l, width)...)
	if l.eventRule {
		b = append(b, m.renderRule(width))
	}
	return append(b, m.memberEvents(a, width).pad(width, l.events)...)
}

// identity names the member, with its role and state, in the docked facts.
func (m model) identity(a *thresholds.Member) []span {
	t := m.theme
	spans := []span{{t.selected, m.shortName(a.MemberRef)}, {text: "  "}, m.roleCell(a), {text: "  "}, m.stateCell(a)}
	if a.ID != 0 {
		spans = append(spans, span{t.dim, "  id " + t.clean(a.ID.String())})
	}
	return spans
}

// identityLine is identity with the member's place, age, endpoint and version. The name is in full where it leaves room
// for the role and the state.
func (m model) identityLine(a *thresholds.Member, width int) []span {
	t := m.theme
	place := strconv.Itoa(m.selection()+1) + " of " + strconv.Itoa(len(m.shown.members))
	age := m.ageCell(a)
	is := append([]span{{text: "  "}, m.roleCell(a), {text: "  "}}, m.conditionSpans(a)...)
	name := t.clean(a.Label)
	if textWidth(name)+spansWidth(is) > width {
		name = m.shortName(a.MemberRef)
	}
	spans := append([]span{{t.selected, name}}, is...)
	parts := [][]span{{{t.dim, place}}, {{t.dim, "age "}, age}}
	if a.Version != "" {
		parts = append(parts, []span{m.versionSpan(a, "v")})
	}
	if len(a.Endpoints) > 0 {
		parts = append(parts, []span{{t.plain, t.clean(a.Endpoints[0])}})
	}
	if a.ID != 0 {
		parts = append(parts, []span{{t.dim, "id " + t.clean(a.ID.String())}})
	}
	for _, part := range parts { // whole ones
		if spansWidth(spans)+2+spansWidth(part) <= width {
			spans = append(append(spans, span{text: "  "}), part...)
		}
	}
	return spans
}

// verdictSpans say whether the member may go down now, and why. The reason for the loss of a voter that is lost for
// certain says that it is.
func (m model) verdictSpans(a *thresholds.Member, detail drainDetail) []span {
	reason := m.brief(a.CanLose.Detail(detail.ofVerdicts()))
	if v := a.CanLose.Verdict; a.LostAlready() && a.Voter && (v == thresholds.LossSafe || v == thresholds.LossRisk) {
		if kind := a.VerdictKind(); kind.MayReturn {
			return []span{{m.theme.dim, kind.Words()}, {m.theme.plain, ": " + reason}}
		}
		return []span{{m.theme.plain, reason}}
	}
	word, s := m.drainWord(a)
	return []span{{s, word}, {m.theme.plain, ": " + reason}}
}

// removalSpans say whether it may be removed for good, and a reason, which may be the one in short.
func (m model) removalSpans(a *thresholds.Member, reason string) []span {
	word, s := m.theme.verdict(a.CanRemove.Verdict)
	return []span{{s, word}, {m.theme.plain, ": " + m.brief(reason)}}
}

func (m model) memberTitle() string {
	if a := m.selectedMember(); a != nil {
		return m.shortName(a.MemberRef)
	}
	return "no member"
}

// onMemberKey scrolls, moves to another member, and passes on the keys of the charts.
func (m model) onMemberKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	switch k := m.keys; {
	case key.Matches(msg, k.PageDown):
		return m.scrollMember(1), nil, true
	case key.Matches(msg, k.PageUp):
		return m.scrollMember(-1), nil, true
	}
	if next, moved := m.onNeighbourKey(msg); moved {
		return next, nil, true
	}
	return m.onChartKey(msg)
}

// onNeighbourKey moves to the next or previous member, around the ends or as in a list.
func (m model) onNeighbourKey(msg tea.KeyMsg) (model, bool) {
	members, at := m.shown.members, max(m.selection(), 0)
	n := len(members)
	if n == 0 {
		return m, false
	}
	var to int
	moved := true
	switch {
	case key.Matches(msg, m.keys.Next):
		to = (at + 1) % n
	case key.Matches(msg, m.keys.Previous):
		to = (at + n - 1) % n
	default:
		to, moved = m.keys.move(msg, at, n-1)
	}
	m.selected = members[to].Key
	return m, moved
}

// onChartKey takes the keys that focus a chart and zoom it.
func (m model) onChartKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	switch k := m.keys; {
	case key.Matches(msg, k.Chart):
		m.charts.focus = int(msg.Runes[0] - '0')
	case key.Matches(msg, k.Zoom):
		m.charts.readAt = time.Time{}
		m = m.toggle(pageZoom)
	default:
		return m, nil, false
	}
	return m, nil, true
}

// copyMember copies the member's verdicts and reading.
func (m model) copyMember() (what, text string) {
	a := m.selectedMember()
	if a == nil {
		return "", ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s, at %s\n",
		m.theme.clean(a.Label), a.Role, m.stateCell(a).text, m.clock(m.shown.assessment.At))
	word, _ := m.theme.verdict(a.CanLose.Verdict)
	b.WriteString("can be lost: " + word + ": " + m.theme.clean(a.CanLose.Reason) + "\n")
	word, _ = m.theme.verdict(a.CanRemove.Verdict)
	b.WriteString("can be removed: " + word + ": " + m.theme.clean(a.CanRemove.Reason) + "\n")
	const unwrapped = 1 << 12
	for _, line := range m.remarkLines(m.memberRemarks(a), unwrapped, false) {
		b.WriteString(strings.TrimRight(ansi.Strip(line), " ") + "\n")
	}
	return m.theme.clean(a.Label), strings.TrimSpace(b.String())
}

// openMember opens the selected member's page on the chart with its worst finding.
func (m model) openMember() model {
	m.charts.focus, m.member = 0, memberView{}
	return m.open(pageMember)
}
