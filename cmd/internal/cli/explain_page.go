package cli

import (
	"strings"
	"unicode/utf8"

	"github.com/etcdoc/etcdoc/assets"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

// runbookPage renders the runbook of a rule or a cause for a terminal. The limits of its rules stand before its second
// section: they are those in effect, so that no page names one.
func runbookPage(id string, rules []thresholds.Rule, width int) string {
	runbook, _ := assets.RunbookOf(id)
	b := &paragraphs{width: width}
	b.add("", id+": "+runbook.Meaning)
	sections := 0
	for part := range markdownParts(runbook.Markdown) {
		switch part.kind {
		case markdownTitle: // that of the page; an id may have a meaning of its own
		case markdownHeading:
			switch sections++; {
			case sections == 2:
				printLimits(b, id, runbook.Page, rules)
			case sections == 3 && strings.Contains(runbook.Markdown, "METRICS"):
				b.add("  ", "METRICS is the URL of the member's metrics: metrics_endpoint in etcdoc check -o json.")
			}
			b.WriteByte('\n')
			b.add("", part.text)
		case markdownItem:
			b.add("  - ", part.text)
		case markdownCode:
			printCommand(b, part.text)
		default:
			b.add("  ", part.text)
		}
	}
	return strings.ReplaceAll(b.String(), unbroken, " ")
}

// printCommand writes a line of commands unwrapped, to be copied. Its comment stands above it where both are too wide.
func printCommand(b *paragraphs, line string) {
	const indent = "      "
	command, comment, has := strings.Cut(line, " # ")
	if has && len(indent)+utf8.RuneCountInString(line) > b.width {
		b.WriteString(indent + "# " + comment + "\n")
		line = strings.TrimRight(command, " ")
	}
	b.WriteString(indent + line + "\n")
}

// printLimits writes the limits of the rule, or if the id is that of a cause alone, of the rules that share its page.
func printLimits(b *paragraphs, id, page string, rules []thresholds.Rule) {
	var about []*thresholds.Rule
	for i := range rules {
		r := &rules[i]
		other, _ := assets.RunbookOf(string(r.ID))
		switch {
		case string(r.ID) == id:
			about = []*thresholds.Rule{r}
		case other.Page == page && (len(about) == 0 || string(about[0].ID) != id):
			about = append(about, r)
		}
	}
	for _, r := range about {
		b.WriteByte('\n')
		b.add("", "Limits of "+string(r.ID))
		of := "the cluster"
		if r.Scope == thresholds.ScopeMember {
			of = "each member"
		}
		b.add("  ", "Judged of "+of+": "+r.Summary)
		printLevels(b, r)
	}
}

// printLevels writes where each level of a rule begins, and the source of that.
func printLevels(b *paragraphs, r *thresholds.Rule) {
	if r.IsOff() {
		b.add("  "+lead("off"), "it is not judged until a limit is set")
	}
	for _, level := range [...]thresholds.Level{thresholds.Notice, thresholds.Warning, thresholds.Critical} {
		text := limits.Describe(r, level)
		if text == "" {
			continue
		}
		if level == thresholds.Notice && r.Recommends {
			text += ", a recommendation"
		}
		if source := r.Limit(level).Source; source != "" {
			text += " (" + source + ")"
		}
		b.add("  "+lead(level.String()), text)
	}
	if least := limits.DescribeMinimum(r); least != "" {
		b.add("  "+lead("needs"), least)
	}
	if r.Source != "" {
		b.add("  "+lead("source"), r.Source)
	}
}
