package tui

import (
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// notice is the outcome of the last key, in the last line.
type notice struct {
	text  string
	err   error
	until time.Time
}

// noticeFor is how long a notice stays unless a key removes it.
const noticeFor = 10 * time.Second

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
	return m
}

func (m model) renderNotice(width int) string {
	t := m.theme
	if m.notice.err != nil {
		return lineOf(t, width, span{t.level(thresholds.Warning), " " + t.clean(m.notice.err.Error())})
	}
	return lineOf(t, width, span{t.accent, " " + t.clean(m.notice.text)})
}
