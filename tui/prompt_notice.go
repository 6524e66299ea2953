package tui

import (
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// notice is the outcome of the last key, in the last line.
type notice struct {
	text  string
	err   error
	until time.Time
}

// How long a notice stays unless a key removes it; an error stays longer, and one about a key that does nothing is
// brief.
const (
	noticeFor      = 5 * time.Second
	errorFor       = 10 * time.Second
	briefNoticeFor = time.Second
)

// asOf is the notice at a time: none once it has expired.
func (n notice) asOf(at time.Time) notice {
	if at.After(n.until) {
		return notice{}
	}
	return n
}

// say shows a notice.
func (m model) say(text string, err error) model {
	m.notice = notice{text: text, err: err, until: m.now.Add(noticeFor)}
	if err != nil {
		m.notice.until = m.now.Add(errorFor)
	}
	return m
}

// onUnknownKey says where to look for the keys, and which page has the one that was pressed.
func (m model) onUnknownKey(msg tea.KeyMsg) model {
	text := m.keys.Help.Help().Key + " help"
	for r := range m.keys.each() {
		if !key.Matches(msg, *r.to) {
			continue
		}
		if r.isOn(m.page()) {
			return m // there is nothing for it to do
		}
		text = msg.String() + ": " + r.does + ", on the " + m.pageName(r.on[0]) + " page   " + text
		break
	}
	m = m.say(text, nil)
	m.notice.until = m.now.Add(briefNoticeFor)
	return m
}

func (m model) renderNotice(width int) string {
	t := m.theme
	if m.notice.err != nil {
		return lineOf(t, width, span{t.level(thresholds.Warning), " " + t.clean(m.notice.err.Error())})
	}
	l := newLine(t, width)
	l.add(t.accent, " "+t.clean(m.notice.text)+" ")
	m.addHints(l, m.pane().keys(m.keys)) // as many as there is still room for
	return l.String()
}
