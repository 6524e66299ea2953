package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
)

// What has changed in the last five minutes, and whether all of it is in the list, is on the screen at any size.
func TestTheListSaysWhatHasChangedLately(t *testing.T) {
	t.Parallel()
	downFor := func(sweeps int, since time.Duration) scenario {
		return scenario{members: 3, sweeps: sweeps, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			if ago < since {
				down(s, 0)
			}
		}}
	}
	for name, c := range map[string]struct {
		of         scenario
		span       string
		none, many bool
	}{
		"began to watch lately": {of: downFor(41, 20*time.Second), span: "40s: ", many: true},
		"changed lately":        {of: downFor(400, 2*time.Minute), span: "last 5m: ", many: true},
		"changed long ago":      {of: downFor(400, 6*time.Minute), span: "last 5m: no change", none: true},
	} {
		m := newTestModel(nil).after(c.of)
		changes := 0
		for i := range m.shown.events {
			if m.changedLately(&m.shown.events[i]) {
				changes++
			}
		}
		if c.none != (changes == 0) || c.many != (changes > 1) {
			t.Errorf("%s: %d changes", name, changes)
		}
		for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}, {200, 60}} {
			screen := plainScreen(t, m, size[0], size[1])
			if !strings.Contains(screen, c.span) {
				t.Errorf("%s at %v: no %q:\n%s", name, size, c.span, screen)
			}
			l := m.overviewLayout(size[0], size[1])
			height := l.events
			if height >= titledEvents {
				height--
			}
			_, hidden := m.listEvents(l.list, height)
			if says := strings.Contains(screen, " not shown"); says != (hidden > 0) {
				t.Errorf("%s at %v: %d are not shown, says so: %v", name, size, hidden, says)
			}
		}
	}
}

// TestNoLineIsBlankWhileEventsAreHidden above the keys.
func TestNoLineIsBlankWhileEventsAreHidden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one-down", "slow-disk", "quorum-lost", "marked"} {
		m := watched(t, name, 80, 24)
		for height := 15; height <= 40; height++ {
			lines := strings.Split(plainScreen(t, m, 80, height), "\n")
			if last := lines[height-2]; strings.TrimSpace(last) == "" && strings.Contains(strings.Join(lines, ""), " not shown") {
				t.Errorf("%s at 80×%d: a line is blank:\n%s", name, height, strings.Join(lines, "\n"))
			}
		}
	}
}

// TestChangesComeBeforeRecommendations: a restart is listed before later notices of slow disks.
func TestChangesComeBeforeRecommendations(t *testing.T) {
	t.Parallel()
	m := newTestModel(nil).after(scenario{members: 5, sweeps: 120, fault: func(ago time.Duration, s *probe.Sweep,
		w *world) {
		switch {
		case ago < 60*time.Second && ago >= 55*time.Second:
			down(s, 2)
		case ago < 40*time.Second:
			w.slow[0], w.slow[1] = 0.02, 0.02
		}
	}})
	b, hidden := m.listEvents(80, 3)
	list := ansi.Strip(strings.Join(b, "\n"))
	if !strings.Contains(list, "etcd-3") || !strings.Contains(list, "WAL fsync") && hidden == 0 {
		t.Errorf("%d are not shown of:\n%s", hidden, list)
	}
	all, _ := m.listEvents(80, 20)
	if text := ansi.Strip(strings.Join(all, "\n")); !strings.Contains(text, "WAL fsync") ||
		strings.Index(text, "WAL fsync") < strings.Index(text, "etcd-3") {
		t.Errorf("the notices come first:\n%s", text)
	}
}
