package tui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// drainPart is a labelled part of what is said about a step: in full, and in short where that is less; empty if it has
// no short form.
type drainPart struct{ full, short block }

// renderDrainDetail explains the selected step: its command, the member's verdicts, and where it runs. What does not
// fit in full is there in short or not at all, the last parts first.
func (m model) renderDrainDetail(width, height int) block {
	steps := m.drainSteps()
	if height <= 0 || len(steps) == 0 {
		return block{}.pad(width, height)
	}
	s := &steps[m.drainStepAt(steps)]
	title := m.shortName(s.Member)
	if s.member == nil {
		title = "THE LEADERSHIP"
	}
	note := ""
	if c, _ := m.stepCommand(s); c.text != "" {
		note = m.keys.Open.Help().Key + " copies the command; etcdoc runs none"
	}
	b := append(block{m.renderTitle(title, note, width)}, m.renderStepCommand(s, width)...)
	return append(b, fitParts(m.drainParts(s, width), height-len(b))...).cut(m.theme, width, height)
}

// drainParts returns the words about a step besides its command.
func (m model) drainParts(s *drainStep, width int) []drainPart {
	t := m.theme
	part := func(label string, spans []span) block {
		return indented(t, m.labelled(width-1, label, spans), width)
	}
	if s.member == nil {
		return []drainPart{{full: part("why", []span{{t.plain, s.Why()}})}}
	}
	a := s.member
	word, style := t.verdict(a.CanRemove.Verdict)
	lose := func(reason string) []span { return []span{{t.plain, m.brief(reason)}} }
	remove := func(reason string) []span {
		return []span{{style, word}, {t.plain, " for good: " + m.brief(reason)}}
	}
	return []drainPart{
		{part("lose", lose(a.CanLose.Reason)), part("lose", lose(cmp.Or(a.CanLose.Headline, a.CanLose.Reason)))},
		{full: part("left", []span{{t.plain, m.survivors(a)}})},
		{part("remove", remove(a.CanRemove.Reason)),
			part("remove", remove(cmp.Or(a.CanRemove.Headline, a.CanRemove.Reason)))},
		{full: part("runs", []span{{t.plain, m.whereItRuns(a)}})},
	}
}

// fitParts are as many of the parts as fit on some lines, the first ones in full as far as there is room.
func fitParts(parts []drainPart, height int) block {
	shown, used := make([]block, 0, len(parts)), 0
	for _, p := range parts {
		least := p.full
		if len(p.short) > 0 {
			least = p.short
		}
		if used += len(least); used > height {
			break
		}
		shown = append(shown, least)
	}
	used = 0
	for _, b := range shown {
		used += len(b)
	}
	var b block
	for i, least := range shown {
		if more := len(parts[i].full) - len(least); used+more <= height {
			least, used = parts[i].full, used+more
		}
		b = append(b, least...)
	}
	return b
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
		parts = []string{thresholds.Plural(left.Well, "other voter") + ", ok"}
	case left.Well == 0:
		parts = unwell
	default:
		parts = append(unwell, thresholds.Plural(left.Well, "other voter")+" ok")
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
