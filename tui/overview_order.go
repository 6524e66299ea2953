package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// underVerdicts say on so many lines what else there is to know before a member goes: the order, what a change waits
// for, whether members may be removed for good, and where the verdicts are explained. What does not fit is left out.
func (m model) underVerdicts(width, lines int) [][]span {
	var under [][]span
	add := func(forms ...[]span) bool {
		for _, spans := range forms {
			wrapped := wrap(spans, width-verdictIndent, 0)
			if spans == nil || len(under)+len(wrapped) > lines {
				continue
			}
			for _, line := range wrapped {
				under = append(under, append([]span{{text: blanks(verdictIndent)}}, line...))
			}
			return true
		}
		return false
	}
	add(m.orderForms()...)
	add(m.blockedSpans())
	if !add(m.allRemovalSpans()) {
		add(m.whySpans("why, and removing a member for good: "), m.whySpans("why: "))
	}
	return under
}

// whySpans name the key that opens the page with the reasons of all verdicts.
func (m model) whySpans(label string) []span {
	key := m.keys.shown(&m.keys.Drain)
	if key == "" {
		return nil
	}
	return []span{{m.theme.dim, label}, {m.theme.bold, key}}
}

// blockedSpans say what a change of all members waits for, where no verdict says the same; else nil.
func (m model) blockedSpans() []span {
	t, r := m.theme, &m.shown.assessment.Rolling
	atRisk := slices.ContainsFunc(m.shown.assessment.Members,
		func(a thresholds.Member) bool { return a.CanLose.Verdict == thresholds.LossRisk })
	if !m.shown.assessment.RollingApplies() || r.Wait == "" || m.shown.assessment.SafeWhileWaiting() ||
		r.WaitFrom == thresholds.WaitFromBlocked && !atRisk {
		return nil
	}
	return []span{{t.dim, "rolling change "}, t.phase(r.Phase), {t.plain, ": " + m.brief(r.Wait)}}
}

// allRemovalSpans say whether a member may be removed for good, where that is the same for all; else nil.
func (m model) allRemovalSpans() []span {
	members := m.shown.assessment.Members
	if len(members) == 0 {
		return nil
	}
	verdict := members[0].CanRemove.Verdict
	if slices.ContainsFunc(members, func(a thresholds.Member) bool { return a.CanRemove.Verdict != verdict }) {
		return nil
	}
	word, s := m.theme.verdict(verdict)
	return append([]span{{m.theme.dim, "removing a member for good: "}, {s, word}}, m.whySpans("; why: ")...)
}

// orderForms say in which order the members may go that are not known to have had their turn, where the next one may:
// with all names, and with those of the first, of the last and of who leads.
func (m model) orderForms() [][]span {
	t, r := m.theme, &m.shown.assessment.Rolling
	if !r.Phase.MayGoOn() || !m.shown.assessment.RollingApplies() {
		return nil
	}
	var names []string
	leads := -1
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Kind != thresholds.StepMember || s.State == thresholds.StepDone {
			continue
		}
		name := m.shortName(s.Member)
		if m.shown.assessment.Cluster.Leads(s.Member.Key) {
			name += ", which leads"
			leads = len(names)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	of := func(names ...string) []span {
		return []span{{t.dim, "order "}, {t.plain, strings.Join(names, ", then ")}}
	}
	forms := [][]span{of(names...)}
	if last := len(names) - 1; last > 2 {
		more := strconv.Itoa(last-1) + " more"
		if leads > 0 && leads < last {
			more += " with " + names[leads]
		}
		forms = append(forms, of(names[0], more, names[last]))
	}
	return forms
}
