package tui

import (
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// Update handles a message. It touches memory only.
func (m model) Update(msg tea.Msg) (model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.screen.width, m.screen.height = msg.Width, msg.Height
	case tea.KeyMsg:
		m, cmd = m.onKeys(msg)
	case tea.MouseMsg:
		m, cmd = m.onMouse(msg)
	case sweepMsg:
		m, cmd = m.onSweep(msg)
	case tickMsg:
		m.now, cmd = msg.at, m.program.run.tickCmd()
		m.notice = m.notice.asOf(msg.at)
		var titleCmd tea.Cmd
		m, titleCmd = m.withTitle()
		cmd = tea.Batch(cmd, titleCmd)
		if msg.at.Sub(m.seen.at) < clockPeriod {
			return m, cmd // the frame of the last sweep is recent enough
		}
	case spaceProgressMsg:
		m, cmd = m.onSpaceProgress(msg)
	case spaceMsg:
		m = m.onSpace(msg)
	case openedMsg:
		m, cmd = m.onOpened(msg)
	case changesMsg:
		m, cmd = m.say("", msg.err), m.program.run.changesCmd(msg.of)
	case tea.ResumeMsg: // the shell has set a title of its own
		m.alerts.title = ""
		m, cmd = m.withTitle()
	case noticeMsg:
		m = m.say(msg.text, msg.err)
	case endMsg:
		m.program.leaving, m.program.cause = leaveAtOnce, msg.cause
	default:
		return m, nil
	}
	if m.program.leaving != leaveNot {
		return m, tea.Quit
	}
	m = m.named()
	m.screen.frame = m.render()
	return m, cmd
}

// onSweep judges a sweep and starts the next one: the only place that does, so that no two overlap.
func (m model) onSweep(msg sweepMsg) (model, tea.Cmd) {
	if msg.turn != m.conn.turn { // another cluster is shown now
		return m, nil
	}
	m.now, m.seen.at = msg.at, msg.at
	if msg.err != nil {
		m.conn.ended = msg.err
		return m, nil
	}
	a := m.judge.Observe(msg.sweep)
	m.seen.session = m.seen.session.With(&a)
	m = m.withMarks(&msg.sweep)
	now := observation{assessment: a, sweep: m.seen.live.sweep + 1}
	m.seen.past.add(&now)
	m.seen.live, m.seen.log = now, m.judge.Events(eventsKept)
	if !m.paused {
		m = m.show(&m.seen.live)
	} else {
		m = m.redacted() // alerts are about the newest sweep
	}
	if m.conn.changes != nil {
		m.conn.changes.Observe(&a)
	}
	var alertCmd, titleCmd tea.Cmd
	m, alertCmd = m.withoutEndedMutes().onAlert()
	m, titleCmd = m.withTitle()
	return m, tea.Batch(m.program.run.sweepCmd(&m.conn), alertCmd, titleCmd)
}

// show moves the cursor to a moment.
func (m model) show(at *observation) model {
	log := m.seen.log
	if at.sweep != m.seen.live.sweep {
		log = eventsAsOf(log, at.assessment.At)
	}
	m.shown = shown{observation: *at, events: thresholds.EventRows(log), inhibition: at.assessment.Inhibition()}
	m.shown.firstMark = m.firstMark(m.seen.log)
	return m.redacted().arrange()
}

// placeOf is the index of the member with a key, or -1.
func placeOf(members []thresholds.Member, key string) int {
	for i := range members {
		if members[i].Key == key {
			return i
		}
	}
	return -1
}

// selection is the index of the selected member among those shown, or -1.
func (m model) selection() int { return placeOf(m.shown.members, m.selected) }

// selectedMember is the selected one of the members shown; nil where it is not shown.
func (m model) selectedMember() *thresholds.Member {
	if at := m.selection(); at >= 0 {
		return &m.shown.members[at]
	}
	return nil
}

// charted are the members shown that have charts, and the place of the selected one among them, or -1. An endpoint
// that leads to no member has none.
func (m model) charted() (members []thresholds.Member, selected int) {
	members = m.shown.members
	stray := func(a thresholds.Member) bool { return a.Stray }
	if slices.ContainsFunc(members, stray) {
		members = slices.DeleteFunc(slices.Clone(members), stray)
	}
	return members, placeOf(members, m.selected)
}

// onKeys takes one key, or each of several that arrive at once: a key held down over a slow line sends them so. Pasted
// text counts only in a prompt.
func (m model) onKeys(msg tea.KeyMsg) (model, tea.Cmd) {
	if msg.Type != tea.KeyRunes || msg.Paste || len(msg.Runes) <= 1 {
		return m.onKey(msg)
	}
	var cmds []tea.Cmd
	for i := range msg.Runes {
		one := msg
		one.Runes = msg.Runes[i : i+1]
		var cmd tea.Cmd
		m, cmd = m.onKey(one)
		if cmds = append(cmds, cmd); m.program.leaving != leaveNot {
			break
		}
	}
	return m, tea.Batch(cmds...)
}

// onKey routes a key: what ends the program first, then the prompt, the help, the keys of all pages, and the page's
// own.
func (m model) onKey(msg tea.KeyMsg) (model, tea.Cmd) {
	m.notice = notice{}
	m = m.echo(msg)
	k := m.keys
	switch {
	case key.Matches(msg, k.Stop):
		m.program.leaving = leaveAtOnce
		return m, nil
	case m.clusters.isOpening() && !key.Matches(msg, k.Quit, k.QuitKeep):
		return m.onOpeningKey(msg), nil
	case m.prompt.open():
		return m.onPromptKey(msg)
	case key.Matches(msg, k.Quit):
		m.program.leaving = leaveSummary
		return m, nil
	case key.Matches(msg, k.QuitKeep):
		m.program.leaving = leaveScreen
		return m, nil
	case key.Matches(msg, k.Suspend) && !m.screen.suspends:
		return m.say("not suspended: no shell here would wake it again", nil), nil
	case key.Matches(msg, k.Suspend):
		return m, tea.Suspend
	case key.Matches(msg, k.Palette):
		m.help.open = false
		return m.openPalette(), nil
	case key.Matches(msg, k.Clusters):
		m.help.open = false
		return m.openClusters(), nil
	case m.help.open:
		return m.onHelpKey(msg), nil
	case key.Matches(msg, k.Help):
		m.help.open, m.help.top = true, 0
		return m, nil
	}
	for _, handle := range []func(model, tea.KeyMsg) (model, tea.Cmd, bool){
		model.onPageKey, model.onTimeKey, model.onPollKey, model.onNotifyKey, model.onAppearanceKey, m.pane().onKey,
		model.onKeepKey,
	} {
		if next, cmd, taken := handle(m, msg); taken {
			return next, cmd
		}
	}
	return m.onUnknownKey(msg), nil
}

// onPollKey takes the keys that change the interval.
func (m model) onPollKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	switch k := m.keys; {
	case key.Matches(msg, k.IntervalDown):
		m = m.withInterval(step(intervals[:], m.conn.interval, false))
	case key.Matches(msg, k.IntervalUp):
		m = m.withInterval(step(intervals[:], m.conn.interval, true))
	case key.Matches(msg, k.Poll):
		m.conn.poller.Hurry()
	default:
		return m, nil, false
	}
	return m, nil, true
}

// withInterval changes the interval.
func (m model) withInterval(every time.Duration) model {
	m.conn.interval, m.conn.intervalChanged = every, m.now
	m.conn.poller.SetInterval(every)
	return m
}
