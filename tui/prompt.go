package tui

import (
	"cmp"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// prompt is a line that is being typed, in the last line of the window.
type prompt struct {
	// label says what to type; empty where nothing is typed.
	label string
	// input is replaced when the line changes, as it is large.
	input *textinput.Model
	// hint says which other keys there are, the most important one first, and ends what enter and esc do; empty: ok and
	// cancel.
	hint func(model) []string
	ends string
	// onKey takes keys other than those that edit; false says that the key is none of them.
	onKey func(model, tea.KeyMsg) (model, bool)
	// changed gets the text after each change, done once it is entered; undone is called when the prompt is left.
	changed func(model, string) model
	done    func(model, string) (model, tea.Cmd)
	undone  func(model) model
	// choices is a list above the line, to choose from: see choose.
	choices *choices
}

func (p prompt) open() bool { return p.label != "" }

// promptLimit is the most characters to type, and leastTyped how many of a long text stay in sight beside the hints.
const (
	promptLimit = 200
	leastTyped  = 16
)

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

// onPromptKey edits the line. Enter and esc close the prompt.
func (m model) onPromptKey(msg tea.KeyMsg) (model, tea.Cmd) {
	p := m.prompt
	switch {
	case key.Matches(msg, m.keys.Enter):
		m.prompt = prompt{}
		if p.choices != nil {
			return p.choices.take(m)
		}
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
	input, _ := p.input.Update(msg) // its command only blinks the cursor
	m.prompt.input = &input
	if text := m.prompt.input.Value(); text != before && p.changed != nil {
		m = p.changed(m, text)
	}
	return m, nil
}

// renderPrompt draws the line, scrolled to the cursor.
func (m model) renderPrompt(width int) string {
	t, p := m.theme, &m.prompt
	l := newLine(t, width)
	l.add(t.accent, " "+t.clean(p.label)+" ")
	var own []string
	if p.hint != nil {
		own = p.hint(m)
	}
	text, at := []rune(p.input.Value()), p.input.Position()
	if hidden := t.typed(string(text)); hidden != string(text) {
		text = []rune(hidden)
		at = len(text)
	}
	room, hint := l.room()-2, ""
	for _, h := range p.hints(own) {
		if left := room - min(ansi.StringWidth(string(text)), leastTyped); hint == "" && left >= ansi.StringWidth(h)+2 {
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

// hints are what the prompt can say of its keys, the fullest first; own are those beside enter and esc.
func (p *prompt) hints(own []string) []string {
	ends := cmp.Or(p.ends, "enter ok  esc cancel")
	var all []string
	for n := len(own); n >= 0; n-- {
		all = append(all, strings.Join(append(slices.Clone(own[:n]), ends), "  "))
	}
	if p.ends == "" {
		all = append(all, "enter ok")
	}
	return all
}
