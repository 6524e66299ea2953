package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// comparedFrame is the layout of the members' columns.
type comparedFrame struct {
	members []*comparedMember
	hidden  int // members that do not fit
	member  int // width
	change  bool
}

// newComparedFrame shows as many members as fit: the selected one, those that got worse, and their neighbours.
func (m model) newComparedFrame(c *compared, width int) comparedFrame {
	_, selected := m.charted()
	room := width - gridLabelWidth
	shown := min(len(c.members), max(room/comparedMemberWidth, 1))
	first := append([]int{max(selected, 0)}, c.worstFirst()...)
	for i := range c.members {
		first = append(first, i)
	}
	places := make([]int, 0, shown)
	for _, i := range first {
		if i < len(c.members) && len(places) < shown && !slices.Contains(places, i) {
			places = append(places, i)
		}
	}
	slices.Sort(places)
	f := comparedFrame{hidden: len(c.members) - shown, member: comparedMemberWidth}
	for _, i := range places {
		f.members = append(f.members, &c.members[i])
	}
	switch {
	case room >= len(c.members)*(comparedMemberWidth+comparedChange):
		f.member, f.change = comparedMemberWidth+comparedChange, true
	case room >= shown*(comparedMemberWidth+1):
		f.member = comparedMemberWidth + 1
	}
	return f
}

// comparedHead is how many lines the table of the members has above its vitals.
const comparedHead = 4

// renderComparedMembers draws the table: a row for each vital, with before, worst and after of each member. The room to
// the left of its head explains the first signs.
func (m model) renderComparedMembers(c *compared, width, lines int, signs []string) block {
	signs = append(slices.Clone(signs), "", "")
	f := m.newComparedFrame(c, width)
	b := block{m.renderComparedNames(f, signs[1], width), m.renderComparedTitles(c, f, signs[0], width)}
	b = append(b, m.renderComparedStates(f, width)...)
	for _, k := range c.rows(lines - comparedHead) {
		l := newLine(m.theme, width)
		l.cell(m.theme.plain, " "+c.vitals[k].name, gridLabelWidth, false)
		for _, a := range f.members {
			m.addCompared(l, f, &a.values[k], c.vitals[k].vital.Unit(), c.span == 0)
		}
		b = append(b, l.String())
	}
	return b
}

// renderComparedNames names the members, and says how many do not fit, or else what a sign means.
func (m model) renderComparedNames(f comparedFrame, sign string, width int) string {
	t, l := m.theme, newLine(m.theme, width)
	hidden := " " + sign
	if f.hidden > 0 {
		hidden = fmt.Sprintf(" +%d more: %s", f.hidden, m.keys.MemberFilter.Help().Key)
	}
	l.cell(t.dim, hidden, gridLabelWidth, false)
	for _, a := range f.members {
		style := t.bold
		if a.Key == m.selected {
			style = t.selected
		}
		name := fitName(t, m.shortName(a.MemberRef), f.member-2)
		l.space(1)
		l.add(style, name)
		l.space(f.member - 1 - ansi.StringWidth(name))
	}
	return l.String()
}

func (m model) renderComparedTitles(c *compared, f comparedFrame, sign string, width int) string {
	l, after := newLine(m.theme, width), "AFTER "
	if c.to < 0 {
		after = strings.ToUpper(m.nowWord()) + " "
	}
	l.cell(m.theme.dim, " "+sign, gridLabelWidth, false)
	for range f.members {
		for _, title := range []string{"BEFORE ", "WORST ", after} {
			l.cell(m.theme.dim, title, comparedCell, true)
		}
		l.space(f.member - comparedMemberWidth)
	}
	return l.String()
}

// renderComparedStates writes each member's state before and after, and at its worst. A long word takes the room of the
// cell beside it.
func (m model) renderComparedStates(f comparedFrame, width int) block {
	t := m.theme
	states, worst := newLine(t, width), newLine(t, width)
	states.cell(t.plain, " state", gridLabelWidth, false)
	worst.cell(t.plain, " at worst", gridLabelWidth, false)
	for _, a := range f.members {
		after := t.plain
		if a.tally.GotWorse() {
			after = t.level(thresholds.Warning)
		}
		before := unknownWord(a.tally.Before.Word) + " "
		wide := max(comparedCell, len(before))
		states.cell(t.plain, before, wide, true)
		states.cell(after, unknownWord(a.tally.After.Word)+" ", comparedMemberWidth-wide, true)
		states.space(f.member - comparedMemberWidth)
		words := m.worstWords(&a.tally) + " "
		wide = max(2*comparedCell, textWidth(words))
		worst.cell(t.plain, words, wide, true)
		worst.space(f.member - wide)
	}
	return block{states.String(), worst.String()}
}

// worstWords are a member's worst state, and where there is room that special one which it was in for longest, each
// with for how long: "LATE 7s, DEFRAG 19s".
func (m model) worstWords(of *thresholds.MemberTally) string {
	words := unknownWord(of.Worst.Word)
	if of.Worst.Word.IsSpecial() && of.Spent[of.Worst.Word] > 0 {
		words += " " + m.theme.duration(of.Spent[of.Worst.Word])
	}
	var other thresholds.ConditionWord
	for word, spent := range of.Spent {
		longest := of.Spent[other]
		if word != of.Worst.Word && word.IsSpecial() && (spent > longest || spent == longest && word < other) {
			other = word
		}
	}
	if other == "" {
		return words
	}
	if both := words + ", " + string(other) + " " + m.theme.duration(of.Spent[other]); textWidth(both) < comparedMemberWidth {
		return both
	}
	return words
}

func unknownWord(word thresholds.ConditionWord) string {
	if word == "" {
		return "?"
	}
	return string(word)
}

// addCompared writes a member's values, and the direction of a change for the worse. With all, it also says by how much
// any other value has changed.
func (m model) addCompared(l *line, f comparedFrame, v *comparedValue, unit thresholds.Unit, all bool) {
	t := m.theme
	before, worst, after := v.texts(t, unit)
	was, knownBefore := v.before.Value.Get()
	is, knownAfter := v.after.Value.Get()
	changed := knownBefore && knownAfter && !v.isPast && before != after
	sign, s, change := " ", t.plain, 0.0
	if v.isWorse {
		s = t.level(thresholds.Warning)
		if sign = t.pick("↓", "v"); is > was {
			sign = t.pick("↑", "^")
		}
	}
	// By how much an upper bound has changed is not known.
	if changed && (all || v.isWorse) && !v.before.AtMost && !v.after.AtMost {
		change = t.difference(was, is, unit)
	}
	l.cell(t.plain, before+" ", comparedCell, true)
	l.cell(t.plain, worst+" ", comparedCell, true)
	if v.isPast && textWidth(after) == comparedCell {
		sign = ""
	}
	l.cell(s, after+sign, comparedCell, true)
	if !f.change {
		l.space(f.member - comparedMemberWidth)
		return
	}
	l.cell(s, " "+t.changeText(was, change, unit), comparedChange, false)
}

// difference is that of two numbers as they are written.
func (t *theme) difference(was, is float64, unit thresholds.Unit) float64 {
	n := t.notation()
	return n.Rounded(is, unit) - n.Rounded(was, unit)
}

// changeText is by how much a value has changed. It is empty below a tenth of the value, as 15 ms and 14 ms may be
// 0.2 ms apart, and where there was none: it would be the value again.
func (t *theme) changeText(was, by float64, unit thresholds.Unit) string {
	text := t.number(probe.Known(by), unit)
	switch {
	case was == 0 || by == 0 || math.Abs(by) < math.Abs(was)/10:
		return ""
	case by > 0:
		return "+" + text
	}
	return text
}
