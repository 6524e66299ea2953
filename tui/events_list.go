package tui

import (
	"cmp"
	"strconv"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// titledEvents is the least height of a list of events that has a title: a lower one has it in the rule above.
const titledEvents = 5

// renderEvents lists the events, under a title where there is room for one.
func (m model) renderEvents(width, height int) block {
	if height < titledEvents {
		b, _ := m.listEvents(width, height)
		return b
	}
	b, hidden := m.listEvents(width, height-1)
	const title = " EVENTS"
	return append(block{lineOf(m.theme, width, span{m.theme.bold, title},
		span{m.theme.dim, "  " + m.latelyWords(hidden, width-len(title)-2)})}, b...)
}

// listEvents lists the events: critical ones that go on, warnings that do, then the last minutes' changes, those of the
// leader first and notices last, then the rest, each newest first. hidden is how many of the last minutes' changes have
// no room.
func (m model) listEvents(width, height int) (b block, hidden int) {
	t, events := m.theme, m.shown.events
	letters := m.markLetters()
	for urgency := urgencyCritical; urgency >= urgencyNone; urgency-- {
		for i := len(events) - 1; i >= 0; i-- {
			switch e := &events[i]; {
			case m.urgencyOf(e) != urgency:
			case len(b) < height:
				b = append(b, m.renderWholeEvent(e, letters[i], width, height-len(b))...)
			case m.changedLately(e):
				hidden++
			}
		}
	}
	if len(events) == 0 && len(b) < height {
		b = append(b, lineOf(t, width, span{t.dim, " no changes yet"}))
	}
	return b.pad(width, height), hidden
}

// The order in which events are listed where not all have room.
const (
	urgencyNone = iota
	urgencyNotice
	urgencyChange
	urgencyLeader
	urgencyWarning
	urgencyCritical
)

func (m model) urgencyOf(e *thresholds.Event) int {
	switch {
	case e.Active && e.Level == thresholds.Critical:
		return urgencyCritical
	case e.Active && e.Level == thresholds.Warning:
		return urgencyWarning
	case !m.changedLately(e):
		return urgencyNone
	case e.Kind == thresholds.EventFiring && e.Level < thresholds.Warning:
		return urgencyNotice
	case e.Kind == thresholds.EventLeader:
		return urgencyLeader
	}
	return urgencyChange
}

// renderWholeEvent is an event in one line, or a mark on as many as what it says takes, where there are so many.
func (m model) renderWholeEvent(e *thresholds.Event, letter string, width, height int) block {
	t := m.theme
	begin := []span{{text: " "}, {t.dim, m.clock(e.At) + " "}, {t.mark, "MARK "}, {t.mark, letter + " "}}
	room := width - spansWidth(begin) - 1
	if text := m.brief(e.Lead() + e.Text); e.Kind == thresholds.EventMark && textWidth(text) > room && room > 0 {
		if lines := wrap([]span{{t.plain, text}}, room, 0); len(lines) <= height {
			var b block
			for _, line := range lines {
				b = append(b, lineOf(t, width, append(begin, line...)...))
				begin = []span{{text: blanks(spansWidth(begin))}}
			}
			return b
		}
	}
	return block{m.renderEvent(e, letter, width)}
}

// renderEvent is an event in one line.
func (m model) renderEvent(e *thresholds.Event, letter string, width int) string {
	t, word := m.theme, m.eventWord(e)
	l := newLine(t, width)
	l.space(1)
	l.add(t.dim, m.clock(e.DatedAt())+" ")
	l.cell(word.style, word.text, 5, false)
	m.addEvent(l, e, marginalia{letter: letter}, m.eventForms(e, e.Lead()+e.Text, e.Headline, e.Brief), l.room())
	return l.String()
}

// An eventForm is what happened, and what holds now or held when it ended.
type eventForm struct{ what, over string }

// eventForms are the forms of an event, the longest first.
func (m model) eventForms(e *thresholds.Event, full, short, brief string) []eventForm {
	full, short = m.brief(full), m.brief(cmp.Or(short, full))
	brief = cmp.Or(m.brief(brief), short)
	if e.Holds() == "" {
		return []eventForm{{full, ""}, {short, ""}, {brief, ""}}
	}
	over := "; " + m.brief(e.Holds())
	return []eventForm{{full, over}, {short, over}, {brief, over}, {short, ""}, {brief, ""}}
}

// marginalia are a person's notes to an event: the letter of a mark, and that it is muted.
type marginalia struct{ letter, muted string }

// addEvent adds the longest form of what happened for which there is room within width, and on its right how long it
// lasted, in fewer words where that makes room.
func (m model) addEvent(l *line, e *thresholds.Event, by marginalia, forms []eventForm, width int) {
	t, expected, lasted := m.theme, m.announced(e), m.lasted(e)
	letter := by.letter
	if letter != "" {
		letter += " "
	}
	room := func(lasted string) int {
		return width - ansi.StringWidth(letter) - ansi.StringWidth(by.muted) - ansi.StringWidth(lasted) - 1
	}
	chosen, tail, beside := forms[len(forms)-1], expected.shortTail(), lasted[len(lasted)-1]
	fits := func(lasted []string) bool {
		for _, form := range forms {
			for _, words := range lasted {
				for _, remark := range []string{expected.tail(), expected.shortTail()} {
					if ansi.StringWidth(form.what+remark+form.over) <= room(words) {
						chosen, tail, beside = form, remark, words
						return true
					}
				}
			}
		}
		return false
	}
	keeps := e.Times > 1 && width >= 3*ansi.StringWidth(beside) || e.Over != ""
	durations := lasted // the last one is no duration, except of what goes on for the first time
	if n := len(lasted) - 1; n > 0 && (!e.Active || e.Times > 1) {
		durations = lasted[:n]
	}
	fitted := fits(durations) || fits(lasted)      // rather fewer words than no duration
	if !fitted && (keeps || !fits([]string{""})) { // what happened matters more than for how long
		if !keeps {
			beside = ""
		}
		chosen.what = fit(t, chosen.what, max(room(beside)-len(tail), room(beside)/3))
	}
	text := newLine(t, width-ansi.StringWidth(beside)-1)
	text.add(t.mark, letter)
	text.add(t.plain, chosen.what)
	text.add(t.dim, tail)
	text.add(t.plain, chosen.over)
	text.add(t.mark, by.muted)
	l.addRaw(text.String(), text.width)
	l.cell(t.dim, beside, width-text.width, true)
}

// eventWord is the word for an event's level. That watching began says nothing of the cluster's.
func (m model) eventWord(e *thresholds.Event) span {
	switch {
	case e.Kind == thresholds.EventMark:
		return span{m.theme.mark, "MARK"}
	case e.Kind == thresholds.EventStarted:
		return span{m.theme.dim, "-"}
	case e.Over != "":
		return span{m.theme.dim, levelWord(e.Level)}
	}
	return span{m.theme.level(e.Level), levelWord(e.Level)}
}

// expectation is whether something was announced, and by which mark where that is known.
type expectation struct {
	expected bool
	letter   string
}

// announced is the expectation of an event. A mark announces, and is not announced.
func (m model) announced(e *thresholds.Event) expectation {
	if e.Kind == thresholds.EventMark {
		return expectation{}
	}
	if e.Expected == "" { // or not all of a row
		return expectation{}
	}
	return m.expectedBy(e.Announcement)
}

// expectedBy is the expectation by a mark; by none if nothing was announced.
func (m model) expectedBy(by thresholds.Announcement) expectation {
	e := expectation{expected: by.Mark > 0}
	if n := m.placeOf(by.Mark); n >= 0 {
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

// addWithTail adds what is found, cut so that the tail stays.
func (m model) addWithTail(l *line, text string, e expectation) {
	t, tail := m.theme, e.tail()
	if l.room() < 3*len(tail) {
		tail = e.shortTail()
	}
	l.add(t.plain, fit(t, m.brief(text), max(l.room()-len(tail), l.room()/3)))
	l.add(t.dim, tail)
}

// lasted is how long an event went on, or has gone on so far, in many and in few words; for a mark, how much longer it
// announces an outage.
func (m model) lasted(e *thresholds.Event) []string {
	t := m.theme
	if e.Kind == thresholds.EventMark {
		left := m.left(e.Announcement.Until)
		switch {
		case left <= 0:
			return []string{""}
		case m.isOver(e.Announcement):
			return []string{"done"}
		}
		return []string{t.duration(left) + " left"}
	}
	span, asBad := e.Lasted, e.AsBad
	if e.Active {
		span, asBad = m.elapsed(e.At), m.elapsed(e.AsBadAt)
	}
	so, inAll := t.duration(span), ""
	if e.AsBadAt.IsZero() {
		asBad = span
	} else {
		if span-asBad > max(2*time.Second, span/10) { // else it is as good as all of it
			inAll = ", " + so + " in all"
		}
		so = t.duration(asBad)
	}
	switch times, brief := strconv.Itoa(e.Times)+" times", strconv.Itoa(e.Times)+t.pick("×", "x"); {
	case e.Active && e.Times <= 1 && span < time.Second:
		return []string{"just now"}
	case e.Active && e.Times > 1 && asBad < time.Second:
		return []string{times + ", just now", brief}
	case e.Active && e.Times > 1:
		return []string{times + ", now for " + so, brief + ", for " + so, brief}
	case e.Active:
		return []string{"for " + so + inAll, "for " + so}
	case e.Over != "" && e.Times > 1:
		in := " in " + t.duration(span)
		return []string{times + in + ", over", brief + in + ", over", brief + ", over"}
	case e.Over != "" && inAll != "":
		return []string{so + inAll + ", over", so + ", over", "over"}
	case e.Over != "":
		return []string{so + ", over", "over"}
	case e.Times > 1:
		in := " in " + t.duration(span)
		return []string{times + in + ", resolving", brief + in + ", resolving", brief}
	case e.Rule != "" && e.Level == thresholds.OK:
		return []string{""} // the text of an end says how long it lasted
	case e.Lasted > 0 && e.Kind == thresholds.EventFiring: // below its limit, and not yet for long enough
		return []string{so + ", resolving", "resolving"}
	case e.Lasted > 0 && e.Error == 0 && e.Kind != thresholds.EventStarted && e.Kind != thresholds.EventLeader:
		return []string{so + ", over", "over"}
	}
	return []string{""} // or the text gives the time or its range
}

// isOver reports that what a mark announced has happened, and nothing of it goes on.
func (m model) isOver(by thresholds.Announcement) bool {
	happened := false
	for i := range m.shown.events {
		if e := &m.shown.events[i]; e.Kind != thresholds.EventMark && e.Announcement.Mark == by.Mark {
			if e.Active {
				return false
			}
			happened = true
		}
	}
	return happened
}
