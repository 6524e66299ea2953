package tui

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// Clusters are those that the user can switch to, by name.
type Clusters interface {
	// Names are all of them, and Current is the one to begin with. They stay the same.
	Names() []string
	Current() string
	// Open prepares to look at a cluster. It may block until ctx ends; the target outlives that.
	Open(ctx context.Context, name string) (Target, error)
}

// clusters are the clusters that are not shown. A cluster is only asked while it is shown.
type clusters struct {
	all Clusters // nil: there are none
	// left are those that were shown before, as they were left. It is replaced, never changed.
	left map[string]cluster
	// opening is the cluster that is about to be shown; empty for none. cancel gives that up.
	opening string
	cancel  context.CancelFunc
	// turn is the number of the newest switch.
	turn int
}

func (c *clusters) isOpening() bool { return c.opening != "" }

// names are the names of all clusters.
func (c *clusters) names() []string {
	if c.all == nil {
		return nil
	}
	return c.all.Names()
}

// newConnection is the connection to a cluster, before the first sweep.
func newConnection(t *Target, now time.Time) connection {
	return connection{
		source: t.Source, poller: t.Poller, close: t.Close, since: now, cluster: t.Cluster, endpoints: t.Endpoints,
		reach: t.Reach, changes: t.Changes, unverified: t.Unverified, space: t.Space,
	}
}

// newCluster is a cluster of which nothing is known yet.
func newCluster(t *Target, j judge, now time.Time) cluster {
	rules := t.Rules
	if rules == nil {
		rules = thresholds.Rules()
	}
	return cluster{
		conn: newConnection(t, now), judge: j, rules: thresholds.NewRuleSet(rules), seen: seen{past: new(past)},
	}
}

// switchTo begins to switch to another cluster. The one that is shown stays until the other can be asked.
func (m model) switchTo(name string) (model, tea.Cmd) {
	if name == m.conn.on {
		return m, nil
	}
	run, all := m.program.run, m.clusters.all
	ctx, cancel := context.WithCancel(run.ctx)
	m.clusters.turn++
	m.clusters.opening, m.clusters.cancel = name, cancel
	turn := m.clusters.turn
	return m, run.command(func(context.Context) tea.Msg {
		defer cancel()
		target, err := all.Open(ctx, name)
		return openedMsg{turn: turn, on: name, target: target, err: err}
	})
}

// onOpeningKey takes a key while a cluster is opened: only those that leave are not lost.
func (m model) onOpeningKey(msg tea.KeyMsg) model {
	if !key.Matches(msg, m.keys.Cancel) {
		return m
	}
	m.clusters.cancel()
	name := m.clusters.opening
	m.clusters.opening = ""
	return m.say("still here: did not switch to "+name, nil)
}

// onOpened shows the cluster that was opened, and closes the source of the one shown before.
func (m model) onOpened(msg openedMsg) (model, tea.Cmd) {
	switch run := m.program.run; {
	case !m.clusters.isOpening() || msg.turn != m.clusters.turn: // given up
		return m, run.closeCmd(msg.target.Close)
	case msg.err != nil:
		m.clusters.opening = ""
		return m.say("", fmt.Errorf("did not switch to %s: %w", msg.on, msg.err)), nil
	default:
		m.clusters.opening = ""
		closing := run.closeCmd(m.conn.close)
		m, starting := m.leave().enter(&msg)
		return m, tea.Batch(closing, starting)
	}
}

// closeCmd ends a source; nil for one that has nothing to end.
func (b *background) closeCmd(end func()) tea.Cmd {
	if end == nil {
		return nil
	}
	return b.command(func(context.Context) tea.Msg {
		end()
		return nil
	})
}

// leave remembers the cluster that is shown.
func (m model) leave() model {
	left := maps.Clone(m.clusters.left)
	if left == nil {
		left = make(map[string]cluster)
	}
	m.conn.until = m.now
	left[m.conn.on] = m.cluster
	m.clusters.left = left
	return m
}

// enter shows the cluster that was opened, and starts its sweeps. One that was shown before is shown again as it was
// left, but for its newest moment, which is out of date until the next sweep.
func (m model) enter(msg *openedMsg) (model, tea.Cmd) {
	next, again := m.clusters.left[msg.on]
	if again {
		next.conn = newConnection(&msg.target, m.now)
		next.seen.live = observation{sweep: next.seen.live.sweep}
		if !next.paused {
			next.shown = shown{}
		}
	} else {
		evaluator := thresholds.New(thresholds.Options{Rules: msg.target.Rules})
		next = newCluster(&msg.target, judgeOf(evaluator), m.now)
	}
	next.seen.at = m.now
	next.conn.on, next.conn.turn, next.conn.interval = msg.on, msg.turn, m.conn.interval
	next.overview.sort, next.overview.hidden = m.overview.sort, m.overview.hidden
	next.charts.window, next.charts.scale = m.charts.window, m.charts.scale
	if poller := next.conn.poller; poller != nil {
		poller.SetInterval(next.conn.interval)
		for _, mark := range next.marks.pending {
			poller.Mark(mark)
		}
	}
	m.cluster = next
	m.clusters.left = maps.Clone(m.clusters.left)
	delete(m.clusters.left, msg.on)
	m.prompt, m.notice = prompt{}, notice{}
	if m = m.redacted(); m.shown.known() {
		m = m.arrange()
	}
	start := []tea.Cmd{m.program.run.sweepCmd(&m.conn)}
	if !again {
		start = append(start, m.program.run.changesCmd(m.conn.changes))
	}
	m, titleCmd := m.withTitle()
	return m, tea.Batch(append(start, titleCmd)...)
}
