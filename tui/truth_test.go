package tui

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestNothingToPauseYet: a view that was paused before the first sweep would never show one.
func TestNothingToPauseYet(t *testing.T) {
	m := press(t, resized(t, newTestModel(nil), 80, 24), "space")
	if m.paused || !strings.Contains(m.View(), "nothing to pause yet") {
		t.Errorf("paused: %v:\n%s", m.paused, ansi.Strip(m.View()))
	}
}

// TestTheFirstMarkOnTheComparePage is set on that page, which was opened when there was nothing to compare.
func TestTheFirstMarkOnTheComparePage(t *testing.T) {
	m := press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24), "c")
	s := scenario{members: 3, sweeps: 1}.generate()[0]
	s.At = s.At.Add(time.Second)
	s.Marks = []probe.Mark{{At: s.At, Text: "patch"}}
	m, _ = m.Update(sweepMsg{sweep: s, at: s.At})
	if screen := ansi.Strip(m.View()); !strings.Contains(screen, `A "patch"`) {
		t.Errorf("the mark is not compared:\n%s", screen)
	}
}

// TestAnnouncedLater: at a moment before the mark the outage was not expected.
func TestAnnouncedLater(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 30,
		fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			if ago <= 20*time.Second {
				down(s, 0)
			}
			if ago == 10*time.Second {
				s.Marks = append(s.Marks, probe.Mark{At: s.At, Text: "reboot", Member: "etcd-1", Window: time.Minute})
			}
		}}, 120, 40)
	if !strings.Contains(ansi.Strip(m.View()), "(expected: mark A)") {
		t.Fatalf("the outage is not expected by now:\n%s", ansi.Strip(m.View()))
	}
	m = m.goToTime(epoch.Add(-15 * time.Second))
	m.screen.frame = m.render()
	screen := ansi.Strip(m.View())
	if strings.Contains(screen, "expected") || !strings.Contains(screen, "etcd-1 is down") {
		t.Errorf("before the mark the outage was expected already, or was not there:\n%s", screen)
	}
}

// TestLastKnownIsMarked in the header, the version and the member's own page.
func TestLastKnownIsMarked(t *testing.T) {
	m := watched(t, "quorum-lost", 120, 40)
	a := m.shown.assessment.Members[1]
	if got := m.versionCell(&a).text; got != "~3.6.14" {
		t.Errorf("the version of a member that is down is %q", got)
	}
	a.Level, a.State = thresholds.OK, thresholds.StateLate
	a.Condition = thresholds.MemberCondition{Word: thresholds.ConditionLate, Level: thresholds.Unknown}
	if got := m.healthWords(&a); strings.Contains(got, "it answers") || !strings.Contains(got, "old") {
		t.Errorf("of a member that is late: %q", got)
	}
	m.shown.assessment.Members = slices.Clone(m.shown.assessment.Members)
	for i := range m.shown.assessment.Members {
		m.shown.assessment.Members[i].Stale, m.shown.assessment.Members[i].MetricsStale = true, true
	}
	if got := m.quotaUsed(); !strings.HasPrefix(got, "~") {
		t.Errorf("the header's use of the quota, which is last known: %q", got)
	}
}

// TestOneLineSaysHowOldItIs, whatever makes it old.
func TestOneLineSaysHowOldItIs(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 1)
	late, _ := m.Update(tickMsg{m.now.Add(time.Minute)})
	ended, _ := m.Update(sweepMsg{err: errors.New("gone"), at: m.now})
	unreachable := watched(t, "nothing-reachable", 80, 1)
	for want, m := range map[string]model{"STALE": late, "NO MORE DATA": ended, "quorum ?": unreachable} {
		if screen := ansi.Strip(m.View()); !strings.Contains(screen, want) {
			t.Errorf("%q is missing: %q", want, screen)
		}
	}
}

// TestCopiesOfThePastSaySo: a copy is pasted elsewhere, and a command may even be run.
func TestCopiesOfThePastSaySo(t *testing.T) {
	m := press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: 9}, 80, 24), "[", "f")
	var out bytes.Buffer
	m.screen.terminal = &out
	m, cmd := m.Update(keyMsg("y"))
	m, _ = m.Update(cmd())
	if !strings.Contains(ansi.Strip(m.View()), "as of 14:32:06Z") {
		t.Errorf("the notice does not say of when the copy is:\n%s", ansi.Strip(m.View()))
	}
	_, sent, _ := strings.Cut(out.String(), ";c;")
	text, err := base64.StdEncoding.DecodeString(strings.TrimRight(sent, "\a"))
	if err != nil || !strings.HasPrefix(string(text), "2026-03-01 14:32:06Z") {
		t.Errorf("copied %q, %v", text, err)
	}
}

// TestBlindSweepEndsNoLeadership: if nobody answers, the leader is unknown.
func TestBlindSweepEndsNoLeadership(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 30,
		fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			if ago == 5*time.Second {
				down(s, 0)
				down(s, 1)
				down(s, 2)
			}
		}}, 120, 40)
	if c := &m.shown.assessment.Cluster; c.LeaderSeenToCome ||
		epoch.Sub(c.LeaderSince).Round(time.Second) != 29*time.Second {
		t.Errorf("it leads since %v, seen to come: %t; want since the first sweep", c.LeaderSince, c.LeaderSeenToCome)
	}
}

// TestMarksKeepTheirWords, including those that begin like the column beside them.
func TestMarksKeepTheirWords(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 9,
		fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			if ago == 5*time.Second {
				s.Marks = append(s.Marks, probe.Mark{At: s.At, Text: "younger kernel"})
			}
		}}, 120, 40)
	if screen := ansi.Strip(press(t, m, "e").View()); !strings.Contains(screen, "A younger kernel") {
		t.Errorf("the mark has other words:\n%s", screen)
	}
}

// TestSmallChangesHaveNoNumber: 14.55 ms and 14.35 ms are written 15 and 14, and -200 µs beside them would contradict.
func TestSmallChangesHaveNoNumber(t *testing.T) {
	for _, test := range []struct {
		was, by float64
		want    string
	}{{0.01455, -0.0002, ""}, {0.0145, 0.0145, "+14ms"}, {0.0145, -0.01, "-10ms"}, {0, 0.005, ""}, {0.0145, 0, ""}} {
		if got := plainTheme().changeText(test.was, test.by, thresholds.Seconds); got != test.want {
			t.Errorf("%v changed by %v: %q, want %q", test.was, test.by, got, test.want)
		}
	}
}

// TestTypedNamesAreHidden, including when more is typed right after them.
func TestTypedNamesAreHidden(t *testing.T) {
	m := press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 120, 40), "P", "d", "m", "x")
	if screen := ansi.Strip(m.View()); strings.Contains(screen, "etcd-1") ||
		!strings.Contains(screen, "drain member-ax") {
		t.Errorf("the prompt names a member:\n%s", screen)
	}
}

// TestASpanHasOneValue: time that passes since the last sweep changes the clock and the age of data alone, on any
// screen. So no span is measured by the clock here, and by the sweep there.
func TestASpanHasOneValue(t *testing.T) {
	t.Parallel()
	for name := range screenshots() {
		m := judged().screens[name]()
		if !m.shown.known() {
			continue
		}
		for _, size := range storySizes {
			m.now = m.shown.assessment.At
			before := strings.Fields(plainScreen(t, m, size[0], size[1]))
			m.now = m.now.Add(2 * time.Second)
			after := plainScreen(t, m, size[0], size[1])
			may := append(before, m.clock(m.now))
			for i := range m.shown.assessment.Members {
				may = append(may, m.age(&m.shown.assessment.Members[i]))
			}
			for _, f := range m.freshnessFields() {
				for _, s := range f.spans {
					may = append(may, strings.Fields(s.text)...)
				}
			}
			for word := range strings.FieldsSeq(after) {
				if !slices.Contains(may, word) {
					t.Errorf("%s at %v: %q is measured by the clock:\n%s", name, size, word, after)
				}
			}
		}
	}
}

// TestTheLeadersTimeIsTheSame in the header and in the checks, between whole seconds too.
func TestTheLeadersTimeIsTheSame(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 46, every: 1300 * time.Millisecond}, 120, 40)
	if screen := ansi.Strip(press(t, m, "d").View()); !strings.Contains(screen, " for >58s ") ||
		!strings.Contains(screen, "leads, for at least 58s") {
		t.Errorf("the header and the check differ:\n%s", screen)
	}
}

// TestDownIsSaidOnce of a member whose loss is judged, on its line.
func TestDownIsSaidOnce(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]string{
		"one-down": {"j", "enter"}, "upgrade": {"d", "G"}, "quorum-lost": {"d"}, "nothing-reachable": nil,
	} {
		for _, size := range storySizes {
			screen := plainScreen(t, press(t, watched(t, name, size[0], size[1]), keys...), size[0], size[1])
			for _, twice := range []string{"down: it is down", "down: down", "DOWN  it is down", "DOWN  down",
				"any one of 3 down"} {
				if strings.Contains(screen, twice) {
					t.Errorf("%s at %v: %q:\n%s", name, size, twice, screen)
				}
			}
		}
	}
}
