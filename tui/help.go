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
	var columns [2]block
	half := width
	if width >= twoColumns {
		half = width / 2
	}
	for i, g := range m.keys.groups() {
		b := block{lineOf(&m.theme, half, span{m.theme.bold, " " + g.title})}
		for _, binding := range g.bindings {
			if binding.Enabled() {
				b = append(b, m.renderKey(binding, half))
			}
		}
		at := i % 2
		if half == width {
			at = 0
		}
		columns[at] = append(columns[at], b...)
	}
	if half == width {
		return columns[0]
	}
	rows := max(len(columns[0]), len(columns[1]))
	return beside(columns[0].pad(half, rows), "", columns[1].pad(width-half, rows))
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
