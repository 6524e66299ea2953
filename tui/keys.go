package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// keyMap is every key that does something. The help, the footer and the README's table are made from it.
type keyMap struct {
	// moving, and opening pages
	Up, Down, First, Last, PageUp, PageDown, Open, Back, Next, Previous key.Binding
	Events, Drain, Findings                                             key.Binding
	// time
	Pause, Earlier, Later, EventBefore, EventAfter, Oldest, Live, WindowIn, WindowOut key.Binding
	IntervalDown, IntervalUp, Poll                                                    key.Binding
	// looks
	Chart, Zoom, Scale, ReadEarlier, ReadLater, Units, UTC, Theme, Glyphs, Present, Sort, Filter key.Binding
	// keeping
	Mark, Compare, Copy, Snapshot, Write key.Binding
	// events
	LevelFilter, MemberFilter, AllEvents key.Binding
	// the help, and leaving
	Help, Close, Suspend, Quit, QuitKeep, Stop key.Binding
	// while a text is typed
	Enter, Cancel, Choose, Longer, Shorter key.Binding
}

// newKeyMap makes the keymap. Without a poller (a replay) there is nothing to poll faster, and nothing to mark.
func newKeyMap(polls bool) *keyMap {
	bind := func(shown, does string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))
	}
	k := &keyMap{
		Up:       bind("k up", "the one above", "k", "up"),
		Down:     bind("j down", "the one below", "j", "down"),
		First:    bind("g", "the first", "g"),
		Last:     bind("G", "the last", "G"),
		PageUp:   bind("pgup", "ten up", "pgup", "ctrl+b"),
		PageDown: bind("pgup/dn", "ten up, ten down", "pgdown", "ctrl+f"), // for both, in one line
		Open:     bind("enter", "open; jump to the moment", "enter"),
		Back:     bind("esc", "back", "esc"),
		Next:     bind("tab", "next member", "tab"),
		Previous: bind("S-tab", "previous member", "shift+tab"),
		Events:   bind("e", "events and evidence", "e"),
		Drain:    bind("d", "drain: verdicts, the order", "d"),
		Findings: bind("f", "findings, limits, advice", "f"),

		Pause:        bind("space", "pause the view", " "),
		Earlier:      bind("[", "one sweep back", "["),
		Later:        bind("]", "one sweep forward", "]"),
		EventBefore:  bind("{", "event or mark before", "{"),
		EventAfter:   bind("}", "next event or mark", "}"),
		Oldest:       bind("home", "the oldest moment kept", "home"),
		Live:         bind("0 end", "back to the newest", "0", "end"),
		WindowIn:     bind("+", "shorter window: 24h to 1m", "+", "="),
		WindowOut:    bind("-", "longer window: 1m to 24h", "-", "_"),
		IntervalDown: bind("<", "poll more often, to 0.5s", "<", ","),
		IntervalUp:   bind(">", "poll less often, to 60s", ">", "."),
		Poll:         bind("r", "poll now", "r"),

		Chart:       bind("1..9", "focus a chart", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
		Zoom:        bind("z", "zoom the focused chart", "z"),
		Scale:       bind("Y", "y-scale: shared, own, log", "Y"),
		ReadEarlier: bind("left", "read an earlier column", "left"),
		ReadLater:   bind("right", "read a later column", "right"),
		Units:       bind("u", "sizes by 1024 or 1000", "u"),
		UTC:         bind("T", "UTC or local time", "T"),
		Theme:       bind("t", "theme: next of four", "t"),
		Glyphs:      bind("b", "block, braille, ascii", "b"),
		Present:     bind("P", "present: large, redacted", "P"),
		Sort:        bind("s", "sort the members", "s"),
		Filter:      bind("/", "filter, search", "/"),

		Mark:     bind("m", "mark; announce an outage", "m"),
		Compare:  bind("c", "compare before and after", "c"),
		Copy:     bind("y", "copy the selected (OSC 52)", "y"),
		Snapshot: bind("S", "snapshot: txt, svg, json", "S"),
		Write:    bind("w", "write events to a file", "w"),

		LevelFilter:  bind("l", "events of a level, worse", "l"),
		MemberFilter: bind("o", "events of one member", "o"),
		AllEvents:    bind("x", "all events again", "x"),

		Help:     bind("?", "help", "?"),
		Close:    bind("? esc", "close the help", "?", "esc"),
		Suspend:  bind("ctrl-z", "suspend, fg to come back", "ctrl+z"),
		Quit:     bind("q", "quit, print a summary", "q"),
		QuitKeep: bind("Q", "quit, keep the last screen", "Q"),
		Stop:     bind("ctrl-c", "quit at once", "ctrl+c"),

		Enter:   bind("enter", "take what was typed", "enter"),
		Cancel:  bind("esc", "leave it", "esc"),
		Choose:  bind("tab", "choose", "tab"),
		Longer:  bind("up/down", "more, less", "up"), // for both, in one line
		Shorter: bind("down", "less", "down"),
	}
	for _, b := range []*key.Binding{&k.IntervalDown, &k.IntervalUp, &k.Poll, &k.Mark} {
		b.SetEnabled(polls)
	}
	return k
}

// pageStep is how far the page keys lead.
const pageStep = 10

// move is where a key leads to in a list, from a place in it; last is the list's last place. It says whether the key is
// one that moves.
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

// keyGroup is a titled part of the keymap, as the help shows it: the keys that belong together in one entry.
type keyGroup struct {
	title   string
	entries []hint
}

func (k *keyMap) groups() []keyGroup {
	entry := func(does string, bindings ...key.Binding) hint { return hint{bindings, does} }
	return []keyGroup{
		{"MOVE", []hint{
			entry("select", k.Down, k.Up), entry("first, last", k.First, k.Last), entry("ten down or up", k.PageDown),
			entry("open, jump there", k.Open), entry("next member", k.Next, k.Previous), entry("back", k.Back),
		}},
		{"PAGES", []hint{
			entry("events, evidence", k.Events), entry("drain: the order", k.Drain), entry("findings, limits", k.Findings), entry("this help", k.Help),
		}},
		{"ON EVENTS", []hint{entry("level, who, all", k.LevelFilter, k.MemberFilter, k.AllEvents)}},
		{"TIME", []hint{
			entry("pause the view", k.Pause), entry("a sweep back, on", k.Earlier, k.Later), entry("event or mark", k.EventBefore, k.EventAfter),
			entry("oldest, newest", k.Oldest, k.Live), entry("shorter, longer", k.WindowIn, k.WindowOut),
		}},
		{"POLL", []hint{entry("more, less often", k.IntervalDown, k.IntervalUp), entry("now", k.Poll)}},
		{"KEEP", []hint{
			entry("mark, announce", k.Mark), entry("before and after", k.Compare), entry("copy (OSC 52)", k.Copy),
			entry("snapshot", k.Snapshot), entry("write events", k.Write),
		}},
		{"LOOK", []hint{
			entry("sort, filter", k.Sort, k.Filter), entry("chart, zoom it", k.Chart, k.Zoom), entry("read zoomed", k.ReadEarlier, k.ReadLater),
			entry("y-scale, units", k.Scale, k.Units), entry("theme, glyphs", k.Theme, k.Glyphs), entry("UTC or local time", k.UTC),
			entry("present: redacted", k.Present),
		}},
		{"LEAVE", []hint{
			entry("quit, summary", k.Quit), entry("quit, keep screen", k.QuitKeep), entry("quit at once", k.Stop),
			entry("suspend", k.Suspend), entry("close the help", k.Close),
		}},
	}
}

// hint is a footer entry: the keys that belong together, and what they do in a word or two.
type hint struct {
	bindings []key.Binding
	does     string
}

// shown are the hint's keys that do something, each by its first name.
func (h hint) shown() string {
	var names []string
	for _, b := range h.bindings {
		if b.Enabled() {
			first, _, _ := strings.Cut(b.Help().Key, " ")
			names = append(names, first)
		}
	}
	return strings.Join(names, " ")
}

// The hints are in the order of their worth: a narrow footer shows the first ones.

func (k *keyMap) overviewHints() []hint {
	return []hint{
		{[]key.Binding{k.Help}, "help"},
		{[]key.Binding{k.Quit}, "quit"},
		{[]key.Binding{k.Open}, "member"},
		{[]key.Binding{k.Events}, "events"},
		{[]key.Binding{k.Drain}, "drain"},
		{[]key.Binding{k.Findings}, "findings"},
		{[]key.Binding{k.Mark}, "mark"},
		{[]key.Binding{k.Pause}, "pause"},
		{[]key.Binding{k.Earlier, k.Later}, "time"},
		{[]key.Binding{k.WindowIn, k.WindowOut}, "window"},
		{[]key.Binding{k.Zoom}, "zoom"},
		{[]key.Binding{k.Scale}, "y-scale"},
		{[]key.Binding{k.Snapshot}, "snapshot"},
		{[]key.Binding{k.Sort}, "sort"},
		{[]key.Binding{k.Filter}, "filter"},
		{[]key.Binding{k.Present}, "present"},
	}
}

func (k *keyMap) memberHints() []hint {
	return k.pageHints(
		hint{[]key.Binding{k.Next, k.Previous}, "next/previous"},
		hint{[]key.Binding{k.Chart}, "chart"},
		hint{[]key.Binding{k.Zoom}, "zoom"},
		hint{[]key.Binding{k.Scale}, "y-scale"},
		hint{[]key.Binding{k.Copy}, "copy"},
	)
}

func (k *keyMap) zoomHints() []hint {
	return k.pageHints(
		hint{[]key.Binding{k.ReadEarlier, k.ReadLater}, "read"},
		hint{[]key.Binding{k.Open}, "go there"},
		hint{[]key.Binding{k.Chart}, "chart"},
		hint{[]key.Binding{k.Next, k.Previous}, "member"},
		hint{[]key.Binding{k.Scale}, "y-scale"},
		hint{[]key.Binding{k.WindowIn, k.WindowOut}, "window"},
	)
}

func (k *keyMap) eventsHints() []hint {
	return k.pageHints(
		hint{[]key.Binding{k.Open}, "jump there"},
		hint{[]key.Binding{k.LevelFilter}, "level"},
		hint{[]key.Binding{k.MemberFilter}, "member"},
		hint{[]key.Binding{k.Filter}, "search"},
		hint{[]key.Binding{k.Compare}, "compare marks"},
		hint{[]key.Binding{k.Write}, "write"},
		hint{[]key.Binding{k.Copy}, "copy"},
	)
}

func (k *keyMap) drainHints() []hint {
	return k.pageHints(
		hint{[]key.Binding{k.Down, k.Up}, "select"},
		hint{[]key.Binding{k.Copy}, "copy command"},
		hint{[]key.Binding{k.Mark}, "announce it"},
	)
}

func (k *keyMap) compareHints() []hint {
	return k.pageHints(
		hint{[]key.Binding{k.Down, k.Up}, "from mark"},
		hint{[]key.Binding{k.Next, k.Previous}, "to mark, now"},
		hint{[]key.Binding{k.MemberFilter}, "member"},
		hint{[]key.Binding{k.Mark}, "mark"},
		hint{[]key.Binding{k.Copy}, "copy"},
	)
}

func (k *keyMap) findingsHints() []hint {
	return k.pageHints(
		hint{[]key.Binding{k.Down, k.Up}, "select"},
		hint{[]key.Binding{k.Open}, "member"},
		hint{[]key.Binding{k.Copy}, "copy"},
	)
}

// pageHints are a page's own hints between those that every page has.
func (k *keyMap) pageHints(own ...hint) []hint {
	return slices.Concat([]hint{
		{[]key.Binding{k.Back}, "back"},
		{[]key.Binding{k.Help}, "help"},
	}, own, []hint{
		{[]key.Binding{k.Pause}, "pause"},
		{[]key.Binding{k.Earlier, k.Later}, "time"},
		{[]key.Binding{k.Snapshot}, "snapshot"},
		{[]key.Binding{k.Quit}, "quit"},
	})
}
