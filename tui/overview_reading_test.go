package tui

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestReadingRepeatsNothing: no sentence of the pane beside the events is in the header, nor one of the header in the
// pane, in any scenario.
func TestReadingRepeatsNothing(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(scenarios())) {
		for _, size := range [][2]int{{110, 30}, {120, 40}, {160, 45}, {200, 60}} {
			m := watched(t, name, size[0], size[1])
			rows := strings.Split(plainScreen(t, m, size[0], size[1]), "\n")
			table := slices.IndexFunc(rows, func(l string) bool { return strings.Contains(l, "MEMBER ") })
			at := slices.IndexFunc(rows, func(l string) bool { return strings.Contains(l, "│ READING") })
			if table < 0 || at < 0 {
				continue
			}
			header := screenText(strings.Join(rows[:table], "\n"))
			var pane []string
			for _, row := range rows[at+1:] {
				if _, text, has := strings.Cut(row, "│"); has {
					pane = append(pane, text)
				}
			}
			said := screenText(strings.Join(pane, "\n"))
			for _, pair := range [][2]string{{header, said}, {said, header}} {
				for _, s := range sentences(pair[0]) {
					if strings.Contains(pair[1], s) {
						t.Errorf("%s at %v: %q is said twice:\n%s\n---\n%s", name, size, s,
							strings.Join(rows[:table], "\n"), strings.Join(pane, "\n"))
					}
				}
			}
		}
	}
}

// sentences are those of a text that say something: of three words and more.
func sentences(text string) []string {
	for _, end := range []string{". ", "; ", " │ ", " Next: ", " because ", " also ", " how ", " reading "} {
		text = strings.ReplaceAll(text, end, "\n")
	}
	return slices.DeleteFunc(strings.Split(text, "\n"), func(s string) bool { return strings.Count(s, " ") < 3 })
}
