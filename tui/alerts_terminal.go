package tui

import (
	"io"
	"strings"
	"sync"
)

// alertTerminal is what the terminal does with a title and a notification, and what stands between.
type alertTerminal struct {
	// titled says that it takes a title. A plain console shows the sequence instead.
	titled bool
	// by777 says that it takes OSC 777 instead of OSC 9. One that knows both would notify twice.
	by777 bool
	// inTmux and inScreen say that the sequence must be passed through.
	inTmux, inScreen bool
}

func alertTerminalOf(getenv func(string) string) alertTerminal {
	term := getenv("TERM")
	return alertTerminal{
		titled: term != "" && term != "dumb" && term != "linux",
		by777:  strings.HasPrefix(term, "rxvt") || getenv("VTE_VERSION") != "",
		inTmux: getenv("TMUX") != "", inScreen: getenv("STY") != "" && getenv("TMUX") == "",
	}
}

// The control sequences of titles: xterm's window title, and the stack of titles (XTWINOPS 22 and 23). A terminal
// without that stack is left without a title, and the shell sets its own.
const (
	keepTitle    = "\x1b[22;2t"
	restoreTitle = "\x1b]2;\a\x1b[23;2t"
)

// setTitle is the sequence that sets the title. The text must be printable.
func setTitle(text string) string { return "\x1b]2;" + text + "\a" }

const bell = "\a"

// notification is the sequence that asks for a desktop notification (OSC 9 of iTerm2, OSC 777 of rxvt), and the bell.
// The texts must be printable.
func (a alertTerminal) notification(title, text string) string {
	sequence := "\x1b]9;" + title + ": " + text + bell
	if a.by777 { // whose fields are divided by semicolons
		sequence = "\x1b]777;notify;" + strings.ReplaceAll(title, ";", ",") + ";" + text + bell
	}
	switch {
	case a.inTmux: // takes it with allow-passthrough alone, and escapes doubled
		sequence = "\x1bPtmux;" + strings.ReplaceAll(sequence, "\x1b", "\x1b\x1b") + "\x1b\\"
	case a.inScreen:
		sequence = "\x1bP" + sequence + "\x1b\\"
	}
	return bell + sequence
}

// titles writes the terminal's title. Commands run in any order, so an older title must not replace a newer one.
type titles struct {
	out io.Writer

	mu     sync.Mutex // guards newest
	newest int
}

// keepTitle makes the terminal keep its title, and returns what restores it.
func (a *alerts) keepTitle() (restore func()) {
	if !a.terminal.titled {
		return func() {}
	}
	_, _ = io.WriteString(a.titles.out, keepTitle)
	return func() { _, _ = io.WriteString(a.titles.out, restoreTitle) }
}

// write sets the title with a number, unless a newer one is set. A terminal that is gone ends the program elsewhere.
func (t *titles) write(number int, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if number > t.newest {
		t.newest = number
		_, _ = io.WriteString(t.out, setTitle(text))
	}
}
