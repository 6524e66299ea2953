package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// eventsPage is which events the events page shows, and which one is selected.
type eventsPage struct {
	filter eventFilter
	// selected is the event under the cursor. Where the filter hides it, the next older one is selected.
	selected   eventID
	selectedAt time.Time
}

// eventFilter is which of the events are shown.
type eventFilter struct {
	// level is the least level shown.
	level thresholds.Level
	// of is the key of the member whose events are shown where byMember is set; empty for the cluster's.
	of       string
	byMember bool
	// search is a text that they contain.
	search string
}

// eventID identifies an event, also while it goes on: see [thresholds.Event].
type eventID int

func idOf(e *thresholds.Event) eventID { return eventID(e.ID) }

// levelSteps are what the level key goes through.
var levelSteps = [...]thresholds.Level{thresholds.OK, thresholds.Notice, thresholds.Warning, thresholds.Critical}

// some reports that the filter hides events.
func (f *eventFilter) some() bool { return f.level > thresholds.OK || f.byMember || f.search != "" }

// eventList is the indexes of the events that pass the filter, newest first.
func (m model) eventList() []int {
	f, search := &m.events.filter, strings.ToLower(m.events.filter.search)
	var list []int
	for i := range m.shown.events {
		e := &m.shown.events[i]
		passes := e.Level >= f.level || e.Kind == thresholds.EventMark
		unclaimed := e.Kind == thresholds.EventMark && e.Member.IsZero()
		if !passes || f.byMember && e.Member.Key != f.of && !unclaimed {
			continue
		}
		if search == "" || strings.Contains(strings.ToLower(m.searched(e)), search) {
			list = append(list, i)
		}
	}
	slices.Reverse(list)
	return list
}

// searched is the text that the search looks in.
func (m model) searched(e *thresholds.Event) string {
	return m.eventWord(e).text + " " + m.who(e) + " " + e.Text + " " + e.Holds() + " " + string(e.Rule)
}

// who names whom an event is about.
func (m model) who(e *thresholds.Event) string {
	switch {
	case e.Kind == thresholds.EventMark:
		return "you"
	case e.Member.IsZero():
		return "cluster"
	}
	return e.Member.Label
}

// whoShort is who, by the member's short name.
func (m model) whoShort(e *thresholds.Event) string {
	if e.Kind == thresholds.EventMark || e.Member.IsZero() {
		return m.who(e)
	}
	return m.shortName(e.Member)
}

// needsWho says that an event's text does not say whom it is about. A mark has a text of its own.
func (m model) needsWho(e *thresholds.Event) bool {
	return e.Kind != thresholds.EventMark && !e.Named
}

// eventAt is the selected event's place in a list of events; that of the next older one where the list lacks it.
func (m model) eventAt(list []int) int {
	selected := m.events.selected
	for at, i := range list {
		if idOf(&m.shown.events[i]) == selected {
			return at
		}
	}
	for at, i := range list {
		if !m.events.selectedAt.IsZero() && !m.shown.events[i].DatedAt().After(m.events.selectedAt) {
			return at
		}
	}
	if m.events.selectedAt.IsZero() {
		return 0
	}
	return max(len(list)-1, 0)
}

// ofNext goes through everybody's events, the cluster's, and each member's.
func (f eventFilter) ofNext(members []thresholds.Member) eventFilter {
	at := -1
	if f.byMember && f.of != "" {
		at = placeOf(members, f.of)
	}
	switch {
	case !f.byMember:
		f.byMember, f.of = true, ""
	case f.of != "" && at < 0, at+1 >= len(members):
		f.byMember, f.of = false, ""
	default:
		f.of = members[at+1].Key
	}
	return f
}
