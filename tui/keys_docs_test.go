package tui

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestGoldenKeys compares the documentation's key table with the keymap; -update rewrites it.
func TestGoldenKeys(t *testing.T) {
	const file = "../assets/docs/dashboard.md"
	const begin, end = "<!-- keys: written by make golden-update -->\n", "<!-- end of keys -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| key | what it does |\n|---|---|\n")
	for r := range newKeyMap(true, true).each() {
		if names := r.allNames(); len(names) > 0 {
			fmt.Fprintf(&want, "| `%s` | %s |\n", strings.Join(names, "` `"), r.does)
		}
	}
	want.WriteByte('\n')
	before, rest, begins := strings.Cut(string(text), begin)
	got, after, ends := strings.Cut(rest, end)
	switch {
	case !begins || !ends:
		t.Fatalf("dashboard.md does not have the marks %q and %q", begin, end)
	case got == want.String():
	case *updateGoldens:
		if err := os.WriteFile(file, []byte(before+begin+want.String()+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("make golden-update writes the keys in dashboard.md anew. They should be\n%s", want.String())
	}
}

// TestActionsFitTheNarrowestPalette: what a key does is read whole in a window of 60 columns.
func TestActionsFitTheNarrowestPalette(t *testing.T) {
	k := newTestModel(nil).keys
	for r := range k.each() {
		if room := leastWidth - cursorWidth - choiceKindWidth - choiceKeysWidth; textWidth(r.does) > room {
			t.Errorf("%q has %d columns, and %d of them room", r.does, textWidth(r.does), room)
		}
	}
}
