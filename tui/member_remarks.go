package tui

import (
	"cmp"
	"slices"

	"github.com/etcdoc/etcdoc/thresholds"
)

// remark is something to say about a member.
type remark struct {
	level thresholds.Level
	word  string
	// text is the statement, short its short form; tail is what stands behind the text.
	text, short, tail span
	// next is what to do, step the same in short; empty where there is nothing.
	next, step string
}

// remarkOf is a remark with a finding.
func (m model) remarkOf(f *thresholds.Finding, tail string) remark {
	t := m.theme
	return remark{level: f.Level, word: levelWord(f.Level), text: span{t.bold, m.brief(f.Summary)},
		short: span{t.bold, m.brief(f.Headline)}, tail: span{t.dim, tail}}
}

// advised is a remark with what to do.
func (m model) advised(r remark, advice thresholds.Advice) remark {
	r.next, r.step = m.brief(advice.Text), m.brief(advice.Step)
	return r
}

// foremost is the finding about a member that comes first on its page though another one explains it, or the reading
// speaks of more members: why it does not answer, or the worst that is seen on it; nil where the reading is about it
// alone, and where it has no such finding.
func (m model) foremost(a *thresholds.Member) *thresholds.Finding {
	about := m.shown.assessment.Reading.About
	if len(about) == 1 && about[0].Key == a.Key {
		return nil
	}
	for _, f := range m.shown.assessment.FindingsAbout(a.Key) {
		if f.Level > thresholds.Unknown && (f.CoveredByReading || m.shown.inhibition.Root(f) != f) {
			return f
		}
	}
	return nil
}

// errorRemark is the remark with a finding about a member, in full with the error that it answered.
func (m model) errorRemark(a *thresholds.Member, f *thresholds.Finding) remark {
	joint, since := m.firingWords(f)
	r := m.remarkOf(f, joint+since)
	if a.State != thresholds.StateOK && len(a.Errors) > 0 && a.Errors[0].What != "" {
		r.text.text = m.brief(a.Label + ": " + a.Errors[0].What)
	}
	return r
}

// memberRemarks say what is wrong with a member and what to do: what is seen on it, then the cluster's reading where
// that is about this member, or what explains it. Where nothing is wrong they say what works.
func (m model) memberRemarks(a *thresholds.Member) []remark {
	follows, unknown, by := m.inhibited(a)
	own := m.findingsOf(a)
	reading := &m.shown.assessment.Reading
	blamed := slices.ContainsFunc(reading.About, func(r thresholds.MemberRef) bool { return r.Key == a.Key })
	var all []remark
	first := m.foremost(a)
	if first != nil {
		r := m.errorRemark(a, first)
		if root := m.shown.inhibition.Root(first).Member; !root.IsZero() && root.Key != a.Key {
			r.word = "" // that is the other member's
		}
		all = append(all, r)
		own = slices.DeleteFunc(own, func(f *thresholds.Finding) bool { return f == first })
	}
	if blamed {
		var r remark
		r, own = m.readingRemark(own)
		all = append(all, r)
	}
	elsewhere := by != nil && !blamed && !slices.Contains(own, by)
	if elsewhere {
		all = append(all, m.explanation(a, by, follows, unknown))
	}
	for i, f := range own {
		joint, since := m.firingWords(f)
		r := m.remarkOf(f, joint+since)
		if i == 0 && !blamed {
			r = m.advised(r, m.shown.inhibition.AdviceFor(f))
		}
		all = append(all, r)
	}
	switch {
	case elsewhere:
	case len(follows)+len(unknown) > 0:
		also := span{m.theme.dim, m.consequences(follows, unknown)}
		all = append(all, remark{text: also, short: also})
	case len(all) == 0:
		fine := span{m.theme.plain, m.healthWords(a)}
		all = append(all, remark{level: a.Condition.Level, word: m.stateWord(a), text: fine, short: fine})
	}
	if first != nil && len(all) > 1 { // what to do is for what comes first
		all[0].next, all[0].step = all[1].next, all[1].step
		all[1].next, all[1].step = "", ""
	}
	return all
}

// readingRemark is the cluster's reading, and those of a member's own findings that it does not speak of.
func (m model) readingRemark(own []*thresholds.Finding) (remark, []*thresholds.Finding) {
	t, reading, level := m.theme, &m.shown.assessment.Reading, m.shown.assessment.Level
	since := ""
	own = slices.DeleteFunc(own, func(f *thresholds.Finding) bool {
		if f.CoveredByReading && since == "" {
			_, since = m.firingWords(f)
		}
		return f.CoveredByReading
	})
	if since != "" {
		since = " (" + since + ")"
	}
	r := remark{level: level, word: levelWord(level), text: span{t.bold, m.brief(reading.Text)},
		short: span{t.bold, m.brief(cmp.Or(reading.Headline, reading.Text))}, tail: span{t.dim, since}}
	return m.advised(r, reading.Advice()), own
}

// explanation is the remark with a finding about another member, or the cluster, that explains findings about this
// one, and which those are besides.
func (m model) explanation(
	a *thresholds.Member, by *thresholds.Finding, follows, unknown []*thresholds.Finding,
) remark {
	tail := ""
	if len(follows)+len(unknown) > 0 {
		tail = "; " + m.consequences(follows, unknown)
	}
	r := m.remarkOf(by, tail)
	if !by.Member.IsZero() && by.Member.Key != a.Key {
		const why = "it follows from "
		r.text.text, r.short.text = why+r.text.text, why+r.short.text
	}
	return m.advised(r, m.shown.inhibition.AdviceFor(by))
}

// remarkLines writes remarks on as many lines as they take.
func (m model) remarkLines(remarks []remark, width int, short bool) block {
	t := m.theme
	var b block
	for _, r := range remarks {
		spans, next := []span{r.text, r.tail}, r.next
		if short {
			spans, next = []span{r.short}, r.step
		}
		word := r.word
		add := func(spans ...span) {
			for _, line := range wrap(spans, max(width-verdictIndent, 1), 0) {
				begin := []span{{t.level(r.level), word}, {text: blanks(verdictIndent - len(word))}}
				b, word = append(b, lineOf(t, width, append(begin, line...)...)), ""
			}
		}
		add(spans...)
		if next != "" {
			add(span{t.dim, nextLabel}, span{t.plain, " " + next})
		}
	}
	return b
}

// renderRemarks writes the remarks about a member, in full where all of them fit, else in short, and as many whole
// ones as fit.
func (m model) renderRemarks(a *thresholds.Member, width, height int) block {
	remarks := m.memberRemarks(a)
	for _, short := range [...]bool{false, true} {
		if b := m.remarkLines(remarks, width, short); len(b) <= height {
			return b.pad(width, height)
		}
	}
	for n := len(remarks) - 1; n > 0; n-- {
		more := span{m.theme.dim, "and " + thresholds.Plural(len(remarks)-n, "more remark") + m.listedBy()}
		b := m.remarkLines(append(slices.Clone(remarks[:n]), remark{short: more}), width, true)
		if len(b) <= height {
			return b.pad(width, height)
		}
	}
	return m.remarkLines(remarks[:1], width, true).cut(m.theme, width, height)
}

// listedBy names the key that lists all findings.
func (m model) listedBy() string {
	if key := m.keys.shown(&m.keys.Findings); key != "" {
		return "; " + key + " lists all"
	}
	return ""
}
