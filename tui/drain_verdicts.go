package tui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// renderDrainDetail explains the selected step: its command, the member's verdicts, and where it runs.
func (m model) renderDrainDetail(width, height int) block {
	steps := m.drainSteps()
	if height <= 0 || len(steps) == 0 {
		return block{}.pad(width, height)
	}
	t := m.theme
	s := &steps[m.drainStepAt(steps)]
	title := m.shortName(s.Member)
	if s.member == nil {
		title = "THE LEADERSHIP"
	}
	note := ""
	if c, _ := m.stepCommand(s); c.text != "" {
		note = m.keys.Open.Help().Key + " copies the command; etcdoc runs none"
	}
	b := block{m.renderTitle(title, note, width), m.renderStepCommand(s, width)}
	if s.member == nil {
		b = append(b, indented(t, t.wrapped(width-1, "why", s.Why()), width)...)
	} else {
		facts := t.wrapped(width-1, "lose", t.clean(s.member.CanLose.Reason))
		facts = append(facts, m.drainFacts(s.member, width-1)...)
		facts = append(facts, t.wrapped(width-1, "runs", m.whereItRuns(s.member))...)
		b = append(b, indented(t, facts, width)...)
	}
	return b.cut(t, width, height).pad(width, height)
}

func indented(t *theme, lines block, width int) block {
	for i, line := range lines {
		lines[i] = fit(t, " "+line, width)
	}
	return lines
}

// whereItRuns are the facts about the member's host and process: its role, its address, its version and its uptime.
func (m model) whereItRuns(a *thresholds.Member) string {
	words := []string{string(a.Role)}
	if len(a.Endpoints) > 0 {
		words = append(words, m.theme.clean(a.Endpoints[0]))
	}
	if version := m.versionCell(a).text; version != "" {
		words = append(words, version)
	}
	return strings.Join(append(words, "up "+strings.TrimSpace(m.vitalCell(a, thresholds.Uptime).text)), ", ")
}

// drainFacts say who would remain, and whether the member could be removed for good.
func (m model) drainFacts(a *thresholds.Member, width int) block {
	t := m.theme
	b := t.wrapped(width, "left", m.survivors(a))
	word, style := t.verdict(a.CanRemove.Verdict)
	verdict := []span{{style, word}, {t.plain, " for good: " + t.clean(a.CanRemove.Reason)}}
	for i, spans := range wrap(t, verdict, max(width-labelWidth, 1), 0) {
		l := newLine(t, width)
		label := ""
		if i == 0 {
			label = "remove"
		}
		l.cell(t.dim, label, labelWidth, false)
		l.addRaw(lineOf(t, l.room(), spans...), l.room())
		b = append(b, l.String())
	}
	return b
}

// survivors says which voters remain when a member is lost, and names those that are not well.
func (m model) survivors(a *thresholds.Member) string {
	left := m.shown.assessment.Survivors(a.Key)
	unwell := make([]string, len(left.Unwell))
	for i, ref := range left.Unwell {
		unwell[i] = m.shortName(ref) + " " + m.stateCell(m.shown.assessment.Member(ref.Key)).text
	}
	var parts []string
	switch {
	case len(unwell) == 0 && left.Well == 0:
		parts = []string{"nobody"}
	case len(unwell) == 0:
		parts = []string{thresholds.Plural(left.Well, "other") + ", ok"}
	case left.Well == 0:
		parts = unwell
	default:
		parts = append(unwell, strconv.Itoa(left.Well)+" more ok")
	}
	text := strings.Join(parts, ", ")
	if left.Cost != "" {
		text += "; " + left.Cost
	}
	return text
}

// verdictText is a member's verdict with its time, to paste elsewhere.
func (m model) verdictText(a *thresholds.Member) string {
	t := m.theme
	lose, _ := t.verdict(a.CanLose.Verdict)
	remove, _ := t.verdict(a.CanRemove.Verdict)
	return fmt.Sprintf("%s at %s: lose it now: %s (%s); remove it for good: %s (%s)",
		t.clean(a.Label), stampUTC(m.shown.assessment.At),
		lose, t.clean(a.CanLose.Reason), remove, t.clean(a.CanRemove.Reason))
}
