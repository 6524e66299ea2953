package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// keyMap is every key that does something. The help and the footer are made from it.
type keyMap struct {
	Up, Down, First, Last                  key.Binding
	Pause, WindowIn, WindowOut             key.Binding
	IntervalDown, IntervalUp, Poll         key.Binding
	UTC, Help, Close, Quit, QuitKeep, Stop key.Binding
}

// newKeyMap makes the keymap. Without a poller (a replay) there is nothing to poll faster.
func newKeyMap(polls bool) keyMap {
	bind := func(shown, does string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))
	}
	k := keyMap{
		Up:           bind("k up", "select the member above", "k", "up"),
		Down:         bind("j down", "select the member below", "j", "down"),
		First:        bind("g", "first member", "g", "home"),
		Last:         bind("G", "last member", "G", "end"),
		Pause:        bind("space", "pause the view, go on polling", " "),
		WindowIn:     bind("+", "shorter window: 24h to 1m", "+", "="),
		WindowOut:    bind("-", "longer window: 1m to 24h", "-", "_"),
		IntervalDown: bind("<", "poll more often, down to 0.5s", "<", ","),
		IntervalUp:   bind(">", "poll less often, up to 60s", ">", "."),
		Poll:         bind("r", "poll now", "r"),
		UTC:          bind("T", "UTC or local time", "T"),
		Help:         bind("?", "help", "?"),
		Close:        bind("? esc", "close the help", "?", "esc"),
		Quit:         bind("q", "quit, print a summary", "q"),
		QuitKeep:     bind("Q", "quit, keep the last screen", "Q"),
		Stop:         bind("ctrl-c", "quit at once", "ctrl+c"),
	}
	for _, b := range []*key.Binding{&k.IntervalDown, &k.IntervalUp, &k.Poll} {
		b.SetEnabled(polls)
	}
	return k
}

// move is where a key leads to in a list, from a place in it; last is the list's last place.
func (k keyMap) move(msg tea.KeyMsg, from, last int) int {
	switch {
	case key.Matches(msg, k.Up):
		return max(from-1, 0)
	case key.Matches(msg, k.Down):
		return min(from+1, last)
	case key.Matches(msg, k.First):
		return 0
	case key.Matches(msg, k.Last):
		return last
	default:
		return from
	}
}

// keyGroup is a titled part of the keymap, as the help shows it.
type keyGroup struct {
	title    string
	bindings []key.Binding
}

func (k keyMap) groups() []keyGroup {
	return []keyGroup{
		{"MOVE", []key.Binding{k.Down, k.Up, k.First, k.Last}},
		{"TIME", []key.Binding{k.Pause, k.WindowIn, k.WindowOut, k.UTC}},
		{"POLL", []key.Binding{k.IntervalDown, k.IntervalUp, k.Poll}},
		{"LEAVE", []key.Binding{k.Close, k.Quit, k.QuitKeep, k.Stop}},
	}
}

// hint is a footer entry: the keys that belong together, and what they do in a word or two.
type hint struct {
	bindings []key.Binding
	does     string
}

// hints are in the order of their worth: a narrow footer shows the first ones.
func (k keyMap) hints() []hint {
	return []hint{
		{[]key.Binding{k.Help}, "help"},
		{[]key.Binding{k.Quit}, "quit"},
		{[]key.Binding{k.Down, k.Up}, "select"},
		{[]key.Binding{k.Pause}, "pause"},
		{[]key.Binding{k.WindowIn, k.WindowOut}, "window"},
		{[]key.Binding{k.IntervalDown, k.IntervalUp}, "interval"},
		{[]key.Binding{k.Poll}, "poll now"},
		{[]key.Binding{k.UTC}, "UTC/local"},
		{[]key.Binding{k.QuitKeep}, "quit, keep screen"},
	}
}
