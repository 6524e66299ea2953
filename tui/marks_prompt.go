package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// announcement is the outage that a mark announces.
type announcement struct {
	// member is the member that will be down; its zero value announces nothing.
	member thresholds.MemberRef
	// window is how long it may be down; 0 announces nothing.
	window time.Duration
}

// outageSteps are the windows to choose from.
var outageSteps = [...]time.Duration{0, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}

// askMark prompts for a mark, with a text and an announcement to begin with.
func (m model) askMark(member thresholds.MemberRef, text string) model {
	m.marks.announced = announcement{member, thresholds.DefaultOutage}
	m = m.ask(prompt{
		hint:  model.markHint,
		onKey: model.onMarkingKey,
		done:  model.makeMark,
	}, text)
	return m.withMarkLabel()
}

// withMarkLabel puts the announcement into the prompt's label, which is always shown.
func (m model) withMarkLabel() model {
	m.prompt.label = "mark " + m.nextLetter()
	if away := m.expects(m.marks.announced); away != "" {
		m.prompt.label += " (" + away + ")"
	}
	return m
}

// expects is an announcement in words; empty where there is none.
func (m model) expects(a announcement) string {
	if a.member.IsZero() || a.window <= 0 {
		return ""
	}
	return m.shortName(a.member) + " away " + thresholds.ShortDuration(a.window)
}

// askDrain prompts for the mark of a drain. A long name is typed as the screen has it, and kept in full.
func (m model) askDrain(of thresholds.MemberRef) model {
	const drain = "drain "
	short := m.shortName(of)
	if m.present.on || short == m.theme.clean(of.Label) {
		return m.askMark(of, drain+of.Label)
	}
	m = m.askMark(of, drain+short)
	done := m.prompt.done
	m.prompt.done = func(m model, text string) (model, tea.Cmd) {
		return done(m, strings.Replace(text, short, of.Label, 1))
	}
	return m
}

// nextLetter is the letter of the next mark.
func (m model) nextLetter() string { return markLetter(len(m.marks.made) + len(m.marks.pending)) }

func (m model) markHint() []string {
	switch {
	case len(m.shown.assessment.Members) == 0:
		return nil
	case m.marks.announced.member.IsZero():
		return []string{m.keys.Choose.Help().Key + " announce an outage"}
	}
	return []string{m.keys.Choose.Help().Key + " whose", m.keys.Longer.Help().Key + " how long"}
}

// onMarkingKey changes the announcement: whose outage, and how long.
func (m model) onMarkingKey(msg tea.KeyMsg) (model, bool) {
	switch k := m.keys; {
	case key.Matches(msg, k.Choose):
		m.marks.announced.member = m.nextAway()
	case key.Matches(msg, k.Longer):
		m.marks.announced.window = step(outageSteps[:], m.marks.announced.window, true)
	case key.Matches(msg, k.Shorter):
		m.marks.announced.window = step(outageSteps[:], m.marks.announced.window, false)
	default:
		return m, false
	}
	return m.withMarkLabel(), true
}

// nextAway goes through whose outage a mark can announce: nobody's, the selected member's, each other member's.
func (m model) nextAway() thresholds.MemberRef {
	choices := []thresholds.MemberRef{{}}
	if a := m.selectedMember(); a != nil {
		choices = append(choices, a.MemberRef)
	}
	for i := range m.shown.assessment.Members {
		if ref := m.shown.assessment.Members[i].MemberRef; ref.Key != m.selected {
			choices = append(choices, ref)
		}
	}
	for i := range choices {
		if choices[i].Key == m.marks.announced.member.Key {
			return choices[(i+1)%len(choices)]
		}
	}
	return choices[0]
}

// makeMark hands the mark to the poller, which starts a sweep with it at once.
func (m model) makeMark(text string) (model, tea.Cmd) {
	mark := probe.Mark{At: m.now, Text: strings.TrimSpace(text)}
	said := "mark " + m.nextLetter()
	if away := m.expects(m.marks.announced); away != "" {
		mark.Member, mark.Window = m.marks.announced.member.Label, m.marks.announced.window
		said += ": expects " + away + " at most"
	}
	m.conn.poller.Mark(mark)
	m.conn.poller.Hurry()
	m.marks.pending = append(slices.Clone(m.marks.pending), mark)
	if m.paused {
		said += "; made at " + m.clock(m.now) + ", not at the time shown"
	}
	if mark.Text != "" && !m.present.on { // it has an alias only once a sweep has it
		said += "   \"" + m.brief(mark.Text) + "\""
	}
	return m.say(said, nil), nil
}
