package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// verdictIndent is the width of the word of a verdict, with a blank.
const verdictIndent = 6

// reading is the reading and what to do next, on as many lines as they take.
func (m model) reading(width int) (text, next [][]span) {
	t, a := m.theme, &m.shown.assessment
	weight := t.bold
	if a.Level == thresholds.OK {
		weight = t.plain
	}
	text = wrap(t, []span{{weight, t.clean(a.Reading.Text)}}, width-verdictIndent, 0)
	if advice := t.clean(a.Reading.Next); advice != "" {
		next = wrap(t, []span{{t.dim, "Next:"}, {t.plain, " " + advice}}, width-verdictIndent, 0)
	}
	return text, next
}

// renderReading writes the reading beside its level, and what to do next on lines of its own, at least on those kept
// for it.
func (m model) renderReading(width, height, kept int) block {
	if height <= 0 {
		return nil
	}
	t, level := m.theme, m.shown.assessment.Level
	lines, next := m.reading(width)
	if most := height - min(kept, len(next)); len(lines) > most {
		lines = cutLines(lines, most)
	}
	if room := height - len(lines); len(next) > room && room > 0 {
		next = cutLines(next, room)
	}
	if len(lines) < height {
		lines = append(lines, next...)
	}
	word := span{t.level(level), levelWord(level)}
	if level == thresholds.OK {
		word.text = "OK"
	}
	var b block
	for _, spans := range lines {
		begin := []span{word, {text: blanks(verdictIndent - len(word.text))}}
		b = append(b, lineOf(t, width, append(begin, spans...)...))
		word = span{}
	}
	return b.pad(width, height)
}

// drainGroup is members with the same verdict and reason.
type drainGroup struct {
	verdict thresholds.Verdict
	gone    bool // down already, whatever the verdict
	reason  string
	labels  []string
	mixed   bool // reason is the first member's only
}

// drainGroups are the verdicts of all members, the strictest first and the members that are down last. Merged, each
// verdict has one group, with its first member's reason.
func (m model) drainGroups(merged bool) []drainGroup {
	var groups []drainGroup
	members := m.shown.assessment.CountMembers()
	for _, kind := range []drainGroup{
		{verdict: thresholds.LossNo}, {verdict: thresholds.LossRisk}, {verdict: thresholds.LossUnknown},
		{verdict: thresholds.LossSafe}, {gone: true},
	} {
		from := len(groups)
		for i := range m.shown.assessment.Members {
			a := &m.shown.assessment.Members[i]
			if a.Stray && members > 0 { // it is no member
				continue
			}
			if a.LostAlready() != kind.gone || (!kind.gone && a.CanLose.Verdict != kind.verdict) {
				continue
			}
			label, reason := m.theme.clean(a.Label), m.theme.clean(a.CanLose.Reason)
			same := func(g drainGroup) bool { return merged || kind.gone || g.reason == reason }
			if at := slices.IndexFunc(groups[from:], same); at < 0 {
				group := drainGroup{verdict: kind.verdict, gone: kind.gone, reason: reason, labels: []string{label}}
				groups = append(groups, group)
			} else {
				g := &groups[from+at]
				g.mixed = g.mixed || g.reason != reason
				g.labels = append(g.labels, label)
			}
		}
	}
	return groups
}

// drainSpans always write the verdicts; detail says which reasons and names go with them.
func (m model) drainSpans(detail drainDetail) []span {
	t, groups := m.theme, m.drainGroups(detail > drainReasons)
	spans := []span{{t.bold, "DRAIN"}, {text: " "}}
	divider := span{t.faint, " " + t.bar() + " "}
	for i := range groups {
		g := &groups[i]
		if i > 0 {
			spans = append(spans, divider)
		}
		spans = append(spans, m.drainGroupSpans(g, detail)...)
		if detail == drainReasons && g.reason != "" && !g.gone {
			spans = append(spans, span{t.plain, g.because()})
		}
	}
	if detail == drainFirstReason && len(groups) > 0 && groups[0].reason != "" && !groups[0].gone {
		g := &groups[0]
		if word, style := t.verdict(g.verdict); len(groups) > 1 {
			spans = append(spans, divider, span{t.dim, "why "}, span{style, word})
		}
		spans = append(spans, span{t.plain, g.because()})
	}
	return spans
}

// because is the reason behind a group's members.
func (g *drainGroup) because() string {
	if g.mixed {
		return "; " + g.labels[0] + ": " + g.reason
	}
	return ": " + g.reason
}

// drainGroupSpans are a group's verdict and members.
func (m model) drainGroupSpans(g *drainGroup, detail drainDetail) []span {
	t, count := m.theme, len(g.labels)
	who := strings.Join(g.labels, ", ")
	switch {
	case detail == drainCounts:
		who = strconv.Itoa(count)
	case count == m.shown.assessment.CountMembers() && count > 1:
		who = "any one of " + strconv.Itoa(count)
	}
	if g.gone {
		if detail == drainCounts {
			return []span{{t.dim, who + " down"}}
		}
		return []span{{t.dim, who + " down already"}}
	}
	word, style := t.verdict(g.verdict)
	return []span{{style, word}, {t.bold, " " + who}}
}

// drainDetail is how much of the verdicts is written where there is little room.
type drainDetail int

const (
	drainReasons drainDetail = iota
	drainFirstReason
	drainNames
	drainCounts
)

// drainLines are the verdicts with all reasons.
func (m model) drainLines(width int) [][]span {
	return wrap(m.theme, m.drainSpans(drainReasons), width, verdictIndent)
}

// verdictColumns are the verdicts of all members side by side, in the table's order, where the window is wide and
// they differ; else nil.
func (m model) verdictColumns(width int) block {
	const gap = 3
	t, members := m.theme, m.shown.assessment.Members
	if width < dockWidth || len(m.drainGroups(false)) < 2 {
		return nil
	}
	column := (width-verdictIndent+gap)/len(members) - gap
	if column < minDrainColumn {
		return nil
	}
	var columns [][][]span
	lines := 0
	for i := range members {
		a := &members[i]
		word, style := m.drainWord(a)
		spans := []span{{style, word}, {t.bold, " " + t.clean(a.Label)}}
		if a.LostAlready() {
			spans = append(spans, span{t.dim, " down already"})
		} else if reason := t.clean(a.CanLose.Reason); reason != "" {
			spans = append(spans, span{t.plain, ": " + reason})
		}
		wrapped := wrap(t, spans, column, 0)
		if len(wrapped) > maxDrainLines {
			wrapped = cutLines(wrapped, maxDrainLines)
		}
		columns, lines = append(columns, wrapped), max(lines, len(wrapped))
	}
	var b block
	for y := range lines {
		l := newLine(t, width)
		word := ""
		if y == 0 {
			word = "DRAIN"
		}
		l.cell(t.bold, word, verdictIndent, false)
		for i, wrapped := range columns {
			if i > 0 {
				l.add(t.faint, " "+t.bar()+" ")
			}
			var spans []span
			if y < len(wrapped) {
				spans = wrapped[y]
			}
			l.addRaw(lineOf(t, column, spans...), column)
		}
		b = append(b, l.String())
	}
	return b
}

// verdictHeight is how many lines the verdicts take with all reasons.
func (m model) verdictHeight(width int) int {
	if columns := m.verdictColumns(width); columns != nil {
		return len(columns)
	}
	return len(m.drainLines(width))
}

// renderDrain says of each member whether it may go down now. It leaves out reasons first and then names, never a
// verdict.
func (m model) renderDrain(width, height int) block {
	if height <= 0 {
		return nil
	}
	if columns := m.verdictColumns(width); columns != nil && len(columns) <= height {
		return columns.pad(width, height)
	}
	t := m.theme
	for detail := drainReasons; ; detail++ {
		lines := wrap(t, m.drainSpans(detail), width, verdictIndent)
		if len(lines) > height && detail == drainFirstReason {
			bare := wrap(t, m.drainSpans(drainNames), width, verdictIndent)
			if len(bare) < height || (len(bare) == height && spansWidth(bare[height-1]) < width-2*verdictIndent) {
				lines = cutLines(lines, height)
			}
		}
		if len(lines) <= height || detail == drainCounts {
			var b block
			for _, spans := range lines {
				b = append(b, lineOf(t, width, spans...))
			}
			return b.pad(width, height)
		}
	}
}
