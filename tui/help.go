package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// renderHelp is the overlay with every key, the words, and what etcdoc sends to the cluster.
func (m model) renderHelp(width, height int) block {
	t := &m.theme
	lines := m.helpLines(width)
	last := helpScrolls(len(lines), height)
	title, top := " etcdoc keys ", min(m.helpTop, last)
	if last > 0 {
		title += "(more: j k) "
	}
	head := newLine(t, width)
	head.add(t.accent, title)
	closing := m.keys.Close.Help()
	head.space(head.room() - len(closing.Key) - len(closing.Desc) - 2)
	head.add(t.bold, closing.Key)
	head.add(t.dim, " "+closing.Desc+" ")
	b := block{head.String(), m.renderRule(width)}
	return append(b, lines[top:]...).pad(width, height)
}

// helpHead is the lines of the help that do not scroll.
const helpHead = 2

// helpScrolls is by how many of its lines the help can be scrolled.
func helpScrolls(lines, height int) int { return min(max(lines-(height-helpHead), 0), lines) }

// helpLines are the help under its head.
func (m model) helpLines(width int) block {
	b := append(m.renderKeys(width), m.renderRule(width))
	for _, w := range m.legend() {
		b = append(b, m.theme.wrapped(width, " "+w[0], w[1])...)
	}
	return b
}

// onHelpKey scrolls the help, and closes it.
func (m model) onHelpKey(msg tea.KeyMsg) model {
	last := helpScrolls(len(m.helpLines(m.width)), m.height)
	if key.Matches(msg, m.keys.Close) {
		m.helping = false
		return m
	}
	m.helpTop, _ = m.keys.move(msg, min(m.helpTop, last), last)
	return m
}

// renderKeys lists the keymap in two columns, in one where the window is narrow.
func (m model) renderKeys(width int) block {
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

func (m model) renderKeyGroups(groups []keyGroup, width int) block {
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

func (m model) renderKey(b key.Binding, width int) string {
	l := newLine(&m.theme, width)
	l.space(2)
	l.cell(m.theme.accent, b.Help().Key, labelWidth-1, false)
	l.add(m.theme.plain, b.Help().Desc)
	return l.String()
}

// legend explains the words and signs, and what is sent to the cluster.
func (m model) legend() [][2]string {
	t := &m.theme
	return [][2]string{
		{"LEVELS", "ok, NOTE a remark, ? not known, WARN, CRIT. A member is ok, LATE (asked, no answer yet) or DOWN."},
		{"DRAIN", "may this member go down now? SAFE; RISK quorum stays, on weaker ground; NO quorum would be lost; UNKNOWN. In small letters: it is down already."},
		{"SIGNS", "!48ms over its limit; *12ms over what is recommended, a remark; ~1.9G last known value; " + t.atMost() +
			"16ms slowest of too few; - not given; ? not known; a blank in a chart is no sample, never zero."},
		{"SENDS", "reads only: Status, MemberList, AlarmList, a read of one key, and GET /metrics. Nothing is ever written."},
	}
}
