package tui

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestREADMEKeys holds the README's key table against the keymap.
func TestREADMEKeys(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| key | what it does |\n|---|---|\n")
	for _, group := range newKeyMap(true).groups() {
		for _, binding := range group.bindings {
			fmt.Fprintf(&want, "| `%s` | %s |\n", strings.ReplaceAll(binding.Help().Key, " ", "` `"), binding.Help().Desc)
		}
	}
	want.WriteString("\n")
	if !strings.Contains(string(readme), want.String()) {
		t.Errorf("README.md does not have the keymap's table:\n%s", want.String())
	}
}
