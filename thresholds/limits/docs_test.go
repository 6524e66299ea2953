package limits

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/thresholds"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGoldenDocs compares the documentation's table of the rules with the code; -update rewrites it.
func TestGoldenDocs(t *testing.T) {
	t.Parallel()
	const (
		file  = "../../assets/docs/rules.md"
		begin = "<!-- rules: written by make golden-update -->\n"
		end   = "<!-- end of rules -->\n"
	)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), begin)
	got, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s does not have the marks %q and %q", file, begin, end)
	}
	want := ruleTable()
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Errorf("make golden-update writes the rules in %s anew. They should be\n%s", file, want)
	}
}

// ruleTable renders the rule table in Markdown.
func ruleTable() string {
	var b strings.Builder
	for _, scope := range []thresholds.Scope{thresholds.ScopeCluster, thresholds.ScopeMember} {
		fmt.Fprintf(&b, "| rule of the %s | what it looks at | notice | warning | critical | needs | source |\n"+
			"|---|---|---|---|---|---|---|\n", scope)
		for _, r := range thresholds.Rules() {
			if r.Scope != scope {
				continue
			}
			cells := []string{"`" + string(r.ID) + "`", r.Summary, Describe(&r, thresholds.Notice),
				Describe(&r, thresholds.Warning), Describe(&r, thresholds.Critical), DescribeMinimum(&r), r.Sources()}
			if r.Recommends {
				cells[2] += " (recommended)"
			}
			for i, cell := range cells {
				cells[i] = strings.ReplaceAll(cell, "|", `\|`)
			}
			fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
