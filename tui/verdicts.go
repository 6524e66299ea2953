package tui

import (
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// verdictIndent is where the text of a verdict begins, right of its word.
const verdictIndent = 6

// renderReading says what is going on, and what to do next.
func (m Model) renderReading(width, height int) block {
	if height <= 0 {
		return nil
	}
	t, a := &m.theme, &m.shown.assessment
	word := span{t.level(a.Level), levelWord(a.Level)}
	if a.Level == thresholds.OK {
		word.text = "OK"
	}
	text := []span{word, {text: blanks(verdictIndent - len(word.text))}}
	lines := wrap(t, []span{{t.bold, t.clean(a.Reading.Text)}}, width-verdictIndent, 0)
	if len(lines) > height {
		lines = [][]span{{{t.bold, t.clean(a.Reading.Text)}}}
	}
	if next := t.clean(a.Reading.Next); next != "" && len(lines) < height {
		lines = append(lines, wrap(t, []span{{t.dim, "Next:"}, {t.plain, " " + next}}, width-verdictIndent, 0)...)
	}
	var b block
	for i, spans := range lines {
		if i > 0 {
			text = []span{{text: blanks(verdictIndent)}}
		}
		b = append(b, lineOf(t, width, append(text, spans...)...))
	}
	return b.pad(width, height)
}

// drainGroup is the members that may be lost with the same consequence.
type drainGroup struct {
	verdict thresholds.Verdict
	reason  string
	labels  []string
}

// drainGroups are the verdicts of all members, the ones that allow most first.
func (m Model) drainGroups() []drainGroup {
	var groups []drainGroup
	for _, v := range []thresholds.Verdict{thresholds.LossSafe, thresholds.LossRisk, thresholds.LossNo, thresholds.LossUnknown} {
		from := len(groups)
		for i := range m.shown.assessment.Members {
			a := &m.shown.assessment.Members[i]
			if a.CanLose.Verdict != v {
				continue
			}
			label, found := m.theme.clean(a.Label), false
			for j := from; j < len(groups) && !found; j++ {
				if found = groups[j].reason == a.CanLose.Reason; found {
					groups[j].labels = append(groups[j].labels, label)
				}
			}
			if !found {
				groups = append(groups, drainGroup{v, a.CanLose.Reason, []string{label}})
			}
		}
	}
	return groups
}

// drainSpans write the groups; the verdicts always, the reasons as detail says.
func (m Model) drainSpans(groups []drainGroup, detail drainDetail) []span {
	t := &m.theme
	total := len(m.shown.assessment.Members)
	spans := []span{{t.bold, "DRAIN"}, {text: " "}}
	for i, g := range groups {
		if i > 0 {
			spans = append(spans, span{t.dim, " " + t.bar() + " "})
		}
		word, style := t.verdict(g.verdict)
		who := " " + strings.Join(g.labels, ", ")
		switch {
		case len(g.labels) == total && total > 1:
			who = " (all " + strconv.Itoa(total) + ")"
		case detail == drainCounts:
			who = " " + strconv.Itoa(len(g.labels))
		}
		spans = append(spans, span{style, word}, span{t.bold, who})
		reasoned := detail == drainReasons || (detail == drainLastReason && i == len(groups)-1)
		if reasoned && g.reason != "" {
			spans = append(spans, span{t.plain, ": " + t.clean(g.reason)})
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
func (m Model) drainLines(width int) [][]span {
	return wrap(&m.theme, m.drainSpans(m.drainGroups(), drainReasons), width, verdictIndent)
}

// renderDrain says of every member whether it may be lost now. The verdicts themselves are never cut: reasons go
// first, then names.
func (m Model) renderDrain(width, height int) block {
	if height <= 0 {
		return nil
	}
	t, groups := &m.theme, m.drainGroups()
	for detail := drainReasons; ; detail++ {
		lines := wrap(t, m.drainSpans(groups, detail), width, verdictIndent)
		if len(lines) > height && detail == drainLastReason {
			bare := wrap(t, m.drainSpans(groups, drainNames), width, verdictIndent)
			if len(bare) < height || (len(bare) == height && lineWidth(bare[height-1]) < width-2*verdictIndent) {
				lines = cutLines(t, lines, height, width)
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

// cutLines keeps the first height lines and ends the last of them with an ellipsis.
func cutLines(t *theme, lines [][]span, height, width int) [][]span {
	last := append([]span{}, lines[height-1]...)
	for lineWidth(last) > width-1 && len(last) > 0 {
		last = last[:len(last)-1]
	}
	last = append(last, span{t.plain, t.ellipsis()})
	return append(append([][]span{}, lines[:height-1]...), last)
}

func lineWidth(spans []span) int { return field{spans: spans}.width() }

// renderStatusLine is all that fits into a window of one line.
func (m Model) renderStatusLine(width int) string {
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
