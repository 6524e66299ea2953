package tui

// renderEvidence says what to do next, what the reading is based on, and what it did not look at.
func (m model) renderEvidence(width, height int) block {
	t, r := m.theme, &m.shown.assessment.Reading
	b := block{lineOf(t, width, span{t.bold, "READING"})}
	var because, next []string
	for _, e := range r.Evidence {
		if m.anyAnswer() && !e.InText { // what is on the screen already is not said twice
			because = append(because, e.Text)
		}
	}
	if len(r.Evidence) == 0 {
		because = []string{r.Text}
	}
	if r.Next != "" {
		next = []string{r.Next}
	}
	for _, part := range []struct {
		label string
		texts []string
	}{{"next", next}, {"because", because}, {"unseen", r.NotLookedAt}} {
		for i, text := range part.texts {
			label := part.label
			if i > 0 {
				label = ""
			}
			b = append(b, t.wrapped(width, label, t.clean(text))...)
		}
	}
	return b.cut(t, width, height)
}
