package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// plainScreen renders a model in a window, without styles.
func plainScreen(t testing.TB, m model, width, height int) string {
	t.Helper()
	return ansi.Strip(resized(t, m, width, height).View())
}

// screenText returns the screen's text without line breaks and indents.
func screenText(screen string) string { return strings.Join(strings.Fields(screen), " ") }

// withoutDock returns a screen without what is right of a bar.
func withoutDock(screen string) string {
	var left []string
	for line := range strings.Lines(screen) {
		line, _, _ = strings.Cut(line, "│")
		left = append(left, strings.TrimRight(line, "\n"))
	}
	return strings.Join(left, "\n")
}

// TestEveryEndpointsAnswerIsOnTheScreen while none answers: one line each, in full or in the few words that it is known
// by, without what follows from it.
func TestEveryEndpointsAnswerIsOnTheScreen(t *testing.T) {
	answers := []string{"connection refused", "no route to the host",
		"the certificate is signed by an authority that is not trusted here, which is a longer story"}
	kinds := []probe.ErrorKind{probe.ErrRefused, probe.ErrUnreachable, probe.ErrTLSAuthority}
	c := scenario{members: 3, sweeps: 5, fault: func(_ time.Duration, s *probe.Sweep, _ *world) {
		for j := range s.Members {
			down(s, j)
			s.Members[j].ID, s.Members[j].Name, s.Members[j].Listed = 0, "", false
			s.Members[j].Status.Err = refusal(s.Members[j].Endpoint, answers[j])
			s.Members[j].Status.Err.Kind = kinds[j]
		}
		s.MemberList = probe.Fact[probe.MemberList]{}
	}}
	m := feed(t, newTestModel(nil), c, 1, 1)
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}, {200, 60}} {
		screen := plainScreen(t, m, size[0], size[1])
		_, shown, found := strings.Cut(withoutDock(screen), "WHAT EACH ENDPOINT ANSWERS")
		if !found {
			t.Fatalf("%v: no answers:\n%s", size, screen)
		}
		for j, answer := range answers {
			line := lineWith(t, shown, "http://10.0.3.1"+string(rune('1'+j))+":2379")
			if !strings.Contains(line, answer) && !strings.Contains(line, kinds[j].Words()[:15]) {
				t.Errorf("%v: %q does not say %q", size, line, answer)
			}
		}
		if strings.Contains(shown, "/metrics") {
			t.Errorf("%v: the metrics of an endpoint that does not answer:\n%s", size, screen)
		}
	}
	if screen := screenText(plainScreen(t, m, 80, 24)); !strings.Contains(screen, answers[2]) {
		t.Errorf("a text that is too long for its line is nowhere in full:\n%s", screen)
	}
}

// TestDrainVerdictsAreNotCut: reasons are left out first, then names are counted; verdicts never go.
func TestDrainVerdictsAreNotCut(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one-down", "late", "slow-disk", "seven"} {
		m := watched(t, name, 1, 1)
		for width := 60; width <= 130; width++ {
			var b strings.Builder
			for _, line := range m.renderDrain(width, 2) {
				b.WriteString(line)
			}
			text := screenText(ansi.Strip(b.String()))
			if strings.Contains(text, m.theme.ellipsis()) {
				t.Errorf("%s at %d: cut: %s", name, width, text)
			}
			for _, g := range m.drainGroups(drainBareCounts) {
				if word, _ := m.theme.verdict(g.Verdict); g.Lost == "" && !strings.Contains(text, word+" ") {
					t.Errorf("%s at %d: %s is missing: %s", name, width, word, text)
				}
			}
		}
	}
}

// TestWhatIsARiskIsSaidLast: where there is no room for all reasons, those of members that are safe to lose
// become one, and then go first.
func TestWhatIsARiskIsSaidLast(t *testing.T) {
	t.Parallel()
	m := watched(t, "seven", 80, 24)
	a := &m.shown.assessment
	a.Members = slices.Clone(a.Members)
	for i := range a.Members {
		reason := []string{"leaves 3 healthy voters, quorum 3", "leaves enough, commits stay slow"}[i%2]
		a.Members[i].CanLose = thresholds.CanLose{Verdict: thresholds.LossSafe, Reason: reason, Headline: reason}
	}
	a.Members[0].CanLose = thresholds.CanLose{Verdict: thresholds.LossRisk, Reason: "NOSPACE raised",
		Headline: "incident: NOSPACE raised"}
	for width, hasReason := range map[int]bool{80: true, 60: true, 56: false} {
		text := screenText(ansi.Strip(strings.Join(m.renderDrain(width, 2), " ")))
		if !strings.Contains(text, "NOSPACE raised") || strings.Contains(text, "commits stay slow") ||
			strings.Count(text, "SAFE") != 1 || strings.Contains(text, "etcd-7: quorum stays") != hasReason {
			t.Errorf("want the reason of the risk, and at %d columns what those that are safe have in common %t: %s",
				width, hasReason, text)
		}
	}
}

// TestWhatForbidsComesFirst: a member that is already down does not make the page invite to a drain.
func TestWhatForbidsComesFirst(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 5,
		fault: func(_ time.Duration, s *probe.Sweep, _ *world) { down(s, 0) }}, 80, 24)
	line := lineWith(t, ansi.Strip(m.View()), "DRAIN NO")
	if !strings.HasPrefix(line, "DRAIN NO etcd-2, etcd-3") ||
		strings.Count(ansi.Strip(strings.Join(m.renderDrain(80, 2), " ")), "etcd-1") != 1 { // that it is down, once
		t.Errorf("the verdicts:\n%s", ansi.Strip(m.View()))
	}
	if strings.Contains(ansi.Strip(m.View()), "SAFE") {
		t.Errorf("SAFE although nothing is:\n%s", ansi.Strip(m.View()))
	}
}

// TestFactsOfADownMember omit what follows from its being down.
func TestFactsOfADownMember(t *testing.T) {
	m := press(t, watched(t, "one-down", 200, 60), "j")
	facts := ansi.Strip(strings.Join(m.renderFacts(66, 40), "\n"))
	if !strings.Contains(facts, "etcd-2") || !strings.Contains(facts, "down") || strings.Contains(facts, "unknown:") {
		t.Errorf("the facts of a member that is down:\n%s", facts)
	}
}

// TestIntervalKeysAnswer at 80 columns: the interval is visible if it is not the default, and briefly after each
// change.
func TestIntervalKeysAnswer(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	header := func() string { return strings.Split(ansi.Strip(m.View()), "\n")[0] }
	if strings.Contains(header(), "/1s") {
		t.Errorf("the default interval takes room: %q", header())
	}
	for _, step := range []struct{ key, want string }{{">", "LIVE 1s/2s"}, {">", "LIVE 1s/5s"}, {"<", "LIVE 1s/2s"},
		{"<", "LIVE 1s/1s"}} {
		if m = press(t, m, step.key); !strings.Contains(header(), step.want) {
			t.Errorf("after %s the header is %q, want %q in it", step.key, header(), step.want)
		}
	}
	m.seen.at = time.Time{}
	if m, _ = m.Update(tickMsg{m.now.Add(intervalNewFor)}); strings.Contains(header(), "/1s") {
		t.Errorf("the default interval stays: %q", header())
	}
}

// TestPauseShowsANewFault although the view is frozen.
func TestPauseShowsANewFault(t *testing.T) {
	m := press(t, feed(t, newTestModel(func(o *Options) { o.Color = ColorAlways }), scenario{members: 3, sweeps: 5}, 80,
		24), "space")
	oneDown := func(_ time.Duration, s *probe.Sweep, _ *world) { down(s, 2) }
	for i, s := range (scenario{members: 3, sweeps: 3, fault: oneDown}).generate() {
		shift(&s, time.Duration(i+5)*time.Second)
		m, _ = m.Update(sweepMsg{sweep: s, at: s.At})
	}
	level := m.theme.level(m.seen.live.assessment.Level)
	if want := level.paint(" PAUSED +3 new, now WARN "); !strings.Contains(m.View(), want) {
		t.Errorf("the header is %q, want %q in it", strings.Split(m.View(), "\n")[0], want)
	}
	if m = press(t, m, "space", "space"); !strings.Contains(m.View(), m.theme.loud.paint(" PAUSED +0 new ")) {
		t.Errorf("nothing is new, and the header is %q", strings.Split(m.View(), "\n")[0])
	}
}

// TestUnhealthyMembersStayVisible if there are fewer rows than members.
func TestUnhealthyMembersStayVisible(t *testing.T) {
	t.Parallel()
	c := scenario{members: 7, sweeps: 5, fault: func(_ time.Duration, s *probe.Sweep, _ *world) { down(s, 5) }}
	m := feed(t, newTestModel(nil), c, 30, 5)
	for _, test := range []struct {
		keys []string
		rows int
		want []int
	}{
		{nil, 2, []int{0, 5}}, {nil, 1, []int{0}}, {nil, 4, []int{0, 1, 2, 5}}, {nil, 9, []int{0, 1, 2, 3, 4, 5, 6}},
		{[]string{"G"}, 3, []int{4, 5, 6}}, {[]string{"g", "j", "j", "j"}, 3, []int{2, 3, 5}},
	} {
		if got := press(t, m, test.keys...).visible(test.rows); !slices.Equal(got, test.want) {
			t.Errorf("after %v, %d rows show %v, want %v", test.keys, test.rows, got, test.want)
		}
	}
	if screen := plainScreen(t, m, 30, 5); !strings.Contains(screen, "DOWN") || !strings.Contains(screen, "+5 more") {
		t.Errorf("30x5 hides who is down, or that it hides any:\n%s", screen)
	}
	screen := plainScreen(t, watched(t, "farm", 1, 1), 80, 24)
	if !strings.Contains(screen, " more member") ||
		!strings.HasSuffix(strings.TrimSpace(lineWith(t, screen, "MEMBER")), "AGE") {
		t.Errorf("80x24 does not say that it hides members, or says so over a title:\n%s", screen)
	}
}
