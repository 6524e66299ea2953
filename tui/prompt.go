package tui

import (
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// prompt is a line that is being typed, in the last line of the window.
type prompt struct {
	// label says what is asked for; empty where nothing is.
	label string
	// input is replaced when the line changes, as it is large.
	input *textinput.Model
	// hint is what else there is to press.
	hint func(model) string
	// onKey takes the keys that the line does not: false says that it did not.
	onKey func(model, tea.KeyMsg) (model, bool)
	// changed is told the text whenever it changes, done once it is entered, undone when the prompt is left.
	changed func(model, string) model
	done    func(model, string) (model, tea.Cmd)
	undone  func(model) model
}

func (p prompt) open() bool { return p.label != "" }

// promptLimit is how long a typed text may be, in characters.
const promptLimit = 200

// ask opens a prompt with a text that can be edited.
func (m model) ask(p prompt, text string) model {
	input := textinput.New()
	input.CharLimit = promptLimit
	input.SetValue(text)
	input.Focus()
	p.input = &input
	m.prompt = p
	return m
}

// onPromptKey edits the line. Enter and esc end it.
func (m model) onPromptKey(msg tea.KeyMsg) (model, tea.Cmd) {
	p := m.prompt
	switch {
	case key.Matches(msg, m.keys.Enter):
		m.prompt = prompt{}
		if p.done == nil {
			return m, nil
		}
		return p.done(m, p.input.Value())
	case key.Matches(msg, m.keys.Cancel):
		m.prompt = prompt{}
		if p.undone == nil {
			return m, nil
		}
		return p.undone(m), nil
	case p.onKey != nil:
		if next, taken := p.onKey(m, msg); taken {
			return next, nil
		}
	}
	before := p.input.Value()
	input, _ := p.input.Update(msg) // its command only makes the cursor blink
	m.prompt.input = &input
	if text := m.prompt.input.Value(); text != before && p.changed != nil {
		m = p.changed(m, text)
	}
	return m, nil
}

// renderPrompt is the prompt's line, scrolled so that the cursor is in it.
func (m model) renderPrompt(width int) string {
	t, p := m.theme, &m.prompt
	l := newLine(t, width)
	l.add(t.accent, " "+t.clean(p.label)+" ")
	own := ""
	if p.hint != nil {
		own = p.hint(m)
	}
	text, at := []rune(p.input.Value()), p.input.Position()
	if t.aliases != nil {
		if hidden := t.aliases.RedactTyped(string(text)); hidden != string(text) {
			text = []rune(hidden)
			at = len(text)
		}
	}
	room, hint := l.room()-2, ""
	for _, h := range []string{own + "  enter ok  esc cancel", own} {
		if left := room - ansi.StringWidth(string(text)); hint == "" && left >= ansi.StringWidth(h)+2 {
			hint = h
		}
	}
	if hint != "" {
		room -= ansi.StringWidth(hint) + 1
	}
	from := 0
	for from < at && ansi.StringWidth(string(text[from:at]))+1 > room {
		from++
	}
	under, after := " ", ""
	if at < len(text) {
		under, after = string(text[at]), string(text[at+1:])
	}
	typed := newLine(t, l.room()-ansi.StringWidth(hint)-1)
	typed.add(t.plain, t.clean(string(text[from:at])))
	typed.add(t.cursor, t.clean(under))
	typed.add(t.plain, t.clean(after))
	l.addRaw(typed.String(), typed.width)
	l.add(t.dim, hint)
	return l.String()
}
