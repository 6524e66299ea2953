package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/etcdoc/etcdoc/probe"
)

// secrets must not appear on any shared screen of the scenarios.
var secrets = []string{"prod-eu1", "etcd-1", "etcd-2", "etcd-3", "etcd-4", "etcd-5", "etcd-11", "10.0.3.", "eu9",
	"staging", "8e9e05c5216469", "cdf818194e3a8c32"}

// TestPresentShowsNoNames checks every screen in several sizes.
func TestPresentShowsNoNames(t *testing.T) {
	t.Parallel()
	for name := range screenshots() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := judged().screens[name]()
			if !m.present.on {
				m.prompt = prompt{} // into which the key would be typed
				m = m.onPresentKey()
			}
			m.notice = notice{}
			for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 15}, {30, 5}, {80, 1}} {
				screen := ansi.Strip(resized(t, m, size[0], size[1]).View())
				for _, secret := range secrets {
					if strings.Contains(screen, secret) {
						t.Errorf("%v: the screen shows %q:\n%s", size, secret, screen)
					}
				}
			}
			for _, secret := range secrets {
				if strings.Contains(m.summary(), secret) {
					t.Errorf("the summary shows %q:\n%s", secret, m.summary())
				}
			}
		})
	}
}

// TestPresentIsConsistent: the same member always has the same alias, whenever sharing starts.
func TestPresentIsConsistent(t *testing.T) {
	m := press(t, watched(t, "one-down", 120, 40), "P")
	for _, want := range []string{" PRESENT ", "member-b is down", "RISK member-a, member-c", "cluster-a"} {
		if screen := ansi.Strip(m.View()); !strings.Contains(screen, want) {
			t.Errorf("%q is missing:\n%s", want, screen)
		}
	}
	m = press(t, m, "s", "s", "s", "G", "P", "P")
	if screen := ansi.Strip(m.View()); !strings.Contains(screen, "member-b is down") {
		t.Errorf("etcd-2 has another alias after a while:\n%s", screen)
	}
	off := press(t, m, "P")
	if screen := ansi.Strip(off.View()); !strings.Contains(screen, "etcd-2 is down") ||
		strings.Contains(screen, "PRESENT") {
		t.Errorf("the names do not come back:\n%s", screen)
	}
}

// TestRedactKeepsUp with members and errors that appear while the screen is shared.
func TestRedactKeepsUp(t *testing.T) {
	sweeps := scenario{members: 3, sweeps: 6}.generate()
	m := resized(t, newTestModel(nil).withSweep(sweeps[0]), 200, 60)
	m = press(t, m, "P")
	for _, s := range sweeps[1:] {
		s.Members[2].Name, s.Members[2].Endpoint = "quaxo", "https://quaxo.acme.example:2379"
		s.Members[2].ClientURLs = []string{s.Members[2].Endpoint}
		down(&s, 2)
		s.Members[2].Status.Err = &probe.Error{Kind: probe.ErrRefused,
			Text: "https://quaxo.acme.example:2379: lookup quaxo.acme.example on 192.0.2.53:53: no such host"}
		m = m.withSweep(s)
	}
	for _, keys := range [][]string{nil, {"["}, {"e"}, {"d"}, {"f"}, {"i"}, {"?"}} {
		screen := strings.ToLower(ansi.Strip(press(t, m, keys...).View()))
		for _, secret := range append([]string{"quaxo", "acme", "192.0.2"}, secrets...) {
			if strings.Contains(screen, secret) {
				t.Errorf("after %v the screen shows %q:\n%s", keys, secret, screen)
			}
		}
	}
}

// TestRedactHidesShortNames, which are parts of the names.
func TestRedactHidesShortNames(t *testing.T) {
	t.Parallel()
	for kind, name := range longNames() {
		m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 20,
			fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
				for j := range s.Members {
					s.Members[j].Name = name(j + 1)
				}
				if ago < 10*time.Second {
					down(s, 1)
				}
			}}, 80, 24)
		m = press(t, m, "P")
		for _, keys := range [][]string{nil, {"enter"}, {"e"}, {"d"}, {"f"}, {"i"}} {
			for _, size := range storySizes {
				screen := plainScreen(t, press(t, m, keys...), size[0], size[1])
				for i := range m.shown.members {
					if short := m.shown.members[i].Short; strings.Contains(screen, short) {
						t.Errorf("%s, after %v at %v: the screen shows %q:\n%s", kind, keys, size, short, screen)
					}
				}
			}
		}
	}
}

func TestKeyEcho(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 120, 40)
	last := func(m model) string {
		lines := strings.Split(ansi.Strip(m.View()), "\n")
		return lines[len(lines)-1]
	}
	if m = press(t, m, "j"); strings.Contains(last(m), "keys:") {
		t.Error("keys are echoed although nobody looks on")
	}
	m = press(t, m, "P", "d", "d", "j", "space", "G")
	if !strings.Contains(last(m), "keys: d d j space G") {
		t.Errorf("the last line %q does not echo the last keys", last(m))
	}
	if m = typed(t, press(t, m, "/"), "secret", "esc"); strings.Contains(last(m), "s e c") {
		t.Errorf("the last line %q echoes a prompt's input", last(m))
	}
}

// TestPresentSaysSo in 80 columns, whole.
func TestPresentSaysSo(t *testing.T) {
	m := press(t, watched(t, "healthy", 80, 24), "P")
	if screen := ansi.Strip(m.View()); !strings.Contains(screen, m.notice.text) {
		t.Errorf("%q is cut:\n%s", m.notice.text, screen)
	}
}

// TestPresentFindsRealNames: what is typed finds a member by its name as well as by its alias, and shows the alias.
func TestPresentFindsRealNames(t *testing.T) {
	t.Parallel()
	shared := press(t, watched(t, "healthy", 80, 24), "P")
	for _, text := range []string{"etcd-2", "member-b"} {
		open := ansi.Strip(typed(t, press(t, shared, ":"), text).View())
		if !strings.Contains(open, ": member-b") || strings.Contains(open, "etcd-2") {
			t.Errorf("%q typed while the screen is shared:\n%s", text, open)
		}
		if m := chosen(t, shared, text); m.page() != pageMember || label(m) != "etcd-2" {
			t.Errorf("%q leads to page %v, %s", text, m.page(), label(m))
		}
	}
}

// TestBannerIsWhole: the bar with the level has its colour from one end to the other.
func TestBannerIsWhole(t *testing.T) {
	t.Parallel()
	m := watched(t, "one-down", 120, 40)
	m.theme = newTheme(termenv.ANSI, true, appearance{})
	m = press(t, m, "P")
	for _, line := range m.renderLevelBanner(120, 3) {
		if bar := strings.TrimSpace(line); !strings.HasPrefix(bar, "\x1b[") || strings.Count(bar, "\x1b[0m") != 1 ||
			!strings.HasSuffix(bar, " \x1b[0m") {
			t.Errorf("the bar ends before its end: %q", line)
		}
	}
}
