package tui

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
)

var updateGoldens = flag.Bool("update", false, "write the golden screens anew")

func resized(_ testing.TB, m model, width, height int) model {
	m, _ = m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return m
}

// resizedGoldens are the screens with goldens of all sizes: every page of a healthy cluster and of one without a
// quorum, and a page of each layout. The others are at 120×40.
var resizedGoldens = []string{
	"healthy", "member-healthy", "zoom-healthy", "events-healthy", "findings-healthy", "drain-healthy",
	"reading-healthy", "space-healthy", "space",
	"present-healthy", "help-healthy", "palette-healthy", "columns-healthy", "clusters-healthy",
	"quorum-lost", "member-quorum-lost", "zoom-quorum-lost", "events-quorum-lost", "findings-quorum-lost",
	"drain-quorum-lost", "drain-upgrade", "reading-quorum-lost", "space-quorum-lost", "present-quorum-lost",
	"help-quorum-lost", "palette-quorum-lost", "columns-quorum-lost", "clusters-quorum-lost",
	"one-down", "member-slow-disk", "events", "drain-slow-disk", "compare", "compare-healthy", "compare-quorum-lost",
	"no-data", "nothing-reachable", "muting", "present-events",
}

// golden is a screen, in windows of some sizes.
type golden struct {
	screen string
	sizes  [][2]int
}

// draw draws the screen in all of its sizes, each under a line with the size where there are several.
func (g *golden) draw(t testing.TB) string {
	var b strings.Builder
	for _, size := range g.sizes {
		if len(g.sizes) > 1 {
			fmt.Fprintf(&b, "=== %dx%d\n", size[0], size[1])
		}
		b.WriteString(plainScreen(t, recorded().screens[g.screen](), size[0], size[1]) + "\n")
	}
	return b.String()
}

// goldens maps the golden files' names to what they show.
func goldens() map[string]golden {
	all := map[string]golden{}
	for name := range screenshots() {
		if slices.Contains(resizedGoldens, name) {
			all[name+".txt"] = golden{name, [][2]int{{30, 5}, {60, 15}, {80, 24}, {120, 40}, {200, 60}}}
		} else {
			all[name+"-120x40.txt"] = golden{name, [][2]int{{120, 40}}}
		}
	}
	return all
}

// TestEveryPageHasGoldens of all sizes, in calm and in the worst incident, and so has every mode on the overview.
func TestEveryPageHasGoldens(t *testing.T) {
	view := func(m model) string {
		switch {
		case m.help.open:
			return "help"
		case m.prompt.choices != nil:
			return m.prompt.choices.title
		case m.present.on:
			return "present " + m.pageName(m.page())
		}
		return m.pageName(m.page())
	}
	for _, name := range []string{"healthy", "quorum-lost"} {
		drawn := map[string]bool{}
		for _, screen := range resizedGoldens {
			if screenshots()[screen].scenario == name {
				drawn[view(recorded().screens[screen]())] = true
			}
		}
		for _, m := range views(recorded().scenarios[name](), true) {
			if is := view(m); !drawn[is] && (!m.present.on || m.page() == pageOverview) {
				t.Errorf("%s: no golden of all sizes draws %q", name, is)
			}
		}
	}
}

// TestGoldens compares every screen with its reviewed golden. To rewrite them: make golden-update.
func TestGoldens(t *testing.T) {
	t.Parallel()
	all := goldens()
	for name, g := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := g.draw(t)
			path := filepath.Join("testdata", name)
			if *updateGoldens {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the screen differs from %s:\n%s\nwant:\n%s", path, got, want)
			}
		})
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if _, has := all[filepath.Base(path)]; has {
			continue
		}
		if !*updateGoldens {
			t.Errorf("%s is the golden of no screen", path)
		} else if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// TestGeometry draws every screen in windows of every size up to 220×70: a line that is too long or too short would
// shift everything on a terminal, and a line too many would push the header out. The screens take turns, each in some
// hundred sizes of all widths and heights, and in those that terminals begin with.
func TestGeometry(t *testing.T) {
	t.Parallel()
	const widest, highest = 220, 70
	names := slices.Sorted(maps.Keys(screenshots()))
	for turn, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := judged().screens[name]()
			for _, size := range [][2]int{{30, 5}, {60, 15}, {80, 24}, {120, 40}, {200, 60}} {
				checkGeometry(t, resized(t, m, size[0], size[1]), size[0], size[1])
			}
			for size := turn; size < widest*highest; size += len(names) {
				width, height := 1+size%widest, 1+size/widest
				checkGeometry(t, resized(t, m, width, height), width, height)
			}
		})
	}
}

func checkGeometry(t *testing.T, m model, width, height int) {
	t.Helper()
	lines := strings.Split(m.View(), "\n")
	if len(lines) != height {
		t.Fatalf("%dx%d: %d lines", width, height, len(lines))
	}
	for y, l := range lines {
		if w := ansi.StringWidth(l); w != width {
			t.Fatalf("%dx%d: line %d is %d wide: %q", width, height, y, w, l)
		}
	}
}

// TestNothingToDrawOn checks the window before its size is known.
func TestNothingToDrawOn(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 0, 0)
	if m.View() != "" {
		t.Errorf("a window of no size shows %q", m.View())
	}
}

// TestStraysHaveNoCharts: an endpoint that leads to no member has its row, and no column among the charts.
func TestStraysHaveNoCharts(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 4, sweeps: 60,
		fault: func(_ time.Duration, s *probe.Sweep, _ *world) {
			why := &probe.Error{Kind: probe.ErrProxy, Text: "http://vip:2379: this endpoint is a proxy",
				Where: "http://vip:2379"}
			s.Members[3] = probe.Member{
				Endpoint: "http://vip:2379", Membership: probe.MembershipProxy,
				Status: probe.Fact[probe.Status]{Err: why}, Metrics: probe.Fact[*probe.Metrics]{Err: why},
			}
		}}, 1, 1)
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		m := resized(t, m, size[0], size[1])
		for _, selected := range []string{m.shown.members[0].Key, m.shown.members[3].Key} {
			m.selected = selected
			f := m.newGridFrame(size[0], minChartColumns)
			head, rows := ansi.Strip(m.renderGridHead(f, false)), ansi.Strip(m.View())
			if len(f.members) != 3 || strings.Contains(head, "vip") || !strings.Contains(head, "etcd-3") ||
				!strings.Contains(rows, "vip") {
				t.Errorf("%v: %d charts under %q in\n%s", size, len(f.members), head, rows)
			}
			if !strings.Contains(rows, "SAFE any one of 3") {
				t.Errorf("%v: the three members are not counted in\n%s", size, rows)
			}
		}
	}
}

// TestEveryVerdictIsOnTheScreen in all sizes that have a table at all.
func TestEveryVerdictIsOnTheScreen(t *testing.T) {
	m := watched(t, "one-down", 1, 1)
	for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 15}, {30, 5}, {40, 3}} {
		screen := resized(t, m, size[0], size[1]).View()
		for _, want := range []string{"RISK", "down"} {
			if !strings.Contains(screen, want) {
				t.Errorf("%v: %s is missing:\n%s", size, want, screen)
			}
		}
	}
}

// TestForeignTextCannotBreakTheScreen puts control sequences where a cluster could.
func TestForeignTextCannotBreakTheScreen(t *testing.T) {
	sweeps := scenario{members: 3, sweeps: 3}.generate()
	m := newTestModel(func(o *Options) { o.Cluster = "p\x1b[31mrod\n\u202e" })
	for i := range sweeps {
		sweeps[i].Members[1].Name = "evil\x1b[2J\x1b]0;title\a\nname \u202edcte 日本語日本語日本語日本語日本語"
		down(&sweeps[i], 1)
		sweeps[i].Members[1].Status.Err.Text = "refused\x1b[H\r\n\x9b1A"
		m = m.withSweep(sweeps[i])
	}
	for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}, {41, 13}, {7, 5}} {
		r := resized(t, m, size[0], size[1])
		checkGeometry(t, r, size[0], size[1])
		for _, bad := range []string{"\x1b[2J", "\x1b]", "\x1b[H", "\a", "\r", "\u202e", "\x9b", "\x1b[31m"} {
			if strings.Contains(r.View(), bad) {
				t.Errorf("%v: %q reached the screen", size, bad)
			}
		}
	}
}

// TestWithoutColor: the only styles left are bold, faint, underline and reverse video.
func TestWithoutColor(t *testing.T) {
	t.Parallel()
	plain := watched(t, "one-down", 120, 40).View()
	colored := feed(t, newTestModel(func(o *Options) { o.Color = ColorAlways }), scenarios()["one-down"], 120,
		40).View()
	if strings.Contains(plain, "\x1b[3") || !strings.Contains(plain, "\x1b[1") || !strings.Contains(plain, "7m") {
		t.Error("without colour there is colour, or bold and reverse video are missing")
	}
	if !strings.Contains(colored, "31m") || ansi.Strip(colored) != ansi.Strip(plain) {
		t.Error("colour changes the words, or is missing")
	}
	dumb := feed(t, newTestModel(func(o *Options) {
		o.Color, o.Getenv = ColorAuto, func(name string) string { return map[string]string{"TERM": "dumb"}[name] }
	}), scenarios()["one-down"], 120, 40).View()
	if strings.Contains(dumb, "\x1b") {
		t.Error("a dumb terminal is sent escape sequences")
	}
}

func TestASCIIGlyphsAreASCII(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(func(o *Options) { o.Glyphs = GlyphsASCII }), scenarios()["one-down"], 1, 1)
	for _, size := range [][2]int{{200, 60}, {80, 24}, {60, 15}} {
		for _, r := range resized(t, m, size[0], size[1]).View() {
			if r > 0x7e {
				t.Fatalf("%v: %q on an ASCII screen", size, r)
			}
		}
	}
}

// TestRecovery starts with nothing reachable: the screen shows each endpoint's answer, and later, without a key, the
// cluster.
func TestRecovery(t *testing.T) {
	m := feed(t, newTestModel(nil), scenarios()["nothing-reachable"], 80, 24)
	for _, want := range []string{"None of the 3 endpoints answers", "http://10.0.3.13:2379     44s  connection refused",
		"DOWN"} {
		if screen := ansi.Strip(m.View()); !strings.Contains(screen, want) {
			t.Errorf("%q is missing:\n%s", want, screen)
		}
	}
	for _, s := range (scenario{members: 3, sweeps: 3}).generate() {
		s.At = s.At.Add(time.Minute)
		for j := range s.Members {
			m := &s.Members[j]
			m.Status.At, m.Metrics.At, m.Linearizable.At, m.Serializable.At = s.At, s.At, s.At, s.At
		}
		s.MemberList.At, s.Alarms.At = s.At, s.At
		m, _ = m.Update(sweepMsg{sweep: s, at: s.At})
	}
	for _, want := range []string{"3/3 healthy", "> etcd-1", "LEADER", "SAFE", "WAL p99"} {
		if screen := ansi.Strip(m.View()); !strings.Contains(screen, want) {
			t.Errorf("after the recovery %q is missing:\n%s", want, screen)
		}
	}
}

// TestFreshness advances the clock without a sweep.
func TestFreshness(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 120, 40)
	m, _ = m.Update(tickMsg{epoch.Add(3 * time.Second)})
	if !strings.Contains(m.View(), "LIVE 3s") {
		t.Error("three intervals old is not LIVE 3s")
	}
	m, _ = m.Update(tickMsg{epoch.Add(12 * time.Second)})
	if !strings.Contains(m.View(), "STALE 12s") {
		t.Error("twelve intervals old is not STALE 12s")
	}
}
