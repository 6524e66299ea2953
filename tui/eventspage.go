package tui

import tea "github.com/charmbracelet/bubbletea"

func (m model) renderEventsPage(width, height int) block {
	b := block{m.renderHeader(width)}
	return append(b.pad(width, height-1), m.renderFooter(width))
}

func (m model) onEventsKey(tea.KeyMsg) (model, tea.Cmd, bool) { return m, nil, false }

func (m model) copyEvents() (what, text string) { return "", "" }
