package tui

import tea "github.com/charmbracelet/bubbletea"

func (m model) renderFindingsPage(width, height int) block {
	b := block{m.renderHeader(width)}
	return append(b.pad(width, height-1), m.renderFooter(width))
}

func (m model) onFindingsKey(tea.KeyMsg) (model, tea.Cmd, bool) { return m, nil, false }

func (m model) copyFindings() (what, text string) { return "", "" }
