package tui

import (
	"strings"
	"unicode/utf8"

	"github.com/etcdoc/etcdoc/probe"
)

// clean makes text from outside (names, errors) fit for the screen: see [probe.Printable]; in ASCII where the
// terminal has nothing else; and with aliases for names and addresses on a shared screen.
func (t *theme) clean(text string) string {
	text = probe.Printable(text)
	if t.aliases != nil {
		text = t.aliases.Redact(text)
	}
	return t.printable(text)
}

// typed is a text that is being typed, with aliases on a shared screen.
func (t *theme) typed(text string) string {
	if t.aliases == nil {
		return text
	}
	return t.aliases.RedactTyped(text)
}

// printable is clean without aliases.
func (t *theme) printable(text string) string {
	text = probe.Printable(text)
	if t.glyphs == GlyphsASCII {
		return asciiOf(text)
	}
	return text
}

// asciiOf writes a printable text in ASCII.
func asciiOf(text string) string {
	if strings.IndexFunc(text, isBeyondASCII) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isBeyondASCII(r) {
			b.WriteString(toASCII(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isBeyondASCII(r rune) bool { return r >= utf8.RuneSelf }

func toASCII(r rune) string {
	switch r {
	case '≤':
		return "<="
	case '≥':
		return ">="
	case '→':
		return "->"
	case '–', '—', '−', '─':
		return "-"
	case '×':
		return "x"
	case '·':
		return "."
	case '…':
		return ".."
	case 'µ':
		return "u"
	case '’', '‘':
		return "'"
	case '“', '”':
		return `"`
	}
	return "?"
}
