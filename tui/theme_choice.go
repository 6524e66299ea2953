package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"
)

// Glyphs are the characters that charts and lines are drawn with.
type Glyphs string

// The glyph sets.
const (
	GlyphsBlock   Glyphs = "block"
	GlyphsBraille Glyphs = "braille"
	GlyphsASCII   Glyphs = "ascii"
)

// GlyphSets are all glyph sets, in the order in which the key goes through them.
func GlyphSets() []Glyphs { return []Glyphs{GlyphsBlock, GlyphsBraille, GlyphsASCII} }

// Units say what sizes are written in.
type Units string

// The units: 1.9G is 1.9 GiB, 2.0GB is 2.0 · 10⁹ bytes.
const (
	Units1024 Units = "1024"
	Units1000 Units = "1000"
)

// AllUnits are all units, in the order in which the key goes through them.
func AllUnits() []Units { return []Units{Units1024, Units1000} }

// looks are what is chosen of a theme.
type looks struct {
	theme  Theme
	glyphs Glyphs
	units  Units
}

// terminalLimits are what the terminal, or whoever started the program, does not want to see, whatever is chosen.
type terminalLimits struct {
	// colorless and ascii say why there are no colours, and nothing but ASCII; empty where there are.
	colorless, ascii string
	profile          termenv.Profile
}

// limitsOf are the limits that options and environment set: NO_COLOR leaves bold, underline and reverse video; a dumb
// terminal leaves nothing, and is not trusted with more than ASCII.
func limitsOf(o Options) terminalLimits {
	l := terminalLimits{profile: termenv.ANSI}
	dumb := o.Getenv("TERM") == "dumb"
	switch {
	case o.Color == ColorAlways:
	case o.Color == ColorNever:
		l.colorless = "--color=never"
	case o.Getenv("NO_COLOR") != "":
		l.colorless = "NO_COLOR is set"
	case dumb:
		l.colorless = "TERM=dumb"
	}
	if dumb {
		l.ascii = "TERM=dumb"
		if l.colorless != "" {
			l.profile = termenv.Ascii
		}
	}
	return l
}

// withLooks makes the theme of a choice, as far as the terminal lets it.
func (m model) withLooks(l looks) model {
	m.looks = l
	if m.limitedTo.ascii != "" {
		l.glyphs = GlyphsASCII
	}
	m.theme = newTheme(m.limitedTo.profile, m.limitedTo.colorless == "", l)
	return m.redacted()
}

// onLookKey takes the keys that change how things look. A notice says what was chosen, or why it can't be.
func (m model) onLookKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	l := m.looks
	switch k := m.keys; {
	case key.Matches(msg, k.Theme):
		if why := m.limitedTo.colorless; why != "" {
			return m.say("theme: none: "+why, nil), nil, true
		}
		l.theme = following(Themes(), l.theme)
		m = m.withLooks(l).say("theme: "+string(l.theme), nil)
	case key.Matches(msg, k.Glyphs):
		if why := m.limitedTo.ascii; why != "" {
			return m.say("glyphs: ascii: "+why, nil), nil, true
		}
		l.glyphs = following(GlyphSets(), l.glyphs)
		m = m.withLooks(l).say("glyphs: "+string(l.glyphs), nil)
	case key.Matches(msg, k.Units):
		l.units = following(AllUnits(), l.units)
		m = m.withLooks(l).say("sizes by "+string(l.units)+": "+l.units.example(), nil)
	case key.Matches(msg, k.Scale):
		m.scale = following(Scales(), m.scale)
		m = m.say("y-scale: "+string(m.scale), nil)
	case key.Matches(msg, k.UTC):
		m.local = !m.local
		m = m.say("time: "+timeZone(m.local), nil)
	case key.Matches(msg, k.Present):
		m = m.onPresentKey()
	default:
		return m, nil, false
	}
	return m, nil, true
}

// example says how sizes are written, for whoever has to tell the two apart.
func (u Units) example() string {
	if u == Units1000 {
		return "1.9GB is 1.9 billion bytes"
	}
	return "1.9G is 1.9 GiB"
}

func timeZone(local bool) string {
	if local {
		return "local"
	}
	return "UTC"
}
