package tui

import "strings"

// renderFooter shows the keys, as many as fit.
func (m model) renderFooter(width int) string {
	t := &m.theme
	l := newLine(t, width)
	hints := m.keys.hints()
	if m.helping {
		hints = nil
	}
	for _, h := range hints {
		var shown []string
		for _, b := range h.bindings {
			if b.Enabled() {
				first, _, _ := strings.Cut(b.Help().Key, " ")
				shown = append(shown, first)
			}
		}
		keys := strings.Join(shown, " ")
		if len(shown) == 0 || len(keys)+len(h.does)+3 > l.room() {
			continue
		}
		l.space(1)
		l.add(t.bold, keys)
		l.add(t.dim, " "+h.does)
		l.space(1)
	}
	return l.String()
}
