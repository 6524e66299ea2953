package thresholds

import "slices"

// VerdictDetail is how much of a verdict is written, and so what the members of a [VerdictGroup] share.
type VerdictDetail int

// The details.
const (
	VerdictReasons   VerdictDetail = iota // the reason in full
	VerdictHeadlines                      // the reason in short
	VerdictsAlone                         // no reason
)

// A VerdictGroup is members with the same verdict and reason.
type VerdictGroup struct {
	Verdict Verdict
	Reason  string // as the detail has it
	Members []*Member
}

// Detail is the verdict's reason as a detail has it.
func (l *CanLose) Detail(d VerdictDetail) string {
	switch d {
	case VerdictReasons:
		return l.Reason
	case VerdictHeadlines:
		return l.Headline
	default:
		return ""
	}
}

// GroupVerdicts groups members by what a detail shows of their verdicts, in the order of each group's first.
func GroupVerdicts(members []*Member, d VerdictDetail) (groups []VerdictGroup) {
	for _, m := range members {
		verdict, reason := m.CanLose.Verdict, m.CanLose.Detail(d)
		at := slices.IndexFunc(groups, func(g VerdictGroup) bool { return g.Verdict == verdict && g.Reason == reason })
		if at < 0 {
			at, groups = len(groups), append(groups, VerdictGroup{Verdict: verdict, Reason: reason})
		}
		groups[at].Members = append(groups[at].Members, m)
	}
	return groups
}

// VerdictGroups groups all members by their verdicts, with the reasons in full.
func (a *Assessment) VerdictGroups() []VerdictGroup {
	members := make([]*Member, len(a.Members))
	for i := range a.Members {
		members[i] = &a.Members[i]
	}
	return GroupVerdicts(members, VerdictReasons)
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
	Before Verdict // meaningless if it is the first
}

// changesOfVerdicts returns what members' verdicts have changed to since those before, by the member's key. A new
// reason for the same verdict is no change.
func changesOfVerdicts(a *Assessment, before map[string]Verdict) (changes []VerdictChange) {
	type origin struct {
		verdict Verdict
		known   bool
	}
	var origins []origin
	members := map[origin][]*Member{}
	for i := range a.Members {
		m := &a.Members[i]
		from := origin{}
		if from.verdict, from.known = before[m.Key]; from.known && from.verdict == m.CanLose.Verdict {
			continue
		}
		if members[from] == nil {
			origins = append(origins, from)
		}
		members[from] = append(members[from], m)
	}
	for _, from := range origins {
		for _, g := range GroupVerdicts(members[from], VerdictReasons) {
			changes = append(changes, VerdictChange{g, !from.known, from.verdict})
		}
	}
	return changes
}
