package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// typed types a text and then presses keys, and lets the notice about the last key expire.
func typed(t testing.TB, m model, text string, keys ...string) model {
	t.Helper()
	for _, r := range text {
		m = press(t, m, string(r))
	}
	m = press(t, m, keys...)
	m.notice = notice{}
	return m
}

func labels(m model) string {
	var all []string
	for i := range m.shown.members {
		all = append(all, m.shown.members[i].Label)
	}
	return strings.Join(all, " ")
}

func TestSort(t *testing.T) {
	member := func(label string, role thresholds.Role, state thresholds.State, level thresholds.Level, wal, lag,
		db probe.Value) thresholds.Member {
		a := thresholds.Member{MemberRef: thresholds.MemberRef{Key: label, Label: label}, Role: role, State: state,
			Level: level, Condition: thresholds.MemberCondition{Level: level}}
		a.Vitals[thresholds.WALFsyncP99], a.Vitals[thresholds.ApplyLag], a.Vitals[thresholds.DBSize] = wal, lag, db
		return a
	}
	var none probe.Value
	k := probe.Known
	members := []thresholds.Member{
		member("etcd-10", thresholds.RoleLearner, thresholds.StateOK, thresholds.OK, k(0.002), none, k(7)),
		member("etcd-2", thresholds.RoleUnknown, thresholds.StateDown, thresholds.Critical, none, none, none),
		member("etcd-1", thresholds.RoleFollower, thresholds.StateLate, thresholds.Unknown, k(0.002), k(3), k(8)),
		member("etcd-9", thresholds.RoleLeader, thresholds.StateOK, thresholds.Warning, k(0.9), k(0), k(9)),
	}
	for order, want := range map[Sort]string{
		SortList:  "etcd-10 etcd-2 etcd-1 etcd-9",
		SortName:  "etcd-1 etcd-2 etcd-9 etcd-10",
		SortRole:  "etcd-9 etcd-1 etcd-10 etcd-2",
		SortState: "etcd-2 etcd-9 etcd-1 etcd-10",
		SortWAL:   "etcd-9 etcd-10 etcd-1 etcd-2",
		SortLag:   "etcd-1 etcd-9 etcd-10 etcd-2",
		SortDB:    "etcd-9 etcd-1 etcd-10 etcd-2",
	} {
		m := newTestModel(func(o *Options) { o.Sort = order })
		m.shown.assessment.Members = members
		if got := labels(m.arrange()); got != want {
			t.Errorf("sorted by %s: %s, want %s", order, got, want)
		}
	}
	members[3].Stale = true
	m := newTestModel(func(o *Options) { o.Sort = SortDB })
	m.shown.assessment.Members = members
	if got, want := labels(m.arrange()), "etcd-1 etcd-10 etcd-9 etcd-2"; got != want {
		t.Errorf("a last known value of etcd-9: sorted %s, want %s: behind current values, before missing ones", got,
			want)
	}
}

// TestSortIsOnTheScreen: the column that sorts the members is visible and marked, even if there is little room.
func TestSortIsOnTheScreen(t *testing.T) {
	t.Parallel()
	for _, order := range Sorts() {
		m := feed(t, newTestModel(func(o *Options) { o.Sort = order }), scenarios()["one-down"], 1, 1)
		for _, size := range [][2]int{{200, 60}, {80, 24}, {40, 12}} {
			screen := ansi.Strip(resized(t, m, size[0], size[1]).View())
			sign, title := "▾", order.column()
			if order.ascends() {
				sign = "▴"
			}
			if marked := strings.Contains(screen, title+sign) ||
				strings.Contains(screen, sign+title); marked != (order != SortList) {
				t.Errorf("%v: sorted by %s: sign at %q: %v:\n%s", size, order, title, marked, screen)
			}
		}
	}
}

func TestSelectionFollowsTheMemberThroughSortAndFilter(t *testing.T) {
	m := watched(t, "one-down", 80, 24)
	m = press(t, m, "j", "j") // etcd-3 leads
	for range Sorts() {
		if m = press(t, m, "s"); label(m) != "etcd-3" {
			t.Fatalf("sorted by %s the selection is %s", m.overview.sort, label(m))
		}
	}
	if m.overview.sort != SortList {
		t.Errorf("after all of them the order is %s", m.overview.sort)
	}
	if m = typed(t, press(t, m, "/"), "down"); labels(m) != "etcd-2" || label(m) != "etcd-2" {
		t.Errorf("filtered by down: %s, selected %s", labels(m), label(m))
	}
	if m = press(t, m, "esc"); label(m) != "etcd-3" || len(m.shown.members) != 5 {
		t.Errorf("the filter was left: %s, selected %s", labels(m), label(m))
	}
}

// TestPageStaysWithItsMember: neither a filter nor a moment before it joined makes a page another member's.
func TestPageStaysWithItsMember(t *testing.T) {
	leads := func(n int) scenario {
		return scenario{members: 3, sweeps: 30, fault: func(ago time.Duration, _ *probe.Sweep, w *world) {
			if ago < 5*time.Second {
				w.leader, w.term = n, 43
			}
		}}
	}
	sweeps := leads(2).generate()
	m := newTestModel(nil)
	for _, s := range sweeps[:20] {
		m = m.withSweep(s)
	}
	m, _ = m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	m = press(t, m.withFilter("follower"), "G", "enter")
	for _, s := range sweeps[20:] {
		m = m.withSweep(s)
	}
	a := &m.shown.members[m.selection()]
	if a.Label != "etcd-3" || a.Role != thresholds.RoleLeader {
		t.Errorf("the page of etcd-3, which leads by now and so is filtered away, is that of %s, %s", a.Label, a.Role)
	}

	joined := scenario{members: 3, sweeps: 10}.generate()
	m = newTestModel(nil)
	for i, s := range joined {
		if i < 5 {
			s.Members = s.Members[:2]
		}
		m = m.withSweep(s)
	}
	m, _ = m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	m = press(t, m, "G", "enter", "home")
	m.screen.frame = m.render()
	if m.selection() >= 0 || !strings.Contains(ansi.Strip(m.View()), "This member is not in the member list") {
		t.Errorf("before etcd-3 joined its page shows:\n%s", ansi.Strip(m.View()))
	}
	if m = press(t, m, "0"); m.shown.members[m.selection()].Label != "etcd-3" {
		t.Error("back at the newest moment the page is not etcd-3's")
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	m := watched(t, "one-down", 80, 24)
	for text, want := range map[string]string{
		"ETCD-2": "etcd-2", "leader": "etcd-3", "10.0.3.14": "etcd-4", "down": "etcd-2", "8e9e05c52164694d": "etcd-1",
		"follower ok": "etcd-1 etcd-4 etcd-5", "  ": "etcd-1 etcd-2 etcd-3 etcd-4 etcd-5", "nobody": "",
	} {
		f := typed(t, press(t, m, "/"), text, "enter")
		if labels(f) != want {
			t.Errorf("filtered by %q: %s, want %s", text, labels(f), want)
		}
		screen := ansi.Strip(f.View())
		if on := strings.Contains(screen, "filter: "); on != (strings.TrimSpace(text) != "") {
			t.Errorf("filtered by %q, the screen says so: %v:\n%s", text, on, screen)
		}
		if c := &f.shown.assessment; !strings.Contains(screen, "4/5 healthy") || len(c.Members) != 5 {
			t.Errorf("filtered by %q the header does not speak of all members:\n%s", text, screen)
		}
		if f = press(t, f, "esc"); f.overview.filter != "" || len(f.shown.members) != 5 {
			t.Errorf("esc left the filter %q", f.overview.filter)
		}
	}
}

// TestFilterIsAlwaysOnTheScreen in every window that shows members at all.
func TestFilterIsAlwaysOnTheScreen(t *testing.T) {
	t.Parallel()
	m := typed(t, press(t, watched(t, "one-down", 1, 1), "/"), "etcd-2", "enter")
	for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 15}, {40, 8}, {30, 5}, {20, 4}} {
		screen := ansi.Strip(resized(t, m, size[0], size[1]).View())
		if !strings.Contains(screen, "1 of 5") && !strings.Contains(screen, "1/5") {
			t.Errorf("%v: the screen does not say that one of five is shown:\n%s", size, screen)
		}
	}
}

// TestFilterHoldsAsSweepsComeIn: a member appears and disappears as it starts and stops matching.
func TestFilterHoldsAsSweepsComeIn(t *testing.T) {
	sweeps := scenario{members: 3, sweeps: 20, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		if ago < 3*time.Second {
			down(s, 2)
		}
	}}.generate()
	m := newTestModel(nil)
	var seen []string
	for i, s := range sweeps {
		m = m.withSweep(s)
		if i == 2 {
			m = typed(t, press(t, m, "/"), "down", "enter")
		}
		if i >= 2 {
			seen = append(seen, labels(m))
		}
	}
	if seen = slices.Compact(seen); !slices.Equal(seen, []string{"", "etcd-3"}) {
		t.Errorf("filtered by down, %q were shown", seen)
	}
}

func TestCompareNames(t *testing.T) {
	for _, test := range [][2]string{{"etcd-2", "etcd-10"}, {"a1b2", "a1b10"}, {"a", "ab"}, {"etcd-9a", "etcd-10"},
		{"", "a"}, {"n01", "n2"}} {
		if compareNames(test[0], test[1]) >= 0 || compareNames(test[1], test[0]) <= 0 ||
			compareNames(test[0], test[0]) != 0 {
			t.Errorf("%q does not come before %q", test[0], test[1])
		}
	}
}
