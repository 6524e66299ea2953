package tui

import (
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// Update takes in a fact. It touches memory only.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyMsg:
		m = m.onKey(msg)
	case sweepMsg:
		m, cmd = m.onSweep(msg)
	case tickMsg:
		m.now, cmd = msg.at, m.run.tickCmd()
		if msg.at.Sub(m.swept) < clockPeriod {
			return m, cmd // the frame that the sweep drew is young enough
		}
	case endMsg:
		m.leaving, m.cause = leaveAtOnce, msg.cause
	default:
		return m, nil
	}
	if m.leaving != leaveNot {
		return m, tea.Quit
	}
	m.frame = m.render()
	return m, cmd
}

// onSweep judges a sweep and asks for the next one: the only place that does, so that no two overlap.
func (m model) onSweep(msg sweepMsg) (model, tea.Cmd) {
	m.now, m.swept = msg.at, msg.at
	if msg.err != nil {
		m.ended = msg.err
		return m, nil
	}
	a := m.judge.Observe(msg.sweep)
	m.live = snapshot{assessment: a, events: m.judge.Events(eventsKept), tally: m.live.tally.with(&a)}
	if m.paused {
		m.missed++
	} else {
		m = m.show(m.live)
	}
	return m, m.run.sweepCmd(m.source)
}

// show moves the cursor to s. The selection stays with its member, also when a given endpoint turns out to be a
// member with an id; where it is gone the first one is selected.
func (m model) show(s snapshot) model {
	m.shown = s
	members := s.assessment.Members
	if m.selection() >= 0 || len(members) == 0 {
		return m
	}
	at := slices.IndexFunc(members, func(a thresholds.Member) bool { return slices.Contains(a.Endpoints, m.selected) })
	m.selected = members[max(at, 0)].Key
	return m
}

// selection is the index of the selected member, or -1.
func (m model) selection() int {
	return slices.IndexFunc(m.shown.assessment.Members, func(a thresholds.Member) bool { return a.Key == m.selected })
}

// onKey routes a key: what ends the program first, then the overlay, then the rest.
func (m model) onKey(msg tea.KeyMsg) model {
	switch k := m.keys; {
	case key.Matches(msg, k.Stop):
		m.leaving = leaveAtOnce
	case key.Matches(msg, k.Quit):
		m.leaving = leaveSummary
	case key.Matches(msg, k.QuitKeep):
		m.leaving = leaveScreen
	case m.helping && key.Matches(msg, k.Close):
		m.helping = false
	case m.helping:
		m = m.onHelpKey(msg)
	case key.Matches(msg, k.Help):
		m.helping, m.helpTop = true, 0
	default:
		m = m.onTimeKey(msg)
		m = m.onMoveKey(msg)
	}
	return m
}

func (m model) onTimeKey(msg tea.KeyMsg) model {
	switch k := m.keys; {
	case key.Matches(msg, k.Pause):
		return m.onPause()
	case key.Matches(msg, k.WindowIn):
		m.window = step(windows[:], m.window, false)
	case key.Matches(msg, k.WindowOut):
		m.window = step(windows[:], m.window, true)
	case key.Matches(msg, k.IntervalDown):
		m = m.withPace(step(intervals[:], m.interval, false))
	case key.Matches(msg, k.IntervalUp):
		m = m.withPace(step(intervals[:], m.interval, true))
	case key.Matches(msg, k.Poll):
		m.poller.Hurry()
	case key.Matches(msg, k.UTC):
		m.local = !m.local
	}
	return m
}

// withPace polls at another interval.
func (m model) withPace(every time.Duration) model {
	m.interval, m.paced = every, m.now
	m.poller.SetInterval(every)
	return m
}

// onPause freezes the view, or lets it follow the newest sweep again. Polling goes on either way.
func (m model) onPause() model {
	m.paused, m.missed = !m.paused, 0
	if !m.paused {
		m = m.show(m.live)
	}
	return m
}

func (m model) onMoveKey(msg tea.KeyMsg) model {
	members := m.shown.assessment.Members
	if len(members) == 0 {
		return m
	}
	m.selected = members[m.keys.move(msg, max(m.selection(), 0), len(members)-1)].Key
	return m
}
