package tui

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// Changes runs something when the cluster changes. Its methods must not block.
type Changes interface {
	// Observe gets every assessment, in their order.
	Observe(*thresholds.Assessment)
	// Reports are the errors of what was run, to show.
	Reports() <-chan error
}

// changesMsg is an error of what a change has run.
type changesMsg struct {
	of  Changes
	err error
}

// changesCmd waits for the next report.
func (b *background) changesCmd(c Changes) tea.Cmd {
	if c == nil {
		return nil
	}
	return b.command(func(ctx context.Context) tea.Msg {
		select {
		case err := <-c.Reports():
			return changesMsg{c, err}
		case <-ctx.Done():
			return nil
		}
	})
}
