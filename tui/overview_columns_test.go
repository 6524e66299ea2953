package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
)

// TestColumnsCanBeChosen: a column goes and comes back; three stay, whatever is typed.
func TestColumnsCanBeChosen(t *testing.T) {
	m := watched(t, "one-down", 120, 40)
	has := func(m model, title string) bool { return strings.Contains(ansi.Strip(m.View()), " "+title+" ") }
	without := press(t, m, "v", "down", "space", "esc")
	if !has(m, "ROLE") || has(without, "ROLE") || !slices.Equal(without.choices().Hidden, []string{"ROLE"}) {
		t.Errorf("ROLE stays: %v\n%s", without.choices().Hidden, ansi.Strip(without.View()))
	}
	if back := press(t, without, "v", "down", "space", "enter"); !has(back, "ROLE") || len(back.choices().Hidden) > 0 {
		t.Errorf("ROLE does not come back: %v", back.choices().Hidden)
	}
	all := press(t, m, "v")
	for range tableColumns(0, Units1024) {
		all = press(t, all, "space", "down")
	}
	all = press(t, all, "esc")
	if got := all.choices().Hidden; !slices.Equal(got, HideableColumns()) {
		t.Errorf("hidden are %v, want all that can be: %v", got, HideableColumns())
	}
	fixed := FixedColumns()
	if !slices.Equal(fixed, []string{"MEMBER", "STATE", "DRAIN"}) {
		t.Errorf("always there: %v", fixed)
	}
	for _, title := range fixed {
		if slices.Contains(HideableColumns(), title) || !has(all, title) {
			t.Errorf("%s is gone:\n%s", title, ansi.Strip(all.View()))
		}
	}
	typed := typed(t, press(t, m, "v"), "quota")
	if len(typed.prompt.choices.shown) == 0 || len(typed.prompt.choices.shown) > 5 {
		t.Errorf("typing finds %d columns", len(typed.prompt.choices.shown))
	}
}

// TestEnterKeepsTheColumns for the next time, and says where, or why not; esc keeps nothing.
func TestEnterKeepsTheColumns(t *testing.T) {
	var kept [][]string
	var failure error
	m := newTestModel(func(o *Options) {
		o.KeepColumns = func(hidden []string) error {
			kept = append(kept, hidden)
			return failure
		}
	})
	m = press(t, feed(t, m, scenario{members: 3, sweeps: 3}, 60, 15), "v", "down", "space")
	if last := screenText(plainScreen(t, m, 60, 15)); !strings.HasSuffix(last,
		"enter keep for next time esc this session only") {
		t.Errorf("60x15 does not say what the keys do: %q", last)
	}
	if left := press(t, m, "esc"); len(kept) > 0 || !slices.Equal(left.choices().Hidden, []string{"ROLE"}) {
		t.Errorf("esc has kept %v, and hides %v", kept, left.choices().Hidden)
	}
	says := func(want string) {
		t.Helper()
		kept = nil
		said, cmd := m.Update(keyMsg("enter"))
		said, _ = said.Update(cmd())
		if len(kept) != 1 || !slices.Equal(kept[0], []string{"ROLE"}) {
			t.Errorf("enter has kept %v", kept)
		}
		if screen := plainScreen(t, said, 80, 24); !strings.Contains(screen, want) {
			t.Errorf("the screen does not say %q:\n%s", want, screen)
		}
	}
	says("columns kept in /home/me/.local/state/etcdoc/chosen.yaml")
	failure = errors.New("permission denied")
	says("columns not kept: permission denied")

	m.program.keepColumns = nil
	m = press(t, m, "esc", "v")
	if screen := plainScreen(t, m, 60, 15); !strings.Contains(screen, "enter esc this session only") {
		t.Errorf("where nothing is kept the screen says:\n%s", screen)
	}
	if _, cmd := m.Update(keyMsg("enter")); cmd != nil {
		t.Error("where nothing is kept enter keeps something")
	}
}

// TestColumnsAreExplained all of them.
func TestColumnsAreExplained(t *testing.T) {
	for _, c := range tableColumns(0, Units1024) {
		if c.words() == "" {
			t.Errorf("%s is not explained", c.title)
		}
	}
}

// TestQuotaStaysWhereItMatters: while there is no space, or a database is close to its quota, how full each is stays in
// the narrowest table.
func TestQuotaStaysWhereItMatters(t *testing.T) {
	alarmed := func(_ time.Duration, s *probe.Sweep, _ *world) {
		s.Alarms.Value = []probe.Alarm{{Type: "NOSPACE", Member: s.Members[0].ID}}
		for j := range s.Members {
			s.Members[j].Status.Value.Alarms = s.Alarms.Value
		}
	}
	full := func(_ time.Duration, s *probe.Sweep, _ *world) {
		s.Members[1].Status.Value.DBSizeBytes = 7 << 30
		s.Members[1].Metrics.Value.DBSizeBytes = probe.Known(7 << 30)
	}
	for name, c := range map[string]struct {
		fault func(time.Duration, *probe.Sweep, *world)
		also  string
	}{"NOSPACE": {alarmed, "ALARM"}, "close to the quota": {full, ""}} {
		m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 30, fault: c.fault}, 60, 15)
		if head := lineWith(t, plainScreen(t, m, 60, 15), "MEMBER"); !strings.Contains(head, c.also) ||
			!strings.Contains(head, "QUOTA") {
			t.Errorf("%s: the columns are %q", name, head)
		}
	}
}

// TestQuotaBesideLongerNames: how full a database is stays where names take two columns more; what waits has a chart.
func TestQuotaBesideLongerNames(t *testing.T) {
	t.Parallel()
	titles := func(nameWidth int) (titles []string) {
		for _, c := range fitColumns(watched(t, "healthy", 80, 24).columns(nameWidth, 80), "", 80) {
			titles = append(titles, c.title)
		}
		return titles
	}
	if got := titles(minNameWidth); !slices.Contains(got, "QUOTA") || !slices.Contains(got, "PEND") {
		t.Errorf("with short names there are %v", got)
	}
	if got := titles(minNameWidth + 2); !slices.Contains(got, "QUOTA") {
		t.Errorf("with longer names there are %v", got)
	}
}
