package tui

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// wideWords makes words of a width, to be found again on a screen.
func wideWords(prefix string, width int) string {
	text := prefix
	for n := 0; len(text) < width; n++ {
		text += fmt.Sprintf(" %s%d", prefix, n)
	}
	return strings.TrimSpace(text[:width-1]) + strings.Repeat("x", width-len(strings.TrimSpace(text[:width-1])))
}

// headOf are the lines of a screen above its table: its first line, those of the reading, and those of the verdicts.
func headOf(t *testing.T, m model, size [2]int) (first string, reading, verdicts []string) {
	t.Helper()
	l := m.overviewLayout(size[0], size[1])
	lines := strings.Split(plainScreen(t, m, size[0], size[1]), "\n")
	return lines[0], lines[1 : 1+l.text], lines[1+l.text : 1+l.text+l.drain]
}

// checkWords asserts that the screen says in full how the quorum stands, what is wrong, what to do, and the verdict of
// each member that is not lost already.
func checkWords(t *testing.T, m model, name string, sizes ...[2]int) {
	t.Helper()
	a := &m.shown.assessment
	for _, size := range sizes {
		m := resized(t, m, size[0], size[1])
		first, reading, verdicts := headOf(t, m, size)
		says := func(text string, forms ...string) bool {
			return slices.ContainsFunc(forms, func(form string) bool {
				return form != "" && strings.Contains(screenText(text), screenText(m.brief(form)))
			})
		}
		text := first + " " + strings.Join(reading, " ")
		if !says(first, a.Cluster.Margin) {
			t.Errorf("%s at %v: the margin %q is cut or missing: %q", name, size, a.Cluster.Margin, first)
		}
		if !says(text, a.Reading.Headline, a.Reading.Text) {
			t.Errorf("%s at %v: the headline %q is cut or missing: %q", name, size, a.Reading.Headline, reading)
		}
		if a.Reading.Step != "" && !says(text, "Next: "+a.Reading.Step, "Next: "+a.Reading.Next) {
			t.Errorf("%s at %v: the step %q is cut or missing: %q", name, size, a.Reading.Step, reading)
		}
		for _, line := range slices.Concat([]string{first}, reading, verdicts) {
			for word := range strings.FieldsSeq(line) {
				if strings.Contains(word, m.theme.ellipsis()) && !m.isShort(strings.Trim(word, ",:")) {
					t.Errorf("%s at %v: %q is cut", name, size, line)
				}
			}
		}
		for i := range a.Members {
			one := &a.Members[i]
			word, _ := plainTheme().verdict(one.CanLose.Verdict)
			if !one.LostAlready() && !one.Stray && !says(strings.Join(verdicts, " "), word+" ") {
				t.Errorf("%s at %v: no verdict %s of %s: %q", name, size, word, one.Label, verdicts)
			}
		}
	}
}

// checkReasons asserts that the screen says in full why each member may go or may not, with its name unless all members
// or all others have the same reason.
func checkReasons(t *testing.T, m model, name string, sizes ...[2]int) {
	t.Helper()
	a := &m.shown.assessment
	for _, size := range sizes {
		m := resized(t, m, size[0], size[1])
		_, _, lines := headOf(t, m, size)
		before, _, counted := strings.Cut(strings.Join(lines, " "), "the other ")
		if counted && !strings.Contains(before, m.theme.bar()) {
			t.Errorf("%s at %v: the others, before anybody is named:\n%s", name, size, strings.Join(lines, "\n"))
		}
		// The lines of a wide window are in columns.
		text, columns := screenText(strings.Join(lines, " ")), make([]string, len(a.Members)+1)
		for _, line := range lines {
			for i, part := range strings.Split(line, m.theme.bar()) {
				columns[min(i, len(a.Members))] += part + " "
			}
		}
		text += " " + screenText(strings.Join(columns, " "))
		for i := range a.Members {
			one := &a.Members[i]
			has := func(form string) bool { return strings.Contains(text, screenText(m.brief(form))) }
			unnamed := !has(m.shortName(one.MemberRef)) && !has("any one of") && !has("the other")
			unexplained := !has(one.CanLose.Reason) && !has(one.CanLose.Headline)
			if !one.LostAlready() && !one.Stray && (unnamed || unexplained) {
				t.Errorf("%s at %v: why %s may go or not, %q, is cut or missing:\n%s", name, size, one.Label,
					one.CanLose.Headline, strings.Join(lines, "\n"))
			}
		}
	}
}

// isShort reports that a word is the name of a member on the screen.
func (m model) isShort(word string) bool {
	return slices.ContainsFunc(m.shown.assessment.Members,
		func(a thresholds.Member) bool { return m.shortName(a.MemberRef) == word })
}

// TestWordsAreNeverCut: margin, headline and step stand on the screen in every scenario, in every window from 60
// columns.
func TestWordsAreNeverCut(t *testing.T) {
	t.Parallel()
	for name := range scenarios() {
		m := watched(t, name, 1, 1)
		if m.shown.assessment.Reading.Headline == "" || m.shown.assessment.Cluster.Margin == "" {
			t.Errorf("%s: no headline, or no margin", name)
		}
		checkWords(t, m, name, storySizes...)
		checkReasons(t, m, name, storySizes...)
	}
}

// causeWords are what thresholds says of a cause, as its own tests record that.
type causeWords struct {
	margin, headline, step string
	verdicts               []string // of the members, by their names: "risk: etcd-1 is down"
}

// everyCause reads what thresholds says in a scene of each cause.
func everyCause(t *testing.T) map[string]*causeWords {
	t.Helper()
	text, err := os.ReadFile("../thresholds/testdata/words/cause_headline.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*causeWords{}
	for entry := range strings.SplitSeq("\n"+string(text), "\n# ") {
		key, text, _ := strings.Cut(strings.TrimSpace(entry), "\n")
		scene, what, _ := strings.Cut(key, ": ")
		if what == "" {
			continue
		}
		if all[scene] == nil {
			all[scene] = new(causeWords)
		}
		switch c := all[scene]; what {
		case "margin":
			c.margin = text
		case "headline":
			c.headline = text
		case "step":
			c.step = text
		case "further":
		default: // the names are in order
			c.verdicts = append(c.verdicts, text)
		}
	}
	if len(all) < 60 {
		t.Fatalf("%d scenes are found", len(all))
	}
	return all
}

// TestEveryCauseIsSaidInFull at 80 columns: the short forms of every cause and verdict, where the long ones do not fit.
func TestEveryCauseIsSaidInFull(t *testing.T) {
	t.Parallel()
	healthy := watched(t, "healthy", 80, 24)
	tooLong := strings.Repeat(" and more of that", 30)
	for scene, c := range everyCause(t) {
		m := healthy
		a := &m.shown.assessment
		a.Level, a.Cluster.Margin = thresholds.Critical, c.margin
		a.Reading.Headline, a.Reading.Text = c.headline, c.headline+tooLong
		a.Reading.Step, a.Reading.Next = c.step, c.step+tooLong
		a.Members = slices.Clone(a.Members)
		for i, text := range c.verdicts {
			verdict, reason, _ := strings.Cut(text, ": ")
			may := &a.Members[i%len(a.Members)].CanLose
			may.Headline, may.Reason = reason, reason+tooLong
			for _, v := range [...]thresholds.Verdict{thresholds.LossNo, thresholds.LossRisk, thresholds.LossUnknown,
				thresholds.LossSafe} {
				if v.String() == verdict {
					may.Verdict = v
				}
			}
		}
		m = m.arrange()
		checkWords(t, m, scene, [][2]int{{60, 15}, {80, 24}}...)
		checkReasons(t, m, scene, [][2]int{{60, 15}, {80, 24}}...)
	}
}

// TestTheMarginIsOnEveryPage, in every window from 60 columns.
func TestTheMarginIsOnEveryPage(t *testing.T) {
	t.Parallel()
	for name := range scenarios() {
		m := watched(t, name, 80, 24)
		pages := [][]string{nil, {"enter"}, {"enter", "z"}, {"e"}, {"d"}, {"f"}, {"i"}, {"c"}}
		for _, keys := range slices.Clone(pages) {
			pages = append(pages, append([]string{"P"}, keys...))
		}
		for _, keys := range pages {
			for _, size := range storySizes {
				m := resized(t, press(t, m, keys...), size[0], size[1])
				lines := strings.SplitN(plainScreen(t, m, size[0], size[1]), "\n", 5)
				head := lines[0]
				if m.hasBanner() {
					head = strings.Join(lines[:4], "\n")
				}
				if margin := m.shown.assessment.Cluster.Margin; !strings.Contains(head, margin) {
					t.Errorf("%s, after %v at %v: %q does not say %q", name, keys, size, head, margin)
				}
			}
		}
	}
}

// TestTheWidestWordsFit: those that are as wide as thresholds may make them, about members with the widest names, each
// with a verdict and a reason of its own.
func TestTheWidestWordsFit(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 5, 7} {
		m := feed(t, newTestModel(nil), scenario{members: n, sweeps: 20}, 80, 24)
		a := &m.shown.assessment
		a.Level = thresholds.Critical
		a.Cluster.Margin = wideWords("margin", thresholds.MarginWidth)
		a.Reading.Headline = wideWords("headline", thresholds.HeadlineWidth)
		a.Reading.Step = wideWords("step", thresholds.StepWidth)
		a.Reading.Text = strings.Repeat(wideWords("text", 70)+" ", 4)
		a.Reading.Next = strings.Repeat(wideWords("next", 70)+" ", 4)
		a.Members = slices.Clone(a.Members)
		verdicts := []thresholds.Verdict{thresholds.LossNo, thresholds.LossRisk, thresholds.LossUnknown,
			thresholds.LossSafe}
		for i := range a.Members {
			a.Members[i].Short = fmt.Sprintf("…-control-pla-%02d", i)
			a.Members[i].CanLose.Verdict = verdicts[i%len(verdicts)]
			a.Members[i].CanLose.Reason = wideWords(fmt.Sprint("reason", i), 90)
			a.Members[i].CanLose.Headline = wideWords(fmt.Sprint("short", i), 34)
		}
		m.screen.frame = m.render()
		checkWords(t, m.arrange(), fmt.Sprint(n, " members"), storySizes...)
	}
}

// TestLiveIsNotCalm on a cluster that nobody leads, that has no quorum, or that does not answer.
func TestLiveIsNotCalm(t *testing.T) {
	t.Parallel()
	for name, calm := range map[string]bool{"healthy": true, "slow-disk": true, "one-down": true, "no-leader": false,
		"quorum-lost": false, "nothing-reachable": false} {
		m := watched(t, name, 80, 24)
		if got := m.freshness().style == m.theme.level(thresholds.OK); got != calm {
			t.Errorf("%s: LIVE is calm: %t", name, got)
		}
	}
}

// TestOneWordForAMemberThatWasNeverUp: what the table calls NEVER UP is not down elsewhere.
func TestOneWordForAMemberThatWasNeverUp(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 5}, 1, 1)
	a := &m.shown.assessment.Members[2]
	a.State, a.CanLose.Verdict = thresholds.StateDown, thresholds.LossRisk
	a.Condition = thresholds.MemberCondition{Word: thresholds.ConditionNeverUp, Level: thresholds.Notice}
	m = m.redacted().arrange()
	for _, keys := range [][]string{nil, {"d"}} {
		for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}, {200, 60}} {
			screen := plainScreen(t, press(t, m, keys...), size[0], size[1])
			if !strings.Contains(screen, "never up") || strings.Contains(screen, "down already") ||
				strings.Contains(screen, "DOWN") {
				t.Errorf("keys %v at %v:\n%s", keys, size, screen)
			}
		}
	}
}

// TestTheReadingPaneRepeatsNothing of what the header says in short.
func TestTheReadingPaneRepeatsNothing(t *testing.T) {
	t.Parallel()
	for name := range scenarios() {
		m := watched(t, name, 120, 40)
		screen := m.View() // which lays the window out
		l, r := m.overviewLayout(120, 40), &m.shown.assessment.Reading
		said := m.headTexts(&l)
		pane := strings.Join(strings.Fields(ansi.Strip(strings.Join(m.renderEvidence(500, 20, &said), " "))), " ")
		first, _, _ := strings.Cut(r.Text, ". ")
		for _, text := range []string{r.Headline, strings.TrimSuffix(first, ".")} {
			if m.anyAnswer() && strings.Contains(pane, text) {
				t.Errorf("%s: %q is in the header and in the pane: %s\n%s", name, text, pane, ansi.Strip(screen))
			}
		}
	}
}

// TestBecauseNamesAllMembersOfARule: beside the events, the facts of one rule are together: where one of two members
// that are down is named, the other is.
func TestBecauseNamesAllMembersOfARule(t *testing.T) {
	t.Parallel()
	m := watched(t, "quorum-lost", 120, 40)
	var down []string
	for i := range m.shown.assessment.Members {
		if a := &m.shown.assessment.Members[i]; a.State == thresholds.StateDown {
			down = append(down, a.Short)
		}
	}
	named := 0
	for _, text := range m.because(true).texts {
		for _, name := range down {
			if strings.Contains(text, name+" is down") {
				named++
				for _, other := range down {
					if !strings.Contains(text, other) {
						t.Errorf("%q leaves out %s, which is down as well", text, other)
					}
				}
			}
		}
	}
	if len(down) < 2 || named == 0 {
		t.Errorf("%v are down, and of these %d are named", down, named)
	}
}
