package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// printFindings writes the findings in groups, each with limit, source and advice, and under each group the findings
// that it inhibits.
func (p page) printFindings(b *paragraphs, a *thresholds.Assessment) {
	if len(a.Findings) == 0 {
		return
	}
	b.WriteString("\nFindings:\n")
	inhibition := a.Inhibition()
	for _, group := range groupFindings(a, inhibition) {
		if group[0].Level == thresholds.Unknown {
			p.printUnjudged(b, group, inhibition)
			continue
		}
		p.printGroup(b, group, inhibition)
		p.printInhibited(b, inhibition.Under(group...))
	}
}

// A findingGroup is what the findings of a group share. Findings of a rule differ in value and member only. Unknown
// ones share their level alone.
type findingGroup struct {
	level     thresholds.Level
	rule      thresholds.RuleID
	advice    string
	resolving bool
	limit     probe.Value
}

// groupFindings groups the findings that no other one inhibits, in the order of each group's first.
func groupFindings(a *thresholds.Assessment, inhibition *thresholds.Inhibition) [][]*thresholds.Finding {
	var groups [][]*thresholds.Finding
	index := map[findingGroup]int{}
	for i := range a.Findings {
		f := &a.Findings[i]
		if inhibition.Root(f) != f {
			continue
		}
		group := findingGroup{level: f.Level, rule: f.Rule, advice: f.Advice, resolving: f.Resolving(), limit: f.Limit}
		if f.Level == thresholds.Unknown {
			group = findingGroup{level: f.Level}
		}
		i, ok := index[group]
		if !ok {
			i = len(groups)
			index[group] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// findingIndent indents what belongs to a finding.
var findingIndent = "  " + lead("")

// printGroup writes a group of findings of one rule. What the reading advises stands at the top of the page.
func (p page) printGroup(b *paragraphs, group []*thresholds.Finding, inhibition *thresholds.Inhibition) {
	found := make([]string, len(group))
	for i, f := range group {
		found[i] = f.Lead() + f.Words()
	}
	f := group[0]
	b.add("  "+lead(strings.ToUpper(f.Level.String())), fmt.Sprintf("%s: %s", f.Rule, strings.Join(found, "; ")))
	for _, f := range group {
		if advice := inhibition.AdviceFor(f); advice.Text != "" && !advice.OfReading {
			b.add(findingIndent, advice.Text) // the group shares it
			break
		}
	}
	b.add(findingIndent, p.limitAndSource(f))
	if p.wide {
		b.add(findingIndent, "runbook: etcdoc explain "+f.Help())
	}
}

// limitAndSource returns a finding's limit, if it has one, and its source.
func (p page) limitAndSource(f *thresholds.Finding) string {
	limit, has := f.Limit.Get()
	if !has || limit <= 0 {
		return "source: " + f.Source
	}
	words := f.Unit.Format(limit)
	if rule, known := p.rules.Rule(f.Rule); known && rule.Limit(f.Level).Value == f.Limit {
		words = rule.LimitWords(f.Level, thresholds.Unit.Format)
	}
	return fmt.Sprintf("limit: %s (%s)", words, f.Source)
}

// maxUnknownRules bounds how many rules the table names that can't be judged because of a finding: for a member that is
// down, these are nearly all. -o wide names all.
const maxUnknownRules = 6

// printInhibited names inhibited findings: the symptoms first, then the rules that can't be judged meanwhile.
func (p page) printInhibited(b *paragraphs, inhibited []*thresholds.Finding) {
	type symptom struct {
		rule    thresholds.RuleID
		members []string
	}
	var symptoms []*symptom
	byRule := map[thresholds.RuleID]*symptom{}
	var unknown []thresholds.RuleID
	count := 0 // of the symptoms
	for _, f := range inhibited {
		if f.Level == thresholds.Unknown {
			if !slices.Contains(unknown, f.Rule) {
				unknown = append(unknown, f.Rule)
			}
			continue
		}
		count++
		s := byRule[f.Rule]
		if s == nil {
			s = &symptom{rule: f.Rule}
			byRule[f.Rule] = s
			symptoms = append(symptoms, s)
		}
		if !f.Member.IsZero() {
			s.members = append(s.members, f.Member.Label)
		}
	}
	if count > 0 {
		words := make([]string, len(symptoms))
		for i, s := range symptoms {
			words[i] = p.phrase(s.rule)
			if len(s.members) > 0 {
				words[i] += " (" + strings.Join(s.members, ", ") + ")"
			}
		}
		b.add(findingIndent, fmt.Sprintf("explains %d more: %s", count, strings.Join(words, ", ")))
	}
	if len(unknown) > 0 {
		names, more := p.phrases(unknown), ""
		if len(names) > maxUnknownRules && !p.wide {
			names, more = names[:maxUnknownRules], ", … (-o wide names all)"
		}
		text := fmt.Sprintf("%s meanwhile: %s%s", cannotJudge(len(unknown)), strings.Join(names, ", "), more)
		b.add(findingIndent, text)
	}
}
