package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

func TestMarkLetters(t *testing.T) {
	for n, want := range map[int]string{0: "A", 1: "B", 25: "Z", 26: "AA", 27: "AB", 51: "AZ", 52: "BA", 701: "ZZ",
		702: "AAA"} {
		if got := markLetter(n); got != want {
			t.Errorf("mark %d is %s, want %s", n, got, want)
		}
	}
}

// forgetful is a judge that keeps only the newest events.
type forgetful struct {
	judge
	kept int
}

func (f forgetful) Events(n int) []thresholds.Event { return f.judge.Events(min(n, f.kept)) }

// TestMarksKeepTheirLetters when the events before them are no longer kept, and in the past.
func TestMarksKeepTheirLetters(t *testing.T) {
	m := newTestModel(nil)
	m.judge = forgetful{m.judge, 2}
	m = feed(t, m, scenario{members: 3, sweeps: 60, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		switch ago {
		case 50 * time.Second, 40 * time.Second, 30 * time.Second, 20 * time.Second:
			s.Marks = []probe.Mark{{At: s.At, Text: "at " + ago.String()}}
		}
	}}, 80, 24)
	letters := func(m model) map[string]string {
		all := map[string]string{}
		for i, letter := range m.markLetters() {
			all[m.shown.events[i].Text] = letter
		}
		return all
	}
	if got := letters(m); len(got) != 2 || got["at 30s"] != "C" || got["at 20s"] != "D" {
		t.Errorf("of four marks the last two are kept, and are called %v", got)
	}
	m = press(t, m, "{") // to the moment of the last one
	m = press(t, m, "[")
	if got := letters(m); len(got) != 1 || got["at 30s"] != "C" {
		t.Errorf("a moment before the last mark they are called %v", got)
	}
}

// TestMark types a mark that announces a member's outage: the poller gets it at once, and only that member's outage
// is expected.
func TestMark(t *testing.T) {
	poller := &recordedPoller{}
	sweeps := scenario{members: 5, sweeps: 60, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		if ago < 20*time.Second {
			down(s, 3)
			down(s, 4)
		}
	}}.generate()
	m := newTestModel(func(o *Options) { o.Poller = poller })
	for _, s := range sweeps[:30] {
		m = m.withSweep(s)
	}
	m = resized(t, m, 80, 24)
	m = press(t, m, "G", "m", "d", "r", "a", "i", "n", "tab", "up")
	if line := lastLine(m); !strings.Contains(line, "mark A (etcd-5 away 30m) drain") {
		t.Errorf("the prompt is %q", line)
	}
	m = press(t, m, "down", "down", "enter")
	want := probe.Mark{At: m.now, Text: "drain", Member: "etcd-5", Window: 5 * time.Minute}
	if len(poller.marks) != 1 || poller.marks[0] != want || poller.hurried != 1 {
		t.Fatalf("the poller was given %+v and hurried %d times, want %+v, once", poller.marks, poller.hurried, want)
	}
	if line := lastLine(m); !strings.Contains(line, `mark A: expects etcd-5 away 5m at most   "drain"  ? help`) {
		t.Errorf("the notice is %q", line)
	}
	if press(t, m, "m").prompt.label != "mark B" {
		t.Error("the next mark has the letter of one that no sweep has brought yet")
	}
	sweeps[30].Marks = poller.marks
	for _, s := range sweeps[30:] {
		m = m.withSweep(s)
	}
	for _, f := range m.shown.assessment.Findings {
		if f.Rule == thresholds.MemberUnreachable && (f.Expected != "") != (f.Member.Label == "etcd-5") {
			t.Errorf("the outage of %s is expected by %q", f.Member.Label, f.Expected)
		}
	}
	for _, screen := range []string{"e", "overview"} {
		m := m
		if screen == "e" {
			m = press(t, m, "e")
		}
		shown := plainScreen(t, m, 120, 40)
		if line := lineWith(t, shown, "(expected: "); !strings.Contains(line, "A)") || !strings.Contains(line, "etcd-5") ||
			!strings.Contains(line, "NOTE") {
			t.Errorf("%s: the announced outage is %q", screen, line)
		}
		if line := lineWith(t, shown, "MARK"); !strings.Contains(line, "4m30s left") {
			t.Errorf("%s: the mark's outage is expected on: %q", screen, line)
		}
		line, _, _ := strings.Cut(lineWith(t, shown, "etcd-4"), "│") // before the details of the selected event
		if strings.Contains(line, "expected") {
			t.Errorf("%s: the unannounced outage is %q", screen, line)
		}
	}
}

// TestMarkOfNothing is a note on the time line: without a member, or without a window.
func TestMarkOfNothing(t *testing.T) {
	poller := &recordedPoller{}
	m := feed(t, newTestModel(func(o *Options) { o.Poller = poller }), scenario{members: 3, sweeps: 3}, 80, 24)
	press(t, m, "m", "x", "enter")
	press(t, m, "m", "tab", "tab", "down", "down", "down", "enter")
	press(t, m, "m", "tab", "esc")
	if want := (probe.Mark{At: m.now, Text: "x"}); len(poller.marks) != 2 || poller.marks[0] != want ||
		poller.marks[1] != (probe.Mark{At: m.now}) {
		t.Errorf("the poller was given %+v", poller.marks)
	}
	replayed := feed(t, newTestModel(func(o *Options) { o.Poller = nil }), scenario{members: 3, sweeps: 3}, 80, 24)
	if press(t, replayed, "m").prompt.open() {
		t.Error("a replay asks for a mark")
	}
}

// TestMarkOfADrain announces the outage of the selected member.
func TestMarkOfADrain(t *testing.T) {
	poller := &recordedPoller{}
	m := feed(t, newTestModel(func(o *Options) { o.Poller = poller }), scenario{members: 3, sweeps: 3}, 80, 24)
	press(t, m, "d", "j", "m", "enter")
	want := probe.Mark{At: m.now, Text: "drain etcd-3", Member: "etcd-3", Window: 10 * time.Minute}
	if len(poller.marks) != 1 || poller.marks[0] != want {
		t.Errorf("the poller was given %+v, want %+v", poller.marks, want)
	}
}

// TestMarkOfALongName: what is typed and what is said of it name the member as the rest of the screen does, with what
// enter does, and the mark keeps the whole name; the comparison has it as the screen does too.
func TestMarkOfALongName(t *testing.T) {
	t.Parallel()
	for kind, name := range longNames() {
		poller := &recordedPoller{}
		world := scenario{members: 5, sweeps: 3,
			fault: func(_ time.Duration, s *probe.Sweep, _ *world) { rename(s, name) }}
		m := feed(t, newTestModel(func(o *Options) { o.Poller = poller }), world, 80, 24)
		m = press(t, m, "d", "j")
		of := m.drainSteps()[m.drainStepAt(m.drainSteps())].Member
		for _, size := range [][2]int{{60, 15}, {80, 24}, {100, 30}, {120, 40}} {
			m := resized(t, m, size[0], size[1])
			short := m.shortName(of)
			asked := press(t, m, "m")
			for _, want := range []string{"mark ", " (" + short + " away 10m) drain " + short, "enter ok"} {
				if line := lastLine(asked); !strings.Contains(line, want) {
					t.Errorf("%s at %v: no %q in the prompt %q", kind, size, want, line)
				}
			}
			made := press(t, asked, "enter")
			if line := lastLine(made); !strings.Contains(line, ": expects "+short+" away 10m at most ") {
				t.Errorf("%s at %v: the notice is %q", kind, size, line)
			}
			if mark := poller.marks[len(poller.marks)-1]; mark.Text != "drain "+of.Label || mark.Member != of.Label {
				t.Errorf("%s at %v: the mark is %+v", kind, size, mark)
			}
			sweep := world.generate()[2]
			sweep.At, sweep.Marks = sweep.At.Add(20*time.Second), poller.marks[len(poller.marks)-1:]
			made = press(t, made.withSweep(sweep), "c")
			if line := lineWith(t, plainScreen(t, made, size[0], size[1]), `"drain `); !strings.Contains(line, `"drain `+short+`" `) {
				t.Errorf("%s at %v: the comparison is of %q", kind, size, line)
			}
		}
	}
}

func lastLine(m model) string {
	lines := strings.Split(ansi.Strip(m.View()), "\n")
	return lines[len(lines)-1]
}
