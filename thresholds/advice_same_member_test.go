package thresholds

import (
	"slices"
	"strings"
	"testing"
)

// TestStepAndAdviceNameTheSameMembers: whom the first step names is whom all of the advice names or, where that names
// nobody, whom the reading blames. A second reader of one screen must not go to another host.
func TestStepAndAdviceNameTheSameMembers(t *testing.T) {
	t.Parallel()
	scenes := causeScenes()
	for i := range scenes {
		cs := &scenes[i]
		t.Run(cs.name, func(t *testing.T) {
			t.Parallel()
			a := cs.play(newScene(t, 3, Options{}))
			r := &a.Reading
			namedIn := func(text string) (named []string) {
				for i := range a.Members {
					if m := &a.Members[i]; strings.Contains(text, m.Label) || strings.Contains(text, m.ID.String()) {
						named = append(named, m.Label)
					}
				}
				return named
			}
			may := namedIn(r.Next)
			if len(may) == 0 {
				may = labelsOf(r.About)
			}
			for _, name := range namedIn(r.Step) {
				if len(may) > 0 && !slices.Contains(may, name) {
					t.Errorf("%s: step %q names %s, and the advice %q", r.Cause, r.Step, name, r.Next)
				}
			}
		})
	}
}
