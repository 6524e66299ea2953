package tui

import tea "github.com/charmbracelet/bubbletea"

func (m model) renderMemberPage(width, height int) block {
	b := block{m.renderHeader(width)}
	return append(b.pad(width, height-1), m.renderFooter(width))
}

func (m model) onMemberKey(tea.KeyMsg) (model, tea.Cmd, bool) { return m, nil, false }

func (m model) memberTitle() string {
	if at := m.selection(); at >= 0 {
		return m.theme.clean(m.shown.members[at].Label)
	}
	return "no member"
}

func (m model) copyMember() (what, text string) { return "", "" }
