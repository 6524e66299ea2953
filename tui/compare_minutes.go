package tui

import (
	"cmp"
	"time"
)

// comparedSpans are the last minutes to choose from; defaultSpan is the first choice.
var comparedSpans = [...]time.Duration{time.Minute, defaultSpan, 15 * time.Minute, time.Hour}

const defaultSpan = 5 * time.Minute

// lastMinutes compares the last minutes, or, where there is not enough before them, all that was watched with its
// beginning.
func (m model) lastMinutes() comparison {
	now, first := m.shown.assessment.At, m.judge.Begins()
	c := comparison{from: -1, to: -1, span: cmp.Or(m.compare.span, defaultSpan), end: now, before: settled}
	c.begin = now.Add(-c.span)
	c.settled = c.begin
	if c.begin.Sub(first) < leastBefore {
		c.watched = now.Sub(first)
		c.before = min(settled, max(leastBefore, c.watched/4), c.watched/2)
		c.begin, c.settled = first, first.Add(c.before)
	}
	return c
}

// withComparedSpan compares the last minutes, fewer or more of them.
func (m model) withComparedSpan(more bool) model {
	if m.compare.span == 0 && len(m.shownMarks()) > 0 {
		m.compare.span = defaultSpan
		return m
	}
	m.compare.span = step(comparedSpans[:], cmp.Or(m.compare.span, defaultSpan), more)
	return m
}
