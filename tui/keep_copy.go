package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aymanbagabas/go-osc52/v2"
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// onKeepKey takes the keys that work on any page: mark, compare, copy, snapshot.
func (m model) onKeepKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	var cmd tea.Cmd
	switch k := m.keys; {
	case key.Matches(msg, k.Mark):
		m = m.askMark(thresholds.MemberRef{}, "")
	case key.Matches(msg, k.Compare):
		m = m.openCompare()
	case key.Matches(msg, k.Copy):
		m, cmd = m.onCopy()
	case key.Matches(msg, k.Snapshot):
		m, cmd = m.onSnapshot()
	default:
		return m, nil, false
	}
	return m, cmd, true
}

// onCopy copies what the page says is selected.
func (m model) onCopy() (model, tea.Cmd) {
	return m.copyText(m.copied())
}

// copied is what the page says is selected, with the members' whole names: it is read elsewhere.
func (m model) copied() (what, text string) {
	m.screen.names = screenNames{}
	return m.pane().copies(m)
}

// copyText copies a text; what names it.
func (m model) copyText(what, text string) (model, tea.Cmd) {
	if text == "" || !m.shown.known() {
		return m.say("nothing to copy here", nil), nil
	}
	lines, plain := strings.Split(text, "\n"), &theme{aliases: m.theme.aliases}
	for i := range lines {
		lines[i] = plain.clean(lines[i]) // it may be pasted into a shell
	}
	if m.shown.sweep != m.seen.live.sweep {
		what += ", as of " + m.clock(m.shown.assessment.At)
	}
	return m, m.copyCmd(what, strings.Join(lines, "\n"))
}

// clipboardLimit is the most bytes to copy: some terminals take no sequence over 100,000.
const clipboardLimit = 70_000

// copyCmd sends a text to the user's clipboard through the terminal (OSC 52), over ssh too. It is a single write,
// which the terminal takes between two frames. The terminal does not confirm it.
func (m model) copyCmd(what, text string) tea.Cmd {
	out, sequence := m.screen.terminal, osc52.New(text)
	if m.screen.inScreen {
		sequence = sequence.Screen()
	}
	return m.program.run.command(func(context.Context) tea.Msg {
		if len(text) > clipboardLimit {
			return noticeMsg{err: fmt.Errorf("copying %s: %d bytes are more than terminals take (%d)",
				what, len(text), clipboardLimit)}
		}
		if _, err := io.WriteString(out, sequence.String()); err != nil {
			return noticeMsg{err: fmt.Errorf("copying %s: %w", what, err)}
		}
		return noticeMsg{text: "sent to the clipboard: " + what}
	})
}

// onSnapshot writes what is on the screen to files in the working directory.
func (m model) onSnapshot() (model, tea.Cmd) {
	if !m.shown.known() {
		return m.say("", errors.New("nothing to keep yet: no sweep has come in")), nil
	}
	s := snapshot{
		frame: m.render(), assessment: &m.shown.assessment,
		light: m.appearance.theme == ThemeLight, aliases: m.theme.aliases,
		title: m.theme.clean(m.clusterWords()) + ", " + stampUTC(m.shown.assessment.At),
	}
	name, shown := m.fileName(), m.shownPath
	return m, m.program.run.command(func(context.Context) tea.Msg {
		kept, err := s.contents()
		if err != nil {
			return noticeMsg{err: fmt.Errorf("making a snapshot: %w", err)}
		}
		return writeSnapshot(name, kept, shown)
	})
}
