package tui

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// comparedSpans are the last minutes to choose from; defaultSpan is the first choice.
var comparedSpans = [...]time.Duration{time.Minute, defaultSpan, 15 * time.Minute, time.Hour}

const defaultSpan = 5 * time.Minute

// lastMinutes compares the last minutes, or as many as there have been.
func (m model) lastMinutes() comparison {
	now, first := m.shown.assessment.At, m.judge.Begins()
	c := comparison{from: -1, to: -1, span: cmp.Or(m.compare.span, defaultSpan), end: now}
	c.begin = now.Add(-c.span)
	if earliest := first.Add(min(settled, now.Sub(first)/2)); c.begin.Before(earliest) { // leave something before it
		c.begin, c.watched = earliest, now.Sub(first)
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

// gotWorse reports that a vital is worse after than before.
func (m model) gotWorse(v *comparedValue, vital thresholds.Vital) bool {
	before, knownBefore := v.before.Value.Get()
	after, knownAfter := v.after.Value.Get()
	rule := m.rules.Judging(vital)
	return rule != nil && knownBefore && knownAfter && rule.GotWorse(before, after)
}

// renderWorsened says what is worse now than before on some lines: as much as fits, and how much more there is.
func (m model) renderWorsened(c *compared, width, lines int) block {
	t := m.theme
	all := m.worsened(c)
	if len(all) == 0 {
		return t.wrapped(width, " worse", "nothing is worse now than before").pad(width, lines)
	}
	for n := len(all); ; n-- {
		text := strings.Join(all[:n], ", ")
		if n < len(all) {
			text += ", +" + strconv.Itoa(len(all)-n) + " more"
		}
		if b := t.wrapped(width, " worse", t.clean(text)); len(b) <= lines || n == 1 {
			return b.cut(t, width, lines).pad(width, lines)
		}
	}
}

// worsened is what is worse now than before, of the member in the worst state first.
func (m model) worsened(c *compared) []string {
	t := m.theme
	var states, values []string
	arrow := " " + t.pick("→", "->") + " "
	for _, i := range c.worstFirst() {
		a := &c.members[i]
		name := m.shortName(a.MemberRef)
		if a.tally.GotWorse() {
			states = append(states, name+" "+string(a.tally.Before.Word)+arrow+string(a.tally.After.Word))
		}
		for k, v := range a.values {
			if unit := c.vitals[k].vital.Unit(); v.isWorse {
				values = append(values, name+" "+c.vitals[k].name+" "+t.worstText(v.before, unit)+arrow+
					t.worstText(v.after, unit))
			}
		}
	}
	return append(states, values...)
}
