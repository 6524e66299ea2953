package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderConnecting draws the screen before the first sweep: the endpoints, and what etcdoc asks them for, where the
// first sweep shows the members.
func (m model) renderConnecting(width, height int) block {
	t, endpoints := m.theme, m.conn.endpoints
	l := newLayout(width, height, len(endpoints))
	b := m.connectingHead(width, l.text)
	verdict := []span{{t.bold, "DRAIN "}, {t.level(thresholds.Unknown), "UNKNOWN"}, {t.plain, ": no member has " +
		"answered"}}
	b = append(b, block{lineOf(t, width, verdict...)}.pad(width, l.drain)...)
	if l.tableRule {
		b = append(b, m.renderRule(width))
	}
	if l.tableHead {
		b = append(b, lineOf(t, width, span{t.dim, blanks(cursorWidth) + "ENDPOINT"}))
	}
	var rows block
	for _, e := range endpoints {
		rows = append(rows, lineOf(t, width, span{t.plain, blanks(cursorWidth) + t.clean(e)}))
	}
	b = append(b, rows.cut(t, width, l.rows)...).pad(width, max(height-1, 1))
	if height > 1 {
		b = append(b, m.renderFooter(width))
	}
	return b
}

// connectingHead is the header, and under it what etcdoc waits for, or why it waits no more.
func (m model) connectingHead(width, height int) block {
	t, room := m.theme, width-textIndent(width)
	text := "Asking for Status, the member list, alarms and /metrics"
	if m.conn.ended != nil {
		text = "No data: " + t.clean(m.conn.ended.Error())
	}
	lines := wrap([]span{{t.bold, text}}, room, 0)
	if before := m.lastSeenWords(); before != "" {
		lines = append(lines, wrap([]span{{t.plain, before}}, room, 0)...)
	}
	header := m.renderHeader(width)
	if isWide(width) {
		left, right := fitting(m.headerFields(marginFull, width), m.headLive(width), width)
		header = m.drawHeader(width, left, right)
		if len(lines) < height {
			lines = append(lines, m.factLine(ranksOf(slices.Concat(left, right)), nil, room))
		}
	}
	return append(block{header}, m.linesOf(width, height, textIndent(width), cutTo(lines, height))...)
}

// answers replaces the charts, or the table where there are none, until an endpoint answers: a line with each one's
// error, then the errors that did not fit in full. Where there are fewer lines than endpoints, those with the same
// error share a line.
func (m model) answers(width, height int) block {
	t := m.theme
	head := newLine(t, width)
	head.add(t.bold, " WHAT EACH ENDPOINT ANSWERS")
	again := "   asked again every " + thresholds.ShortDuration(m.conn.interval)
	for _, form := range []string{again + "; the screen fills by itself once one answers", again} {
		if textWidth(form) <= head.room() {
			head.add(t.dim, form)
			break
		}
	}
	b := block{head.String()}
	rows := m.answerRows(height-1 < len(m.shown.assessment.Members))
	endpointWidth := 0
	for _, r := range rows {
		endpointWidth = max(endpointWidth, min(ansi.StringWidth(r.who), width/2))
	}
	var cut []string
	for _, r := range rows {
		l := newLine(t, width)
		l.space(1)
		l.cell(t.bold, r.who, endpointWidth, false)
		l.space(2)
		l.cell(t.dim, r.since, durationWidth, true)
		l.space(2)
		if ansi.StringWidth(r.answer) > l.room() {
			if !slices.Contains(cut, r.answer) {
				cut = append(cut, r.answer)
			}
			r.answer = r.short
		}
		l.add(t.plain, r.answer)
		b = append(b, l.String())
	}
	for _, answer := range cut {
		if len(b) >= height {
			break
		}
		b = append(b, blanks(width))
		for _, spans := range wrap([]span{{t.plain, answer}}, max(width-3, 1), 0) {
			b = append(b, lineOf(t, width, append([]span{{text: "   "}}, spans...)...))
		}
	}
	return b.cut(t, width, height)
}

// answerRow is what an endpoint answers, or several do alike; in full, and in a few words.
type answerRow struct{ who, since, answer, short string }

// answerRows are those of all members; merged, a row for each answer.
func (m model) answerRows(merged bool) []answerRow {
	var rows []answerRow
	counts := map[string]int{}
	for i := range m.shown.assessment.Members {
		a := &m.shown.assessment.Members[i]
		r := answerRow{who: m.theme.clean(endpointsOf(a)), since: m.downFor(a), answer: m.theme.clean(m.answer(a))}
		if r.short = r.answer; len(a.Errors) > 0 {
			r.short = a.Errors[0].Kind.Words()
		}
		if counts[r.answer]++; !merged || counts[r.answer] == 1 {
			rows = append(rows, r)
		}
	}
	for i := range rows {
		if n := counts[rows[i].answer]; merged && n > 1 {
			rows[i].who = thresholds.Plural(n, "endpoint")
		}
	}
	return rows
}

func endpointsOf(a *thresholds.Member) string { return orNone(strings.Join(a.Endpoints, " ")) }

// durationWidth is the width of every duration that theme.duration writes.
const durationWidth = 6

func (m model) downFor(a *thresholds.Member) string {
	if a.DownSince.IsZero() {
		return ""
	}
	return m.theme.duration(m.elapsed(a.DownSince))
}

// answer returns the error of a member's Status call: nothing else matters until it answers. It leaves out the
// endpoint, which stands beside it.
func (m model) answer(a *thresholds.Member) string {
	if len(a.Errors) == 0 {
		return "no answer yet"
	}
	if e := a.Errors[0]; e.What != "" && slices.Contains(a.Endpoints, e.Where) {
		return e.What
	}
	return a.Errors[0].Text
}
