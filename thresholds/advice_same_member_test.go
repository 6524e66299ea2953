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
			inhibition := a.Inhibition()
			for i := range a.Findings {
				f := &a.Findings[i]
				advice := inhibition.AdviceFor(f)
				may := append(namedIn(advice.Text), f.Member.Label, inhibition.Root(f).Member.Label)
				if advice.OfReading {
					may = append(may, labelsOf(r.About)...)
				}
				for _, name := range namedIn(advice.Step) {
					if !slices.Contains(may, name) {
						t.Errorf("%s of %s: step %q names %s, and the advice %q", f.Rule, f.Member.Label,
							advice.Step, name, advice.Text)
					}
				}
			}
			checkNextOfDrain(t, &a, namedIn)
		})
	}
}

// checkNextOfDrain: one step of the change is next; its command names nobody but whom it is about, and it is for a
// member whose loss would not cost the quorum.
func checkNextOfDrain(t *testing.T, a *Assessment, namedIn func(string) []string) {
	t.Helper()
	next := slices.DeleteFunc(slices.Clone(a.Rolling.Steps), func(s RollingStep) bool { return s.State != StepNext })
	if len(next) > 1 {
		t.Errorf("%d steps are next: %+v", len(next), next)
	}
	for _, s := range next {
		may := []string{s.Member.Label, s.From.Label}
		for _, name := range namedIn(s.Command) {
			if !slices.Contains(may, name) {
				t.Errorf("the next step is about %v, and its command %q", may, s.Command)
			}
		}
		m := a.Member(s.Member.Key)
		if a.Rolling.Phase.MayGoOn() && s.From.IsZero() && m != nil && m.CanLose.Verdict == LossNo {
			t.Errorf("%s is next, and its loss is %s: %s", m.Label, m.CanLose.Verdict, m.CanLose.Reason)
		}
	}
}
