package tui

import (
	"cmp"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// wrap breaks spans at blanks into lines of at most width cells, and indents all but the first. A word may span
// styles, as a name with a colon of another style behind it. One that is too long for a line goes on in the next one,
// as a command's list of endpoints.
func wrap(spans []span, width, indent int) [][]span {
	var lines [][]span
	var current []span
	used, begun := 0, false
	next := func() {
		lines = append(lines, current)
		current, used, begun = []span{{text: blanks(indent)}}, indent, false
	}
	for _, word := range words(spans) {
		if begun && used+1+spansWidth(word) > width {
			next()
		}
		if begun {
			gap := span{text: " "} // unstyled between two styles: reverse video would show
			if last := current[len(current)-1].style; last == word[0].style {
				gap.style = last
			}
			current, used = join(current, gap), used+1
		}
		for spansWidth(word) > width-used {
			head, tail := splitWord(word, max(width-used, 1))
			if len(tail) == 0 { // a letter of two cells where there is one
				word = nil
				break
			}
			for _, piece := range head {
				current = join(current, piece)
			}
			word = tail
			next()
		}
		for _, piece := range word {
			current, used = join(current, piece), used+textWidth(piece.text)
		}
		begun = true
	}
	return append(lines, current)
}

// splitWord divides a word that is wider than the room: behind a comma or an equals sign, else behind a slash, else
// where the room ends.
func splitWord(word []span, room int) (head, tail []span) {
	var text strings.Builder
	for _, s := range word {
		text.WriteString(s.text)
	}
	begin := ansi.Truncate(text.String(), room, "")
	at := strings.LastIndexAny(begin, ",=") + 1
	if at == 0 {
		if slash := strings.LastIndexByte(begin, '/'); slash > 0 && begin[slash-1] != '/' &&
			!strings.HasPrefix(text.String()[slash+1:], "/") {
			at = slash + 1
		}
	}
	at = cmp.Or(at, len(begin))
	if at == 0 {
		return word, nil
	}
	for i, s := range word {
		if at < len(s.text) {
			head, tail = append(head, span{s.style, s.text[:at]}), append(tail, span{s.style, s.text[at:]})
			return head, append(tail, word[i+1:]...)
		}
		head, at = append(head, s), at-len(s.text)
		if at == 0 {
			return head, word[i+1:]
		}
	}
	return head, nil
}

// words are the parts between blanks, each with a span for each of its styles; a number is one with
// its unit.
func words(spans []span) [][]span {
	var all [][]span
	open := false // the last word may go on
	for _, s := range spans {
		for i, text := range strings.Split(s.text, " ") {
			open = open && i == 0
			if text == "" {
				continue
			}
			if piece := (span{s.style, text}); open {
				all[len(all)-1] = append(all[len(all)-1], piece)
			} else if n := len(all) - 1; i > 0 && n >= 0 && stayTogether(all[n], text) {
				all[n] = join(all[n], span{s.style, " " + text})
			} else {
				all = append(all, []span{piece})
			}
			open = true
		}
	}
	return all
}

// stayTogether reports that a word stays on the line of the one before it: a unit on that of its number, a number on
// that of its sign.
func stayTogether(before []span, word string) bool {
	switch last := before[len(before)-1].text; {
	case strings.HasSuffix(last, "≤"), strings.HasSuffix(last, "≥"):
		return true
	case last[len(last)-1] < '0' || last[len(last)-1] > '9':
		return false
	}
	switch strings.TrimRight(word, ".,:;)") {
	case "s", "ms", "µs", "us", "m", "h", "d", "%", "B", "KiB", "MiB", "GiB", "TiB":
		return true
	}
	return false
}

// join appends a span, to the last one where the style is the same.
func join(spans []span, s span) []span {
	if n := len(spans); n > 0 && spans[n-1].style == s.style {
		spans[n-1].text += s.text
		return spans
	}
	return append(spans, s)
}

// cutLines keeps height lines, and appends the rest to the last one, which is cut when drawn.
func cutLines(lines [][]span, height int) [][]span {
	last := slices.Clone(lines[height-1])
	for _, spans := range lines[height:] {
		for i, s := range spans {
			if i == 0 { // in place of the indent
				s.text = " " + strings.TrimLeft(s.text, " ")
			}
			last = append(last, s)
		}
	}
	return append(slices.Clone(lines[:height-1]), last)
}

// labelWidth is the width of the labels left of texts and facts.
const labelWidth = 9

// wrapped writes a text beside a label, on as many lines as it takes. A label that is too long begins the text.
func (t *theme) wrapped(width int, label, text string) block {
	var b block
	if textWidth(label) >= labelWidth {
		for _, spans := range wrap([]span{{t.dim, label + ":"}, {t.plain, " " + text}}, width, labelWidth) {
			b = append(b, lineOf(t, width, spans...))
		}
		return b
	}
	for _, spans := range wrap([]span{{t.plain, text}}, max(width-labelWidth, 1), 0) {
		l := newLine(t, width)
		l.cell(t.dim, label, labelWidth, false)
		for _, s := range spans {
			l.add(s.style, s.text)
		}
		b, label = append(b, l.String()), ""
	}
	return b
}

// labelled writes spans beside a label, on as many lines as they take.
func (m model) labelled(width int, label string, spans []span) block {
	t := m.theme
	var b block
	for _, line := range wrap(spans, max(width-labelWidth, 1), 0) {
		l := newLine(t, width)
		l.cell(t.dim, label, labelWidth, false)
		l.addRaw(lineOf(t, max(width-labelWidth, 0), line...), max(width-labelWidth, 0))
		b, label = append(b, l.String()), ""
	}
	return b
}

// flow writes items beside a label, as many to a line as fit whole.
func (t *theme) flow(width int, label string, items [][]span) block {
	var b block
	l := newLine(t, width)
	for _, item := range items {
		if l.used > labelWidth && l.room() < spansWidth(item)+2 {
			b, l = append(b, l.String()), newLine(t, width)
		}
		if l.used == 0 {
			l.cell(t.dim, label, labelWidth, false)
			label = ""
		} else {
			l.space(2)
		}
		for _, s := range fitSpans(t, item, l.room()) {
			l.add(s.style, s.text)
		}
	}
	if l.used > 0 {
		b = append(b, l.String())
	}
	return b
}
