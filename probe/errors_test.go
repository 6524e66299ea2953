package probe

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestErrorKinds: they are all that the source names, each once.
func TestErrorKinds(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("errors.go")
	if err != nil {
		t.Fatal(err)
	}
	var named []ErrorKind
	for _, found := range regexp.MustCompile(`(?m)^\tErr\w+ +ErrorKind = "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		named = append(named, ErrorKind(found[1]))
	}
	slices.Sort(named)
	if kinds := slices.Sorted(slices.Values(ErrorKinds())); !slices.Equal(kinds, named) {
		t.Errorf("%q, want %q", kinds, named)
	}
}
