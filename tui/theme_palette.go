package tui

import "github.com/etcdoc/etcdoc/thresholds"

// Theme names a set of colours.
type Theme string

// The themes. All of them use the terminal's own 16 colours, charts more where the terminal has 256. They leave its
// background alone, but for ThemeContrast, and for warnings in ThemeLight: yellow is readable there only behind black.
const (
	ThemeDefault  Theme = "default"       // for dark backgrounds, and most light ones
	ThemeLight    Theme = "light"         // for light backgrounds: nothing in yellow, nothing pale
	ThemeContrast Theme = "high-contrast" // nothing faint; what is bad has a background of its own
	ThemeNone     Theme = "none"          // no colour: bold, underline and reverse video only
)

// Themes are all themes, in the order in which the key goes through them.
func Themes() []Theme { return []Theme{ThemeDefault, ThemeLight, ThemeContrast, ThemeNone} }

// ink is the attributes of a run of text. Colours are the terminal's, by their number; empty is the terminal's own.
type ink struct {
	color, on                       string // on is the background
	bold, faint, underline, reverse bool
}

// tone is what a chart is about, which gives it its colour while nothing is over a limit.
type tone uint8

// The tones.
const (
	toneTime  tone = iota // how long things take
	toneLoad              // what is asked of a member: operations, traffic, processor
	toneState             // how much there is: sizes, entries that wait
	toneCount
)

// gradientSteps is how many steps a bar's colour has from its foot to its top.
const gradientSteps = 4

// gradient is the colours of a bar from its foot to its top, out of 256.
type gradient [gradientSteps]string

// body is the ink of a bar below its top.
func (i ink) body(solid bool) ink {
	i.faint = i.faint || !solid
	return i
}

// notch is the ink of a line in the body of a bar: the bar's colour is its background.
func (i ink) notch(solid bool) ink {
	i = i.body(solid)
	i.reverse = !i.reverse
	return i
}

// banner is the ink of a bar for a level.
func (i ink) banner() ink {
	i.bold, i.underline, i.reverse = true, false, i.on == ""
	return i
}

// palette is a theme's inks by their use.
type palette struct {
	dim, faint, accent, limit, mark, loud ink
	levels, bars                          [thresholds.Critical + 1]ink // the bar of an OK value has its tone's ink
	tones                                 [toneCount]ink
	// toneGradients and levelGradients are for terminals with 256 colours; the zero gradient is the ink instead.
	toneGradients  [toneCount]gradient
	levelGradients [thresholds.Critical + 1]gradient
	// solid says that bars are as bright below their top.
	solid bool
}

// bar is the ink of a bar of a tone and a level, a share of the way from its foot to its top.
func (p *palette) bar(of tone, level thresholds.Level, step int, colors256 bool) (i ink, graded bool) {
	i, colors := p.bars[level], p.levelGradients[level]
	if level == thresholds.OK {
		i, colors = p.tones[of], p.toneGradients[of]
	}
	if graded = colors256 && colors[step] != ""; graded {
		i.color, i.faint = colors[step], false
	}
	return i, graded
}

// palette is the table of all themes. Data is calm; what is saturated is over a limit. Red and green never carry a
// meaning alone: blue, cyan and gray differ from yellow, and reverse video from none, for those who cannot distinguish
// red from green; and every level has its word.
func (t Theme) palette() palette {
	const black, red, yellow, blue, magenta, cyan = "0", "1", "3", "4", "5", "6"
	const gray, brightBlue, white = "8", "12", "15"
	switch t {
	case ThemeLight:
		return palette{
			dim: ink{color: gray}, faint: ink{color: gray}, accent: ink{bold: true, color: blue},
			limit: ink{color: gray},
			mark:  ink{bold: true, color: magenta}, loud: ink{bold: true, reverse: true, color: blue},
			levels: [...]ink{
				thresholds.OK:       {color: blue},
				thresholds.Notice:   {bold: true, color: blue},
				thresholds.Unknown:  {color: magenta},
				thresholds.Warning:  {bold: true, color: black, on: yellow},
				thresholds.Critical: {bold: true, reverse: true, color: red},
			},
			bars:  [...]ink{{}, {color: blue}, {color: magenta}, {color: yellow}, {color: red}},
			tones: [...]ink{toneTime: {color: cyan}, toneLoad: {faint: true, color: cyan}, toneState: {color: gray}},
			toneGradients: [...]gradient{
				toneTime: {"109", "73", "66", "30"}, toneLoad: {"110", "67", "67", "25"},
				toneState: {"146", "103", "97", "60"},
			},
			levelGradients: [...]gradient{
				thresholds.Notice: {"74", "68", "68", "25"}, thresholds.Warning: {"172", "166", "166", "130"},
				thresholds.Critical: {"160", "160", "160", "124"},
			},
			solid: true,
		}
	case ThemeContrast:
		return palette{
			accent: ink{bold: true, underline: true}, limit: ink{bold: true},
			mark: ink{bold: true, reverse: true, color: magenta}, loud: ink{bold: true, color: black, on: cyan},
			levels: [...]ink{
				thresholds.OK:       {bold: true},
				thresholds.Notice:   {bold: true, underline: true},
				thresholds.Unknown:  {bold: true, color: white, on: magenta},
				thresholds.Warning:  {bold: true, color: black, on: yellow},
				thresholds.Critical: {bold: true, color: white, on: red},
			},
			bars:  [...]ink{{}, {}, {color: magenta}, {color: yellow}, {bold: true, color: red}},
			solid: true,
		}
	case ThemeNone:
		return palette{
			accent: ink{bold: true}, mark: ink{bold: true, underline: true}, loud: ink{bold: true, reverse: true},
			levels: [...]ink{
				thresholds.OK: {}, thresholds.Notice: {bold: true}, thresholds.Unknown: {underline: true},
				thresholds.Warning: {bold: true, underline: true}, thresholds.Critical: {bold: true, reverse: true},
			},
			solid: true,
		}
	}
	return palette{
		dim: ink{faint: true}, faint: ink{color: gray}, accent: ink{bold: true, color: cyan},
		limit: ink{color: gray},
		mark:  ink{bold: true, color: magenta}, loud: ink{bold: true, reverse: true, color: yellow},
		levels: [...]ink{
			thresholds.OK:       {color: cyan},
			thresholds.Notice:   {bold: true, color: brightBlue},
			thresholds.Unknown:  {color: magenta},
			thresholds.Warning:  {bold: true, color: yellow},
			thresholds.Critical: {bold: true, reverse: true, color: red},
		},
		bars: [...]ink{{}, {color: brightBlue}, {color: magenta}, {color: yellow}, {color: red}},
		tones: [...]ink{
			toneTime: {color: cyan}, toneLoad: {faint: true, color: cyan}, toneState: {color: gray},
		},
		toneGradients: [...]gradient{
			toneTime: {"66", "66", "73", "109"}, toneLoad: {"60", "61", "67", "110"},
			toneState: {"60", "60", "103", "146"},
		},
		levelGradients: [...]gradient{
			thresholds.Notice: {"68", "68", "74", "111"}, thresholds.Warning: {"178", "178", "214", "220"},
			thresholds.Critical: {"160", "160", "196", "203"},
		},
	}
}
