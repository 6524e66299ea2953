package thresholds

import (
	"cmp"
	"slices"
	"strings"
)

// VerdictDetail is how much of a verdict is written, and so what the members of a [VerdictGroup] share.
type VerdictDetail int

// The details.
const (
	VerdictReasons   VerdictDetail = iota // the reason in full
	VerdictHeadlines                      // the reason in short
	VerdictConcerns                       // the same, but only what all have in common that are safe to lose
	VerdictsAlone                         // no reason
)

// A VerdictKind is what there is to say of a member's loss.
type VerdictKind struct {
	Verdict Verdict
	// Lost is how the member is if it is lost already: see [Member.LostAlready]. The verdict counts for nothing then.
	Lost ConditionWord
	// MayReturn reports that it is down, as far as is seen, and may be back at any moment: that it takes no part is not
	// proven.
	MayReturn bool
}

// VerdictKind is what there is to say of the member's loss.
func (m *Member) VerdictKind() VerdictKind {
	if m.LostAlready() {
		word := m.Condition.Word
		return VerdictKind{Lost: word, MayReturn: word == ConditionDown && !m.DownProven}
	}
	return VerdictKind{Verdict: m.CanLose.Verdict}
}

// Words are the verdict, or how the member is lost, as in "down already".
func (k VerdictKind) Words() string {
	switch {
	case k.Lost == "":
		return k.Verdict.word()
	case k.MayReturn:
		return "down, may return"
	case k.Lost == ConditionDown:
		return "down already"
	default:
		return strings.ToLower(string(k.Lost))
	}
}

// A VerdictGroup is members with the same verdict and reason, or that are lost already.
type VerdictGroup struct {
	VerdictKind
	Reason  string // as the detail has it; empty for those that are lost already
	Members []*Member
}

// quorumStays is what all members have in common that are safe to lose, with a vote or without.
const quorumStays = "quorum stays"

// Detail is the verdict's reason as a detail has it.
func (l *CanLose) Detail(d VerdictDetail) string {
	switch d {
	case VerdictReasons:
		return l.Reason
	case VerdictConcerns:
		if l.Verdict == LossSafe {
			return quorumStays
		}
		return l.Headline
	case VerdictHeadlines:
		return l.Headline
	default:
		return ""
	}
}

// VerdictGroups groups the members by what a detail shows of their verdicts, the strictest first, and those that are
// lost already last.
func (a *Assessment) VerdictGroups(d VerdictDetail) []VerdictGroup {
	return groupVerdicts(a.whoMayBeLost(), d)
}

// whoMayBeLost are the members without the endpoints that lead to none, unless there are only such.
func (a *Assessment) whoMayBeLost() (members []*Member) {
	strays := a.OnlyStrays()
	for i := range a.Members {
		if m := &a.Members[i]; strays || !m.Stray {
			members = append(members, m)
		}
	}
	return members
}

// LostWords say how the member is, if it is lost already; else they are empty.
func (m *Member) LostWords() string {
	if !m.LostAlready() {
		return ""
	}
	return m.VerdictKind().Words()
}

func groupVerdicts(members []*Member, d VerdictDetail) (groups []VerdictGroup) {
	for _, m := range members {
		kind, reason := m.VerdictKind(), ""
		if kind.Lost == "" {
			reason = m.CanLose.Detail(d)
		}
		at := slices.IndexFunc(groups, func(g VerdictGroup) bool { return g.VerdictKind == kind && g.Reason == reason })
		if at < 0 {
			at, groups = len(groups), append(groups, VerdictGroup{kind, reason, nil})
		}
		groups[at].Members = append(groups[at].Members, m)
	}
	slices.SortStableFunc(groups, func(g, h VerdictGroup) int {
		return cmp.Or(falseFirst(g.Lost != "", h.Lost != ""), cmp.Compare(h.Verdict.rank(), g.Verdict.rank()))
	})
	return groups
}

// Labels are the labels of the group's members.
func (g *VerdictGroup) Labels() []string {
	labels := make([]string, len(g.Members))
	for i, m := range g.Members {
		labels[i] = m.Label
	}
	return labels
}

// A VerdictChange is members whose verdicts have changed alike, or are the first about them.
type VerdictChange struct {
	VerdictGroup
	First  bool
	Before VerdictKind // meaningless if it is the first
}

// changesOfVerdicts returns what members' verdicts have changed to since those before, by the member's key. A new
// reason for the same verdict is no change.
func changesOfVerdicts(a *Assessment, before map[string]VerdictKind) (changes []VerdictChange) {
	type origin struct {
		kind  VerdictKind
		known bool
	}
	var origins []origin
	members := map[origin][]*Member{}
	for _, m := range a.whoMayBeLost() {
		from := origin{}
		if from.kind, from.known = before[m.Key]; from.known && from.kind == m.VerdictKind() {
			continue
		}
		if members[from] == nil {
			origins = append(origins, from)
		}
		members[from] = append(members[from], m)
	}
	for _, from := range origins {
		for _, g := range groupVerdicts(members[from], VerdictReasons) {
			changes = append(changes, VerdictChange{g, !from.known, from.kind})
		}
	}
	return changes
}
