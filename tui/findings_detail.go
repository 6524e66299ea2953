package tui

import (
	"cmp"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderFinding is everything about an entry of the findings page.
func (m model) renderFinding(r findingRow, width int) block {
	out := &evidence{th: m.theme, brief: m.brief, width: width}
	switch {
	case len(r.found) == 0:
		m.addReading(out)
	case r.id.unknown():
		m.addUnknown(out, r)
	default:
		m.addFinding(out, r.found[0])
	}
	return out.lines
}

// addReading adds the reading, its evidence, and what it did not look at.
func (m model) addReading(out *evidence) {
	a := &m.shown.assessment
	if m.hasLowLists() {
		out.title(span{m.theme.level(a.Level), levelWord(a.Level)}, cmp.Or(a.Reading.Headline, a.Reading.Text))
		out.add("next", a.Reading.Step)
	} else {
		out.title(span{m.theme.level(a.Level), levelWord(a.Level)}, a.Reading.Text)
	}
	if len(a.Findings) == 0 {
		judged := "all " + thresholds.Plural(m.rulesOn(), "rule") + " are judged, but for what was not looked at"
		out.add("rules", judged+": nothing is wrong")
	}
	if !m.hasLowLists() {
		out.add("next", a.Reading.Next)
	}
	out.add("because", a.Reading.EvidenceTexts()...)
	out.add("not looked at", a.Reading.NotLookedAt...)
}

// renderRunbookHint is the command that prints the runbook of an entry; nothing where there is nothing to do.
func (m model) renderRunbookHint(r findingRow, width int) block {
	a := &m.shown.assessment
	var help string
	switch {
	case len(r.found) == 0 && a.Level > thresholds.OK:
		help = a.Reading.Help()
	case len(r.found) > 0 && !r.id.unknown():
		help = r.found[0].Help()
	default:
		return nil
	}
	return m.theme.wrapped(width, "runbook", "etcdoc explain "+help)
}

// addUnknown lists the rules that can't be judged, and why.
func (m model) addUnknown(out *evidence, r findingRow) {
	f := r.found[0]
	out.title(span{m.theme.level(f.Level), levelWord(f.Level)},
		thresholds.Plural(len(r.found), "rule")+" can't be judged about "+whose(f))
	out.add("why", f.Summary)
	m.addCause(out, f)
	out.add("since", m.stamp(f.Since)+", for "+m.firingFor(f))
	rules := make([]string, 0, len(r.found))
	for _, f := range r.found {
		rules = append(rules, m.quotedBrief(f.Rule))
	}
	out.add("rules", strings.Join(rules, ", "))
}

// addFinding says what is wrong, by which limit, since when, and what to do.
func (m model) addFinding(out *evidence, f *thresholds.Finding) {
	summary := f.Summary
	if !f.Named {
		summary = whose(f) + ": " + summary
	}
	out.title(span{m.theme.level(f.Level), levelWord(f.Level)}, summary)
	out.add("next", m.shown.inhibition.AdviceFor(f).Text)
	m.addCause(out, f)
	m.addExpected(out, f.Expected, f.Announcement)
	since := m.stamp(f.Since)
	if f.Resolving() {
		since += " until " + m.stamp(f.ResolvingSince) +
			"; resolving, a notice until it has been below the limit for long enough"
	} else {
		since += ", for " + m.firingFor(f)
	}
	out.add("since", since)
	rule, _ := m.rules.Rule(f.Rule)
	tabled := rule.Vital != thresholds.NoVital && rule.Vital.Unit() == f.Unit
	if !tabled && f.Limit.IsKnown() {
		out.add("value", m.theme.known(f.Value, f.Unit)+", limit "+m.theme.known(f.Limit, f.Unit))
	}
	m.addRule(out, f.Rule, f.Level, f.Source)
	m.addValues(out, f.Rule, f.Member, f.Since)
	for _, other := range m.shown.inhibition.Under(f) {
		if other.Level != thresholds.Unknown {
			out.add("explains", other.Summary)
		}
	}
}

// addCause names the finding that explains this one.
func (m model) addCause(out *evidence, f *thresholds.Finding) {
	if by := m.shown.inhibition.By(f); by != nil {
		out.add("explained by", by.Summary)
	}
}

// copyFindings copies the selected finding.
func (m model) copyFindings() (what, text string) {
	rows := m.findingRows()
	r := rows[m.findingAt(rows)]
	if len(r.found) == 0 {
		a := &m.shown.assessment
		text = stampUTC(a.At) + " " + levelWord(a.Level) + ": " + a.Reading.Text
		return "reading", m.theme.clean(text + sentence(" Next: ", a.Reading.Next))
	}
	f := r.found[0]
	text = stampUTC(m.shown.assessment.At) + " " + levelWord(f.Level) + " " + whose(f) + ": " + f.What
	if r.id.unknown() {
		return "finding", m.theme.clean(text + " (" + thresholds.Plural(len(r.found), "rule") + ")")
	}
	text += " (" + string(f.Rule)
	if f.Limit.IsKnown() {
		text += ", value " + m.theme.known(f.Value, f.Unit) + ", limit " + m.theme.known(f.Limit, f.Unit)
	}
	text += ", since " + stampUTC(f.Since) + ")." + sentence(" ", m.shown.inhibition.AdviceFor(f).Text) +
		sentence(" Limit by: ", f.Source)
	return "finding", m.theme.clean(text)
}

// sentence is a text behind its introduction; empty where there is no text.
func sentence(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// renderEventsOf lists the events about a member, newest first; of all members without one.
func (m model) renderEventsOf(key string, width, height int) block {
	title := " EVENTS"
	if a := m.shown.assessment.Member(key); a != nil {
		title += " OF " + m.shortName(a.MemberRef)
	}
	b := block{lineOf(m.theme, width, span{m.theme.bold, title})}
	letters := m.markLetters()
	for i := len(m.shown.events) - 1; i >= 0 && len(b) < height; i-- {
		if e := &m.shown.events[i]; key == "" || e.Member.Key == key {
			b = append(b, m.renderEvent(e, letters[i], width))
		}
	}
	if len(b) == 1 {
		b = append(b, lineOf(m.theme, width, span{m.theme.dim, " none so far"}))
	}
	return b
}
