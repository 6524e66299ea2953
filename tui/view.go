package tui

import (
	"cmp"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// render draws the whole window: exactly height lines of exactly width cells. Panes are functions of the model.
func (m model) render() string {
	if m.screen.width <= 0 || m.screen.height <= 0 {
		return ""
	}
	var frame block
	switch {
	case m.help.open:
		frame = m.renderHelp(m.screen.width, m.screen.height)
	case m.screen.height == 1:
		frame = block{m.renderStatusLine(m.screen.width)}
	case !m.shown.known():
		frame = m.renderConnecting(m.screen.width, m.screen.height)
	default:
		frame = m.renderPage()
	}
	frame = frame.pad(m.screen.width, m.screen.height)
	if m.prompt.choices != nil {
		frame = m.withChoices(frame, m.screen.width, m.screen.height)
	}
	if last, has := m.renderLastLine(m.screen.width); has {
		frame[m.screen.height-1] = last
	}
	return strings.Join(frame, "\n")
}

func (m model) renderRule(width int) string {
	return m.theme.faint.paint(strings.Repeat(m.theme.rule(), width))
}

// renderStatusLine is the window of one line.
func (m model) renderStatusLine(width int) string {
	t, a := m.theme, &m.shown.assessment
	if !m.shown.known() {
		return lineOf(t, width, span{t.bold, "etcdoc "}, m.freshness())
	}
	spans := []span{{t.level(a.Level), levelWord(a.Level)}}
	if m.paused || m.conn.ended != nil || m.overdue() {
		spans = append(spans, span{text: " "}, m.freshness())
	}
	if m.conn.unverified {
		spans = append(spans, span{text: " "}, span{t.level(thresholds.Warning), "TLS NOT VERIFIED"})
	}
	spans = append(spans, span{t.plain, " " + m.marginText() + "  "})
	headline := m.brief(cmp.Or(a.Reading.Headline, a.Reading.Text))
	return lineOf(t, width, append(spans, span{t.plain, headline})...)
}
