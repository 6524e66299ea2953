package tui

import (
	"github.com/charmbracelet/bubbles/key"
)

// renderHelp is the overlay with every key, the words, and what etcdoc sends to the cluster.
func (m Model) renderHelp(width, height int) block {
	t := &m.theme
	head := newLine(t, width)
	head.add(t.accent, " etcdoc keys ")
	close := m.keys.Close.Help()
	head.space(head.room() - len(close.Key) - len(close.Desc) - 2)
	head.add(t.bold, close.Key)
	head.add(t.dim, " "+close.Desc+" ")
	b := block{head.String(), m.renderRule(width)}
	b = append(b, m.renderKeys(width)...)
	b = append(b, m.renderRule(width))
	for _, w := range m.legend() {
		b = append(b, t.wrapped(width, " "+w[0], w[1])...)
	}
	return b.pad(width, height)
}

// renderKeys lists the keymap in two columns, in one where the window is narrow.
func (m Model) renderKeys(width int) block {
	const twoColumns = 72
	groups := m.keys.groups()
	if width < twoColumns {
		return m.renderKeyGroups(groups, width)
	}
	half := len(groups) / 2
	left, right := m.renderKeyGroups(groups[:half], width/2), m.renderKeyGroups(groups[half:], width-width/2)
	rows := max(len(left), len(right))
	return beside(left.pad(width/2, rows), "", right.pad(width-width/2, rows))
}

func (m Model) renderKeyGroups(groups []keyGroup, width int) block {
	var b block
	for _, g := range groups {
		b = append(b, lineOf(&m.theme, width, span{m.theme.bold, " " + g.title}))
		for _, binding := range g.bindings {
			if binding.Enabled() {
				b = append(b, m.renderKey(binding, width))
			}
		}
	}
	return b
}

func (m Model) renderKey(b key.Binding, width int) string {
	l := newLine(&m.theme, width)
	l.space(2)
	l.cell(m.theme.accent, b.Help().Key, labelWidth-1, false)
	l.add(m.theme.plain, b.Help().Desc)
	return l.String()
}

// legend explains the words and signs, and what is sent to the cluster.
func (m Model) legend() [][2]string {
	t := &m.theme
	return [][2]string{
		{"LEVELS", "ok, NOTE a remark, ? not known, WARN, CRIT. A member is ok, LATE (asked, no answer yet) or DOWN."},
		{"DRAIN", "may this member go down now? SAFE; RISK quorum stays, on weaker ground; NO quorum would be lost; UNKNOWN."},
		{"SIGNS", "!48ms over its limit   ~1.9G last known value   " + t.atMost() +
			"16ms slowest of too few   - not given   ? not known   a blank in a chart is no sample, never zero."},
		{"SENDS", "reads only: Status, MemberList, AlarmList, a read of one key, and GET /metrics. Nothing is ever written."},
	}
}
