package tui

import (
	"cmp"

	"github.com/etcdoc/etcdoc/thresholds"
)

// nextLabel begins what to do next.
const nextLabel = "Next:"

// headTexts are the lines of the reading and of its next step.
type headTexts struct {
	what, next [][]span
	// whole and wholeNext say that the one and the other is there in full, not in short.
	whole, wholeNext bool
}

// lines is how many lines they take.
func (h *headTexts) lines() int { return len(h.what) + len(h.next) }

// textForms are the ways to write what is wrong and what to do, wrapped.
type textForms struct {
	full, short, steps, step [][]span
	// bare is step without its label.
	bare [][]span
	// whole says that full is all there is to say.
	whole bool
}

// textForms writes what is wrong and what to do in lines of a width. A cluster that is well has no more to say than
// the margin beside it does, but for a remark.
func (m model) textForms(width int) textForms {
	t, r := m.theme, &m.shown.assessment.Reading
	weight := t.bold
	if m.shown.assessment.Level == thresholds.OK {
		weight = t.plain
	}
	wrapped := func(text string, spans ...span) [][]span {
		if text == "" {
			return nil
		}
		return wrap(spans, width, 0)
	}
	what := func(text string) [][]span { return wrapped(text, span{weight, m.brief(text)}) }
	next := func(text string) [][]span {
		return wrapped(text, span{t.dim, nextLabel}, span{t.plain, " " + m.brief(text)})
	}
	step := cmp.Or(r.Step, m.inFull(r.Next))
	f := textForms{whole: true, short: what(cmp.Or(r.Headline, r.Text)), steps: next(r.Next), step: next(step),
		bare: wrapped(step, span{t.plain, m.brief(step)})}
	if r.Cause == thresholds.CauseHealthy {
		f.full, f.whole = f.short, m.shown.assessment.Level == thresholds.OK
	} else {
		f.full = what(r.Text)
	}
	return f
}

// texts writes what is wrong and what to do on some lines, each in full where both fit so, else in short.
func (m model) texts(width, lines int) headTexts {
	f := m.textForms(width)
	for _, form := range [...]headTexts{
		{f.full, f.steps, f.whole, true}, {f.full, f.step, f.whole, false},
		{f.short, f.steps, false, true}, {f.short, f.step, false, false}, {f.short, f.bare, false, false},
	} {
		if form.lines() <= lines {
			return form
		}
	}
	// Below the width of a headline.
	short := cutTo(f.short, max(lines-len(f.step), 1))
	return headTexts{what: short, next: cutTo(f.step, lines-len(short))}
}

// inFull says where a text that has no short form can be read; empty where there is none.
func (m model) inFull(text string) string {
	if text == "" {
		return ""
	}
	return m.keys.Reading.Help().Key + " shows it in full"
}

// cutTo keeps so many lines, the last one cut where there are more.
func cutTo(lines [][]span, height int) [][]span {
	if len(lines) <= height || height <= 0 {
		return lines[:min(len(lines), max(height, 0))]
	}
	return cutLines(lines, height)
}

// textIndent is where texts begin.
func textIndent(width int) int {
	if isNarrow(width) {
		return 0
	}
	return verdictIndent
}

// linesOf draws lines of text at an indent.
func (m model) linesOf(width, height, indent int, lines [][]span) block {
	var b block
	for _, spans := range lines {
		b = append(b, lineOf(m.theme, width, append([]span{{text: blanks(indent)}}, spans...)...))
	}
	return b.pad(width, height)
}
