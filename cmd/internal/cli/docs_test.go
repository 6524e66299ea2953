package cli

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/thresholds"
)

// root is the repository's.
const root = "../../.."

// readDoc returns the text of a file of the repository.
func readDoc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestGoldenDocs compares the documentation's tables of flags and variables with the code; -update rewrites them.
func TestGoldenDocs(t *testing.T) {
	const file = "assets/docs/configuration.md"
	was := readDoc(t, file)
	text := was
	for name, want := range map[string]string{"flags": flagTable(), "limit variables": limitVariableTable()} {
		begin, end := "<!-- "+name+": written by make golden-update -->\n", "<!-- end of "+name+" -->\n"
		before, rest, begins := strings.Cut(text, begin)
		got, after, ends := strings.Cut(rest, end)
		if !begins || !ends {
			t.Fatalf("%s does not have the marks %q and %q", file, begin, end)
		}
		if got != want && !*update {
			t.Errorf("make golden-update writes the %s in %s anew. They should be\n%s", name, file, want)
		}
		text = before + begin + want + end + after
	}
	if *update && text != was {
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func flagTable() string {
	var b strings.Builder
	b.WriteString("| flag | variable | default | |\n|---|---|---|---|\n")
	root, listed := newRoot(Streams{}, false), map[string]string{} // to their defaults
	list := func(flags *pflag.FlagSet, of string) {
		flags.SortFlags = false
		flags.VisitAll(func(f *pflag.Flag) {
			first, is := listed[f.Name]
			if f.Hidden || is && first == f.DefValue {
				return
			}
			listed[f.Name] = cmp.Or(first, f.DefValue)
			_, usage := pflag.UnquoteUsage(f)
			name := "`--" + f.Name + "`"
			if f.Shorthand != "" {
				name += " `-" + f.Shorthand + "`"
			}
			value := strings.Trim(f.DefValue, "[]")
			if value != "" {
				value = "`" + value + "`"
			}
			from := "`" + variable(f) + "`"
			if slices.Contains(commandLineOnly, f.Name) && variable(f) != configVariable {
				from = ""
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, from, value, of+usage)
		})
	}
	list(root.PersistentFlags(), "")
	list(root.Flags(), "")
	commands := root.Commands()
	slices.SortStableFunc(commands, func(a, b *cobra.Command) int { // config has those of the others, too
		return cmp.Compare(strings.Count(a.Name(), "config"), strings.Count(b.Name(), "config"))
	})
	for _, cmd := range commands {
		list(cmd.Flags(), "`"+cmd.CommandPath()+"`: ")
	}
	b.WriteByte('\n')
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

// TestDocsSay compares the rest of the documentation of the check and the configuration with the code.
func TestDocsSay(t *testing.T) {
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readDoc(t,
		"assets/docs/configuration.md"), -1)
	if len(examples) == 0 {
		t.Error("there is no example of a configuration")
	}
	for _, example := range examples {
		if !strings.Contains(example[1], "thresholds:") {
			t.Errorf("an example sets no limits:\n%s", example[1])
		}
		if _, err := new(Settings).LoadFile(settable(), "configuration.md", []byte(example[1])); err != nil {
			t.Errorf("an example is no configuration: %v", err)
		}
	}
	check := readDoc(t, "assets/docs/check.md")
	for _, format := range []string{"table", "wide", "json", "yaml", "nagios"} {
		if _, err := faceOf(format, nil, thresholds.RuleSet{}); err != nil ||
			!strings.Contains(check, "| `-o "+format+"`") {
			t.Errorf("-o %s is not there, or not in check.md: %v", format, err)
		}
	}
	for file, text := range map[string]string{"README.md": readDoc(t, "README.md"), "check.md": check} {
		for _, code := range []string{"| 0 | healthy", "| 1 | unhealthy", "| 2 | could not check"} {
			if !strings.Contains(text, code) {
				t.Errorf("%s does not say %q", file, code)
			}
		}
	}
}

// TestDocsNameTheSigns: the pages of both faces say what each sign before a value means.
func TestDocsNameTheSigns(t *testing.T) {
	signs := []thresholds.VitalSign{thresholds.SignLacks, thresholds.SignUnknown, thresholds.SignLast,
		thresholds.SignOver, thresholds.SignNotice}
	for _, file := range []string{"assets/docs/check.md", "assets/docs/dashboard.md"} {
		_, rest, _ := strings.Cut(readDoc(t, file), "# Signs\n")
		table, _, _ := strings.Cut(rest, "\n#")
		for _, sign := range signs {
			if !strings.Contains(table, "\n| `"+string(sign)+"` | ") {
				t.Errorf("%s does not say what %q means", file, sign)
			}
		}
		if !strings.Contains(table, "`≤`") {
			t.Errorf("%s does not say what ≤ means", file)
		}
	}
}

// TestREADMEIsShort: a stranger reads the README to its end.
func TestREADMEIsShort(t *testing.T) {
	if size := len(readDoc(t, "README.md")); size > 10_000 {
		t.Errorf("README.md is %d bytes long, more than 10 KB: details belong to assets/docs", size)
	}
}

// TestDocsLink: every relative link of the documentation leads to an existing file, and to a heading of it. README.md
// links to every page of assets/docs.
func TestDocsLink(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "assets/docs/*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("there is no documentation: %v", err)
	}
	files := []string{"README.md"}
	for _, page := range pages {
		name := "assets/docs/" + filepath.Base(page)
		files = append(files, name)
		if !strings.Contains(readDoc(t, "README.md"), "("+name+")") {
			t.Errorf("README.md does not link %s", name)
		}
	}
	for room := range rooms {
		files = append(files, room+"/README.md")
	}
	link := regexp.MustCompile(`\]\(([^()\s]+)\)`)
	for _, file := range files {
		for _, target := range link.FindAllStringSubmatch(prose(readDoc(t, file)), -1) {
			if strings.Contains(target[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(target[1], "#")
			to := file
			if path != "" {
				to = filepath.Join(filepath.Dir(file), path)
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s links %s: %v", file, target[1], err)
			} else if anchor != "" && !slices.Contains(anchors(readDoc(t, to)), anchor) {
				t.Errorf("%s links %s, and %s has no such heading", file, target[1], to)
			}
		}
	}
}

// prose returns a page without its blocks of code.
func prose(page string) string {
	return regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(page, "")
}

// anchors are the names by which GitHub links to a page's headings.
func anchors(page string) []string {
	var names []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(prose(page), -1) {
		names = append(names, strings.Map(func(c rune) rune {
			switch {
			case unicode.IsLetter(c) || unicode.IsDigit(c) || c == '-' || c == '_':
				return unicode.ToLower(c)
			case c == ' ':
				return '-'
			}
			return -1
		}, heading[1]))
	}
	return names
}

// rooms maps the rooms' READMEs to the folders whose files each lists.
var rooms = map[string][]string{
	"probe": {"probe"}, "thresholds": {"thresholds"}, "tui": {"tui"},
	"cmd": {"cmd/internal/cli", "cmd/internal/agent", "cmd/internal/kube", "cmd/internal/frugal", "cmd/etcdoc-demo"},
}

// TestRoomsREADMEs: the files, folders, tests and identifiers in each room's README exist, and it lists every file of
// the room, by its name or by a pattern.
func TestRoomsREADMEs(t *testing.T) {
	var (
		code       = regexp.MustCompile("`([^`\n]+)`")
		path       = regexp.MustCompile(`^[\w*/-]+(\.go|/)$`)
		identifier = regexp.MustCompile(`^(?:\w+\.)?([A-Za-z]\w*)$`)
		test       = regexp.MustCompile(`\bTest[A-Z]\w+`)
	)
	for room, folders := range rooms {
		text, sources := readDoc(t, room+"/README.md"), sourcesOf(t, room)
		listed := map[string]bool{}
		for _, span := range code.FindAllStringSubmatch(text, -1) {
			if path.MatchString(span[1]) {
				there := filesOf(t, span[1], append([]string{room}, folders...)...)
				if len(there) == 0 {
					t.Errorf("%s/README.md names %s, which is not there", room, span[1])
				}
				for _, file := range there {
					listed[file] = true
				}
			} else if name := identifier.FindStringSubmatch(span[1]); name != nil && !sources[name[1]] {
				t.Errorf("%s/README.md names %s, which is not there", room, span[1])
			}
		}
		for _, file := range filesOf(t, "*.go", folders...) {
			if !listed[file] && filepath.Base(file) != "doc.go" && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s/README.md does not list %s", room, strings.TrimPrefix(file, root+"/"))
			}
		}
		for _, name := range test.FindAllString(text, -1) {
			if !sources[name] {
				t.Errorf("%s/README.md names %s, which is not there", room, name)
			}
		}
	}
}

// filesOf returns the files in folders of the repository that a pattern matches.
func filesOf(t *testing.T, pattern string, folders ...string) (files []string) {
	t.Helper()
	for _, folder := range folders {
		there, err := filepath.Glob(filepath.Join(root, folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, there...)
	}
	return files
}

// sourcesOf returns all words in the Go files of a room and its folders, and the folders' names.
func sourcesOf(t *testing.T, room string) map[string]bool {
	t.Helper()
	words, word := map[string]bool{}, regexp.MustCompile(`\w+`)
	err := filepath.WalkDir(filepath.Join(root, room), func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			words[entry.Name()] = true
		case strings.HasSuffix(file, ".go"):
			source, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, name := range word.FindAllString(string(source), -1) {
				words[name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return words
}
