package tui

import (
	"iter"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// keyMap is every key. Each has one record, in groups: the bindings, the help, the footer and the table in
// assets/docs/dashboard.md are made from those.
type keyMap struct {
	groups []keyGroup
	// shortNames are how hints and messages call the keys.
	shortNames map[*key.Binding]string
	// switches says that there are clusters to switch to.
	switches bool
	// Moving, and opening pages
	Up, Down, First, Last, PageUp, PageDown, Open, Back, Next, Previous key.Binding
	Reading, Events, Drain, Findings, Space, Palette, Clusters          key.Binding
	// Time
	Pause, Earlier, Later, EventBefore, EventAfter, Oldest, Live, WindowIn, WindowOut key.Binding
	IntervalDown, IntervalUp, Poll, Notify                                            key.Binding
	// Appearance
	Chart, Zoom, Scale, ReadEarlier, ReadLater, Units, UTC, Theme, Glyphs, Present, Sort, Filter, Columns key.Binding
	// Keeping
	Mark, Compare, Copy, Snapshot, Write key.Binding
	// Events
	LevelFilter, MemberFilter, AllEvents, Ack, Mute key.Binding
	// The help, and leaving
	Help, Close, Suspend, Quit, QuitKeep, Stop key.Binding
	// While a text is typed, or one of a list is chosen
	Enter, Cancel, Choose, Longer, Shorter, Toggle key.Binding
}

// keyRecord is everything about a key.
type keyRecord struct {
	to *key.Binding
	// keys are what the terminal sends. names are their names where those differ; empty for a key that shares
	// another's.
	keys, names []string
	// does says what the key does, for the palette and the table in assets/docs; hint says it in a word or two, for
	// the footer.
	does, hint string
	// on are the pages that have the key, the one where it is at home first; nil: all pages.
	on []page
}

// isOn reports that a page has the key.
func (r *keyRecord) isOn(p page) bool { return r.on == nil || slices.Contains(r.on, p) }

// allNames returns the names of the key; the first is the short one.
func (r *keyRecord) allNames() []string {
	if r.names == nil {
		return r.keys
	}
	return r.names
}

// keyEntry is a line of the help: keys that belong together, and what the help says of them.
type keyEntry struct {
	helpLine string
	keys     []keyRecord
}

// keyGroup is a titled part of the keymap, as the help shows it.
type keyGroup struct {
	title   string
	entries []keyEntry
}

// newKeyMap makes the keymap. Without a poller (a replay) the keys that poll and mark are disabled. Footers show the
// key that switches clusters where there are any.
func newKeyMap(polls, switches bool) *keyMap {
	k := &keyMap{shortNames: make(map[*key.Binding]string), switches: switches}
	k.groups = k.records()
	for r := range k.each() {
		k.bind(r)
	}
	for _, r := range k.whileTyping() {
		k.bind(&r)
	}
	for _, b := range []*key.Binding{&k.IntervalDown, &k.IntervalUp, &k.Poll, &k.Mark} {
		b.SetEnabled(polls)
	}
	return k
}

// bind makes the binding of a record.
func (k *keyMap) bind(r *keyRecord) {
	names := r.allNames()
	*r.to = key.NewBinding(key.WithKeys(r.keys...), key.WithHelp(strings.Join(names, " "), r.does))
	if len(names) > 0 {
		k.shortNames[r.to] = names[0]
	}
}

// each are the records of all groups.
func (k *keyMap) each() iter.Seq[*keyRecord] {
	return func(yield func(*keyRecord) bool) {
		for i := range k.groups {
			for j := range k.groups[i].entries {
				for n := range k.groups[i].entries[j].keys {
					if !yield(&k.groups[i].entries[j].keys[n]) {
						return
					}
				}
			}
		}
	}
}

// pageStep is how far the page keys lead.
const pageStep = 10

// move is the place in a list that a key leads to, and whether the key is one that moves; last is the list's last
// place.
func (k *keyMap) move(msg tea.KeyMsg, from, last int) (to int, moves bool) {
	switch {
	case key.Matches(msg, k.Up):
		return max(from-1, 0), true
	case key.Matches(msg, k.Down):
		return min(from+1, last), true
	case key.Matches(msg, k.PageUp):
		return max(from-pageStep, 0), true
	case key.Matches(msg, k.PageDown):
		return min(from+pageStep, last), true
	case key.Matches(msg, k.First):
		return 0, true
	case key.Matches(msg, k.Last):
		return last, true
	default:
		return from, false
	}
}
