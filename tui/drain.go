package tui

import tea "github.com/charmbracelet/bubbletea"

func (m model) renderDrainPage(width, height int) block {
	b := block{m.renderHeader(width)}
	return append(b.pad(width, height-1), m.renderFooter(width))
}

func (m model) onDrainKey(tea.KeyMsg) (model, tea.Cmd, bool) { return m, nil, false }

func (m model) copyDrain() (what, text string) { return "", "" }
