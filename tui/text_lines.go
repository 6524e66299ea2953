package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
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

// mostLeftOut is how many lines of a text that goes on are left out with the rest of it.
const mostLeftOut = 4

// cut is pad for any number of lines: where some do not fit, the end of the last line says how many more there are. A
// text beside a label is left out as a whole where few lines of it would stand.
func (b block) cut(th *theme, width, height int) block {
	if len(b) <= height || height <= 0 || width < 2 {
		return b.pad(width, height)
	}
	kept := b.kept(height)
	more := moreLines(th, len(b)-kept)
	if kept == height && height > 2 && used(b[height-1])+1+textWidth(more) > width { // it would cover a value
		kept--
		more = moreLines(th, len(b)-kept)
	}
	whole := slices.Clone(b[:kept]).pad(width, height)
	if used(whole[height-1])+1+textWidth(more) > width {
		more = th.ellipsis()
	}
	room := width - textWidth(more)
	last := ansi.Truncate(whole[height-1], wholeWords(ansi.Strip(whole[height-1]), room), "")
	whole[height-1] = last + blanks(room-ansi.StringWidth(last)) + th.dim.paint(more)
	return whole
}

// kept is how many of the lines stand where not all fit: it leaves out few lines beside a label as a whole.
func (b block) kept(height int) int {
	kept, least := height, max(height/2, height-mostLeftOut)
	for kept > least && strings.HasPrefix(ansi.Strip(b[kept]), blanks(labelWidth)) {
		kept--
	}
	if kept <= least {
		return height
	}
	return kept
}

// wholeLines is how many of the lines cut draws in full where not all fit.
func (b block) wholeLines(height int) int { return min(b.kept(height), height-1) }

// moreLines says how many lines are not shown.
func moreLines(th *theme, n int) string {
	return th.ellipsis() + " " + thresholds.Plural(n, "more line")
}

// used is how many cells of a line there are up to its last letter.
func used(line string) int { return ansi.StringWidth(strings.TrimRight(ansi.Strip(line), " ")) }

// beside joins two blocks of equal height, a separator between them.
func beside(left block, separator string, right block) block {
	joined := make(block, len(left))
	for i := range left {
		joined[i] = left[i] + separator + right[i]
	}
	return joined
}

// wholeWords is how many cells the words of a text take that end within a width; the width where that is none.
func wholeWords(text string, width int) int {
	at, whole := 0, 0
	for _, word := range strings.SplitAfter(text, " ") {
		if at+textWidth(strings.TrimRight(word, " ")) > width {
			break
		}
		at += textWidth(word)
		whole = at
	}
	if whole == 0 {
		return width
	}
	return min(whole, width)
}
