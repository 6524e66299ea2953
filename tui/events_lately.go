package tui

import (
	"strconv"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// lately is how far back a list of events counts what has changed: as far as the comparison looks.
const lately = defaultSpan

// changedLately reports that something began, changed or ended within the last minutes. That watching began is no
// change of the cluster.
func (m model) changedLately(e *thresholds.Event) bool {
	if e.Kind == thresholds.EventStarted && e.Lasted == 0 {
		return false
	}
	from := m.shown.assessment.At.Add(-lately)
	return e.SaidAt().After(from) || !e.Active && e.At.Add(e.Lasted).After(from)
}

// latelyWords say in a room how many changes there were in the last minutes, or since watching began, and how many of
// them the list beside does not show; empty before the first sweep, or without room.
func (m model) latelyWords(hidden, room int) string {
	if !m.shown.known() {
		return ""
	}
	changes := 0
	for i := range m.shown.events {
		if m.changedLately(&m.shown.events[i]) {
			changes++
		}
	}
	counted := thresholds.Plural(changes, "change")
	if changes == 0 {
		counted = "no change"
	}
	since, brief := m.latelySpan()
	forms := []string{since + ": " + counted, brief + ": " + counted}
	if hidden > 0 {
		where := ""
		if keys := m.keys.shown(&m.keys.Events); keys != "" {
			where = " (" + keys + ")"
		}
		counted += ", " + strconv.Itoa(hidden) + " not shown"
		forms = []string{since + ": " + counted + where, since + ": " + counted, brief + ": " + counted}
	}
	for _, form := range forms {
		if textWidth(form) <= room {
			return form
		}
	}
	return ""
}

// latelySpan is the time whose changes are counted, in words and in few of them: where not all of the last minutes were
// watched, for how long.
func (m model) latelySpan() (words, brief string) {
	at, session := m.shown.assessment.At, &m.seen.session
	watched := session.Watched(at)
	if earlier := at.Add(-lately); earlier.After(session.From) {
		watched -= session.Watched(earlier)
	}
	last := "last " + thresholds.ShortDuration(lately)
	span := m.theme.duration(watched)
	switch {
	case watched > lately-time.Second:
		return last, last
	case at.Sub(session.From) > lately:
		return last + ", watched for " + span, last
	}
	return "watched for " + span, "in " + span
}
