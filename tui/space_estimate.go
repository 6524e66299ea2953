package tui

import (
	"context"
	"errors"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// Space estimates what fills the database of a live cluster.
type Space interface {
	// EstimateSpace asks a member until the estimate is made or ctx ends. It reports how far it is.
	EstimateSpace(
		ctx context.Context, member probe.MemberID, report func(doing string, done, of uint64),
	) (keyspace.Estimate, error)
}

// spacePage is the page with what fills the database, and the estimate that it shows.
type spacePage struct {
	top int // the first prefix shown
	// run is the newest estimate that was asked for, of the connection with that turn; 0 for none. cancel stops it, and
	// progress is how far it is.
	run, turn int
	cancel    context.CancelFunc
	progress  spaceProgress
	// known says that one was made; estimate is the newest of those, of source.
	known    bool
	estimate keyspace.Estimate
	source   thresholds.DataSource
	// err is why the newest one failed.
	err error
}

// spaceProgress is how far an estimate is.
type spaceProgress struct {
	source   thresholds.DataSource
	doing    string
	done, of uint64
}

// spaceProgressMsg says how far an estimate is. more waits for the next one.
type spaceProgressMsg struct {
	run      int
	progress spaceProgress
	more     tea.Cmd
}

// spaceMsg is an estimate, or why there is none.
type spaceMsg struct {
	run      int
	source   thresholds.DataSource
	estimate keyspace.Estimate
	err      error
}

// estimating reports that an estimate is being made.
func (m *model) estimating() bool { return m.space.cancel != nil && m.space.turn == m.conn.turn }

// startEstimate begins to estimate what fills the database, unless that is being done.
func (m model) startEstimate() (model, tea.Cmd) {
	sources := m.seen.live.assessment.DataSources(true)
	switch {
	case m.estimating():
		return m, nil
	case m.conn.space == nil:
		return m.say("there is no live cluster to ask", nil), nil
	case len(sources) == 0:
		return m.say("no member is healthy enough to be asked", nil), nil
	}
	run := m.program.run
	ctx, cancel := context.WithCancel(run.ctx)
	m.space.run++
	m.space.turn, m.space.cancel, m.space.err = m.conn.turn, cancel, nil
	m.space.progress = spaceProgress{source: sources[0]}
	return m, run.estimateCmd(ctx, cancel, m.conn.space, sources, m.space.run)
}

// stopEstimate gives up the estimate that is being made.
func (m model) stopEstimate() model {
	m.space.cancel()
	m.space.cancel = nil
	return m.say("stopped: nothing more is asked", nil)
}

// spaceReportInterval is how often the progress of an estimate is shown.
const spaceReportInterval = 200 * time.Millisecond

// estimateCmd asks the first of the members that does not refuse, and reports how far it is. A learner knows no users.
func (b *background) estimateCmd(
	ctx context.Context, cancel context.CancelFunc, space Space, sources []thresholds.DataSource, run int,
) tea.Cmd {
	reports := make(chan spaceProgress, 1)
	estimate := b.command(func(context.Context) tea.Msg {
		defer cancel()
		defer close(reports)
		var last time.Time
		var made keyspace.Estimate
		var source thresholds.DataSource
		var err error
		for _, source = range sources {
			made, err = space.EstimateSpace(ctx, source.ID, func(doing string, done, of uint64) {
				if now := time.Now(); now.Sub(last) >= spaceReportInterval {
					last = now
					select {
					case reports <- spaceProgress{source, doing, done, of}:
					default: // the screen is behind
					}
				}
			})
			var refused *probe.Error
			if source.Role != thresholds.RoleLearner || !errors.As(err, &refused) || !refused.Kind.IsDenied() {
				break
			}
		}
		return spaceMsg{run, source, made, err}
	})
	return tea.Batch(estimate, b.spaceProgressCmd(ctx, reports, run))
}

// spaceProgressCmd waits for the next report of an estimate.
func (b *background) spaceProgressCmd(ctx context.Context, reports <-chan spaceProgress, run int) tea.Cmd {
	return b.command(func(context.Context) tea.Msg {
		select {
		case progress, more := <-reports:
			if more {
				return spaceProgressMsg{run, progress, b.spaceProgressCmd(ctx, reports, run)}
			}
		case <-ctx.Done():
		}
		return nil
	})
}

// onSpaceProgress notes how far an estimate is.
func (m model) onSpaceProgress(msg spaceProgressMsg) (model, tea.Cmd) {
	if msg.run == m.space.run && m.estimating() {
		m.space.progress = msg.progress
	}
	return m, msg.more
}

// onSpace takes an estimate, unless it was given up meanwhile.
func (m model) onSpace(msg spaceMsg) model {
	if msg.run != m.space.run || !m.estimating() {
		return m
	}
	m.space.cancel = nil
	if m.space.err = msg.err; msg.err == nil {
		m.space.known, m.space.estimate, m.space.source, m.space.top = true, msg.estimate, msg.source, 0
	}
	return m
}
