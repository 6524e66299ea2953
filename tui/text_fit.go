package tui

import (
	"github.com/charmbracelet/x/ansi"
)

// fit cuts text to width cells, with an ellipsis at its end.
func fit(th *theme, text string, width int) string {
	if width <= 0 {
		return ""
	}
	if len(text) <= width || textWidth(text) <= width {
		return text
	}
	return ansi.Truncate(text, width, ansi.Truncate(th.ellipsis(), width, ""))
}

// fitName cuts a name in its middle, as members' names differ at their ends.
func fitName(th *theme, name string, width int) string {
	if textWidth(name) <= width {
		return name
	}
	if width < 4 {
		return fit(th, name, width)
	}
	room := width - textWidth(th.ellipsis())
	head := room / 2
	tail := room - head
	return ansi.Truncate(name, head, "") + th.ellipsis() + ansi.TruncateLeft(name, textWidth(name)-tail, "")
}

// fitSpans cuts spans to width cells, with an ellipsis at their end.
func fitSpans(th *theme, spans []span, width int) []span {
	if spansWidth(spans) <= width {
		return spans
	}
	end := ansi.Truncate(th.ellipsis(), max(width, 0), "")
	room := width - textWidth(end)
	var kept []span
	for _, s := range spans {
		w := textWidth(s.text)
		if w > room {
			return append(kept, span{s.style, ansi.Truncate(s.text, room, "") + end})
		}
		kept, room = append(kept, s), room-w
	}
	return kept
}
