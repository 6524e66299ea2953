package tui

import (
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// chartNote says in a blank part of a chart why it is blank: in the first of the forms that fits.
type chartNote struct {
	from, to int // columns
	forms    []string
	atEnd    bool // it stands at the end of its part
	oneLine  bool // it takes one line
}

// drawNotes writes the notes about the middle of their parts of the chart.
func (c *chart) drawNotes(cells [][]dot) {
	for _, n := range c.notes {
		rows := c.rows
		if n.oneLine {
			rows = 1
		}
		lines := n.fitting(rows)
		top := (c.rows - len(lines)) / 2
		for y, text := range lines {
			x := n.from
			if n.atEnd {
				x = n.to - textWidth(text)
			}
			for _, r := range text {
				cells[top+y][x] = dot{glyph: r, stroke: strokeNote}
				x++
			}
		}
	}
}

// fitting are the lines of the first form that fits whole on some lines; none if none does.
func (n *chartNote) fitting(rows int) []string {
	for _, form := range n.forms {
		if lines := filled(form, n.to-n.from); lines != nil && len(lines) <= rows {
			return lines
		}
	}
	return nil
}

// filled breaks a text at blanks into lines of at most width cells; nil where a word is longer.
func filled(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if textWidth(word) > width {
			return nil
		}
		if at := len(lines) - 1; at >= 0 && textWidth(lines[at])+1+textWidth(word) <= width {
			lines[at] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// chartNotes say why a member's chart of a vital has no values, or none at either end, a blank apart from those; at
// length where they have not been said yet.
func (m model) chartNotes(a *thresholds.Member, v thresholds.Vital, values []probe.Value, said bool) []chartNote {
	per := m.theme.samplesPerCell()
	width := (len(values) + per - 1) / per
	first, last := -1, -1
	for i, value := range values {
		if value.IsKnown() {
			if last = i; first < 0 {
				first = i
			}
		}
	}
	switch {
	case first < 0:
		return []chartNote{{to: width, forms: m.whyNoData(a, v, said)}}
	case said:
		return nil
	}
	var notes []chartNote
	// Where watching began is the same column in all charts, whether or not a value came at once.
	if begins, in := m.columnOf(m.judge.Begins(), width); in && begins > 1 && begins <= first/per {
		forms := []string{"not watched yet", "not watched"}
		notes = append(notes, chartNote{to: begins - 1, forms: forms, oneLine: true})
	}
	if end := last/per + 2; end < width && a.Condition.IsAbsent() {
		forms := []string{lostWord(a)}
		notes = append(notes, chartNote{from: end, to: width, forms: forms, atEnd: true, oneLine: true})
	}
	return notes
}

// young is the age of the history up to which a value may still come: a rate needs a second sweep, and etcd observes a
// round trip every 30 s.
const young = time.Minute

// whyNoData says why nothing is known of a member's vital, the longest form first.
func (m model) whyNoData(a *thresholds.Member, v thresholds.Vital, said bool) []string {
	const short = "no metrics"
	switch {
	case a.Condition.IsAbsent() && said:
		return nil
	case a.Condition.IsAbsent():
		return []string{"no data: " + lostWord(a), lostWord(a)}
	case a.MetricsErr == nil && m.elapsed(m.judge.Begins()) < young:
		return []string{"no value yet", "no data"}
	case a.Lacks(v) && v.Unit() == thresholds.Seconds: // a histogram may be there, and count nothing now
		return []string{"nothing observed", "no data"}
	case a.Lacks(v):
		return []string{"not in its metrics", "no data"}
	case a.MetricsErr == nil:
		return []string{"not watched yet", "no data"}
	case said:
		return []string{short, "none"}
	}
	what := a.MetricsErr.What
	if what == "" {
		what = a.MetricsErr.Kind.Words()
	}
	return []string{
		short + " from " + m.shortName(a.MemberRef) + ": " + m.theme.clean(what),
		short + ": " + a.MetricsErr.Kind.Words(), short, "none",
	}
}
