package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// printFindings writes the findings, each with its limit, its source and its advice; those of a rule about several
// members in one. Those that another finding explains are named beneath that one, and what can't be judged about a
// member is one item.
func (p page) printFindings(b *paragraphs, a *thresholds.Assessment) {
	if len(a.Findings) == 0 {
		return
	}
	b.WriteString("\nFindings:\n")
	inhibition := a.Inhibition()
	for _, item := range groupFindings(a, inhibition) {
		if item[0].Level == thresholds.Unknown {
			printUnknown(b, item, inhibition)
			continue
		}
		p.printGroup(b, item)
		p.printInhibited(b, inhibition.Under(item...))
	}
}

// alike is what findings have in common that are written as one: they differ in what they found alone, and in whom they
// are about; or they can't be judged about the same member.
type findingGroup struct {
	level     thresholds.Level
	rule      thresholds.RuleID
	advice    string
	resolving bool
	limit     probe.Value
	member    string
}

// findingItems are the findings that nothing explains, those that are alike in one item, in the order of the first of each.
func groupFindings(a *thresholds.Assessment, inhibition *thresholds.Inhibition) [][]*thresholds.Finding {
	var items [][]*thresholds.Finding
	place := map[findingGroup]int{}
	for i := range a.Findings {
		f := &a.Findings[i]
		if inhibition.Root(f) != f {
			continue
		}
		same := findingGroup{level: f.Level, rule: f.Rule, advice: f.Advice, resolving: f.Resolving(), limit: f.Limit}
		if f.Level == thresholds.Unknown {
			same = findingGroup{level: f.Level, member: f.Member.Key}
		}
		at, is := place[same]
		if !is {
			at = len(items)
			place[same] = at
			items = append(items, nil)
		}
		items[at] = append(items[at], f)
	}
	return items
}

// beneath is the indentation of what belongs to a finding.
var findingIndent = "  " + lead("")

// printBreach writes findings of one rule that say as much.
func (p page) printGroup(b *paragraphs, item []*thresholds.Finding) {
	found := make([]string, len(item))
	for i, f := range item {
		found[i] = f.Lead() + f.Words()
	}
	f := item[0]
	b.add("  "+lead(strings.ToUpper(f.Level.String())), fmt.Sprintf("%s: %s", f.Rule, strings.Join(found, "; ")))
	if f.Advice != "" && !f.Resolving() {
		b.add(findingIndent, f.Advice)
	}
	b.add(findingIndent, p.limitAndSource(f))
}

// grounds says what a finding was held against, and its source.
func (p page) limitAndSource(f *thresholds.Finding) string {
	limit, has := f.Limit.Get()
	if !has || limit <= 0 {
		return "source: " + f.Source
	}
	text := f.Unit.Format(limit)
	if window := p.windowOf(f); window > 0 {
		text += " in " + thresholds.ShortDuration(window)
	}
	return fmt.Sprintf("limit: %s (%s)", text, f.Source)
}

// windowOf is the window in which the rule of a finding looks for its level; 0: it names none.
func (p page) windowOf(f *thresholds.Finding) time.Duration {
	i := slices.IndexFunc(p.rules, func(r thresholds.Rule) bool { return r.ID == f.Rule })
	if i < 0 {
		return 0
	}
	return p.rules[i].Limit(f.Level).Window
}

// printUnknown writes which rules can't be judged about a member, or about the cluster: by the reason.
func printUnknown(b *paragraphs, item []*thresholds.Finding, inhibition *thresholds.Inhibition) {
	type gap struct {
		why   string
		rules []string
	}
	var gaps []*gap
	byReason := map[string]*gap{}
	count := 0
	for _, f := range item {
		why := f.Lead() + f.Reason
		g := byReason[why]
		if g == nil {
			g = &gap{why: why}
			byReason[why] = g
			gaps = append(gaps, g)
		}
		for _, f := range append([]*thresholds.Finding{f}, inhibition.Under(f)...) {
			count++
			g.rules = append(g.rules, string(f.Rule))
		}
	}
	first := gaps[0]
	switch {
	case count == 1:
		b.add("  "+lead("UNKNOWN"), fmt.Sprintf("%s: %s", item[0].Rule, first.why))
	case len(gaps) == 1:
		b.add("  "+lead("UNKNOWN"), fmt.Sprintf("%s: %s: %s", first.why, cannotJudge(count), strings.Join(first.rules, ", ")))
	default:
		b.add("  "+lead("UNKNOWN"), cannotJudge(count)+":")
		for _, g := range gaps {
			b.add(findingIndent, fmt.Sprintf("%s: %s", g.why, strings.Join(g.rules, ", ")))
		}
	}
}

// unjudged says how many rules can't be judged.
func cannotJudge(count int) string {
	if count == 1 {
		return "1 rule can't be judged"
	}
	return fmt.Sprintf("%d rules can't be judged", count)
}

// fewRules is how many rules the table names that can't be judged because of a finding: of a member that is down, it is
// nearly all. The wide one names them one and all.
const maxUnknownRules = 6

// printExplained names the findings that others explain: first what those entail, then what can't be judged meanwhile.
func (p page) printInhibited(b *paragraphs, explained []*thresholds.Finding) {
	type symptom struct {
		rule    thresholds.RuleID
		members []string
	}
	var symptoms []*symptom
	byRule := map[thresholds.RuleID]*symptom{}
	var unknown []string
	entailed := 0
	for _, f := range explained {
		if f.Level == thresholds.Unknown {
			if !slices.Contains(unknown, string(f.Rule)) { // of as many as there are rules
				unknown = append(unknown, string(f.Rule))
			}
			continue
		}
		entailed++
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
	if entailed > 0 {
		words := make([]string, len(symptoms))
		for i, s := range symptoms {
			words[i] = string(s.rule)
			if len(s.members) > 0 {
				words[i] += " (" + strings.Join(s.members, ", ") + ")"
			}
		}
		b.add(findingIndent, fmt.Sprintf("explains %d more: %s", entailed, strings.Join(words, ", ")))
	}
	if len(unknown) > 0 {
		count, more := len(unknown), ""
		if count > maxUnknownRules && !p.wide {
			unknown, more = unknown[:maxUnknownRules], ", … (-o wide names all)"
		}
		b.add(findingIndent, fmt.Sprintf("%s meanwhile: %s%s", cannotJudge(count), strings.Join(unknown, ", "), more))
	}
}
