package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/thresholds"
)

const readmeFile = "../../../README.md"

// TestREADMEGolden holds the README's generated parts against the flags and the variables; -update writes them anew.
func TestREADMEGolden(t *testing.T) {
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	text := string(readme)
	for name, want := range map[string]string{"flags": flagTable(), "limit variables": limitVariableTable()} {
		begin, end := "<!-- the "+name+": make golden-update -->\n", "<!-- the "+name+" end -->\n"
		before, rest, begins := strings.Cut(text, begin)
		got, after, ends := strings.Cut(rest, end)
		if !begins || !ends {
			t.Fatalf("README.md does not have the marks %q and %q", begin, end)
		}
		if got != want && !*update {
			t.Errorf("README.md's table of the %s is not that of the code: make golden-update writes it anew. It should be\n%s", name, want)
		}
		text = before + begin + want + end + after
	}
	if *update {
		if err := os.WriteFile(readmeFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func flagTable() string {
	var b strings.Builder
	b.WriteString("| flag | variable | default | |\n|---|---|---|---|\n")
	for _, register := range []func(*pflag.FlagSet){
		new(connectionFlags).register, new(Settings).Register, new(ScreenFlags).register, new(checkFlags).register,
	} {
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.SortFlags = false
		register(flags)
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			_, usage := pflag.UnquoteUsage(f)
			name := "`--" + f.Name + "`"
			if f.Shorthand != "" {
				name += " `-" + f.Shorthand + "`"
			}
			value := strings.Trim(f.DefValue, "[]")
			if value != "" {
				value = "`" + value + "`"
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", name, variable(f), value, usage)
		})
	}
	return b.String()
}

func limitVariableTable() string {
	var b strings.Builder
	b.WriteString("| variable | critical limit of | unit |\n|---|---|---|\n")
	for _, v := range limitVariables {
		for _, r := range thresholds.Rules() {
			if r.ID == v.rule {
				of := "`" + string(r.ID) + "`"
				if v.window > 0 {
					of += fmt.Sprintf(" within %.0f minutes", v.window.Minutes())
				}
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.name, of, r.Unit)
			}
		}
	}
	return b.String()
}

// TestREADMESays holds the rest of what the README says of the check and the configuration against the code.
func TestREADMESays(t *testing.T) {
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	var yamls []string
	rest := string(readme)
	for {
		_, after, found := strings.Cut(rest, "```yaml\n")
		if !found {
			break
		}
		text, after, _ := strings.Cut(after, "```")
		yamls, rest = append(yamls, text), after
	}
	if len(yamls) == 0 {
		t.Error("there is no example of a configuration")
	}
	for _, text := range yamls {
		if _, err := new(Settings).LoadFile(settable(), "README.md", []byte(text)); err != nil {
			t.Errorf("an example is no configuration: %v", err)
		}
	}
	for _, format := range []string{"table", "wide", "json", "yaml", "nagios"} {
		if _, err := faceOf(format, nil, nil); err != nil || !strings.Contains(string(readme), "`-o "+format+"`") {
			t.Errorf("-o %s is not there, or not in the README: %v", format, err)
		}
	}
	for _, code := range []string{"| 0 | healthy", "| 1 | unhealthy", "| 2 | could not check"} {
		if !strings.Contains(string(readme), code) {
			t.Errorf("the README does not say %q", code)
		}
	}
}

// TestRoomsREADMEs: each room's README speaks of files and tests that are there.
func TestRoomsREADMEs(t *testing.T) {
	for room, files := range map[string]string{"probe": "probe", "thresholds": "thresholds", "tui": "tui", "cmd": "cmd/internal/cli"} {
		text, err := os.ReadFile("../../../" + room + "/README.md")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile("`([a-z_*/]+\\.go)`").FindAllStringSubmatch(string(text), -1) {
			if there, err := filepath.Glob("../../../" + files + "/" + name[1]); err != nil || len(there) == 0 {
				t.Errorf("%s/README.md names %s, which is not there (%v)", room, name[1], err)
			}
		}
		var tests strings.Builder
		sources, err := filepath.Glob("../../../" + files + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range sources {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(source)
		}
		for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(text), -1) {
			if !strings.Contains(tests.String(), "func "+name) {
				t.Errorf("%s/README.md names %s, which is not there", room, name)
			}
		}
	}
}
