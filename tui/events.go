package tui

import (
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderEvents lists the newest changes, the last one on top.
func (m model) renderEvents(width, height int) block {
	t, events := &m.theme, m.shown.events
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

func (m model) renderEvent(e *thresholds.Event, letter string, width int) string {
	t := &m.theme
	word, s := levelWord(e.Level), t.level(e.Level)
	if e.Kind == thresholds.EventMark {
		word, s = "MARK", t.mark
	}
	lasted := ""
	switch {
	case e.Active:
		lasted = long(m.moment().Sub(e.At)) + ", active"
	case e.Lasted > 0 && e.Error == 0: // else the text says between what it lies
		lasted = long(e.Lasted)
	}
	l := newLine(t, width)
	l.space(1)
	l.add(t.dim, clock(e.At, m.local)+" ")
	l.cell(s, word, 5, false)
	text := newLine(t, l.room()-len(lasted)-1)
	if letter != "" {
		text.add(t.mark, letter+" ")
	}
	if !e.Member.IsZero() && !strings.Contains(e.Text, e.Member.Label) {
		text.add(t.plain, t.clean(e.Member.Label)+": ")
	}
	text.add(t.plain, t.clean(e.Text))
	l.addRaw(text.String(), text.width)
	l.cell(t.dim, lasted, l.room(), true)
	return l.String()
}

// markLetters name the marks among the events shown, A B C …, by the event's index.
func (m model) markLetters() map[int]string {
	letters := map[int]string{}
	for i := range m.shown.events {
		if m.shown.events[i].Kind == thresholds.EventMark {
			letters[i] = string(rune('A' + len(letters)%26))
		}
	}
	return letters
}

// renderEvidence says what to do next, why the reading reads as it does, and what it did not look at.
func (m model) renderEvidence(width, height int) block {
	t, r := &m.theme, &m.shown.assessment.Reading
	b := block{lineOf(t, width, span{t.bold, "READING"})}
	var because, next []string
	for _, e := range r.Evidence {
		if m.anyAnswer() && !strings.Contains(r.Text, e) { // what is on the screen already is not said twice
			because = append(because, e)
		}
	}
	if len(r.Evidence) == 0 {
		because = []string{r.Text}
	}
	if r.Next != "" {
		next = []string{r.Next}
	}
	for _, part := range []struct {
		label string
		texts []string
	}{{"next", next}, {"because", because}, {"unseen", r.NotLookedAt}} {
		for i, text := range part.texts {
			label := part.label
			if i > 0 {
				label = ""
			}
			b = append(b, t.wrapped(width, label, t.clean(text))...)
		}
	}
	return b.cut(t, width, height)
}

// labelWidth is the width of the labels to the left of wrapped texts and of facts.
const labelWidth = 9

// wrapped writes a label and beside it a text, on as many lines as that takes.
func (t *theme) wrapped(width int, label, text string) block {
	var b block
	for _, spans := range wrap(t, []span{{t.plain, text}}, max(width-labelWidth, 1), 0) {
		l := newLine(t, width)
		l.cell(t.dim, label, labelWidth, false)
		for _, s := range spans {
			l.add(s.style, s.text)
		}
		b, label = append(b, l.String()), ""
	}
	return b
}
