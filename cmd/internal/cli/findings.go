package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

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
	var said []*thresholds.Finding
	for i := range a.Findings {
		f := &a.Findings[i]
		if rootOf(a, f) != f || slices.Contains(said, f) {
			continue
		}
		same := saysAsMuch
		if f.Level == thresholds.Unknown {
			same = unknownToo
		}
		var item []*thresholds.Finding
		for j := range a.Findings {
			if g := &a.Findings[j]; rootOf(a, g) == g && same(f, g) {
				item = append(item, g)
			}
		}
		said = append(said, item...)
		if f.Level == thresholds.Unknown {
			printUnknown(b, a, item)
			continue
		}
		p.printBreach(b, item)
		p.printExplained(b, a, item)
	}
}

// saysAsMuch reports that two findings differ in what they found alone, and in whom they are about.
func saysAsMuch(f, g *thresholds.Finding) bool {
	return f.Rule == g.Rule && f.Level == g.Level && f.Advice == g.Advice && f.Clearing == g.Clearing && f.Limit == g.Limit
}

// unknownToo reports that two rules can't be judged about the same member.
func unknownToo(f, g *thresholds.Finding) bool {
	return f.Level == thresholds.Unknown && g.Level == thresholds.Unknown && f.Member.Key == g.Member.Key
}

// beneath is the indentation of what belongs to a finding.
var beneath = "  " + lead("")

// printBreach writes findings of one rule that say as much.
func (p page) printBreach(b *paragraphs, item []*thresholds.Finding) {
	found := make([]string, len(item))
	for i, f := range item {
		found[i] = about(f) + f.Summary
	}
	f := item[0]
	b.say("  "+lead(strings.ToUpper(f.Level.String())), fmt.Sprintf("%s: %s", f.Rule, strings.Join(found, "; ")))
	if f.Advice != "" && !f.Clearing {
		b.say(beneath, f.Advice)
	}
	b.say(beneath, p.grounds(f))
}

// about names the member that a finding is about, where its summary does not.
func about(f *thresholds.Finding) string {
	if f.Member.IsZero() || f.Member.NamedIn(f.Summary) {
		return ""
	}
	return f.Member.Label + ": "
}

// grounds says what a finding was held against, and who says so.
func (p page) grounds(f *thresholds.Finding) string {
	limit, has := f.Limit.Get()
	if !has || limit <= 0 {
		return "source: " + f.Source
	}
	text := f.Unit.Format(limit)
	who, more, further := strings.Cut(f.Source, "; ")
	who = strings.TrimSuffix(who, ", "+text)
	if further {
		who += "; " + more
	}
	if window := p.windowOf(f); window > 0 {
		text += " in " + shortDuration(window)
	}
	return fmt.Sprintf("limit: %s (%s)", text, who)
}

// windowOf is the window in which the rule of a finding looks for its level; 0: it names none.
func (p page) windowOf(f *thresholds.Finding) time.Duration {
	i := slices.IndexFunc(p.rules, func(r thresholds.Rule) bool { return r.ID == f.Rule })
	if i < 0 {
		return 0
	}
	switch f.Level {
	case thresholds.Notice:
		return p.rules[i].Notice.Window
	case thresholds.Warning:
		return p.rules[i].Warning.Window
	case thresholds.Critical:
		return p.rules[i].Critical.Window
	default:
		return 0
	}
}

// shortDuration leaves out the minutes and seconds that are none: 15m, not 15m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	for _, none := range [...]string{"m0s", "h0m"} {
		if strings.HasSuffix(text, none) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// printUnknown writes which rules can't be judged about a member, or about the cluster: by the reason.
func printUnknown(b *paragraphs, a *thresholds.Assessment, item []*thresholds.Finding) {
	type gap struct {
		why   string
		rules []string
	}
	var gaps []*gap
	count := 0
	for _, f := range item {
		why := about(f) + strings.TrimPrefix(f.Summary, "unknown: ")
		at := slices.IndexFunc(gaps, func(g *gap) bool { return g.why == why })
		if at < 0 {
			at = len(gaps)
			gaps = append(gaps, &gap{why: why})
		}
		for i := range a.Findings {
			if g := &a.Findings[i]; rootOf(a, g) == f {
				count++
				gaps[at].rules = append(gaps[at].rules, string(g.Rule))
			}
		}
	}
	first := gaps[0]
	switch {
	case count == 1:
		b.say("  "+lead("UNKNOWN"), fmt.Sprintf("%s: %s", item[0].Rule, first.why))
	case len(gaps) == 1:
		b.say("  "+lead("UNKNOWN"), fmt.Sprintf("%s: %s: %s", first.why, unjudged(count), strings.Join(first.rules, ", ")))
	default:
		b.say("  "+lead("UNKNOWN"), unjudged(count)+":")
		for _, g := range gaps {
			b.say(beneath, fmt.Sprintf("%s: %s", g.why, strings.Join(g.rules, ", ")))
		}
	}
}

// unjudged says how many rules can't be judged.
func unjudged(count int) string {
	if count == 1 {
		return "1 rule can't be judged"
	}
	return fmt.Sprintf("%d rules can't be judged", count)
}

// fewRules is how many rules the table names that can't be judged because of a finding: of a member that is down, it is
// nearly all. The wide one names them one and all.
const fewRules = 6

// printExplained names the findings that some explain: first what they entail, then what can't be judged meanwhile.
func (p page) printExplained(b *paragraphs, a *thresholds.Assessment, roots []*thresholds.Finding) {
	type symptom struct {
		rule    thresholds.RuleID
		members []string
	}
	var symptoms []*symptom
	var unknown []string
	entailed := 0
	for i := range a.Findings {
		f := &a.Findings[i]
		if slices.Contains(roots, f) || !slices.Contains(roots, rootOf(a, f)) {
			continue
		}
		if f.Level == thresholds.Unknown {
			if !slices.Contains(unknown, string(f.Rule)) {
				unknown = append(unknown, string(f.Rule))
			}
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
	if len(unknown) > 0 {
		count, more := len(unknown), ""
		if count > fewRules && !p.wide {
			unknown, more = unknown[:fewRules], ", … (-o wide names all)"
		}
		b.say(beneath, fmt.Sprintf("%s meanwhile: %s%s", unjudged(count), strings.Join(unknown, ", "), more))
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
