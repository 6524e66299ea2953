package tui

import (
	"maps"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// attention is what the user has seen of the events, and does not want to be alerted to. Its map is replaced, never
// changed.
type attention struct {
	// seen are the acknowledged events, with their level then.
	seen map[eventID]thresholds.Level
	// muted are the findings that raise no alert for a while, by the keys of members.
	muted thresholds.Mutes
}

// muteSteps are how long something can be muted.
var muteSteps = [...]time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour}

// isNew reports that an event calls for attention: a warning or worse that nobody has acknowledged at its level.
func (m model) isNew(e *thresholds.Event) bool {
	level, seen := m.attention.seen[idOf(e)]
	return e.Kind != thresholds.EventMark && e.Level >= thresholds.Warning && (!seen || e.Level > level)
}

// countNew counts the events that call for attention.
func (m model) countNew() (n int) {
	for i := range m.shown.events {
		if m.isNew(&m.shown.events[i]) {
			n++
		}
	}
	return n
}

// onAck acknowledges the selected event, or no longer.
func (m model) onAck() model {
	e := m.selectedEvent()
	if e == nil {
		return m
	}
	_, seen := m.attention.seen[idOf(e)]
	if !seen && !m.isNew(e) {
		return m.say("nothing to acknowledge: only warnings and worse call for it", nil)
	}
	all := maps.Clone(m.attention.seen)
	if all == nil {
		all = map[eventID]thresholds.Level{}
	}
	if m.isNew(e) {
		all[idOf(e)] = e.Level
		m = m.say("acknowledged, until it gets worse", nil)
	} else {
		delete(all, idOf(e))
		m = m.say("new again", nil)
	}
	m.attention.seen = all
	return m.withSelectedEvent()
}

// onMute asks for how long the finding of the selected event is muted.
func (m model) onMute() model {
	e := m.selectedEvent()
	if e == nil {
		return m
	}
	f := m.seen.live.assessment.Finding(e.Rule, e.Member.Key)
	if e.Rule == "" || f == nil {
		return m.say("nothing to mute: it raises no alert now", nil)
	}
	m = m.withSelectedEvent()
	var all []choice
	for _, d := range muteSteps {
		all = append(all, choice{kind: "mute", text: "for " + thresholds.ShortDuration(d),
			do: func(m model) (model, tea.Cmd) {
				to := thresholds.MuteFinding(f, m.now.Add(d))
				m.attention.muted = m.attention.muted.With(to)
				return m.say("muted until "+m.muteClock(to.Until)+", or until it gets worse", nil), nil
			}})
	}
	if m.attention.muted.Of(f) != nil {
		all = append(all, choice{kind: "unmute", text: "alert again", do: func(m model) (model, tea.Cmd) {
			m.attention.muted = m.attention.muted.Without(e.Rule, e.Member.Key)
			return m.say("no longer muted", nil), nil
		}})
	}
	about := string(e.Rule)
	if !e.Member.IsZero() {
		about = m.shortName(e.Member) + " " + about
	}
	return m.choose("mute", choices{title: about + ": no alert, unless it gets worse", all: all})
}

// withoutEndedMutes ends the mutes whose time is over, and those of findings that have got worse.
func (m model) withoutEndedMutes() model {
	if len(m.attention.muted) > 0 {
		m.attention.muted = m.attention.muted.After(&m.seen.live.assessment, m.now)
	}
	return m
}

// mutes reports which findings are muted now.
func (m model) mutes() func(*thresholds.Finding) bool {
	muted := m.attention.muted
	if len(muted) == 0 {
		return nil
	}
	return func(f *thresholds.Finding) bool { return muted.Of(f) != nil }
}

// mutedTail is the remark behind an event whose finding is muted; empty where it is not.
func (m model) mutedTail(e *thresholds.Event) string {
	about := thresholds.Finding{Rule: e.Rule, Member: e.Member}
	if muted := m.attention.muted.Of(&about); muted != nil && e.Rule != "" {
		return " muted until " + m.muteClock(muted.Until)
	}
	return ""
}

// muteClock is a time to the minute.
func (m model) muteClock(at time.Time) string {
	if m.appearance.local {
		return at.Local().Format("15:04")
	}
	return at.UTC().Format("15:04Z")
}

// newSign is the sign before an event that calls for attention.
func (t *theme) newSign() string { return t.pick("•", "*") }
