package tui

import (
	"slices"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// marks are all marks that were made.
type marks struct {
	// made are the marks that sweeps brought, oldest first; pending are those that a sweep is yet to bring.
	made    []madeMark
	pending []probe.Mark
	// announced is what the mark that is being typed announces.
	announced announcement
}

// madeMark is a mark with its number: see [thresholds.Announcement].
type madeMark struct {
	probe.Mark
	number int
}

// markLetter names the nth mark since the start, from 0: A to Z, then AA, AB …
func markLetter(n int) string {
	letter := ""
	for n++; n > 0; n = (n - 1) / 26 {
		letter = string(rune('A'+(n-1)%26)) + letter
	}
	return letter
}

// withMarks adds the marks of a sweep, in the order of their times.
func (m model) withMarks(s *probe.Sweep) model {
	if len(s.Marks) == 0 {
		return m
	}
	marks := slices.Clone(m.marks.made)
	for _, mark := range s.Marks {
		if mark.At.IsZero() {
			mark.At = s.At
		}
		marks = append(marks, madeMark{mark, len(marks) + 1})
	}
	slices.SortStableFunc(marks, func(a, b madeMark) int { return a.At.Compare(b.At) })
	m.marks.made = marks
	m.marks.pending = slices.DeleteFunc(slices.Clone(m.marks.pending), func(mark probe.Mark) bool {
		return slices.Contains(s.Marks, mark)
	})
	return m
}

// firstMark is the number of the first mark that is still among the newest events.
func (m model) firstMark(events []thresholds.Event) int {
	n := len(m.marks.made)
	for i := range events {
		if events[i].Kind == thresholds.EventMark {
			n--
		}
	}
	return max(n, 0)
}

// markLetters are the letters of the marks among the events shown, by the event's index. A mark always keeps its
// letter.
func (m model) markLetters() map[int]string {
	letters := map[int]string{}
	for i := range m.shown.events {
		if m.shown.events[i].Kind == thresholds.EventMark {
			letters[i] = markLetter(m.shown.firstMark + len(letters))
		}
	}
	return letters
}

// shownMarks are the marks known at the moment shown, oldest first: each place has the letter of its number.
func (m model) shownMarks() []madeMark {
	n := m.shown.firstMark
	for i := range m.shown.events {
		if m.shown.events[i].Kind == thresholds.EventMark {
			n++
		}
	}
	return m.marks.made[:min(n, len(m.marks.made))]
}

// placeOf is the place of a mark with a number among the marks shown, or -1.
func (m model) placeOf(mark int) int {
	return slices.IndexFunc(m.shownMarks(), func(made madeMark) bool { return made.number == mark })
}

// markOf is the place of an event's mark among the marks shown, or -1.
func (m model) markOf(e *thresholds.Event) int {
	if e.Kind != thresholds.EventMark {
		return -1
	}
	return m.placeOf(e.Announcement.Mark)
}
