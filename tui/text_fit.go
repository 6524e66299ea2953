package tui

import (
	"slices"
	"strings"
	"unicode/utf8"

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

// fitNames cuts names to width cells so that they stay apart: what all of them begin and end with goes first.
func fitNames(th *theme, names []string, width int) []string {
	wide := func(name string) bool { return ansi.StringWidth(name) > width }
	if len(names) < 2 || !slices.ContainsFunc(names, wide) {
		return names
	}
	alike := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !strings.HasPrefix(name, th.ellipsis()) && !strings.HasSuffix(name, th.ellipsis())
	})
	if len(alike) < 2 { // short names that lost what they share, beside one that shares nothing, such as an address
		alike = names
	}
	head, tail := sharedEnds(alike)
	fitted := make([]string, len(names))
	for i, name := range names {
		middle := fitName(th, name, width)
		if slices.Contains(alike, name) {
			middle = fitMiddle(th, name, head, tail, width)
		}
		if slices.Contains(fitted[:i], middle) { // the same for two of them
			middle = fitName(th, name, width)
		}
		fitted[i] = middle
	}
	return fitted
}

// sharedEnds are how many bytes all names begin and end with.
func sharedEnds(names []string) (head, tail int) {
	head, tail = len(names[0]), len(names[0])
	for _, name := range names[1:] {
		n := 0
		for n < min(head, len(name)) && name[n] == names[0][n] {
			n++
		}
		head, n = n, 0
		for n < min(tail, len(name)) && name[len(name)-1-n] == names[0][len(names[0])-1-n] {
			n++
		}
		tail = n
	}
	return head, tail
}

// fitMiddle is a name without head bytes at its beginning and tail bytes at its end, with as many of the last of head
// as fit.
func fitMiddle(th *theme, name string, head, tail, width int) string {
	if ansi.StringWidth(name) <= width {
		return name
	}
	end := max(len(name)-tail, 0)
	dots := th.ellipsis()
	for from := 0; from <= min(head, end); from++ {
		if !utf8.RuneStart(name[min(from, len(name)-1)]) || end < len(name) && !utf8.RuneStart(name[end]) {
			continue
		}
		short := dots + name[from:end]
		if end < len(name) {
			short += dots
		}
		if ansi.StringWidth(short) <= width {
			return short
		}
	}
	return fitName(th, name, width)
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
