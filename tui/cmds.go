package tui

import (
	"context"
	"log/slog"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// background runs commands. Bubble Tea does not wait for running commands when it ends, so they run under a context
// of their own, and close waits for them.
type background struct {
	ctx    context.Context
	cancel context.CancelFunc
	log    *slog.Logger

	mu      sync.Mutex // guards closed, and Add against Wait
	closed  bool
	running sync.WaitGroup
}

func newBackground(ctx context.Context, log *slog.Logger) *background {
	ctx, cancel := context.WithCancel(ctx)
	return &background{ctx: ctx, cancel: cancel, log: log}
}

// command makes a command of f. It returns no message once the background is closed.
func (b *background) command(f func(context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		b.mu.Lock()
		if b.closed {
			b.mu.Unlock()
			return nil
		}
		b.running.Add(1)
		b.mu.Unlock()
		defer b.running.Done()
		return f(b.ctx)
	}
}

// close cancels every command and waits for them.
func (b *background) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.running.Wait()
}

// sweepCmd waits for a connection's next sweep.
func (b *background) sweepCmd(c *connection) tea.Cmd {
	source, turn := c.source, c.turn
	return b.command(func(ctx context.Context) tea.Msg {
		sweep, err := source.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		b.log.Debug("sweep", "took", sweep.Took, "members", len(sweep.Members), "err", err)
		return sweepMsg{sweep: sweep, err: err, at: time.Now(), turn: turn}
	})
}

// clockPeriod is how often ages on the screen advance between sweeps.
const clockPeriod = time.Second

// tickCmd sends the time at the beginning of the next period.
func (b *background) tickCmd() tea.Cmd {
	return b.command(func(ctx context.Context) tea.Msg {
		now := time.Now()
		timer := time.NewTimer(now.Truncate(clockPeriod).Add(clockPeriod).Sub(now))
		defer timer.Stop()
		select {
		case at := <-timer.C:
			return tickMsg{at}
		case <-ctx.Done():
			return nil
		}
	})
}
