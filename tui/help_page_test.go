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
