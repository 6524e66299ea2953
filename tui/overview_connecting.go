package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderConnecting draws the screen before the first sweep: the endpoints, and what etcdoc asks them for.
func (m model) renderConnecting(width, height int) block {
	t := m.theme
	b := block{m.renderHeader(width)}
	if height > 4 {
		b = append(b, m.renderRule(width), blanks(width))
	}
	asking := []span{{t.bold, " Asking "}, {t.plain, "for Status, the member list, alarms and /metrics:"}}
	if m.conn.ended != nil {
		asking = []span{{t.bold, " No data: "}, {t.plain, t.clean(m.conn.ended.Error())}}
	}
	b = append(b, lineOf(t, width, asking...))
	for _, e := range m.conn.endpoints {
		b = append(b, lineOf(t, width, span{text: "   "}, span{t.plain, t.clean(e)}))
	}
	b = b.pad(width, max(height-1, 1))
	if height > 1 {
		b = append(b, m.renderFooter(width))
	}
	return b
}

// answers replaces the charts until an endpoint answers: a line with each one's error, then the errors that did not fit
// in full.
func (m model) answers(width int) block {
	t := m.theme
	again := "   asked again every " + thresholds.ShortDuration(m.conn.interval) +
		"; the screen fills by itself once one answers"
	b := block{lineOf(t, width, span{t.bold, " WHAT EACH ENDPOINT ANSWERS"}, span{t.dim, again})}
	members := m.shown.assessment.Members
	endpointWidth := 0
	for i := range members {
		endpointWidth = max(endpointWidth, min(ansi.StringWidth(t.clean(endpointsOf(&members[i]))), width/2))
	}
	var cut []string
	for i := range members {
		a := &members[i]
		answer := t.clean(m.answer(a))
		l := newLine(t, width)
		l.space(1)
		l.cell(t.bold, t.clean(endpointsOf(a)), endpointWidth, false)
		l.space(2)
		l.cell(t.dim, m.downFor(a), durationWidth, true)
		l.space(2)
		if ansi.StringWidth(answer) > l.room() && !slices.Contains(cut, answer) {
			cut = append(cut, answer)
		}
		l.add(t.plain, answer)
		b = append(b, l.String())
	}
	for _, answer := range cut {
		b = append(b, blanks(width))
		for _, spans := range wrap(t, []span{{t.plain, answer}}, max(width-3, 1), 0) {
			b = append(b, lineOf(t, width, append([]span{{text: "   "}}, spans...)...))
		}
	}
	return b
}

func endpointsOf(a *thresholds.Member) string { return orNone(strings.Join(a.Endpoints, " ")) }

// durationWidth is the width of every duration that long writes.
const durationWidth = 6

func (m model) downFor(a *thresholds.Member) string {
	if a.DownSince.IsZero() {
		return ""
	}
	return long(m.asOf().Sub(a.DownSince).Truncate(time.Second))
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
