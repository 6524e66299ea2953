package tui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// drainColumns are the widths of the columns before the reasons.
type drainColumns struct{ name, role, verdict int }

func (c drainColumns) width() int {
	w := cursorWidth + c.name + 1 + c.verdict + 1
	if c.role > 0 {
		w += c.role + 1
	}
	return w
}

func (m model) drainColumns(width int) drainColumns {
	c := drainColumns{name: minNameWidth, role: 8, verdict: len("UNKNOWN")}
	for i := range m.shown.members {
		c.name = max(c.name, min(ansi.StringWidth(m.shortName(m.shown.members[i].MemberRef)), maxNameWidth))
	}
	c.name = min(c.name, max(width/4, minNameWidth))
	if width < 60 {
		c.role = 0
	}
	return c
}

// renderDrainVerdicts says of each member whether it may go down, and why.
func (m model) renderDrainVerdicts(p *drainParts, l drainLayout, width int) block {
	var b block
	visible := m.visible(l.rows)
	if l.full {
		visible = m.visible(len(m.shown.members))
	}
	if l.titled {
		note := ""
		if hidden := len(m.shown.members) - len(visible); hidden > 0 {
			note = hiddenNote(hidden)
		}
		b = append(b, m.renderTitle("MAY IT GO DOWN "+strings.ToUpper(m.nowWord())+"?", note, width))
	}
	for _, i := range visible {
		if l.full {
			b = append(b, p.full[i]...)
			continue
		}
		b = append(b, m.drainRow(&m.shown.members[i], width)[0])
	}
	return b
}

// drainRow is a member's verdict: first on one line, its reason cut where it does not fit, then on as many lines as
// it takes.
func (m model) drainRow(a *thresholds.Member, width int) block {
	t, c := m.theme, m.drainColumns(width)
	word, style := m.drainWord(a)
	lead := func() *line {
		l := newLine(t, width)
		if a.Key == m.selected && m.drainCommand() == 0 {
			l.add(t.accent, "> ")
		}
		l.space(cursorWidth - l.used)
		name := m.nameCell(a, c.name)
		l.cell(name.style, name.text, c.name, false)
		l.space(1)
		if c.role > 0 {
			role := m.roleCell(a)
			l.cell(role.style, role.text, c.role, false)
			l.space(1)
		}
		l.cell(style, word, c.verdict, false)
		l.space(1)
		return l
	}
	reason := m.brief(a.CanLose.Reason)
	first := lead()
	if short := m.brief(a.CanLose.Headline); short != "" && ansi.StringWidth(reason) > first.room() {
		first.add(t.plain, short)
	} else {
		first.add(t.plain, reason)
	}
	b := block{first.String()}
	for i, spans := range wrap(t, []span{{t.plain, reason}}, max(width-c.width(), 1), 0) {
		l := lead()
		if i > 0 {
			l = newLine(t, width)
			l.space(c.width())
		}
		l.addRaw(lineOf(t, l.room(), spans...), l.room())
		b = append(b, l.String())
	}
	return b
}

// drainEntry is all there is to say about losing a member.
func (m model) drainEntry(a *thresholds.Member, width int) block {
	indent := cursorWidth + m.drainColumns(width).name + 1
	b := m.drainRow(a, width)[1:]
	for _, line := range m.drainFacts(a, width-indent) {
		b = append(b, blanks(width-ansi.StringWidth(line))+line)
	}
	return b
}

// drainDetail is what the member's row leaves out.
func (m model) drainDetail(a *thresholds.Member, width int) block {
	var b block
	if row := m.drainRow(a, width); len(row) > 2 {
		b = m.theme.wrapped(width-1, "lose", m.brief(a.CanLose.Reason))
	}
	b = append(b, m.drainFacts(a, width-1)...)
	for i, line := range b {
		b[i] = fit(m.theme, " "+line, width)
	}
	return b
}

// renderDrainDetail explains the selected member's verdicts.
func (m model) renderDrainDetail(width, height int) block {
	at := max(m.selection(), 0)
	a := &m.shown.members[at]
	b := block{m.renderTitle(m.theme.clean(a.Label), "", width)}
	return append(b, m.drainDetail(a, width).cut(m.theme, width, height-1)...)
}

// drainFacts say who would remain, and whether the member could be removed for good.
func (m model) drainFacts(a *thresholds.Member, width int) block {
	t := m.theme
	b := t.wrapped(width, "left", m.survivors(a))
	word, style := t.verdict(a.CanRemove.Verdict)
	verdict := []span{{style, word}, {t.plain, " for good: " + m.brief(a.CanRemove.Reason)}}
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

// survivors says who remains when a member is lost, and names those that are not healthy.
func (m model) survivors(a *thresholds.Member) string {
	var unhealthy []string
	well := 0
	for i := range m.shown.assessment.Members {
		other := &m.shown.assessment.Members[i]
		if other.Key == a.Key {
			continue
		}
		if other.State == thresholds.StateOK && other.Level == thresholds.OK {
			well++
			continue
		}
		unhealthy = append(unhealthy, m.shortName(other.MemberRef)+" "+m.stateCell(other).text)
	}
	var parts []string
	switch {
	case len(unhealthy) == 0 && well == 0:
		parts = []string{"nobody"}
	case len(unhealthy) == 0:
		parts = []string{thresholds.Plural(well, "other") + ", ok"}
	case well == 0:
		parts = unhealthy
	default:
		parts = append(unhealthy, strconv.Itoa(well)+" more ok")
	}
	text := strings.Join(parts, ", ")
	if a.Role == thresholds.RoleLeader && m.shown.assessment.CountMembers() > 1 {
		text += "; it leads: writes wait for an election, unless the leadership is moved first"
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
