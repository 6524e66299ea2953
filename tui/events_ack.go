package tui

import (
	"maps"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// attention is what the user has seen of the events, and does not want to be alerted to. Its maps are replaced, never
// changed.
type attention struct {
	// seen are the acknowledged events, with their level then.
	seen map[eventID]thresholds.Level
	// muted are the findings that raise no alert for a while.
	muted map[subject]mute
}

// subject is what a finding is about: a rule, and the key of a member or empty for the cluster.
type subject struct {
	rule   thresholds.RuleID
	member string
}

// mute lasts until a time, or until its finding is worse than level.
type mute struct {
	until time.Time
	level thresholds.Level
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
	s := subject{e.Rule, e.Member.Key}
	f := m.seen.live.assessment.Finding(s.rule, s.member)
	if e.Rule == "" || f == nil {
		return m.say("nothing to mute: it raises no alert now", nil)
	}
	m = m.withSelectedEvent()
	var all []choice
	for _, d := range muteSteps {
		all = append(all, choice{kind: "mute", text: "for " + thresholds.ShortDuration(d),
			do: func(m model) (model, tea.Cmd) {
				to := mute{m.now.Add(d), f.Level}
				return m.withMute(s, to).say("muted until "+m.muteClock(to.until)+", or until it gets worse", nil), nil
			}})
	}
	if _, is := m.attention.muted[s]; is {
		all = append(all, choice{kind: "unmute", text: "alert again",
			do: func(m model) (model, tea.Cmd) { return m.withMute(s, mute{}).say("no longer muted", nil), nil }})
	}
	about := string(e.Rule)
	if !e.Member.IsZero() {
		about = m.theme.clean(e.Member.Short) + " " + about
	}
	return m.choose("mute", choices{title: about + ": no alert, unless it gets worse", all: all})
}

// withMute mutes a finding; with a mute of no time it alerts again.
func (m model) withMute(s subject, to mute) model {
	all := maps.Clone(m.attention.muted)
	if all == nil {
		all = map[subject]mute{}
	}
	if delete(all, s); !to.until.IsZero() {
		all[s] = to
	}
	m.attention.muted = all
	return m
}

// withoutEndedMutes ends the mutes whose time is over, and those of findings that have got worse.
func (m model) withoutEndedMutes() model {
	live := &m.seen.live.assessment
	for s, muted := range m.attention.muted {
		f := live.Finding(s.rule, s.member)
		if !m.now.Before(muted.until) || f != nil && f.Level > muted.level {
			m = m.withMute(s, mute{})
		}
	}
	return m
}

// mutes reports which findings are muted now.
func (m model) mutes() func(*thresholds.Finding) bool {
	if len(m.attention.muted) == 0 {
		return nil
	}
	return func(f *thresholds.Finding) bool {
		_, is := m.attention.muted[subject{f.Rule, f.Member.Key}]
		return is
	}
}

// mutedTail is the remark behind an event whose finding is muted; empty where it is not.
func (m model) mutedTail(e *thresholds.Event) string {
	if muted, is := m.attention.muted[subject{e.Rule, e.Member.Key}]; is && e.Rule != "" {
		return " muted until " + m.muteClock(muted.until)
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
