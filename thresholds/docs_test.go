package thresholds

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestGoldenDocs compares the documentation's tables of others' alerts and of the vitals with the code; -update
// rewrites them.
func TestGoldenDocs(t *testing.T) {
	t.Parallel()
	for _, part := range []struct{ file, name, want string }{
		{"rules.md", "alerts", alertTable()},
		{"json.md", "vitals", vitalTable()},
	} {
		file := filepath.Join("../assets/docs", part.file)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		begin, end := "<!-- "+part.name+": written by make golden-update -->\n", "<!-- end of "+part.name+" -->\n"
		before, rest, begins := strings.Cut(string(text), begin)
		got, after, ends := strings.Cut(rest, end)
		switch {
		case !begins || !ends:
			t.Fatalf("%s does not have the marks %q and %q", part.file, begin, end)
		case got == part.want:
		case *update:
			if err := os.WriteFile(file, []byte(before+begin+part.want+end+after), 0o600); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("make golden-update writes the %s in %s anew. They should be\n%s", part.name, part.file, part.want)
		}
	}
}

// TestDocsNameTheJSON compares the documentation of the JSON with its fields and words.
func TestDocsNameTheJSON(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../assets/docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	need := func(word string) {
		t.Helper()
		if !strings.Contains(string(text), "`"+word+"`") {
			t.Errorf("json.md does not name `%s`", word)
		}
	}
	var fields func(reflect.Type)
	fields = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice:
			fields(of.Elem())
		case reflect.Struct:
			for i := range of.NumField() {
				if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); name != "" {
					need(name)
					fields(of.Field(i).Type)
				}
			}
		}
	}
	fields(reflect.TypeFor[assessmentJSON]())
	fields(reflect.TypeFor[planJSON]())
	for _, word := range []Why{
		WhyLate, WhyUnreadable, WhyNotExposed, WhyTooFew, WhyDown, WhyOutOfReach, WhyRefused, WhyNotDumped,
		WhyUndecided,
	} {
		need(string(word))
	}
	for _, step := range []Step{StepRaiseQuota, StepCompact, StepDelete, StepDefragment, StepDisarm} {
		need(string(step))
	}
}

// vitalTable renders the table of the vitals' names in Markdown.
func vitalTable() string {
	var b strings.Builder
	b.WriteString("| vital | unit |\n|---|---|\n")
	for v := NoVital + 1; v < vitalCount; v++ {
		fmt.Fprintf(&b, "| `%s` | %s |\n", v, v.Unit())
	}
	b.WriteByte('\n')
	return b.String()
}

// alertTable renders the table of others' alerts in Markdown.
func alertTable() string {
	var b strings.Builder
	b.WriteString("| alert | of | severity there | when | rule | what differs |\n|---|---|---|---|---|---|\n")
	for _, alert := range publishedAlerts() {
		rules := "–"
		if len(alert.Rules) > 0 {
			names := make([]string, len(alert.Rules))
			for i, rule := range alert.Rules {
				names[i] = "`" + string(rule) + "`"
			}
			rules = strings.Join(names, ", ")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", alert.Name, alert.Of, alert.Severity, alert.When, rules,
			alert.Differs)
	}
	b.WriteByte('\n')
	return b.String()
}
