package tui

import (
	"slices"
	"unicode/utf8"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/list"
	tea "github.com/charmbracelet/bubbletea"
)

// choice is an entry of a list to choose from.
type choice struct {
	// kind is what it is, text names it, keys lead to it without the list.
	kind, text, keys string
	// do is what choosing it does.
	do func(model) (model, tea.Cmd)
}

// choices is a list above a prompt: what is typed filters it, as bubbles' list does. It is replaced, never changed.
type choices struct {
	title string
	// all are every entry; clean for the screen.
	all []choice
	// shown are those that match what was typed, the best first; at is the one under the cursor.
	shown []list.Rank
	at    int
	// toggle puts an entry in or out by its place among all, and the list stays open; nil where choosing one closes it.
	// made makes the entries anew after that.
	toggle func(m model, at int) model
	made   func(model) []choice
	// taken is what enter does where several can be toggled, and ends says what enter and esc do.
	taken func(model) (model, tea.Cmd)
	ends  string
}

// The lines of a list to choose from, and the columns in it.
const (
	leastChoices    = 6
	choicesAbove    = 2 // lines of the page that stay: its header, and the line below that
	choiceKindWidth = 8
	choiceKeysWidth = 9
)

// choose opens a prompt with a list.
func (m model) choose(label string, c choices) model {
	c.shown = matching(c.all, "")
	m = m.ask(prompt{
		label: label, hint: model.choicesHint, ends: c.ends, onKey: model.onChoosingKey,
		changed: func(m model, text string) model {
			filtered := *m.prompt.choices
			filtered.shown, filtered.at = matching(filtered.all, m.theme.typed(text)), 0
			m.prompt.choices = &filtered
			return m
		},
	}, "")
	m.prompt.choices = &c
	return m
}

// keyed reports that some entry has keys.
func (c *choices) keyed() bool {
	return slices.ContainsFunc(c.all, func(one choice) bool { return one.keys != "" })
}

// take does what the entry under the cursor does, or takes all as they have been toggled.
func (c *choices) take(m model) (model, tea.Cmd) {
	switch {
	case c.toggle != nil:
		return c.taken(m)
	case c.at >= len(c.shown):
		return m, nil
	}
	return c.all[c.shown[c.at].Index].do(m)
}

// matching are the entries that match a text, the best first; all of them in their order where it is empty.
func matching(all []choice, text string) []list.Rank {
	if text == "" {
		ranks := make([]list.Rank, len(all))
		for i := range all {
			ranks[i].Index = i
		}
		return ranks
	}
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = all[i].text
	}
	return list.DefaultFilter(text, texts)
}

// onChoosingKey moves the cursor in the list, and puts entries in or out.
func (m model) onChoosingKey(msg tea.KeyMsg) (model, bool) {
	c := *m.prompt.choices
	last := max(len(c.shown)-1, 0)
	switch k := m.keys; {
	case c.toggle != nil && key.Matches(msg, k.Toggle):
		if c.at < len(c.shown) {
			m = c.toggle(m, c.shown[c.at].Index)
			c.all = c.made(m)
		}
	case key.Matches(msg, k.Longer):
		c.at = max(c.at-1, 0)
	case key.Matches(msg, k.Shorter):
		c.at = min(c.at+1, last)
	case key.Matches(msg, k.PageUp):
		c.at = max(c.at-pageStep, 0)
	case key.Matches(msg, k.PageDown):
		c.at = min(c.at+pageStep, last)
	default:
		return m, false
	}
	m.prompt.choices = &c
	return m, true
}

// choicesHint says which other keys the prompt has.
func (m model) choicesHint() []string {
	hints := []string{m.keys.Longer.Help().Key + " select"}
	if m.prompt.choices.toggle != nil {
		hints = slices.Insert(hints, 0, m.keys.Toggle.Help().Key+" "+m.keys.Toggle.Help().Desc)
	}
	return hints
}

// withChoices lays the list over the lower half of a frame, above its last line. What is typed does not change its
// height.
func (m model) withChoices(frame block, width, height int) block {
	c := m.prompt.choices
	rows := min(max(leastChoices, height/2), height-choicesAbove-2, len(c.all))
	if rows <= 0 {
		return frame
	}
	b := block{m.renderChoicesTitle(width)}
	b = append(b, scrolledList(len(c.shown), c.at, rows, 0, width, func(i int) block {
		return block{m.renderChoice(&c.all[c.shown[i].Index], c.shown[i].MatchedIndexes, i == c.at, width)}
	})...)
	if len(c.shown) == 0 {
		b = append(b, lineOf(m.theme, width, span{m.theme.dim, "  nothing has that name"}))
	}
	copy(frame[height-1-len(b.pad(width, rows+1)):], b.pad(width, rows+1))
	return frame
}

// renderChoicesTitle is the line that divides the list from the page.
func (m model) renderChoicesTitle(width int) string {
	t, c := m.theme, m.prompt.choices
	title := " " + t.clean(c.title) + " "
	l := newLine(t, width)
	l.add(t.faint, t.rule())
	l.add(t.bold, title)
	for l.room() > 0 {
		l.add(t.faint, t.rule())
	}
	return l.String()
}

// renderChoice is an entry: what it is, its name with the letters that match, and its keys.
func (m model) renderChoice(c *choice, matched []int, selected bool, width int) string {
	t := m.theme
	l := newLine(t, width)
	style := l.withCursor(selected)
	l.cell(t.dim, c.kind, choiceKindWidth, false)
	if m.prompt.choices.keyed() {
		l.cell(t.bold, c.keys, choiceKeysWidth-1, false)
		l.space(1)
	}
	at := 0
	for _, i := range matched {
		_, size := utf8.DecodeRuneInString(c.text[i:])
		l.add(style, c.text[at:i])
		l.add(t.accent, c.text[i:i+size])
		at = i + size
	}
	l.add(style, c.text[at:])
	return l.String()
}
