package tui

import (
	"strings"

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

// Units are what sizes are written in.
type Units string

// The units: 1.9G is 1.9 GiB, 2.0GB is 2.0 · 10⁹ bytes.
const (
	Units1024 Units = "1024"
	Units1000 Units = "1000"
)

// AllUnits are all units, in the order in which the key goes through them.
func AllUnits() []Units { return []Units{Units1024, Units1000} }

// appearance is what the user chose of how things are shown.
type appearance struct {
	theme  Theme
	glyphs Glyphs
	units  Units
	local  bool // local time instead of UTC
}

// terminalLimits are what the terminal, or the user for all programs, rules out.
type terminalLimits struct {
	// colorless and ascii say why there are no colours, and why nothing but ASCII; empty where there are.
	colorless, ascii string
	profile          termenv.Profile
}

// limitsOf are the limits by options and environment. NO_COLOR leaves bold, underline and reverse video; a dumb
// terminal has neither those nor more than ASCII.
func limitsOf(o Options) terminalLimits {
	l := terminalLimits{profile: termenv.ANSI}
	dumb := o.Getenv("TERM") == "dumb"
	if has256(o.Getenv) {
		l.profile = termenv.ANSI256
	}
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

// has256 reports that the terminal says that it has at least 256 colours.
func has256(getenv func(string) string) bool {
	color := getenv("COLORTERM")
	return strings.Contains(getenv("TERM"), "256color") || color == "truecolor" || color == "24bit"
}

// withAppearance makes the theme of an appearance, within the terminal's limits.
func (m model) withAppearance(a appearance) model {
	m.appearance = a
	if m.screen.limits.ascii != "" {
		a.glyphs = GlyphsASCII
	}
	m.theme = newTheme(m.screen.limits.profile, m.screen.limits.colorless == "", a)
	return m.redacted()
}

// onAppearanceKey takes the keys that change how things are drawn. A notice says what was chosen, or why it cannot
// be.
func (m model) onAppearanceKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	a := m.appearance
	switch k := m.keys; {
	case key.Matches(msg, k.Theme):
		if why := m.screen.limits.colorless; why != "" {
			return m.say("theme: none: "+why, nil), nil, true
		}
		a.theme = following(Themes(), a.theme)
		m = m.withAppearance(a).say("theme: "+string(a.theme), nil)
	case key.Matches(msg, k.Glyphs):
		if why := m.screen.limits.ascii; why != "" {
			return m.say("glyphs: ascii: "+why, nil), nil, true
		}
		a.glyphs = following(GlyphSets(), a.glyphs)
		m = m.withAppearance(a).say("glyphs: "+string(a.glyphs), nil)
	case key.Matches(msg, k.Units):
		a.units = following(AllUnits(), a.units)
		m = m.withAppearance(a).say("sizes by "+string(a.units)+": "+a.units.example(), nil)
	case key.Matches(msg, k.Scale):
		m.charts.scale = following(Scales(), m.charts.scale)
		m = m.say("y-scale: "+string(m.charts.scale), nil)
	case key.Matches(msg, k.UTC):
		m.appearance.local = !m.appearance.local
		m = m.say("time: "+timeZone(m.appearance.local), nil)
	case key.Matches(msg, k.Present):
		m = m.onPresentKey()
	default:
		return m, nil, false
	}
	return m, nil, true
}

// example explains the units by a size.
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
