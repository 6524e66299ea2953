package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/etcdoc/etcdoc/assets"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

// runbookSections are the sections of every runbook, in this order.
var runbookSections = []string{"What it means", "How to confirm", "What to do", "What not to do", "Sources"}

// TestEveryIDHasARunbook: every rule and every cause has a page, and every page is that of a rule or a cause.
func TestEveryIDHasARunbook(t *testing.T) {
	t.Parallel()
	ids := explained()
	pages := map[string]bool{}
	for _, id := range ids {
		runbook, is := assets.RunbookOf(id)
		if !is {
			t.Errorf("%s has no runbook", id)
			continue
		}
		pages[runbook.Page] = true
		if n := utf8.RuneCountInString(runbook.Meaning); n == 0 || n > 70 {
			t.Errorf("%s: its meaning has %d columns, want 1 to 70: %q", id, n, runbook.Meaning)
		}
		if !slices.Contains(ids, runbook.Page) {
			t.Errorf("%s is explained by the page %s, which is neither a rule nor a cause", id, runbook.Page)
		}
		if len(id) > longestID {
			t.Errorf("%s is longer than longestID", id)
		}
	}
	for _, name := range assets.Names() {
		page, is := strings.CutPrefix(name, "runbooks/")
		if page = strings.TrimSuffix(page, ".md"); is && !pages[page] {
			t.Errorf("%s explains no rule and no cause by that name: it would not be found", name)
		}
	}
}

// TestRunbooksHaveTheirSections: the pages have all sections in order, none of them empty, and refer only to what is
// there.
func TestRunbooksHaveTheirSections(t *testing.T) {
	t.Parallel()
	refers := regexp.MustCompile("`(?:etcdoc )?explain ([a-z-]+)`")
	asset := regexp.MustCompile("`etcdoc assets ([^`]+)`")
	for _, name := range assets.Names() {
		if !strings.HasPrefix(name, "runbooks/") {
			continue
		}
		text, _ := assets.Read(name)
		if n := strings.Count(text, "\n"); n < 15 || n > 45 {
			t.Errorf("%s has %d lines, want 15 to 45", name, n)
		}
		for i, line := range strings.Split(text, "\n") {
			if utf8.RuneCountInString(line) > 120 {
				t.Errorf("%s:%d is longer than 120 columns", name, i+1)
			}
		}
		var sections []string
		filled := true
		for part := range markdownParts(text) {
			if part.kind == markdownTitle {
				continue
			}
			if part.kind != markdownHeading {
				filled = true
				continue
			}
			if !filled {
				t.Errorf("%s: %s is empty", name, sections[len(sections)-1])
			}
			sections, filled = append(sections, part.text), false
		}
		if !slices.Equal(sections, runbookSections) || !filled || strings.Count(text, "```")%2 != 0 {
			t.Errorf("%s has the sections %q, want %q, all filled", name, sections, runbookSections)
		}
		for _, to := range refers.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(explained(), to[1]) {
				t.Errorf("%s refers to %s, which is neither a rule nor a cause", name, to[1])
			}
		}
		for _, to := range asset.FindAllStringSubmatch(text, -1) {
			if _, is := assets.Read(to[1]); !is {
				t.Errorf("%s refers to the asset %s, which is not there", name, to[1])
			}
		}
	}
}

// TestRunbooksTakeLimitsFromTheTable: a page shows every limit of its rules with its source, and its text names none,
// so that it can't differ.
func TestRunbooksTakeLimitsFromTheTable(t *testing.T) {
	t.Parallel()
	rules := thresholds.Rules()
	for i := range rules {
		r := &rules[i]
		page := strings.Join(strings.Fields(runbookPage(string(r.ID), rules, defaultWidth)), " ")
		runbook, _ := assets.RunbookOf(string(r.ID))
		for _, level := range []thresholds.Level{thresholds.Notice, thresholds.Warning, thresholds.Critical} {
			if text := limits.Describe(r, level); !strings.Contains(page, level.String()+" "+text) &&
				text != "" || !strings.Contains(page, r.Limit(level).Source) {
				t.Errorf("%s: the page does not say where %s begins (%s), or by whom", r.ID, level, text)
			}
			number := regexp.MustCompile(`^(?:from|at) (?:(\d+)(ms|s|m|%|/s|GiB)|(\d{3,})) (?:on|or)\b`).
				FindStringSubmatch(limits.Describe(r, level))
			if number == nil {
				continue
			}
			named := regexp.MustCompile(`\b` + number[1] + number[3] + ` ?` + number[2] + `(\W|$)`)
			if found := named.FindString(runbook.Markdown); found != "" {
				t.Errorf("%s: the text of its page names the limit %q, which the rule table may change", r.ID, found)
			}
		}
	}
}

// TestExplainFits: no line but a command is wider than the terminal, and every line is printable.
func TestExplainFits(t *testing.T) {
	t.Parallel()
	for _, width := range []int{minWidth, 60, 80, 200} {
		for _, id := range explained() {
			page := runbookPage(id, thresholds.Rules(), width)
			if printableLines(page) != page {
				t.Errorf("%s has characters that a terminal obeys", id)
			}
			for line := range strings.Lines(page) {
				isCommand := strings.HasPrefix(line, "      ")
				isWord := len(strings.Fields(line)) <= 2 // an address can't be broken
				if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > width && !isCommand && !isWord {
					t.Errorf("%s at %d columns: %d in %q", id, width, n, line)
				}
			}
		}
		for line := range strings.Lines(runbookList(width)) {
			isWord := len(strings.Fields(line)) <= 2 // beside a name
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width && !isWord {
				t.Errorf("the list at %d columns: %d in %q", width, n, line)
			}
		}
	}
}

// TestGoldenExplain holds a whole page, with its limits.
func TestGoldenExplain(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("testdata", "explain-80.txt")
	got := runbookPage("slow-link", thresholds.Rules(), 80)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || got != string(want) {
		t.Errorf("differs from %s (%v; make golden-update writes it anew):\n%s", golden, err, got)
	}
}

// TestExplain runs the command: the list, a page with the limits in effect, and what is wrong with its arguments.
func TestExplain(t *testing.T) {
	code, list, _ := etcdoc(t, "explain")
	for _, id := range explained() {
		if !strings.Contains(list, "\n  "+id+" ") {
			t.Errorf("the list does not name %s", id)
		}
	}
	if code != ExitHealthy {
		t.Errorf("exit code %d", code)
	}
	config := filepath.Join(t.TempDir(), "config.yaml")
	text := "thresholds:\n  wal-fsync-slow:\n    warning: {limit: 77ms}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	limit := "from 77ms on, for 15s (configured, " + config + ":3)"
	if code, page, errs := etcdoc(t, "explain", "--config", config, "wal-fsync-slow"); code != ExitHealthy ||
		!strings.Contains(strings.Join(strings.Fields(page), " "), limit) || errs != "" {
		t.Errorf("exit code %d, stderr %q, and the page does not show the limit in effect:\n%s", code, errs, page)
	}
	if code, page, errs := etcdoc(t, "explain", "--config", config+".gone", "slow-disk"); code != ExitHealthy ||
		!strings.Contains(page, "from 100ms on, for 15s") || !strings.Contains(errs, "the limits below are the defaults: ") {
		t.Errorf("without a configuration: exit code %d, stderr %q:\n%s", code, errs, page)
	}
	_, page, _ := etcdoc(t, "explain", "wal-fsync-slow")
	if code, capitals, errs := etcdoc(t, "explain", "WAL-Fsync-Slow"); code != ExitHealthy || capitals != page {
		t.Errorf("in capitals: exit code %d: %s", code, errs)
	}
	for argument, want := range map[string]string{
		"wal-fsync":   `no rule or cause "wal-fsync": want wal-fsync-slow (etcdoc explain lists them all)`,
		"slow-disc":   "want slow-disk",
		"xxxxxxxxxxx": `no rule or cause "xxxxxxxxxxx" (etcdoc explain lists them all)`,
		"x\x1b[2J":    `(etcdoc explain lists them all)`,
	} {
		code, out, errs := etcdoc(t, "explain", argument)
		if code != ExitNotDone || out != "" || !strings.Contains(errs, want) || strings.Contains(errs, "\x1b") {
			t.Errorf("explain %q: exit code %d, %q, %q, want %q", argument, code, out, errs, want)
		}
	}
	if code, _, errs := etcdoc(t, "explain", "clock", "memory"); code != ExitNotDone ||
		errs != "etcdoc: etcdoc explain takes one argument, got \"memory\" too\n" {
		t.Errorf("two arguments: exit code %d, %q", code, errs)
	}
}

// TestAssets runs the command: the list, and every file by its name and by the last part of it.
func TestAssets(t *testing.T) {
	_, list, _ := etcdoc(t, "assets")
	var names []string
	for line := range strings.Lines(list) {
		name, _, _ := strings.Cut(line, " ")
		names = append(names, name)
	}
	if !slices.IsSorted(names) || len(names) < 60 {
		t.Errorf("%d assets, sorted: %v", len(names), slices.IsSorted(names))
	}
	for _, name := range names {
		onDisk := readDoc(t, "assets/"+name)
		stem, _, _ := strings.Cut(filepath.Base(name), ".")
		asked := []string{name, filepath.Base(name), stem}
		if strings.HasPrefix(name, "schema/") {
			asked = append(asked, "schema")
		}
		for _, asked := range asked {
			if len(assets.Find(asked)) > 1 {
				continue // TestAssetsOfAProfile asks for those
			}
			if code, text, errs := etcdoc(t, "assets", asked); code != ExitHealthy || text != onDisk {
				t.Errorf("assets %s: exit code %d, %q, %d bytes of %d", asked, code, errs, len(text), len(onDisk))
			}
		}
	}
	if code, _, errs := etcdoc(t, "assets", "verdict"); code != ExitNotDone ||
		errs != fmt.Sprintf("etcdoc: no asset %q: want docs/verdicts.md (etcdoc assets lists them all)\n", "verdict") {
		t.Errorf("an unknown asset: exit code %d, %q", code, errs)
	}
}
