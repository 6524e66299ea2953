package tui

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// marks are all that were made.
type marks struct {
	// made are those that sweeps have brought, oldest first; unswept is how many more were made since.
	made    []probe.Mark
	pending int
	// announced is what the mark that is being typed announces.
	announced announcement
}

// markLetter names the nth mark since the start, from 0: A to Z, then AA, AB …
func markLetter(n int) string {
	letter := ""
	for n++; n > 0; n = (n - 1) / 26 {
		letter = string(rune('A'+(n-1)%26)) + letter
	}
	return letter
}

// withMarks has the marks of a sweep behind those before it, in the order of their times.
func (m model) withMarks(s *probe.Sweep) model {
	if len(s.Marks) == 0 {
		return m
	}
	marks := slices.Clone(m.marks.made)
	for _, mark := range s.Marks {
		if mark.At.IsZero() {
			mark.At = s.At
		}
		marks = append(marks, mark)
	}
	slices.SortStableFunc(marks, func(a, b probe.Mark) int { return a.At.Compare(b.At) })
	m.marks.made, m.marks.pending = marks, max(m.marks.pending-len(s.Marks), 0)
	return m
}

// firstMark is the number of the first mark among the newest events: those before it are not among them any longer.
func (m model) firstMark(events []thresholds.Event) int {
	n := len(m.marks.made)
	for i := range events {
		if events[i].Kind == thresholds.EventMark {
			n--
		}
	}
	return max(n, 0)
}

// markLetters name the marks among the events shown, by the event's index. A mark keeps its letter for good.
func (m model) markLetters() map[int]string {
	letters := map[int]string{}
	for i := range m.shown.events {
		if m.shown.events[i].Kind == thresholds.EventMark {
			letters[i] = markLetter(m.shown.firstMark + len(letters))
		}
	}
	return letters
}

// shownMarks are the marks that were known at the moment shown, oldest first: the nth one has the letter of n.
func (m model) shownMarks() []probe.Mark {
	n := m.shown.firstMark
	for i := range m.shown.events {
		if m.shown.events[i].Kind == thresholds.EventMark {
			n++
		}
	}
	return m.marks.made[:min(n, len(m.marks.made))]
}

// markOf is the number of the mark that an event tells of, or -1.
func (m model) markOf(e *thresholds.Event) int {
	if e.Kind != thresholds.EventMark {
		return -1
	}
	return slices.IndexFunc(m.shownMarks(), func(mark probe.Mark) bool { return mark.At.Equal(e.At) && mark.Text == e.Text })
}

// announcer is the number of the mark that made expected what a member did, where it is known: the newest one until a
// time that announces its outage.
func (m model) announcer(member thresholds.MemberRef, until time.Time) (n int, known bool) {
	marks, names := m.shownMarks(), []string{member.Label, member.Key, member.ID.String()}
	for n := len(marks) - 1; n >= 0; n-- {
		if mark := &marks[n]; slices.Contains(names, mark.Member) && !mark.At.After(until) {
			return n, true
		}
	}
	return 0, false
}

// expectedUntil is until when the mark makes an outage expected; zero where it announces none.
func expectedUntil(mark *probe.Mark) time.Time {
	switch {
	case mark.Member == "":
		return time.Time{}
	case mark.Window <= 0:
		return mark.At.Add(thresholds.DefaultOutage)
	}
	return mark.At.Add(mark.Window)
}
