package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// gotWorse reports that a vital is worse after than before, for certain. Of an upper bound after, what the value is at
// least counts; where that is no less than an upper bound before, the bounds do, as values of which both are known.
func (m model) gotWorse(v *comparedValue, vital thresholds.Vital) bool {
	before, knownBefore := v.before.Value.Get()
	after, knownAfter := v.after.Value.Get()
	if least, known := v.leastAfter.Get(); v.after.AtMost && (!v.before.AtMost || !known || least < before) {
		after, knownAfter = least, known
	}
	rule := m.rules.Judging(vital)
	if rule == nil || v.isPast || !knownBefore || !knownAfter || !rule.GotWorse(before, after) {
		return false
	}
	unit := vital.Unit() // what is written alike says nothing
	return m.theme.worstText(v.before, unit) != m.theme.worstText(v.after, unit)
}

// worsened is what is worse now than before: the states from a warning on, of the worst member first, then values, of
// which those that have changed most by factor lead, then the other states.
func (m model) worsened(c *compared) []string {
	t := m.theme
	var states, notes []string
	var values []worseValue
	arrow := " " + t.pick("→", "->") + " "
	for _, i := range c.worstFirst() {
		a := &c.members[i]
		name := m.shortName(a.MemberRef)
		if a.tally.GotWorse() {
			state := name + " " + string(a.tally.Before.Word) + arrow + string(a.tally.After.Word)
			if a.tally.After.Level >= thresholds.Warning {
				states = append(states, state)
			} else {
				notes = append(notes, state)
			}
		}
		for k, v := range a.values {
			if unit := c.vitals[k].vital.Unit(); v.isWorse {
				values = append(values, worseValue{name + " " + c.vitals[k].name + " " + t.worstText(v.before, unit) +
					arrow + t.worstText(v.after, unit), v.factor()})
			}
		}
	}
	slices.SortStableFunc(values, func(a, b worseValue) int { return cmp.Compare(b.factor, a.factor) })
	for _, v := range values {
		states = append(states, v.text)
	}
	return append(states, notes...)
}

// A worseValue is in words how a value has become worse, and by which factor.
type worseValue struct {
	text   string
	factor float64
}

// factor is how many times larger, or smaller, a value is after than before; infinite from or to 0.
func (v *comparedValue) factor() float64 {
	before, after := v.before.Value.Or(0), v.after.Value.Or(0)
	return max(before, after) / min(before, after)
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
		if b := t.wrapped(width, " worse", m.brief(text)); len(b) <= lines || n == 1 {
			return b.cut(t, width, lines).pad(width, lines)
		}
	}
}
