package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// The widths of the comparison.
const (
	comparedCell        = 7 // a value and its sign
	comparedMemberWidth = 3 * comparedCell
	comparedChange      = 8 // the difference, where there is room
	leastMarkText       = 6 // cells of what a mark says
	leastBetween        = 4 // lines for the events between with the rules around them; with fewer they are left out
)

// renderComparePage draws every member before a mark, at its worst since, and after another mark.
func (m model) renderComparePage(width, height int) block {
	frame := block{m.renderHeader(width)}
	c, any := m.comparison()
	if !any {
		return append(frame.pad(width, height-1), m.renderFooter(width))
	}
	all := m.compared(c)
	frame = append(frame, m.renderCompared(c, width)...)
	if c.span > 0 {
		lines := 1
		if height >= lowHeight {
			lines = 2
		}
		frame = append(frame, m.renderWorsened(all, width, lines)...)
	}
	cluster := m.renderComparedCluster(&all.tally, width).cut(m.theme, width, comparedClusterLines(width))
	frame = append(frame, cluster...)
	signs := m.comparedSigns(all)
	rows := m.renderComparedMembers(all, width, height-1-len(frame), signs)
	if len(frame)+len(rows)+2 <= height {
		rows = m.renderComparedMembers(all, width, len(rows), nil)
		for len(signs) > 0 && textWidth(strings.Join(signs, "  ")) > width-noteAround {
			signs = signs[:len(signs)-1]
		}
		frame = append(frame, m.ruleWith(width, "", span{m.theme.dim, strings.Join(signs, "  ")}))
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
		e := &m.shown.events[i]
		for _, at := range [...]time.Time{e.At, e.SaidAt()} {
			if at.Before(c.begin) || at.After(c.end) {
				continue
			}
			b = append(b, m.renderEvent(e, letters[i], width))
			break
		}
	}
	return b.cut(m.theme, width, height)
}

// renderCompared names the two moments. What marks say is cut where it does not fit, so that their times stay.
func (m model) renderCompared(c comparison, width int) block {
	spans := m.comparedSpans(c, width, width)
	if over := spansWidth(spans) - width; over > 0 {
		var texts []int
		for _, n := range c.marks() {
			texts = append(texts, textWidth(m.brief(m.shownMarks()[n].Text)))
		}
		slices.Sort(texts)
		rest := -over
		for _, w := range texts {
			rest += w
		}
		for i, w := range texts { // the same for all, but for those that need less
			most := rest / (len(texts) - i)
			rest -= min(w, most)
			spans = m.comparedSpans(c, width, max(most, leastMarkText))
		}
	}
	return block{lineOf(m.theme, width, spans...)}
}

// comparedSigns say what the signs of the values mean.
func (m model) comparedSigns(c *compared) []string {
	t := m.theme
	var up, down bool
	var found signs
	for i := range c.members {
		for _, v := range c.members[i].values {
			grew := v.after.Value.Or(0) > v.before.Value.Or(0)
			up, down = up || v.isWorse && grew, down || v.isWorse && !grew
			found.atMost = found.atMost || v.before.AtMost || v.worst.AtMost || v.after.AtMost
			found.last = found.last || v.isPast && v.after.Value.IsKnown()
		}
	}
	_, means := m.signWords(found)
	if down {
		means = slices.Insert(means, 0, t.pick("↓", "v")+" worse")
	}
	if up {
		means = slices.Insert(means, 0, t.pick("↑", "^")+" worse")
	}
	return means
}

// marks are the places of the marks that are compared.
func (c comparison) marks() []int {
	switch {
	case c.span > 0:
		return nil
	case c.to < 0:
		return []int{c.from}
	}
	return []int{c.from, c.to}
}

// comparedSpans are the two moments, with at most so many cells of what each mark says.
func (m model) comparedSpans(c comparison, width, text int) []span {
	t := m.theme
	spans := []span{{t.plain, " "}}
	if c.span > 0 {
		last := thresholds.ShortDuration(c.span)
		if c.watched > 0 {
			last = t.duration(c.end.Sub(c.begin))
		}
		spans = append(spans, span{t.bold, "LAST " + last}, span{t.dim, " " + m.stamp(c.begin)})
	} else {
		spans = append(spans, m.markSpans(c.from, text)...)
	}
	spans = append(spans, span{t.bold, " " + t.pick("→", "->") + " "})
	if c.to >= 0 {
		spans = append(spans, m.markSpans(c.to, text)...)
	} else {
		spans = append(spans, span{t.accent, m.nowWord()}, span{t.dim, " " + m.stamp(c.end)})
	}
	switch took := t.duration(c.end.Sub(c.begin)); {
	case c.watched > 0:
		words := ", all that was watched"
		if c.watched >= c.span-time.Second { // nothing is missing
			words = ""
		}
		all := words + ", BEFORE is the first " + t.duration(c.before) + " of it"
		if spansWidth(spans)+len(all)+1 <= width {
			words = all
		}
		spans = append(spans, span{t.plain, words})
	case c.span == 0:
		spans = append(spans, span{t.plain, ", " + took})
	}
	return spans
}

// markSpans name a mark, with at most so many cells of what it says.
func (m model) markSpans(n, text int) []span {
	t, mark := m.theme, &m.shownMarks()[n]
	spans := []span{{t.mark, markLetter(n)}}
	if mark.Text != "" {
		spans = append(spans, span{t.plain, ` "` + fitName(t, m.brief(mark.Text), text) + `"`})
	}
	return append(spans, span{t.dim, " " + m.stamp(mark.At)})
}

// comparedCluster says what happened to the cluster in the time that is compared.
func (m model) comparedCluster(s *thresholds.Tally) string {
	text := fmt.Sprintf("worst level %s, leader changes %d", levelWord(s.WorstLevel), s.LeaderChanges)
	if leaderless := s.Leaderless.Words(m.theme.notation()); leaderless != "" {
		text += ", " + leaderless
	}
	if before, after := s.LeaderBefore, s.LeaderAfter; before.Key != after.Key {
		text += fmt.Sprintf(", leader %s %s %s",
			orNobody(m.shortName(before)), m.theme.pick("→", "->"), orNobody(m.shortName(after)))
	}
	if s.Partial {
		text += "; not all of that time was watched, or is still kept"
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

func (m model) renderComparedCluster(s *thresholds.Tally, width int) block {
	return m.theme.wrapped(width, " cluster", m.brief(m.comparedCluster(s)))
}

// copyCompare copies the whole comparison.
func (m model) copyCompare() (what, text string) {
	c, any := m.comparison()
	if !any {
		return "", ""
	}
	charted, _ := m.charted()
	wide := gridLabelWidth + len(charted)*(comparedMemberWidth+comparedChange)
	all := m.compared(c)
	lines := append(m.renderCompared(c, wide), m.renderComparedCluster(&all.tally, wide)...)
	lines = append(lines, m.renderComparedMembers(all, wide, math.MaxInt, nil)...)
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimRight(ansi.Strip(l), " ") + "\n")
	}
	return "comparison", b.String()
}
