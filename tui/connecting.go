package tui

import (
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderConnecting is the screen before the first sweep: whom is being asked what.
func (m model) renderConnecting(width, height int) block {
	t := &m.theme
	b := block{m.renderHeader(width)}
	if height > 4 {
		b = append(b, m.renderRule(width), blanks(width))
	}
	asking := []span{{t.bold, " Asking "}, {t.plain, "for Status, the member list, alarms and /metrics:"}}
	if m.ended != nil {
		asking = []span{{t.bold, " No data: "}, {t.plain, t.clean(m.ended.Error())}}
	}
	b = append(b, lineOf(t, width, asking...))
	for _, e := range m.endpoints {
		b = append(b, lineOf(t, width, span{text: "   "}, span{t.plain, t.clean(e)}))
	}
	b = b.pad(width, max(height-1, 1))
	if height > 1 {
		b = append(b, m.renderFooter(width))
	}
	return b
}

// answers say what each endpoint answers while none has given facts: what stands in place of the charts.
func (m model) answers(width int) block {
	t := &m.theme
	var b block
	b = append(b, lineOf(t, width, span{t.bold, " WHAT EACH ENDPOINT ANSWERS"},
		span{t.dim, "   asked again every " + interval(m.interval) + "; the screen fills by itself once one answers"}))
	for i := range m.shown.assessment.Members {
		b = append(b, m.renderAnswer(&m.shown.assessment.Members[i], width)...)
	}
	return b
}

func (m model) renderAnswer(a *thresholds.Member, width int) block {
	t := &m.theme
	since := ""
	if !a.DownSince.IsZero() {
		since = "for " + long(m.moment().Sub(a.DownSince).Truncate(time.Second))
	}
	b := block{lineOf(t, width, span{text: " "}, span{t.bold, t.clean(orNone(strings.Join(a.Endpoints, " ")))}, span{t.dim, "  " + since})}
	answers := a.Errors
	if len(answers) == 0 {
		answers = []string{"no answer yet"}
	}
	for _, e := range answers {
		for _, spans := range wrap(t, []span{{t.plain, t.clean(e)}}, max(width-3, 1), 0) {
			b = append(b, lineOf(t, width, append([]span{{text: "   "}}, spans...)...))
		}
	}
	return b
}
