package thresholds

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestREADMEGolden holds the README's rule table against the rules; -update writes it anew.
func TestREADMEGolden(t *testing.T) {
	const file, begin, end = "../README.md", "<!-- the rules: make golden-update -->\n", "<!-- the rules end -->\n"
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(readme), begin)
	got, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("README.md does not have the marks %q and %q", begin, end)
	}
	want := ruleTable()
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("README.md's rule table is not that of the code: make golden-update writes it anew. It should be\n%s", want)
	}
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
				needs = r.minimumUnit().Format(r.Minimum) + " " + strings.TrimPrefix(r.MinimumOf, "bytes ")
				if r.minimumUnit() == PerSecond {
					needs = fmt.Sprintf("%g %s", r.Minimum, r.MinimumOf)
				}
			}
			cells := []string{"`" + string(r.ID) + "`", r.Summary, r.tableCell(r.Notice), r.tableCell(r.Warning), r.tableCell(r.Critical), needs, r.Source}
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
