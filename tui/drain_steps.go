package tui

import (
	"strconv"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// drainStep is a step of changing all members one by one.
type drainStep struct {
	member *thresholds.Member // nil where the step moves the leadership
	text   string
}

// drainSteps are the members in the order to go, with the move of the leadership before the last of them.
func (m model) drainSteps() []drainStep {
	r := &m.shown.assessment.Rolling
	var steps []drainStep
	for i, ref := range r.Order {
		a := m.shown.assessment.Member(ref.Key)
		if a == nil {
			continue
		}
		if last := i == len(r.Order)-1; last && a.Role == thresholds.RoleLeader && !r.MoveLeaderTo.IsZero() {
			steps = append(steps, drainStep{text: "move the leadership to " + m.shortName(r.MoveLeaderTo)})
		}
		steps = append(steps, drainStep{member: a})
	}
	return steps
}

// renderDrainSteps shows the order, and what to check before each step.
func (m model) renderDrainSteps(width int, l drainLayout) block {
	t := m.theme
	title := "IN THIS ORDER"
	switch r := &m.shown.assessment.Rolling; {
	case r.Unknown:
		title = "ONCE THAT IS KNOWN, IN THIS ORDER"
	case r.Blocked != "":
		title = "NOT YET; AFTER THAT IN THIS ORDER"
	}
	checks, note := "BEFORE EACH STEP", ""
	if hidden := len(m.drainSteps()) - (l.steps - 1); hidden > 0 {
		note = "+" + thresholds.Plural(hidden, "more step")
	}
	if !l.beside {
		steps := m.renderOrder(width, max(l.steps-1, 0))
		b := append(block{m.renderTitle(title, note, width)}, steps...)
		b = append(b, m.renderTitle(checks, "", width))
		return append(b, m.renderChecks(width)...).cut(t, width, l.steps)
	}
	left := min(max(width/2-3, 34), 70)
	right := width - left - 1
	b := append(block{m.renderTitle(title, note, left)}, m.renderOrder(left, l.steps-1).pad(left, l.steps-1)...)
	c := append(block{m.renderTitle(checks, "", right)}, m.renderChecks(right)...).cut(t, right, l.steps)
	return beside(b, " ", c)
}

// renderOrder writes the steps; where they do not fit, those around the selected member's.
func (m model) renderOrder(width, height int) block {
	t, steps := m.theme, m.drainSteps()
	if len(steps) == 0 {
		return block{lineOf(t, width, span{t.dim, " nobody who could go"})}
	}
	at := 0
	for i, s := range steps {
		if s.member != nil && s.member.Key == m.selected {
			at = i
		}
	}
	from, to := around(at, min(height, len(steps)), len(steps))
	names := 0
	for _, s := range steps {
		if s.member != nil {
			names = max(names, min(ansi.StringWidth(m.shortName(s.member.MemberRef)), maxNameWidth))
		}
	}
	var b block
	for i := from; i < to; i++ {
		l := newLine(t, width)
		l.cell(t.bold, strconv.Itoa(i+1), 3, true)
		l.space(1)
		if s := steps[i]; s.member == nil {
			l.add(t.leader, s.text)
		} else {
			m.addStep(l, s.member, names)
		}
		b = append(b, l.String())
	}
	return b
}

// addStep names the member of a step, with its uptime and version, which show whether it has had its turn.
func (m model) addStep(l *line, a *thresholds.Member, names int) {
	t := m.theme
	name := m.nameCell(a, names)
	l.cell(name.style, name.text, names, false)
	l.space(1)
	word, style := m.drainWord(a)
	l.cell(style, word, len("UNKNOWN"), false)
	up := m.vitalCell(a, thresholds.Uptime)
	l.add(t.dim, " up ")
	l.cell(up.style, up.text, len("~99d23h "), false)
	version := m.versionCell(a)
	l.add(version.style, version.text)
}

// renderChecks writes the checks, as of the moment shown.
func (m model) renderChecks(width int) block {
	t := m.theme
	var b block
	for _, c := range m.shown.assessment.Rolling.Checks {
		box, text := span{t.level(thresholds.Unknown), "[?]"}, m.brief(c.Text)
		switch c.Status {
		case thresholds.CheckOK:
			box = span{t.level(thresholds.OK), "[ok]"}
		case thresholds.CheckFailed:
			box = span{t.level(thresholds.Warning), "[no]"}
		}
		if c.Name == thresholds.CheckFindings && c.Status != thresholds.CheckOK {
			text += ": see " + m.keys.Findings.Help().Key
		}
		gap := span{text: blanks(5 - len(box.text))}
		b = append(b, lineOf(t, width, span{text: " "}, box, gap, span{t.plain, text}))
	}
	return b
}
