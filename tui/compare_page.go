package tui

import (
	"fmt"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// The widths of the comparison.
const (
	comparedCell   = 7 // a value and its sign
	comparedMember = 3 * comparedCell
	comparedChange = 8 // the difference, where there is room
	leastBetween   = 4 // lines for the events between with the rules around them; with fewer they are left out
)

// renderComparePage draws every member before a mark, at its worst since, and after another mark.
func (m model) renderComparePage(width, height int) block {
	frame := block{m.renderHeader(width)}
	c, any := m.comparison()
	if !any {
		return append(frame.pad(width, height-1), m.renderFooter(width))
	}
	state := m.compareState(c)
	frame = append(frame, m.renderCompared(c, width)...)
	if c.span > 0 {
		lines := 1
		if height >= lowHeight {
			lines = 2
		}
		frame = append(frame, m.renderWorsened(c, &state, width, lines)...)
	}
	frame = append(frame, m.renderComparedCluster(&state, width).cut(m.theme, width, comparedClusterLines(width))...)
	rows := m.renderComparedMembers(c, &state, width)
	if len(frame)+len(rows)+2 <= height {
		frame = append(frame, m.renderRule(width))
	}
	frame = append(frame, rows...)
	if room := height - 1 - len(frame); room >= leastBetween {
		frame = append(frame, m.renderRule(width))
		frame = append(frame, m.renderBetween(c, width, room-2)...)
		frame = append(frame, m.renderRule(width))
	}
	return append(frame.cut(m.theme, width, height-1), m.renderFooter(width))
}

// renderBetween lists the events of the time that is compared, newest first.
func (m model) renderBetween(c comparison, width, height int) block {
	b := block{lineOf(m.theme, width, span{m.theme.bold, " EVENTS BETWEEN"})}
	letters := m.markLetters()
	for i := len(m.shown.events) - 1; i >= 0; i-- {
		if e := &m.shown.events[i]; !e.At.Before(c.begin) && !e.At.After(c.end) {
			b = append(b, m.renderEvent(e, letters[i], width))
		}
	}
	return b.cut(m.theme, width, height)
}

// renderCompared names the two moments.
func (m model) renderCompared(c comparison, width int) block {
	t := m.theme
	var spans []span
	if c.span > 0 {
		spans = []span{{t.bold, "LAST " + thresholds.ShortDuration(c.span)}, {t.dim, " " + m.stamp(c.begin)}}
	} else {
		spans = m.markSpans(c.from)
	}
	spans = append(spans, span{t.bold, " " + t.pick("→", "->") + " "})
	if c.to >= 0 {
		spans = append(spans, m.markSpans(c.to)...)
	} else {
		spans = append(spans, span{t.accent, m.nowWord()}, span{t.dim, " " + m.stamp(c.end)})
	}
	switch took := t.duration(c.end.Sub(c.begin)); {
	case c.watched:
		spans = append(spans, span{t.plain, ", only " + took + " watched"})
	case c.span == 0:
		spans = append(spans, span{t.plain, ", " + took})
	}
	return block{lineOf(t, width, append([]span{{t.plain, " "}}, spans...)...)}
}

func (m model) markSpans(n int) []span {
	t, mark := m.theme, &m.shownMarks()[n]
	spans := []span{{t.mark, markLetter(n)}}
	if mark.Text != "" {
		spans = append(spans, span{t.plain, ` "` + t.clean(mark.Text) + `"`})
	}
	return append(spans, span{t.dim, " " + m.stamp(mark.At)})
}

// comparedCluster says what happened to the cluster in the time that is compared.
func (m model) comparedCluster(s *comparedState) string {
	text := fmt.Sprintf("worst level %s, leader changes %d", levelWord(s.cluster), s.leaderChanges)
	if s.leaderless > 0 {
		least, most := s.leaderless-s.leaderlessError, s.leaderless+s.leaderlessError
		switch {
		case least <= 0:
			text += ", leaderless < " + m.theme.duration(most)
		case least < most:
			text += ", leaderless " + m.theme.duration(least) + " to " + m.theme.duration(most)
		default:
			text += ", leaderless " + m.theme.duration(most)
		}
	}
	if s.leaders[0] != s.leaders[1] {
		text += fmt.Sprintf(", leader %s %s %s",
			orNobody(s.leaders[0]), m.theme.pick("→", "->"), orNobody(s.leaders[1]))
	}
	if s.partial {
		text += "; not all of that time is kept any longer"
	}
	return text
}

// comparedClusterLines is how many lines of a window there are for what happened to the cluster, however little it is.
func comparedClusterLines(width int) int {
	const widest = 130
	return (widest + width - labelWidth - 1) / max(width-labelWidth, 1)
}

func orNobody(leader string) string {
	if leader == "" {
		return "nobody"
	}
	return leader
}

func (m model) renderComparedCluster(s *comparedState, width int) block {
	return m.theme.wrapped(width, " cluster", m.theme.clean(m.comparedCluster(s)))
}

// comparedFrame is the layout of the members' columns.
type comparedFrame struct {
	members []thresholds.Member
	hidden  int // members that do not fit
	member  int // width
	change  bool
}

// newComparedFrame shows as many members as fit, around the selected one.
func (m model) newComparedFrame(width int) comparedFrame {
	charted, selected := m.charted()
	room := width - gridLabelWidth
	from, to := around(selected, min(len(charted), max(room/comparedMember, 1)), len(charted))
	f := comparedFrame{members: charted[from:to], hidden: len(charted) - (to - from), member: comparedMember}
	switch shown := to - from; {
	case room >= len(charted)*(comparedMember+comparedChange):
		f.member, f.change = comparedMember+comparedChange, true
	case room >= shown*(comparedMember+1):
		f.member = comparedMember + 1
	}
	return f
}

// renderComparedMembers draws the table: a row for each vital, with before, worst and after of each member.
func (m model) renderComparedMembers(c comparison, s *comparedState, width int) block {
	f := m.newComparedFrame(width)
	b := block{m.renderComparedNames(f, width), m.renderComparedTitles(c, f, width)}
	b = append(b, m.renderComparedStates(s, f, width)...)
	for _, v := range comparedVitals() {
		l := newLine(m.theme, width)
		l.cell(m.theme.plain, " "+v.name, gridLabelWidth, false)
		for i := range f.members {
			value := m.compareVital(c, &f.members[i], v.vital)
			m.addCompared(l, f, value, v.vital.Unit(), c.span == 0, m.gotWorse(value, v.vital))
		}
		b = append(b, l.String())
	}
	return b
}

// renderComparedNames names the members, and says how many do not fit.
func (m model) renderComparedNames(f comparedFrame, width int) string {
	t, l := m.theme, newLine(m.theme, width)
	hidden := ""
	if f.hidden > 0 {
		hidden = fmt.Sprintf(" +%d hid, %s", f.hidden, m.keys.MemberFilter.Help().Key)
	}
	l.cell(t.dim, hidden, gridLabelWidth, false)
	for i := range f.members {
		a, style := &f.members[i], t.bold
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

func (m model) renderComparedTitles(c comparison, f comparedFrame, width int) string {
	l, after := newLine(m.theme, width), "AFTER "
	if c.to < 0 {
		after = strings.ToUpper(m.nowWord()) + " "
	}
	l.space(gridLabelWidth)
	for range f.members {
		for _, title := range []string{"BEFORE ", "WORST ", after} {
			l.cell(m.theme.dim, title, comparedCell, true)
		}
		l.space(f.member - comparedMember)
	}
	return l.String()
}

// renderComparedStates writes each member's states, and for how long it did not answer.
func (m model) renderComparedStates(s *comparedState, f comparedFrame, width int) block {
	t := m.theme
	states, gone := newLine(t, width), newLine(t, width)
	states.cell(t.plain, " state", gridLabelWidth, false)
	gone.cell(t.plain, " down", gridLabelWidth, false)
	for i := range f.members {
		key := f.members[i].Key
		states.cell(t.plain, unknownWord(s.before[key])+" ", comparedCell, true)
		states.cell(t.plain, unknownWord(s.worst[key])+" ", comparedCell, true)
		after := t.plain
		if s.afterLevel[key].worseThan(s.beforeLevel[key]) {
			after = t.level(thresholds.Warning)
		}
		states.cell(after, unknownWord(s.after[key])+" ", comparedCell, true)
		states.space(f.member - comparedMember)
		lasted := "-"
		if down := s.down[key]; down > 0 {
			lasted = t.duration(down)
		}
		gone.space(comparedCell)
		gone.cell(t.plain, lasted+" ", comparedCell, true)
		gone.space(f.member - 2*comparedCell)
	}
	return block{states.String(), gone.String()}
}

func unknownWord(word string) string {
	if word == "" {
		return "?"
	}
	return word
}

// addCompared writes a member's values, and the direction of their change: of any change where all is set, else only of
// one for the worse.
func (m model) addCompared(l *line, f comparedFrame, v comparedValue, unit thresholds.Unit, all, worse bool) {
	t := m.theme
	before, after := t.worstText(v.before, unit), t.worstText(v.after, unit)
	sign, s, change := " ", t.plain, 0.0
	was, knownBefore := v.before.Value.Get()
	is, knownAfter := v.after.Value.Get()
	switch {
	case !knownBefore || !knownAfter || v.before.AtMost != v.after.AtMost:
	case before == after:
		sign, s = "=", t.dim
	case is > was:
		sign, s, change = t.pick("↑", "^"), t.bold, is-was
	default:
		sign, s, change = t.pick("↓", "v"), t.bold, is-was
	}
	switch {
	case worse:
		s = t.level(thresholds.Warning)
	case !all:
		sign, s, change = " ", t.plain, 0
	}
	l.cell(t.plain, before+" ", comparedCell, true)
	l.cell(t.plain, t.worstText(v.worst, unit)+" ", comparedCell, true)
	l.cell(s, after+sign, comparedCell, true)
	if !f.change {
		l.space(f.member - comparedMember)
		return
	}
	l.cell(s, " "+t.changeText(change, unit), comparedChange, false)
}

// changeText is the difference between two values; empty where it is too small to be written.
func (t *theme) changeText(by float64, unit thresholds.Unit) string {
	text := t.number(probe.Known(by), unit)
	switch {
	case math.Abs(by) < unit.Least():
		return ""
	case by > 0:
		return "+" + text
	}
	return text
}

// copyCompare copies the whole comparison.
func (m model) copyCompare() (what, text string) {
	c, any := m.comparison()
	if !any {
		return "", ""
	}
	charted, _ := m.charted()
	wide := gridLabelWidth + len(charted)*(comparedMember+comparedChange)
	state := m.compareState(c)
	lines := append(m.renderCompared(c, wide), m.renderComparedCluster(&state, wide)...)
	lines = append(lines, m.renderComparedMembers(c, &state, wide)...)
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimRight(ansi.Strip(l), " ") + "\n")
	}
	return "comparison", b.String()
}
