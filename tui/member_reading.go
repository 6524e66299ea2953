package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// findingsOf are the findings about a member that no other one explains, worst first.
func (m model) findingsOf(a *thresholds.Member) []*thresholds.Finding {
	return slices.DeleteFunc(m.shown.assessment.FindingsAbout(a.Key), func(f *thresholds.Finding) bool {
		return m.shown.inhibition.Root(f) != f
	})
}

// inhibited counts the findings about a member that others explain, those that could not be judged apart, and returns
// what explains the first one.
func (m model) inhibited(a *thresholds.Member) (n, unknown int, by *thresholds.Finding) {
	for _, f := range m.shown.assessment.FindingsAbout(a.Key) {
		root := m.shown.inhibition.Root(f)
		switch {
		case root == f:
			continue
		case f.Level == thresholds.Unknown:
			unknown++
		default:
			n++
		}
		by = cmp.Or(by, root)
	}
	return n, unknown, by
}

// consequences counts what follows from a finding that is shown.
func consequences(n, unknown int) string {
	var parts []string
	if n > 0 {
		parts = append(parts, thresholds.Plural(n, "finding"))
	}
	if unknown > 0 {
		parts = append(parts, thresholds.Plural(unknown, "rule")+" that can't be judged")
	}
	return "because of it also: " + strings.Join(parts, ", ") + " (f)"
}

// firingWords says how long a finding has been firing, or when it began to resolve, and which mark announced it;
// joint goes between the finding's own words and these.
func (m model) firingWords(f *thresholds.Finding) (joint, text string) {
	var parts []string
	joint = ", "
	if d := m.shown.assessment.At.Sub(f.Since); d > 0 && !f.Since.IsZero() && !f.Timed {
		parts = []string{"for " + m.theme.duration(d)}
	}
	if f.Resolving() {
		parts = []string{"fired until " + m.clock(f.ResolvingSince)}
	}
	if f.Expected != "" {
		parts = append(parts, "expected: "+m.theme.clean(f.Expected))
	}
	if parts == nil {
		joint = ""
	}
	return joint, strings.Join(parts, ", ")
}

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

// memberRemarks say what is wrong with a member and what to do: the cluster's reading where that is about this
// member. Where nothing is wrong they say what works.
func (m model) memberRemarks(a *thresholds.Member) []remark {
	t := m.theme
	n, unknown, by := m.inhibited(a)
	own := m.findingsOf(a)
	reading, level := &m.shown.assessment.Reading, m.shown.assessment.Level
	blamed := slices.ContainsFunc(reading.About, func(r thresholds.MemberRef) bool { return r.Key == a.Key })
	var all []remark
	if blamed {
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
		all = append(all, remark{level: level, word: levelWord(level), text: span{t.bold, m.brief(reading.Text)},
			short: span{t.bold, m.brief(cmp.Or(reading.Headline, reading.Text))}, tail: span{t.dim, since},
			next: m.brief(reading.Next), step: m.brief(cmp.Or(reading.Step, reading.Next))})
	}
	elsewhere := by != nil && !blamed && !slices.Contains(own, by)
	if elsewhere {
		r := m.remarkOf(by, "; "+consequences(n, unknown))
		if r.next, r.step = m.brief(by.Advice), m.brief(by.Advice); by.CoveredByReading {
			r.next, r.step = m.brief(reading.Next), m.brief(cmp.Or(reading.Step, reading.Next))
		}
		all = append(all, r)
	}
	for i, f := range own {
		joint, since := m.firingWords(f)
		r := m.remarkOf(f, joint+since)
		if i == 0 && !blamed {
			r.next, r.step = m.brief(f.Advice), m.brief(f.Advice)
		}
		all = append(all, r)
	}
	switch {
	case elsewhere:
	case n+unknown > 0:
		also := span{t.dim, consequences(n, unknown)}
		all = append(all, remark{text: also, short: also})
	case !blamed && len(own) == 0:
		fine := span{t.plain, m.healthWords(a)}
		all = append(all, remark{level: a.Condition.Level, word: m.stateWord(a), text: fine, short: fine})
	}
	return all
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
			for _, line := range wrap(t, spans, max(width-verdictIndent, 1), 0) {
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
		more := span{m.theme.dim, "and " + strconv.Itoa(len(remarks)-n) + " more (f)"}
		b := m.remarkLines(append(slices.Clone(remarks[:n]), remark{short: more}), width, true)
		if len(b) <= height {
			return b.pad(width, height)
		}
	}
	return m.remarkLines(remarks[:1], width, true).cut(m.theme, width, height)
}

// stateWord is the state of a member without findings.
func (m model) stateWord(a *thresholds.Member) string {
	if a.Condition.Level == thresholds.OK {
		return "OK"
	}
	return m.stateCell(a).text
}

// healthWords says what works on a member without findings.
func (m model) healthWords(a *thresholds.Member) string {
	if a.State != thresholds.StateOK || a.Stale {
		return "Nothing is found wrong with it yet, but its newest answer is " + m.age(a) + " old."
	}
	text := "Nothing is found wrong with it: it answers"
	term := ""
	if n, known := a.Vitals[thresholds.RaftTerm].Get(); known {
		term = " in term " + strconv.FormatUint(uint64(n), 10)
	}
	leader := m.shown.assessment.Cluster.Leader
	switch a.Role {
	case thresholds.RoleLeader:
		text += ", leads" + term
	case thresholds.RoleFollower, thresholds.RoleLearner:
		if !leader.IsZero() {
			text += ", follows " + m.shortName(leader) + term
		}
	}
	if a.Role == thresholds.RoleLearner {
		text += " and learns"
	} else if a.Healthy {
		text += " and counts towards the quorum"
	}
	if fsync, _ := a.Shown(thresholds.WALFsyncP99); fsync.IsKnown() {
		commit := m.vitalCell(a, thresholds.BackendCommitP99)
		text += "; WAL fsync p99 " + m.vitalCell(a, thresholds.WALFsyncP99).text + ", commit " + commit.text
	}
	return text + "."
}

// memberFindings are the findings about a member that no other explains.
func (m model) memberFindings(a *thresholds.Member, width int) block {
	t := m.theme
	var b block
	for _, f := range m.findingsOf(a) {
		word := levelWord(f.Level)
		for _, line := range wrap(t, []span{{t.plain, m.brief(f.Summary)}}, max(width-labelWidth, 1), 0) {
			begin := []span{{t.level(f.Level), word}, {text: blanks(labelWidth - len(word))}}
			b, word = append(b, lineOf(t, width, append(begin, line...)...)), ""
		}
	}
	return b
}

// memberEvents are the events about the member, the newest first.
func (m model) memberEvents(a *thresholds.Member, width int) block {
	var b block
	letters, events := m.markLetters(), m.shown.events
	for i := len(events) - 1; i >= 0 && len(b) < maxMemberEvents; i-- {
		if e := &events[i]; e.Member.Key == a.Key && !e.Member.IsZero() {
			b = append(b, m.renderEvent(e, letters[i], width))
		}
	}
	if len(b) == 0 {
		b = append(b, lineOf(m.theme, width, span{m.theme.dim, " no events of its own yet"}))
	}
	return b
}
