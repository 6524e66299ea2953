package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

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

// checkWords asserts that the screen says in full how the quorum stands, what is wrong, and what to do.
func checkWords(t *testing.T, m model, name string) {
	t.Helper()
	a := &m.shown.assessment
	for _, size := range storySizes {
		screen := plainScreen(t, m, size[0], size[1])
		text := screenText(screen)
		l := m.overviewLayout(size[0], size[1])
		for what, want := range map[string]string{
			"margin": a.Cluster.Margin, "headline": a.Reading.Headline, "step": a.Reading.Step,
		} {
			full := map[string]string{"headline": a.Reading.Text, "step": a.Reading.Next}[what]
			has := func(words string) bool { return words != "" && strings.Contains(text, screenText(m.brief(words))) }
			if want != "" && !has(want) && !has(full) {
				t.Errorf("%s at %v: the %s %q is cut or missing:\n%s", name, size, what, want, screen)
			}
		}
		head := strings.Split(screen, "\n")[:1+l.text+l.drain]
		for _, line := range head {
			for _, word := range strings.Fields(line) {
				if strings.Contains(word, m.theme.ellipsis()) && !m.isShort(strings.Trim(word, ",:")) {
					t.Errorf("%s at %v: %q is cut:\n%s", name, size, line, screen)
				}
			}
		}
		verdicts := strings.Join(head[1+l.text:], " ")
		for i := range a.Members {
			if m := &a.Members[i]; !m.LostAlready() && !m.Stray {
				word, _ := plainTheme().verdict(m.CanLose.Verdict)
				if !strings.Contains(verdicts, word+" ") {
					t.Errorf("%s at %v: no verdict %s of %s:\n%s", name, size, word, m.Label, screen)
				}
			}
		}
	}
}

// isShort reports that a word is the short name of a member.
func (m model) isShort(word string) bool {
	return slices.ContainsFunc(m.shown.assessment.Members,
		func(a thresholds.Member) bool { return a.Short == word })
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
		checkWords(t, m, name)
	}
}

// TestTheMarginIsOnEveryPage, in every window from 60 columns.
func TestTheMarginIsOnEveryPage(t *testing.T) {
	t.Parallel()
	for name := range scenarios() {
		m := watched(t, name, 80, 24)
		for _, keys := range [][]string{nil, {"enter"}, {"enter", "z"}, {"e"}, {"d"}, {"f"}, {"i"}, {"c"}} {
			for _, size := range storySizes {
				head, _, _ := strings.Cut(plainScreen(t, press(t, m, keys...), size[0], size[1]), "\n")
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
		checkWords(t, m.arrange(), fmt.Sprint(n, " members"))
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
