package tui

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// nearbyEvents is how close in time an event is to count as near another.
const nearbyEvents = time.Minute

// evidence gathers labelled lines.
type evidence struct {
	th *theme
	// brief makes texts fit for the screen, with the members' short names.
	brief func(string) string
	width int
	lines block
}

// add writes texts beside a label, each on lines of its own.
func (e *evidence) add(label string, texts ...string) {
	for _, text := range texts {
		if text != "" {
			e.lines = append(e.lines, e.th.wrapped(e.width, label, e.brief(text))...)
			label = ""
		}
	}
}

// title writes the heading behind the word for its level.
func (e *evidence) title(word span, text string) {
	for _, line := range wrap([]span{word, {e.th.plain, " "}, {e.th.bold, e.brief(text)}}, e.width, 0) {
		e.lines = append(e.lines, lineOf(e.th, e.width, line...))
	}
}

// renderEventEvidence is all that was observed about one of the events shown.
func (m model) renderEventEvidence(at int, letter string, width int) block {
	e := &m.shown.events[at]
	out := &evidence{th: m.theme, brief: m.brief, width: width, lines: m.renderEventTitle(e, letter, width)}
	if e.Kind == thresholds.EventMark {
		m.addMark(out, e)
	}
	m.addExpected(out, e.Expected, e.Announcement)
	out.add("next", m.nextAbout(e))
	if e.Rule != "" {
		rule, _ := m.rules.Rule(e.Rule)
		m.addRule(out, e.Rule, e.Severity, rule.SourceOf(e.Severity))
		m.addValues(out, e.Rule, e.Member, e.SaidAt())
	}
	reported := m.reportedIn(e)
	if reported == nil {
		out.add("reading", "of that moment not kept any longer")
		m.addNearby(out, at)
		return out.lines
	}
	a := &reported.assessment
	if e.Level > thresholds.OK {
		out.add("reading", a.Reading.Text)
	} else {
		out.add("cluster", a.ClusterLine())
	}
	m.addNearby(out, at)
	if e.Level > thresholds.OK {
		out.add("not looked at", a.Reading.NotLookedAt...)
	}
	return out.lines
}

// nextAbout is what to do about an event that goes on; empty where there is nothing.
func (m model) nextAbout(e *thresholds.Event) string {
	f := m.shown.assessment.Finding(e.Rule, e.Member.Key)
	if !e.Active || f == nil {
		return ""
	}
	advice := m.shown.inhibition.AdviceFor(f)
	if m.hasLowLists() {
		return advice.Step
	}
	return advice.Text
}

// renderEventTitle is the event in full.
func (m model) renderEventTitle(e *thresholds.Event, letter string, width int) block {
	t, word := m.theme, m.eventWord(e)
	spans := []span{{t.dim, m.stamp(e.DatedAt()) + " "}, word, {t.plain, " "}}
	if letter != "" {
		spans = append(spans, span{t.mark, letter}, span{t.plain, " "})
	}
	text, short := e.Text, m.hasLowLists() && e.Headline != ""
	if short {
		text = e.Headline
	} else if m.needsWho(e) {
		spans = append(spans, span{t.bold, m.brief(m.who(e)) + ": "})
	}
	spans = append(spans, span{t.bold, m.brief(text)})
	if e.Holds() != "" {
		spans = append(spans, span{t.plain, "; " + m.brief(e.Holds())})
	}
	if lasted := m.lasted(e)[0]; lasted != "" {
		spans = append(spans, span{t.dim, "  " + lasted})
	}
	var b block
	for _, line := range wrap(spans, width, 0) {
		b = append(b, lineOf(t, width, line...))
	}
	return b
}

// addExpected says which mark announced what a member did, and until when.
func (m model) addExpected(out *evidence, expected string, by thresholds.Announcement) {
	if expected == "" {
		return
	}
	mark := "a mark"
	if letter := m.expectedBy(by).letter; letter != "" {
		mark = "mark " + letter
	}
	out.add("expected", fmt.Sprintf("%s of %s announced it until %s: %s",
		mark, m.stamp(by.Since), m.stamp(by.Until), expected))
}

// addMark says what a mark announces.
func (m model) addMark(out *evidence, e *thresholds.Event) {
	marks, at := m.shownMarks(), m.markOf(e)
	if at < 0 || marks[at].Member == "" {
		out.add("expects", "no outage: a note on the time line")
	} else {
		until := e.Announcement.Until
		text := "that " + marks[at].Member + " is down, until " + m.stamp(until)
		if left := m.left(until); left > 0 {
			text += ": " + m.theme.duration(left) + " more"
			if m.isOver(e.Announcement) {
				text += ", and it is back"
			}
		}
		out.add("expects", text)
	}
	out.add("then", m.afterMark(e))
	out.add("compare", m.keys.Compare.Help().Key+" shows what was before it and after it")
}

// afterMark says what began between a mark and the next one, or until now.
func (m model) afterMark(mark *thresholds.Event) string {
	began, until, letters := 0, "since", m.markLetters()
	for i := range m.shown.events {
		e := &m.shown.events[i]
		if !e.At.After(mark.At) {
			continue
		}
		if e.Kind == thresholds.EventMark {
			until = "until mark " + letters[i] + " at " + m.stamp(e.At)
			break
		}
		began++
	}
	if began == 0 {
		return "nothing new " + until
	}
	return thresholds.Plural(began, "new event") + " " + until
}

// reportedIn is the observation that first reported an event; nil where it is no longer kept.
func (m model) reportedIn(e *thresholds.Event) *observation {
	if m.seen.past.len() == 0 {
		return nil
	}
	at := m.seen.past.nth(m.seen.past.from(e.KnownAt))
	if !at.assessment.At.Equal(e.KnownAt) || at.sweep > m.shown.sweep {
		return nil
	}
	return at
}

// addRule names the rule, its limit, and where the limit comes from.
func (m model) addRule(out *evidence, id thresholds.RuleID, level thresholds.Level, source string) {
	rule, known := m.rules.Rule(id)
	if !known {
		out.add("rule", string(id))
		return
	}
	out.add("rule", string(id)+": "+rule.Summary)
	_, level, has := rule.LimitFrom(level)
	if !has {
		return
	}
	out.add("limit", levelWord(level)+" "+rule.LimitWords(level, thresholds.Unit.Format))
	out.add("set by", source)
}

// addNearby lists what else happened at about that time.
func (m model) addNearby(out *evidence, at int) {
	e := &m.shown.events[at]
	var texts []string
	for i := range m.shown.events {
		other := &m.shown.events[i]
		if i == at || other.At.Sub(e.At).Abs() > nearbyEvents {
			continue
		}
		text := other.Text
		if m.needsWho(other) {
			text = m.who(other) + ": " + text
		}
		texts = append(texts, m.stamp(other.At)+" "+m.eventWord(other).text+" "+text+m.announced(other).tail())
	}
	out.add("also", texts...)
}
