package tui

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
)

// textWidth is how many cells a text takes. Most is ASCII, a cell per byte.
func textWidth(text string) int {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' {
			return ansi.StringWidth(text)
		}
	}
	return len(text)
}

// line builds a line of exactly width cells; it cuts what does not fit.
type line struct {
	th    *theme
	width int
	used  int
	b     strings.Builder
}

func newLine(th *theme, width int) *line {
	l := &line{th: th, width: max(width, 0)}
	l.b.Grow(2 * l.width) // with its styles
	return l
}

// room is how many cells are left.
func (l *line) room() int { return l.width - l.used }

// add appends text, cut to the room that is left.
func (l *line) add(s style, text string) {
	if l.room() <= 0 {
		return
	}
	text = fit(l.th, text, l.room())
	l.b.WriteString(s.paint(text))
	l.used += textWidth(text)
}

// addRaw appends styled text of width cells, or nothing where it does not fit.
func (l *line) addRaw(styled string, width int) {
	if width > l.room() {
		return
	}
	l.b.WriteString(styled)
	l.used += width
}

// space appends n blanks.
func (l *line) space(n int) {
	if n = min(n, l.room()); n > 0 {
		l.b.WriteString(blanks(n))
		l.used += n
	}
}

// cell appends text in a cell of width, aligned to the left or to the right.
func (l *line) cell(s style, text string, width int, right bool) {
	width = min(width, l.room())
	text = fit(l.th, text, width)
	pad := width - textWidth(text)
	if right {
		l.space(pad)
	}
	l.add(s, text)
	if !right {
		l.space(pad)
	}
}

// String is the line, filled up with blanks.
func (l *line) String() string {
	l.space(l.room())
	return l.b.String()
}

func blanks(n int) string {
	const some = "                                                                                "
	if n <= len(some) {
		return some[:max(n, 0)]
	}
	return strings.Repeat(" ", n)
}

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
	head, tail := len(names[0]), len(names[0])
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
	fitted := make([]string, len(names))
	for i, name := range names {
		middle := fitMiddle(th, name, head, tail, width)
		if slices.Contains(fitted[:i], middle) { // the same for two of them
			middle = fitName(th, name, width)
		}
		fitted[i] = middle
	}
	return fitted
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

// clean makes text from outside (names, errors) fit for the screen: see [probe.Printable]; in ASCII where the
// terminal has nothing else; and with aliases for names and addresses on a shared screen.
func (t *theme) clean(text string) string {
	text = probe.Printable(text)
	if t.aliases != nil {
		text = t.aliases.Redact(text)
	}
	return t.printable(text)
}

// printable is clean without aliases.
func (t *theme) printable(text string) string {
	text = probe.Printable(text)
	if t.glyphs == GlyphsASCII {
		return asciiOf(text)
	}
	return text
}

// asciiOf writes a printable text in ASCII.
func asciiOf(text string) string {
	if strings.IndexFunc(text, isBeyondASCII) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isBeyondASCII(r) {
			b.WriteString(toASCII(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isBeyondASCII(r rune) bool { return r >= utf8.RuneSelf }

func toASCII(r rune) string {
	switch r {
	case '≤':
		return "<="
	case '≥':
		return ">="
	case '→':
		return "->"
	case '–', '—', '−', '─':
		return "-"
	case '×':
		return "x"
	case '·':
		return "."
	case '…':
		return ".."
	case 'µ':
		return "u"
	case '’', '‘':
		return "'"
	case '“', '”':
		return `"`
	}
	return "?"
}

// span is a run of text in one style.
type span struct {
	style style
	text  string
}

// lineOf renders spans as a line of width cells, with an ellipsis where it cuts.
func lineOf(th *theme, width int, spans ...span) string {
	l := newLine(th, width)
	for _, s := range fitSpans(th, spans, width) {
		l.add(s.style, s.text)
	}
	return l.String()
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

func spansWidth(spans []span) int {
	w := 0
	for _, s := range spans {
		w += textWidth(s.text)
	}
	return w
}

// block is what a pane renders: lines of equal width.
type block []string

// pad makes b exactly height lines of width cells each.
func (b block) pad(width, height int) block {
	if len(b) > height {
		return b[:max(height, 0)]
	}
	for len(b) < height {
		b = append(b, blanks(width))
	}
	return b
}

// cut is pad for any number of lines: it says how many it left out.
func (b block) cut(th *theme, width, height int) block {
	if len(b) <= height || height <= 0 || width < 2 {
		return b.pad(width, height)
	}
	room := width - textWidth(th.ellipsis())
	last := ansi.Truncate(b[height-1], room, "")
	last += blanks(room-textWidth(last)) + th.ellipsis()
	return append(slices.Clone(b[:height-1]), last)
}

// beside joins two blocks of equal height, a separator between them.
func beside(left block, separator string, right block) block {
	joined := make(block, len(left))
	for i := range left {
		joined[i] = left[i] + separator + right[i]
	}
	return joined
}
