package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// findingsOf are the findings about a member that no other one explains, worst first.
func (m model) findingsOf(a *thresholds.Member) []*thresholds.Finding {
	return slices.DeleteFunc(m.shown.assessment.FindingsAbout(a.Key), func(f *thresholds.Finding) bool {
		return m.shown.inhibition.Root(f) != f
	})
}

// inhibited returns the findings about a member that others explain, but for its foremost one, and what explains the
// first of all; those that could not be judged are apart.
func (m model) inhibited(a *thresholds.Member) (found, unknown []*thresholds.Finding, by *thresholds.Finding) {
	for _, f := range m.shown.assessment.FindingsAbout(a.Key) {
		root := m.shown.inhibition.Root(f)
		switch {
		case root == f:
			continue
		case f.Level == thresholds.Unknown:
			unknown = append(unknown, f)
		default:
			found = append(found, f)
		}
		by = cmp.Or(by, root)
	}
	foremost := m.foremost(a)
	return slices.DeleteFunc(found, func(f *thresholds.Finding) bool { return f == foremost }), unknown, by
}

// mostConsequences is how many findings, and how many rules that can't be judged, a remark names.
const mostConsequences = 3

// consequences names what follows from a finding that is shown.
func (m model) consequences(found, unknown []*thresholds.Finding) string {
	parts := firstFew(found, func(f *thresholds.Finding) string { return m.brief(f.Headline) })
	switch n := len(unknown); {
	case n > mostConsequences:
		parts = append(parts, thresholds.Plural(n, "rule")+" can't be judged")
	case n > 0:
		rules := firstFew(unknown, func(f *thresholds.Finding) string { return m.quotedBrief(f.Rule) })
		parts = append(parts, strings.Join(rules, ", ")+" can't be judged")
	}
	return "it also explains: " + strings.Join(parts, "; ") + " (" + m.keys.Findings.Help().Key + ")"
}

// quotedBrief is what a rule finds, in quotes: what is said where the rule itself can't be judged.
func (m model) quotedBrief(id thresholds.RuleID) string {
	rule, _ := m.rules.Rule(id)
	return strconv.Quote(cmp.Or(rule.Brief, string(id)))
}

// firstFew words the first few findings, and counts the others.
func firstFew(found []*thresholds.Finding, word func(*thresholds.Finding) string) []string {
	var words []string
	for i, f := range found {
		if i == mostConsequences && len(found) > i+1 {
			return append(words, strconv.Itoa(len(found)-i)+" more")
		}
		words = append(words, word(f))
	}
	return words
}

// firingWords says how long a finding has been firing, or when it began to resolve, and which mark announced it;
// joint goes between the finding's own words and these.
func (m model) firingWords(f *thresholds.Finding) (joint, text string) {
	var parts []string
	joint = ", "
	if d := m.elapsed(f.Since); d >= time.Second && !f.Since.IsZero() && !f.Timed {
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

// dockedFindings are the findings about a member that no other explains, the worst first; where its state comes from
// others, before them those that it comes from.
func (m model) dockedFindings(a *thresholds.Member) []*thresholds.Finding {
	own := m.findingsOf(a)
	state := a.Condition.Level
	if state < thresholds.Warning ||
		slices.ContainsFunc(own, func(f *thresholds.Finding) bool { return f.Level >= state }) {
		return own
	}
	return append(slices.DeleteFunc(m.shown.assessment.FindingsAbout(a.Key), func(f *thresholds.Finding) bool {
		return f.Level < state || f.Member.Key != a.Key
	}), own...)
}

// memberFindings are the findings of dockedFindings, with their levels.
func (m model) memberFindings(a *thresholds.Member, width int) block {
	t := m.theme
	var b block
	for _, f := range m.dockedFindings(a) {
		word := levelWord(f.Level)
		for _, line := range wrap([]span{{t.plain, m.brief(f.Summary)}}, max(width-labelWidth, 1), 0) {
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
