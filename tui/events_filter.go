package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// eventsPage is what the events page shows of all events, and which one is selected.
type eventsPage struct {
	filter eventFilter
	// selected is the event that the cursor is on. Where it is not shown, the next older one is.
	selected eventID
}

// eventFilter is which of the events are shown.
type eventFilter struct {
	// level is the least one that is shown.
	level thresholds.Level
	// of is the key of the member whose events are shown where byMember is set; empty for those of the cluster.
	of       string
	byMember bool
	// search is a text that is in them.
	search string
}

// eventID tells events apart. It stays the same while an event goes on.
type eventID struct {
	at     time.Time
	kind   thresholds.EventKind
	level  thresholds.Level
	rule   thresholds.RuleID
	member string
	text   string // of a mark
}

func idOf(e *thresholds.Event) eventID {
	id := eventID{e.At, e.Kind, e.Level, e.Rule, e.Member.Key, ""}
	if e.Kind == thresholds.EventMark {
		id.text = e.Text
	}
	return id
}

// levelSteps are what the level key goes through.
var levelSteps = [...]thresholds.Level{thresholds.OK, thresholds.Notice, thresholds.Warning, thresholds.Critical}

// some says that not all events are shown.
func (f *eventFilter) some() bool { return f.level > thresholds.OK || f.byMember || f.search != "" }

// eventList is the indexes of the events that the filter leaves, newest first.
func (m model) eventList() []int {
	f, search := &m.events.filter, strings.ToLower(m.events.filter.search)
	var list []int
	type subject struct {
		rule   thresholds.RuleID
		member string
	}
	passed := map[subject]bool{} // whether what began last did: its end does too
	for i := range m.shown.events {
		e := &m.shown.events[i]
		about := subject{e.Rule, e.Member.Key}
		passes := e.Level >= f.level || e.Kind == thresholds.EventMark || e.Rule != "" && e.Level == thresholds.OK && passed[about]
		if e.Rule != "" && e.Level > thresholds.OK {
			passed[about] = passes
		}
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

// searched is what the search looks for a text in.
func (m model) searched(e *thresholds.Event) string {
	return m.eventWord(e).text + " " + m.who(e) + " " + e.Text + " " + string(e.Rule)
}

// who is whom an event happened to.
func (m model) who(e *thresholds.Event) string {
	switch {
	case e.Kind == thresholds.EventMark:
		return "you"
	case e.Member.IsZero():
		return "cluster"
	}
	return e.Member.Label
}

// needsWho says that an event's text does not say whom it is about. A mark has a text of its own.
func (m model) needsWho(e *thresholds.Event) bool {
	return e.Kind != thresholds.EventMark && !(thresholds.MemberRef{Label: m.who(e)}).NamedIn(e.Text)
}

// eventAt is the place in a list of events of the one that is selected: of the next older one where it is not in it.
func (m model) eventAt(list []int) int {
	selected := m.events.selected
	for at, i := range list {
		if idOf(&m.shown.events[i]) == selected {
			return at
		}
	}
	for at, i := range list {
		if !selected.at.IsZero() && !m.shown.events[i].At.After(selected.at) {
			return at
		}
	}
	if selected.at.IsZero() {
		return 0
	}
	return max(len(list)-1, 0)
}

// ofNext goes through whose events are shown: everybody's, the cluster's, each member's.
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
