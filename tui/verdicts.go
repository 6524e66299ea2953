package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// verdictIndent is where the text of a verdict begins, right of its word.
const verdictIndent = 6

// reading says what is going on, and what to do next, each on as many lines as that takes.
func (m model) reading(width int) (text, next [][]span) {
	t, a := &m.theme, &m.shown.assessment
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

// renderReading writes the reading beside the word of its level. What to do next comes on lines of its own, where
// there are any left.
func (m model) renderReading(width, height int) block {
	if height <= 0 {
		return nil
	}
	t, level := &m.theme, m.shown.assessment.Level
	lines, next := m.reading(width)
	if len(lines) < height {
		lines = append(lines, next...)
	}
	if len(lines) > height {
		lines = cutLines(lines, height)
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

// drainGroup is the members that may be lost with the same consequence.
type drainGroup struct {
	verdict thresholds.Verdict
	reason  string
	labels  []string
	mixed   bool // reason is the first member's only
}

// drainGroups are the verdicts of all members, the ones that allow most first. Merged, there is one group to a
// verdict, with the reason of its first member.
func (m model) drainGroups(merged bool) []drainGroup {
	var groups []drainGroup
	for _, v := range []thresholds.Verdict{thresholds.LossSafe, thresholds.LossRisk, thresholds.LossNo, thresholds.LossUnknown} {
		from := len(groups)
		for i := range m.shown.assessment.Members {
			a := &m.shown.assessment.Members[i]
			if a.CanLose.Verdict != v {
				continue
			}
			label, reason := m.theme.clean(a.Label), m.theme.clean(a.CanLose.Reason)
			same := func(g drainGroup) bool { return merged || g.reason == reason }
			if at := slices.IndexFunc(groups[from:], same); at < 0 {
				groups = append(groups, drainGroup{verdict: v, reason: reason, labels: []string{label}})
			} else {
				g := &groups[from+at]
				g.mixed = g.mixed || g.reason != reason
				g.labels = append(g.labels, label)
			}
		}
	}
	return groups
}

// drainSpans write the verdicts always, the reasons as detail says.
func (m model) drainSpans(detail drainDetail) []span {
	t, groups := &m.theme, m.drainGroups(detail > drainReasons)
	total := len(m.shown.assessment.Members)
	spans := []span{{t.bold, "DRAIN"}, {text: " "}}
	for i, g := range groups {
		if i > 0 {
			spans = append(spans, span{t.faint, " " + t.bar() + " "})
		}
		word, style := t.verdict(g.verdict)
		who := " " + strings.Join(g.labels, ", ")
		switch {
		case len(g.labels) == total && total > 1:
			who = " any one of " + strconv.Itoa(total)
		case detail == drainCounts:
			who = " " + strconv.Itoa(len(g.labels))
		}
		spans = append(spans, span{style, word}, span{t.bold, who})
		reasoned := detail == drainReasons || (detail == drainLastReason && i == len(groups)-1)
		if reasoned && g.reason != "" {
			reason := ": " + g.reason
			if g.mixed {
				reason = "; " + g.labels[0] + reason
			}
			spans = append(spans, span{t.plain, reason})
		}
	}
	return spans
}

// drainDetail is how much of the verdicts is written where there is little room.
type drainDetail int

const (
	drainReasons drainDetail = iota
	drainLastReason
	drainNames
	drainCounts
)

// drainLines are the verdicts with all their reasons, as many lines as that takes.
func (m model) drainLines(width int) [][]span {
	return wrap(&m.theme, m.drainSpans(drainReasons), width, verdictIndent)
}

// renderDrain says of every member whether it may be lost now. The verdicts themselves are never cut: reasons go
// first, then names.
func (m model) renderDrain(width, height int) block {
	if height <= 0 {
		return nil
	}
	t := &m.theme
	for detail := drainReasons; ; detail++ {
		lines := wrap(t, m.drainSpans(detail), width, verdictIndent)
		if len(lines) > height && detail == drainLastReason {
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

// cutLines keeps the first height lines; what follows goes to the end of the last one, where it is cut.
func cutLines(lines [][]span, height int) [][]span {
	last := slices.Clone(lines[height-1])
	for _, spans := range lines[height:] {
		for i, s := range spans {
			if i == 0 { // in place of the indent
				s.text = " " + strings.TrimLeft(s.text, " ")
			}
			last = append(last, s)
		}
	}
	return append(slices.Clone(lines[:height-1]), last)
}

// renderStatusLine is all that fits into a window of one line.
func (m model) renderStatusLine(width int) string {
	t, a := &m.theme, &m.shown.assessment
	if !m.shown.known() {
		return lineOf(t, width, span{t.bold, "etcdoc "}, m.freshness())
	}
	c := &a.Cluster
	quorum := " quorum ok  "
	if c.Tolerance() < 0 {
		quorum = " NO QUORUM  "
	}
	spans := []span{{t.level(a.Level), levelWord(a.Level)},
		{t.plain, " " + strconv.Itoa(c.HealthyVoters) + "/" + strconv.Itoa(c.Voters) + quorum}}
	if m.paused {
		spans = append(spans, m.freshness(), span{text: "  "})
	}
	return lineOf(t, width, append(spans, span{t.plain, t.clean(a.Reading.Text)})...)
}
