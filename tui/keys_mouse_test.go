package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// TestMouse selects every member by a click on its row, wherever that is, and moves the selection with the wheel.
func TestMouse(t *testing.T) {
	t.Parallel()
	m := watched(t, "farm", 1, 1)
	for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}, {30, 5}} {
		m = press(t, resized(t, m, size[0], size[1]), "g")
		for _, i := range m.visible(m.overviewLayout(size[0], size[1]).rows) {
			want := m.shown.members[i].Label
			for y, line := range strings.Split(ansi.Strip(m.View()), "\n") {
				if !strings.HasPrefix(line, "  "+want+" ") && !strings.HasPrefix(line, "> "+want+" ") {
					continue
				}
				click := tea.MouseMsg{X: 3, Y: y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft}
				if c, _ := m.Update(click); label(c) != want {
					t.Errorf("%v: a click on the row of %s selects %s", size, want, label(c))
				}
				break
			}
		}
		c, _ := m.Update(tea.MouseMsg{X: 3, Y: 0, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
		if label(c) != "etcd-1" {
			t.Errorf("%v: a click on the header selects %s", size, label(c))
		}
		c, _ = m.Update(tea.MouseMsg{Action: tea.MouseActionPress, Button: tea.MouseButtonWheelDown})
		if label(c) != "etcd-2" {
			t.Errorf("%v: the wheel selects %s", size, label(c))
		}
	}
}
