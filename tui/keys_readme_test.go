package tui

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestGoldenREADMEKeys holds the README's key table against the keymap. To write it anew: make golden-update.
func TestGoldenREADMEKeys(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| key | what it does |\n|---|---|\n")
	for r := range newKeyMap(true).each() {
		if names := r.called(); len(names) > 0 {
			fmt.Fprintf(&want, "| `%s` | %s |\n", strings.Join(names, "` `"), r.does)
		}
	}
	want.WriteString("\n")
	if *updateGoldens {
		head, rest, begun := strings.Cut(string(readme), "| key | what it does |\n")
		_, tail, ended := strings.Cut(rest, "\n\n")
		if !begun || !ended {
			t.Fatal("README.md has no table of keys to write anew")
		}
		if err := os.WriteFile("../README.md", []byte(head+want.String()+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !strings.Contains(string(readme), want.String()) {
		t.Errorf("README.md does not have the keymap's table:\n%s", want.String())
	}
}
