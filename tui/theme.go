package tui

import (
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/etcdoc/etcdoc/thresholds"
)

// ColorMode says when to use colour.
type ColorMode string

// The colour modes. Auto follows NO_COLOR and TERM. Without colour, bold and reverse video remain.
const (
	ColorAuto   ColorMode = "auto"
	ColorAlways ColorMode = "always"
	ColorNever  ColorMode = "never"
)

// Glyphs are the characters that charts and lines are drawn with.
type Glyphs string

// The glyph sets.
const (
	GlyphsBlock   Glyphs = "block"
	GlyphsBraille Glyphs = "braille"
	GlyphsASCII   Glyphs = "ascii"
)

// style is a pair of escape sequences. A lipgloss render costs microseconds and a frame has thousands of runs of
// text, so every style is rendered once, when the theme is made.
type style struct{ open, close string }

func (s style) paint(text string) string {
	if text == "" || s.open == "" {
		return text
	}
	return s.open + text + s.close
}

// theme is everything about the looks: what levels are called, what styles there are, what lines are drawn with.
type theme struct {
	glyphs Glyphs

	// dim is for labels, faint for lines that only divide
	plain, dim, faint, bold, accent, selected style
	limit, limitText, leader, mark, loud      style
	cursor                                    style // where a typed character goes
	levels                                    [thresholds.Critical + 1]style
	// bars are the bars of a chart by level: the top, and what is below it
	bars [thresholds.Critical + 1]struct{ top, body style }
}

// newTheme makes the theme for a terminal. It uses the terminal's own 16 colours and leaves the background alone:
// red and green never carry a meaning alone, and each colour stands beside a word or a sign.
func newTheme(profile termenv.Profile, colors bool, glyphs Glyphs) theme {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(true) // or lipgloss would ask the terminal
	colored := func(s lipgloss.Style, ansi string) lipgloss.Style {
		if !colors {
			return s
		}
		return s.Foreground(lipgloss.Color(ansi))
	}
	base := r.NewStyle()
	const red, yellow, magenta, cyan, gray, brightBlue = "1", "3", "5", "6", "8", "12"
	t := theme{
		glyphs:    glyphs,
		dim:       newStyle(base.Faint(true)),
		faint:     newStyle(colored(base.Faint(!colors), gray)),
		bold:      newStyle(base.Bold(true)),
		accent:    newStyle(colored(base.Bold(true), cyan)),
		selected:  newStyle(base.Bold(true).Underline(true)),
		limit:     newStyle(colored(base.Faint(true), yellow)),
		limitText: newStyle(colored(base, yellow)),
		leader:    newStyle(base.Bold(true)),
		mark:      newStyle(colored(base.Bold(true), magenta)),
		cursor:    newStyle(base.Reverse(true)),
		loud:      newStyle(colored(base.Bold(true).Reverse(true), yellow)),
	}
	t.levels = [...]style{
		thresholds.OK:       newStyle(colored(base, cyan)),
		thresholds.Notice:   newStyle(colored(base.Bold(true), brightBlue)),
		thresholds.Unknown:  newStyle(colored(base, magenta)),
		thresholds.Warning:  newStyle(colored(base.Bold(true), yellow)),
		thresholds.Critical: newStyle(colored(base.Bold(true).Reverse(true), red)),
	}
	for level, ansi := range [...]string{cyan, brightBlue, magenta, yellow, red} {
		t.bars[level].top = newStyle(colored(base, ansi))
		t.bars[level].body = newStyle(colored(base.Faint(true), ansi))
	}
	return t
}

func newStyle(s lipgloss.Style) style {
	const marker = "x"
	before, after, _ := strings.Cut(s.Render(marker), marker)
	return style{before, after}
}

// level is the style of a level.
func (t *theme) level(l thresholds.Level) style { return t.levels[min(l, thresholds.Critical)] }

// levelWord is what a level is called on the screen: five cells at most.
func levelWord(l thresholds.Level) string {
	switch l {
	case thresholds.OK:
		return "ok"
	case thresholds.Notice:
		return "NOTE"
	case thresholds.Warning:
		return "WARN"
	case thresholds.Critical:
		return "CRIT"
	}
	return "?"
}

// verdict is the word and the style of a can-lose verdict.
func (t *theme) verdict(v thresholds.Verdict) (string, style) {
	switch v {
	case thresholds.LossSafe:
		return "SAFE", t.level(thresholds.OK)
	case thresholds.LossRisk:
		return "RISK", t.level(thresholds.Warning)
	case thresholds.LossNo:
		return "NO", t.level(thresholds.Critical)
	}
	return "UNKNOWN", t.level(thresholds.Unknown)
}

func (t *theme) pick(unicode, ascii string) string {
	if t.glyphs == GlyphsASCII {
		return ascii
	}
	return unicode
}

func (t *theme) rule() string     { return t.pick("─", "-") }
func (t *theme) bar() string      { return t.pick("│", "|") }
func (t *theme) ellipsis() string { return t.pick("…", "..") }
func (t *theme) dot() string      { return t.pick("·", ".") }
func (t *theme) dash() string     { return t.pick("╌", "-") }
func (t *theme) atMost() string   { return t.pick("≤", "<") }
