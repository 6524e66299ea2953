package tui

import tea "github.com/charmbracelet/bubbletea"

// onMouse moves the selection with the wheel, and selects a member with a click on its row.
func (m model) onMouse(msg tea.MouseMsg) (model, tea.Cmd) {
	switch {
	case msg.Action != tea.MouseActionPress || m.prompt.open():
		return m, nil
	case msg.Button == tea.MouseButtonWheelUp:
		return m.onKey(tea.KeyMsg{Type: tea.KeyUp})
	case msg.Button == tea.MouseButtonWheelDown:
		return m.onKey(tea.KeyMsg{Type: tea.KeyDown})
	case msg.Button == tea.MouseButtonLeft:
		if at := m.memberAt(msg.X, msg.Y); at >= 0 {
			m.selected = m.shown.members[at].Key
		}
	}
	return m, nil
}

// memberAt is the index of the member whose table row is at a place on the screen, or -1.
func (m model) memberAt(x, y int) int {
	if m.page() != pageOverview || m.help.open || !m.shown.known() || m.screen.height < 2 ||
		m.isLarge(m.screen.width, m.screen.height) {
		return -1
	}
	l := m.overviewLayout(m.screen.width, m.screen.height)
	top := l.tops().table
	for _, above := range []bool{l.tableRule, l.tableHead} {
		if above {
			top++
		}
	}
	visible := m.visible(l.rows)
	if at := y - top; x < l.left && at >= 0 && at < len(visible) {
		return visible[at]
	}
	return -1
}
