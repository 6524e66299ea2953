package tui

import (
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// onTimeKey takes the keys that move the cursor in time, and those that change the charts' window.
func (m model) onTimeKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	switch k := m.keys; {
	case key.Matches(msg, k.Pause):
		m = m.onPause()
	case key.Matches(msg, k.Earlier):
		m = m.goTo(m.shownAt() - 1)
	case key.Matches(msg, k.Later):
		m = m.goTo(m.shownAt() + 1)
	case key.Matches(msg, k.EventBefore):
		m = m.goToEvent(false)
	case key.Matches(msg, k.EventAfter):
		m = m.goToEvent(true)
	case key.Matches(msg, k.Oldest):
		m = m.goTo(0)
	case key.Matches(msg, k.Live):
		m = m.follow()
	case m.page() == pageCompare && key.Matches(msg, k.WindowIn):
		m = m.withComparedSpan(false)
	case m.page() == pageCompare && key.Matches(msg, k.WindowOut):
		m = m.withComparedSpan(true)
	case key.Matches(msg, k.WindowIn):
		m = m.withWindow(step(windows[:], m.charts.window, false))
	case key.Matches(msg, k.WindowOut):
		m = m.withWindow(step(windows[:], m.charts.window, true))
	default:
		return m, nil, false
	}
	return m, nil, true
}

// withWindow makes the charts go back so far at most; a notice says where there is not that much to show yet.
func (m model) withWindow(window time.Duration) model {
	m.charts.window = window
	if span := m.span(); span < window {
		m = m.say("window: "+thresholds.ShortDuration(window)+", of which "+thresholds.ShortDuration(span)+
			" hold all there is so far", nil)
	}
	return m
}

// onPause freezes the view, or lets it follow the newest sweep again. Polling goes on either way.
func (m model) onPause() model {
	switch {
	case m.paused:
		return m.follow()
	case !m.seen.live.known():
		return m.say("nothing to pause yet: no sweep has come in", nil)
	}
	m.paused = true
	return m
}

// follow shows the newest sweep, and each that comes.
func (m model) follow() model {
	m.paused = false
	if m.seen.live.known() {
		return m.show(&m.seen.live)
	}
	m.shown = shown{} // what was seen before another cluster was shown is not how it is now
	return m
}

// shownAt is the index of the observation under the cursor; the one after the newest while nothing is shown yet.
func (m model) shownAt() int {
	if !m.shown.known() {
		return m.seen.past.len()
	}
	return m.seen.past.until(m.shown.assessment.At)
}

// goTo pauses at a moment of the past.
func (m model) goTo(index int) model {
	if m.seen.past.len() == 0 {
		return m
	}
	m.paused = true
	return m.show(m.seen.past.nth(min(max(index, 0), m.seen.past.len()-1)))
}

// goToTime pauses at the first moment that is not before a time; a notice says where nothing that old is kept.
func (m model) goToTime(at time.Time) model {
	if m = m.goTo(m.seen.past.from(at)); m.seen.past.len() > 0 && at.Before(m.seen.past.at(0)) {
		m = m.say("nothing is kept of "+m.stamp(at)+": this is the oldest moment", nil)
	}
	return m
}

// goToEvent pauses at the next event or mark, or at the one before.
func (m model) goToEvent(after bool) model {
	cursor, to, found := m.shownAt(), 0, false
	for i := range m.seen.log {
		switch at := m.seen.past.from(m.seen.log[i].At); {
		case after && at > cursor && (!found || at < to), !after && at < cursor && (!found || at > to):
			to, found = at, true
		}
	}
	switch {
	case found:
		return m.goTo(to)
	case after:
		return m.say("no later event", nil)
	}
	return m.say("no earlier event", nil)
}

// eventsAsOf are the events as they were known at a time.
func eventsAsOf(log []thresholds.Event, at time.Time) []thresholds.Event {
	var known []thresholds.Event
	for _, e := range log {
		if e.KnownBy(at) {
			known = append(known, e.AsOf(at))
		}
	}
	return known
}

// nowWord is the word for the moment shown.
func (m model) nowWord() string {
	if m.paused {
		return "then"
	}
	return "now"
}
