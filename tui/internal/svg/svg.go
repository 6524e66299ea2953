// Package svg draws what a terminal shows: text with the colours and attributes that SGR sequences give it, on the
// terminal's grid, as a picture that needs nothing but a monospaced font.
package svg

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
)

// The grid, in pixels.
const (
	fontSize   = 14
	cellWidth  = 8.4
	cellHeight = 17
	baseline   = 13 // below the top of a line
	margin     = 12
)

// Inks are a picture's own colours, as it is looked at anywhere, and what it draws terminals' sixteen colours with.
type Inks struct {
	background, foreground string
	sixteen                [16]string
}

// Dark are the inks of a terminal with a dark background.
func Dark() *Inks {
	return &Inks{"#14161b", "#d6d8dd", [...]string{
		"#3b4048", "#f0616d", "#8cc570", "#e5b567", "#6aa5f2", "#c98ae8", "#4fb9c6", "#d6d8dd",
		"#7c8491", "#ff7b86", "#a5dd8b", "#ffd07f", "#86bbff", "#dda6f7", "#6bd3e0", "#ffffff",
	}}
}

// Light are the inks of a terminal with a light background.
func Light() *Inks {
	return &Inks{"#fcfcfa", "#22252b", [...]string{
		"#22252b", "#b3202c", "#2f7d1f", "#8a5a00", "#1c5fc0", "#8a2fb0", "#0b7285", "#8b9099",
		"#666c76", "#cf2f3c", "#3c9428", "#a06a00", "#2f74d6", "#a044c8", "#128ba1", "#fcfcfa",
	}}
}

// style is how a run of text looks; colours are empty where they are the picture's own.
type style struct {
	fg, bg                           string
	bold, faint, reverse, underlined bool
}

// Render draws a frame: lines of text with SGR sequences. It leaves out all others. The title is for those who can't
// see it.
func (k *Inks) Render(frame, title string) string {
	lines := strings.Split(strings.TrimSuffix(frame, "\n"), "\n")
	columns := 1
	for _, line := range lines {
		columns = max(columns, ansi.StringWidth(line))
	}
	width, height := px(float64(columns)*cellWidth+2*margin), px(float64(len(lines))*cellHeight+2*margin)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" role="img" `+
		`font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace" `+
		`font-size="%d">`+"\n",
		width, height, width, height, fontSize)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"%s\"/>\n",
		escape(title), k.background)
	var s style
	for y, line := range lines {
		s = k.drawLine(&b, line, y, s)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// drawLine draws a line that begins in a style, and returns the style at its end.
func (k *Inks) drawLine(b *strings.Builder, line string, y int, s style) style {
	var run strings.Builder
	from, x := 0, 0 // of the run, and of what follows it
	flush := func() {
		k.drawRun(b, run.String(), from, x, y, s)
		run.Reset()
		from = x
	}
	var state byte
	parser := ansi.NewParser()
	for rest := line; rest != ""; {
		sequence, width, n, next := ansi.DecodeSequence(rest, state, parser)
		rest, state = rest[n:], next
		switch {
		case width > 0:
			run.WriteString(sequence)
			x += width
		case ansi.HasCsiPrefix(sequence) && ansi.Cmd(parser.Command()).Final() == 'm':
			flush()
			s = k.after(s, parser.Params())
		}
	}
	flush()
	return s
}

// drawRun draws text that begins at a column and ends before another one.
func (k *Inks) drawRun(b *strings.Builder, text string, from, to, y int, s style) {
	fg, bg := k.colors(s)
	left, top := margin+float64(from)*cellWidth, margin+float64(y)*cellHeight
	width := float64(to-from) * cellWidth
	if bg != "" && to > from {
		fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%d" fill="%s"/>`+"\n",
			px(left), px(top), px(width), cellHeight, bg)
	}
	trimmed := strings.TrimRight(text, " ")
	if trimmed == "" {
		return
	}
	width -= float64(len(text)-len(trimmed)) * cellWidth // blanks are a byte and a cell each
	fmt.Fprintf(b, `<text x="%s" y="%s" textLength="%s" lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="%s"`,
		px(left), px(top+baseline), px(width), fg)
	if s.bold {
		b.WriteString(` font-weight="bold"`)
	}
	if s.faint {
		b.WriteString(` fill-opacity="0.65"`)
	}
	if s.underlined {
		b.WriteString(` text-decoration="underline"`)
	}
	fmt.Fprintf(b, ">%s</text>\n", escape(trimmed))
}

// colors are what text and background are filled with; an empty background is not filled.
func (k *Inks) colors(s style) (fg, bg string) {
	fg, bg = s.fg, s.bg
	if fg == "" {
		fg = k.foreground
	}
	if !s.reverse {
		return fg, bg
	}
	if bg == "" {
		bg = k.background
	}
	return bg, fg
}

// after is a style after an SGR sequence.
func (k *Inks) after(s style, params ansi.Params) style {
	if len(params) == 0 {
		return style{}
	}
	for i := 0; i < len(params); i++ {
		switch n := params[i].Param(0); {
		case n == 0:
			s = style{}
		case n == 1:
			s.bold = true
		case n == 2:
			s.faint = true
		case n == 4:
			s.underlined = true
		case n == 7:
			s.reverse = true
		case n == 22:
			s.bold, s.faint = false, false
		case n == 24:
			s.underlined = false
		case n == 27:
			s.reverse = false
		case n == 39:
			s.fg = ""
		case n == 49:
			s.bg = ""
		case n == 38 || n == 48:
			color, taken := k.extended(params[i+1:])
			i += taken
			if n == 38 {
				s.fg = color
			} else {
				s.bg = color
			}
		case n >= 30 && n <= 37:
			s.fg = k.sixteen[n-30]
		case n >= 90 && n <= 97:
			s.fg = k.sixteen[n-90+8]
		case n >= 40 && n <= 47:
			s.bg = k.sixteen[n-40]
		case n >= 100 && n <= 107:
			s.bg = k.sixteen[n-100+8]
		}
	}
	return s
}

// extended is a colour of 256, or of its red, green and blue, and how many parameters say so.
func (k *Inks) extended(params ansi.Params) (color string, taken int) {
	at := func(i int) int {
		if i >= len(params) {
			return 0
		}
		return min(max(params[i].Param(0), 0), 255)
	}
	switch at(0) {
	case 2:
		return fmt.Sprintf("#%02x%02x%02x", at(1), at(2), at(3)), 4
	case 5:
		return k.indexed(at(1)), 2
	}
	return "", len(params)
}

// indexed is one of the 256 colours: the sixteen, a cube of six to a side, and grays.
func (k *Inks) indexed(n int) string {
	switch {
	case n < 16:
		return k.sixteen[n]
	case n >= 232:
		gray := 8 + 10*(n-232)
		return fmt.Sprintf("#%02x%02x%02x", gray, gray, gray)
	}
	side := func(n int) int {
		if n == 0 {
			return 0
		}
		return 55 + 40*n
	}
	n -= 16
	return fmt.Sprintf("#%02x%02x%02x", side(n/36), side(n/6%6), side(n%6))
}

// px writes a length.
func px(n float64) string { return strconv.FormatFloat(n, 'f', -1, 32) }

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(probe.Printable(text))) // a Builder takes everything
	return b.String()
}
