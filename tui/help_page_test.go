package tui

import (
	"strings"
	"testing"
)

// TestHelpSaysWhatKeysDoHere: a key that has another meaning on a page is listed with that one, and with no other.
func TestHelpSaysWhatKeysDoHere(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 80, 24)
	for page, want := range map[string]struct{ here, nowhere []string }{
		"d": {[]string{"enter copy command", "y copy the verdict", "m announce outage"}, []string{"open, jump there"}},
		"f": {[]string{"enter open the member"}, []string{"open, jump there"}},
		"i": {[]string{"j k scroll"}, []string{"j k select"}},
		"c": {[]string{"j k from mark", "tab S-tab to mark, now", "+ - last minutes", "o next member"},
			[]string{"tab S-tab next member", "+ - shorter, longer"}},
		"e": {[]string{"enter jump there", "/ search"}, []string{"open, jump there"}},
	} {
		for _, size := range [][2]int{{80, 24}, {200, 60}} {
			screen := plainScreen(t, press(t, m, page, "?"), size[0], size[1])
			here, _, _ := strings.Cut(screen, "\n MOVE ")
			if !strings.Contains(here, "\n ON THIS PAGE ") {
				t.Errorf("%s: nothing is on this page:\n%s", page, screen)
			}
			all := strings.Join(strings.Fields(screen), " ")
			for _, line := range want.here {
				if !strings.Contains(strings.Join(strings.Fields(here), " "), line) {
					t.Errorf("%s: the help lacks %q:\n%s", page, line, screen)
				}
			}
			for _, line := range want.nowhere {
				if strings.Contains(all, line) {
					t.Errorf("%s: the help has %q:\n%s", page, line, screen)
				}
			}
		}
	}
}

// TestKeysThatDoNothingHereAreDim in the help, and say where they do something.
func TestKeysThatDoNothingHereAreDim(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 120, 40)
	for page, dim := range map[string]bool{"c": true, "i": true, "f": false, "d": false} {
		opened := press(t, m, page)
		if notice := press(t, opened, "enter").notice.text; strings.HasPrefix(notice, "enter: open") != dim {
			t.Errorf("%s: enter says %q", page, notice)
		}
		enter := opened.theme.dim.paint("enter  ")
		if help := press(t, opened, "?").View(); strings.Contains(help, enter) != dim {
			t.Errorf("%s: the help has a dim enter: %v\n%s", page, !dim, help)
		}
	}
}
