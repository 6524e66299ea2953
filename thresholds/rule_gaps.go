package thresholds

import "strings"

// A RuleGap is a rule that can't be judged. Member is the label of the member in question; empty for the cluster,
// and where the reason names the member.
type RuleGap struct {
	Rule           RuleID
	Reason, Member string
}

// GapGroup are the rules that can't be judged for the same reason about the same members.
type GapGroup struct {
	Reason  string
	Members []string
	Rules   []RuleID
}

// GroupGaps groups gaps by reason and members, in the order of each group's first, so that each rule is named once for
// each reason. A gap that repeats the one before it counts once.
func GroupGaps(gaps []RuleGap) []GapGroup {
	type why struct {
		rule   RuleID
		reason string
	}
	members := map[why][]string{}
	var order []why
	for _, g := range gaps {
		key := why{g.Rule, g.Reason}
		labels, known := members[key]
		if !known {
			order = append(order, key)
		}
		if g.Member != "" && (len(labels) == 0 || labels[len(labels)-1] != g.Member) {
			labels = append(labels, g.Member)
		}
		members[key] = labels
	}
	var groups []GapGroup
	index := map[[2]string]int{}
	for _, w := range order {
		key := [2]string{w.reason, strings.Join(members[w], "\x00")}
		at, known := index[key]
		if !known {
			at = len(groups)
			index[key] = at
			groups = append(groups, GapGroup{Reason: w.reason, Members: members[w]})
		}
		groups[at].Rules = append(groups[at].Rules, w.rule)
	}
	return groups
}
