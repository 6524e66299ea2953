package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
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
	for _, title := range []string{"MEMBER", "STATE", "DRAIN"} {
		if slices.Contains(HideableColumns(), title) || !has(all, title) {
			t.Errorf("%s is gone:\n%s", title, ansi.Strip(all.View()))
		}
	}
	typed := typed(t, press(t, m, "v"), "quota")
	if len(typed.prompt.choices.shown) == 0 || len(typed.prompt.choices.shown) > 5 {
		t.Errorf("typing finds %d columns", len(typed.prompt.choices.shown))
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
