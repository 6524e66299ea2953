package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// printFindings writes the findings, each with its limit, its source and its advice. Those that another finding
// explains are named beneath that one, and rules that can't be judged for the same reason together.
func printFindings(b *paragraphs, a *thresholds.Assessment, wide bool) {
	if len(a.Findings) == 0 {
		return
	}
	b.WriteString("\nFindings:\n")
	var said []*thresholds.Finding
	for i := range a.Findings {
		f := &a.Findings[i]
		switch {
		case rootOf(a, f) != f:
		case f.Level != thresholds.Unknown:
			printFinding(b, f)
			printExplained(b, a, f, wide)
		case !slices.ContainsFunc(said, func(g *thresholds.Finding) bool { return sameUnknown(f, g) }):
			said = append(said, f)
			printUnknown(b, a, f)
			printExplained(b, a, f, wide)
		}
	}
}

// beneath is the indentation of what belongs to a finding.
var beneath = "  " + lead("")

func printFinding(b *paragraphs, f *thresholds.Finding) {
	about := ""
	if !f.Member.IsZero() && !strings.Contains(f.Summary, f.Member.Label) {
		about = f.Member.Label + ": "
	}
	b.say("  "+lead(strings.ToUpper(f.Level.String())), fmt.Sprintf("%s: %s%s", f.Rule, about, f.Summary))
	if f.Advice != "" && !f.Clearing {
		b.say(beneath, f.Advice)
	}
	if limit, has := f.Limit.Get(); has && limit > 0 {
		b.say(beneath, fmt.Sprintf("limit: %s (%s)", f.Unit.Format(limit), f.Source))
	} else {
		b.say(beneath, fmt.Sprintf("rule: %s", f.Source))
	}
}

// sameUnknown reports that two rules can't be judged for the same reason about the same member.
func sameUnknown(f, g *thresholds.Finding) bool {
	return f.Level == thresholds.Unknown && g.Level == thresholds.Unknown &&
		f.Member.Key == g.Member.Key && f.Summary == g.Summary
}

// printUnknown writes a finding that a rule can't be judged, and which others can't for the same reason.
func printUnknown(b *paragraphs, a *thresholds.Assessment, f *thresholds.Finding) {
	var rules []string
	for i := range a.Findings {
		if g := &a.Findings[i]; sameUnknown(f, g) && rootOf(a, g) == g {
			rules = append(rules, string(a.Findings[i].Rule))
		}
	}
	about := ""
	if !f.Member.IsZero() && !strings.Contains(f.Summary, f.Member.Label) {
		about = f.Member.Label + ": "
	}
	why := strings.TrimPrefix(f.Summary, "unknown: ")
	if len(rules) == 1 {
		b.say("  "+lead("UNKNOWN"), fmt.Sprintf("%s: %s%s", f.Rule, about, why))
		return
	}
	b.say("  "+lead("UNKNOWN"), fmt.Sprintf("%s%s: %d rules can't be judged: %s", about, why, len(rules), strings.Join(rules, ", ")))
}

// fewRules is how many rules the table names that can't be judged because of a finding: of a member that is down, it is
// nearly all. The wide one names them one and all.
const fewRules = 6

// printExplained names the findings that one explains: first what it entails, then what can't be judged meanwhile.
func printExplained(b *paragraphs, a *thresholds.Assessment, root *thresholds.Finding, wide bool) {
	type symptom struct {
		rule    thresholds.RuleID
		members []string
	}
	var symptoms []*symptom
	var unjudged []string
	entailed := 0
	for i := range a.Findings {
		f := &a.Findings[i]
		if f == root || rootOf(a, f) != root {
			continue
		}
		if f.Level == thresholds.Unknown {
			unjudged = append(unjudged, string(f.Rule))
			continue
		}
		entailed++
		at := slices.IndexFunc(symptoms, func(s *symptom) bool { return s.rule == f.Rule })
		if at < 0 {
			at = len(symptoms)
			symptoms = append(symptoms, &symptom{rule: f.Rule})
		}
		if !f.Member.IsZero() {
			symptoms[at].members = append(symptoms[at].members, f.Member.Label)
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
		b.say(beneath, fmt.Sprintf("explains %d more: %s", entailed, strings.Join(words, ", ")))
	}
	if len(unjudged) > 0 {
		count, more := len(unjudged), ""
		if count > fewRules && !wide {
			unjudged, more = unjudged[:fewRules], ", … (-o wide names all)"
		}
		b.say(beneath, fmt.Sprintf("%d rules can't be judged meanwhile: %s%s", count, strings.Join(unjudged, ", "), more))
	}
}

// rootOf is the finding that explains another one in the end: itself where there is none.
func rootOf(a *thresholds.Assessment, f *thresholds.Finding) *thresholds.Finding {
	for range a.Findings { // no chain is longer
		i := slices.IndexFunc(a.Findings, func(cause thresholds.Finding) bool { return explains(&cause, f) })
		if i < 0 {
			break
		}
		f = &a.Findings[i]
	}
	return f
}

// explains reports that a finding is a consequence of another one.
func explains(root, f *thresholds.Finding) bool {
	if f.Because == "" || f.Because != root.Rule {
		return false
	}
	if !f.BecauseOf.IsZero() {
		return f.BecauseOf.Key == root.Member.Key
	}
	return root.Member.IsZero() || root.Member.Key == f.Member.Key
}
