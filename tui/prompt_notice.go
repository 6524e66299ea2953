package tui

import (
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// notice is what the last line says about the last key: that something was done, or why it was not.
type notice struct {
	text  string
	err   error
	until time.Time
}

// noticeFor is for how long a notice stays, where no key takes it away.
const noticeFor = 10 * time.Second

// asOf is the notice at a time: none once it has been there for long enough.
func (n notice) asOf(at time.Time) notice {
	if at.After(n.until) {
		return notice{}
	}
	return n
}

// say shows a notice.
func (m model) say(text string, err error) model {
	m.notice = notice{text: text, err: err, until: m.now.Add(noticeFor)}
	return m
}

func (m model) renderNotice(width int) string {
	t := m.theme
	if m.notice.err != nil {
		return lineOf(t, width, span{t.level(thresholds.Warning), " " + t.clean(m.notice.err.Error())})
	}
	return lineOf(t, width, span{t.accent, " " + t.clean(m.notice.text)})
}
