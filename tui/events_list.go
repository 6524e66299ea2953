package tui

import (
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderEvents lists the events, newest first.
func (m model) renderEvents(width, height int) block {
	t, events := m.theme, m.shown.events
	var b block
	if height >= 4 {
		b = append(b, lineOf(t, width, span{t.bold, " EVENTS"}))
	}
	letters := m.markLetters()
	for i := len(events) - 1; i >= 0 && len(b) < height; i-- {
		b = append(b, m.renderEvent(&events[i], letters[i], width))
	}
	if len(events) == 0 && len(b) < height {
		b = append(b, lineOf(t, width, span{t.dim, " no changes yet"}))
	}
	return b.pad(width, height)
}

// renderEvent is an event in one line.
func (m model) renderEvent(e *thresholds.Event, letter string, width int) string {
	t := m.theme
	word, lasted := m.eventWord(e), m.lasted(e)
	l := newLine(t, width)
	l.space(1)
	l.add(t.dim, m.clock(e.At)+" ")
	l.cell(word.style, word.text, 5, false)
	text := newLine(t, l.room()-len(lasted)-1)
	if letter != "" {
		text.add(t.mark, letter+" ")
	}
	text.add(t.plain, m.brief(e.Lead()))
	m.addEventText(text, e.Text, m.announced(e))
	l.addRaw(text.String(), text.width)
	l.cell(t.dim, lasted, l.room(), true)
	return l.String()
}

// eventWord is the word for an event's level.
func (m model) eventWord(e *thresholds.Event) span {
	if e.Kind == thresholds.EventMark {
		return span{m.theme.mark, "MARK"}
	}
	return span{m.theme.level(e.Level), levelWord(e.Level)}
}

// expectation is whether something was announced, and by which mark where that is known.
type expectation struct {
	expected bool
	letter   string
}

// announced is the expectation of an event.
func (m model) announced(e *thresholds.Event) expectation {
	return m.expectedBy(e.Expected, e.Member, e.At.Add(e.Lasted))
}

// expectedBy is the expectation of what a member did until a time. announcement is the text of the mark, empty
// without one.
func (m model) expectedBy(announcement string, member thresholds.MemberRef, until time.Time) expectation {
	e := expectation{expected: announcement != ""}
	if n, known := m.announcer(member, until); e.expected && known {
		e.letter = markLetter(n)
	}
	return e
}

// tail is the remark behind what happened.
func (e expectation) tail() string {
	if e.letter == "" {
		return e.shortTail()
	}
	return " (expected: mark " + e.letter + ")"
}

// shortTail is a tail for little room.
func (e expectation) shortTail() string {
	switch {
	case !e.expected:
		return ""
	case e.letter == "":
		return " (expected)"
	}
	return " (expected: " + e.letter + ")"
}

// addEventText adds what happened, cut so that the tail stays.
func (m model) addEventText(l *line, text string, e expectation) {
	t, tail := m.theme, e.tail()
	if l.room() < 3*len(tail) {
		tail = e.shortTail()
	}
	l.add(t.plain, fit(t, m.brief(text), max(l.room()-len(tail), l.room()/3)))
	l.add(t.dim, tail)
}

// lasted is how long an event went on, or has gone on so far; for a mark, how much longer it announces an outage.
func (m model) lasted(e *thresholds.Event) string {
	if n := m.markOf(e); n >= 0 {
		if left := expectedUntil(&m.shownMarks()[n]).Sub(m.asOf()); left > 0 {
			return m.theme.duration(left) + " left"
		}
		return ""
	}
	switch {
	case e.Active:
		return m.theme.duration(m.shown.assessment.At.Sub(e.At)) + ", active"
	case e.Rule != "" && e.Level == thresholds.OK:
		return "" // the text of an end says how long it lasted
	case e.Lasted > 0 && e.Error == 0: // else the text gives the range
		return m.theme.duration(e.Lasted)
	}
	return ""
}
