package tui

import (
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/tui/internal/redact"
)

// ColorMode says when to use colour.
type ColorMode string

// The colour modes. Auto follows NO_COLOR and TERM. Without colour, bold and reverse video remain.
const (
	ColorAuto   ColorMode = "auto"
	ColorAlways ColorMode = "always"
	ColorNever  ColorMode = "never"
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

// theme is how everything is drawn: levels' words, styles, line characters. It is made for an appearance, and never
// changed.
type theme struct {
	glyphs Glyphs
	units  Units
	// aliases replace names and addresses; nil where those are shown.
	aliases *redact.Aliases

	// dim is for labels, faint for lines that only divide
	plain, dim, faint, bold, accent, selected style
	limit, leader, mark, loud                 style
	cursor                                    style // where a typed character goes
	levels                                    [thresholds.Critical + 1]style
	banners                                   [thresholds.Critical + 1]style // bars across the window
	// bars are the bars of a chart by their tone, and by how far up they are
	bars [toneCount][gradientSteps]barStyles
	// limits are the limits of charts by their level where a value is over them
	limits [thresholds.Critical + 1]style
}

// barStyles are those of a bar by its level: its top, what is below it, and a line in that.
type barStyles [thresholds.Critical + 1]struct{ top, body, notch style }

// newTheme makes the theme of an appearance; without colors that is ThemeNone.
func newTheme(profile termenv.Profile, colors bool, a appearance) *theme {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(true) // or lipgloss queries the terminal
	if !colors {
		a.theme = ThemeNone
	}
	p := a.theme.palette()
	t := &theme{glyphs: a.glyphs, units: a.units}
	for _, s := range []struct {
		style *style
		ink   ink
	}{
		{&t.dim, p.dim}, {&t.faint, p.faint}, {&t.bold, ink{bold: true}}, {&t.accent, p.accent},
		{&t.selected, ink{bold: true, underline: true}}, {&t.limit, p.limit},
		{&t.leader, ink{bold: true}}, {&t.mark, p.mark}, {&t.loud, p.loud}, {&t.cursor, ink{reverse: true}},
	} {
		*s.style = newStyle(r, s.ink)
	}
	for level := range t.levels {
		t.levels[level], t.banners[level] = newStyle(r, p.levels[level]), newStyle(r, p.levels[level].banner())
		t.limits[level] = t.limit
		if thresholds.Level(level) > thresholds.OK {
			t.limits[level] = newStyle(r, p.bars[level])
		}
	}
	for of := range t.bars {
		for step := range t.bars[of] {
			t.bars[of][step] = p.barStyles(r, tone(of), step, profile == termenv.ANSI256)
		}
	}
	return t
}

// barStyles are the styles of a bar of a tone, a share of the way from its foot to its top.
func (p *palette) barStyles(r *lipgloss.Renderer, of tone, step int, colors256 bool) (b barStyles) {
	for level := range b {
		i, graded := p.bar(of, thresholds.Level(level), step, colors256)
		solid := p.solid || graded
		b[level].top, b[level].body = newStyle(r, i), newStyle(r, i.body(solid))
		b[level].notch = newStyle(r, i.notch(solid))
	}
	return b
}

func newStyle(r *lipgloss.Renderer, i ink) style {
	const marker = "x"
	s := r.NewStyle().Bold(i.bold).Faint(i.faint).Underline(i.underline).Reverse(i.reverse)
	if i.color != "" {
		s = s.Foreground(lipgloss.Color(i.color))
	}
	if i.on != "" {
		s = s.Background(lipgloss.Color(i.on))
	}
	before, after, _ := strings.Cut(s.Render(marker), marker)
	return style{before, after}
}

// limitText is the style of a limit's number; level is that of the limit where a value is over it.
func (t *theme) limitText(level thresholds.Level) style {
	if level == thresholds.OK {
		return t.dim
	}
	return t.limits[level]
}

// loneBar is the style of a bar that has no chart around it.
func (t *theme) loneBar(of tone, level thresholds.Level) style {
	return t.bars[of][gradientSteps-2][level].top
}

// level is the style of a level.
func (t *theme) level(l thresholds.Level) style { return t.levels[min(l, thresholds.Critical)] }

// levelWord is a level's word on the screen, of at most five cells.
func levelWord(l thresholds.Level) string { return l.Word() }

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

// phase is the word of where a change of all members stands.
func (t *theme) phase(p thresholds.Phase) span {
	switch p {
	case thresholds.PhaseOrder:
		return span{t.level(thresholds.OK), "ORDER"}
	case thresholds.PhaseNext:
		return span{t.level(thresholds.OK), "NEXT"}
	case thresholds.PhaseDone:
		return span{t.level(thresholds.OK), "DONE"}
	case thresholds.PhaseWait:
		return span{t.level(thresholds.Warning), "WAIT"}
	}
	return span{t.level(thresholds.Unknown), "?"}
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
func (t *theme) markLine() rune   { return []rune(t.pick("┊", ":"))[0] }
func (t *theme) lower() rune      { return []rune(t.pick("─", "o"))[0] }
func (t *theme) upper() rune      { return []rune(t.pick("•", "+"))[0] }
func (t *theme) span() string     { return t.pick("━", "=") }
func (t *theme) atMost() string   { return t.pick("≤", "<") }
