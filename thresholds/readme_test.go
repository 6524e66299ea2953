package thresholds

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestREADMEGolden holds the README's tables of the rules and of others' alerts against the code; -update writes them anew.
func TestREADMEGolden(t *testing.T) {
	const file = "../README.md"
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(readme)
	for _, part := range []struct{ name, want string }{{"rules", ruleTable()}, {"alerts", alertTable()}} {
		begin, end := "<!-- the "+part.name+": make golden-update -->\n", "<!-- the "+part.name+" end -->\n"
		before, rest, begins := strings.Cut(text, begin)
		got, after, ends := strings.Cut(rest, end)
		if !begins || !ends {
			t.Fatalf("README.md does not have the marks %q and %q", begin, end)
		}
		if got != part.want && !*update {
			t.Errorf("README.md's table of the %s is not that of the code: make golden-update writes it anew. It should be\n%s", part.name, part.want)
		}
		text = before + begin + part.want + end + after
	}
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// alertTable is the table of others' alerts in Markdown.
func alertTable() string {
	var b strings.Builder
	b.WriteString("| alert | of | severity there | when | rule | what differs |\n|---|---|---|---|---|---|\n")
	for _, alert := range Alerts() {
		rules := "–"
		if len(alert.Rules) > 0 {
			names := make([]string, len(alert.Rules))
			for i, rule := range alert.Rules {
				names[i] = "`" + string(rule) + "`"
			}
			rules = strings.Join(names, ", ")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", alert.Name, alert.Of, alert.Severity, alert.When, rules, alert.Differs)
	}
	b.WriteByte('\n')
	return b.String()
}

// ruleTable is the rule table in Markdown.
func ruleTable() string {
	var b strings.Builder
	for _, scope := range []Scope{ScopeCluster, ScopeMember} {
		fmt.Fprintf(&b, "| rule of the %s | what it looks at | notice | warning | critical | needs | who says so |\n|---|---|---|---|---|---|---|\n", scope)
		for _, r := range Rules() {
			if r.Scope != scope {
				continue
			}
			needs := ""
			if r.MinimumOf != "" {
				needs = r.MinimumUnit.Format(r.Minimum) + " " + strings.TrimPrefix(r.MinimumOf, "bytes ")
				if r.MinimumUnit == PerSecond {
					needs = fmt.Sprintf("%g %s", r.Minimum, r.MinimumOf)
				}
			}
			cells := []string{"`" + string(r.ID) + "`", r.Summary, r.tableCell(r.Notice), r.tableCell(r.Warning), r.tableCell(r.Critical), needs, r.Sources()}
			for i, cell := range cells {
				cells[i] = strings.ReplaceAll(cell, "|", `\|`)
			}
			fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// tableCell is a limit in the README's table.
func (r *Rule) tableCell(l Limit) string {
	value, has := l.Value.Get()
	if !has {
		return ""
	}
	text := "so"
	switch {
	case r.Unit == Condition && value > 1:
		text = "worse"
	case r.Unit != Condition:
		text = r.Unit.write(value)
		if r.Below {
			text = "≤ " + text
		}
	}
	if l.Window > 0 {
		text += " in " + writeDuration(l.Window)
	}
	if l.For > 0 {
		text += " for " + writeDuration(l.For)
	}
	return text
}
