package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// unjudged are rules that can't be judged for the same reason about the same members.
type unjudged struct {
	reason  string
	members []string // none if it is about the cluster, or if the reason names them
	rules   []string
}

// subject returns the members and the reason.
func (u *unjudged) subject() string {
	if len(u.members) == 0 {
		return u.reason
	}
	return strings.Join(u.members, ", ") + ": " + u.reason
}

// groupUnjudged groups unknown findings and those that they inhibit. It names each rule once for each reason.
func groupUnjudged(unknown []*thresholds.Finding, inhibition *thresholds.Inhibition) []*unjudged {
	type gap struct {
		rule   thresholds.RuleID
		reason string
	}
	members := map[gap][]string{}
	var gaps []gap
	for _, f := range unknown {
		for _, of := range append([]*thresholds.Finding{f}, inhibition.Under(f)...) {
			g := gap{of.Rule, f.Reason}
			labels, known := members[g]
			if !known {
				gaps = append(gaps, g)
			}
			if f.Lead() != "" && (len(labels) == 0 || labels[len(labels)-1] != f.Member.Label) {
				labels = append(labels, f.Member.Label)
			}
			members[g] = labels
		}
	}
	var groups []*unjudged
	index := map[[2]string]*unjudged{}
	for _, g := range gaps {
		key := [2]string{g.reason, strings.Join(members[g], "\x00")}
		group := index[key]
		if group == nil {
			group = &unjudged{reason: g.reason, members: members[g]}
			index[key] = group
			groups = append(groups, group)
		}
		group.rules = append(group.rules, string(g.rule))
	}
	return groups
}

// printUnjudged writes which rules can't be judged, by reason.
func printUnjudged(b *paragraphs, unknown []*thresholds.Finding, inhibition *thresholds.Inhibition) {
	groups := groupUnjudged(unknown, inhibition)
	var rules []string
	for _, group := range groups {
		rules = append(rules, group.rules...)
	}
	slices.Sort(rules)
	count, first := len(slices.Compact(rules)), groups[0]
	switch {
	case len(groups) > 1:
		b.add("  "+lead("UNKNOWN"), cannotJudge(count)+":")
		for _, group := range groups {
			b.add(findingIndent, fmt.Sprintf("%s: %s", group.subject(), strings.Join(group.rules, ", ")))
		}
	case count == 1:
		b.add("  "+lead("UNKNOWN"), fmt.Sprintf("%s: %s", first.rules[0], first.subject()))
	default:
		text := fmt.Sprintf("%s: %s: %s", first.subject(), cannotJudge(count), strings.Join(first.rules, ", "))
		b.add("  "+lead("UNKNOWN"), text)
	}
}

// cannotJudge says how many rules can't be judged.
func cannotJudge(count int) string {
	return thresholds.Plural(count, "rule") + " can't be judged"
}
