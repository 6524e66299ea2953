package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// unjudgedRules groups the rules of unknown findings, and of those that they inhibit, by reason.
func unjudgedRules(unknown []*thresholds.Finding, inhibition *thresholds.Inhibition) []thresholds.GapGroup {
	var gaps []thresholds.RuleGap
	for _, f := range unknown {
		gap := thresholds.RuleGap{Reason: f.Reason}
		if !f.Named {
			gap.Member = f.Member.Label
		}
		for _, of := range append([]*thresholds.Finding{f}, inhibition.Under(f)...) {
			gap.Rule = of.Rule
			gaps = append(gaps, gap)
		}
	}
	return thresholds.GroupGaps(gaps)
}

// phrase is what a rule finds, in quotes: what stands for it where it finds nothing. Its id is where `explain` may take
// it.
func (p page) phrase(id thresholds.RuleID) string {
	rule, known := p.rules.Rule(id)
	if !known || rule.Brief == "" {
		return string(id)
	}
	return strconv.Quote(rule.Brief)
}

// phrases are those of rules, each once.
func (p page) phrases(rules []thresholds.RuleID) (phrases []string) {
	for _, id := range rules {
		if phrase := p.phrase(id); !slices.Contains(phrases, phrase) {
			phrases = append(phrases, phrase)
		}
	}
	return phrases
}

// printUnjudged writes which rules can't be judged, by reason.
func (p page) printUnjudged(b *paragraphs, unknown []*thresholds.Finding, inhibition *thresholds.Inhibition) {
	groups := unjudgedRules(unknown, inhibition)
	rules := map[thresholds.RuleID]bool{}
	subjects, names := make([]string, len(groups)), make([]string, len(groups))
	for i, group := range groups {
		subjects[i] = group.Reason
		if len(group.Members) > 0 {
			subjects[i] = strings.Join(group.Members, ", ") + ": " + group.Reason
		}
		for _, rule := range group.Rules {
			rules[rule] = true
		}
		names[i] = strings.Join(p.phrases(group.Rules), ", ")
	}
	switch {
	case len(groups) > 1:
		b.add("  "+lead("UNKNOWN"), cannotJudge(len(rules))+":")
		for i := range groups {
			b.add(findingIndent, subjects[i]+": "+names[i])
		}
	case len(rules) == 1:
		b.add("  "+lead("UNKNOWN"), names[0]+": "+subjects[0])
	default:
		b.add("  "+lead("UNKNOWN"), fmt.Sprintf("%s: %s: %s", subjects[0], cannotJudge(len(rules)), names[0]))
	}
}

// cannotJudge says how many rules can't be judged.
func cannotJudge(count int) string {
	return thresholds.Plural(count, "rule") + " can't be judged"
}
