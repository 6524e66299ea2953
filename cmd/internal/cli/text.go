package cli

import (
	"strings"
	"unicode/utf8"
)

// defaultWidth is how wide text gets where there is no terminal to say: what logs, mails and chats show unbroken.
const defaultWidth = 100

// narrowest is the least width that text is wrapped to.
const minWidth = 40

// A writer of paragraphs wraps text at a width, which counts characters.
type paragraphs struct {
	strings.Builder
	width int
}

// say writes a paragraph that begins with lead; its other lines are indented as far.
func (p *paragraphs) add(lead, text string) {
	p.WriteString(lead)
	column, indent := utf8.RuneCountInString(lead), utf8.RuneCountInString(lead)
	begun := false
	for word := range strings.FieldsSeq(text) {
		size := utf8.RuneCountInString(word)
		switch {
		case !begun:
		case column+1+size > max(p.width, minWidth):
			p.WriteByte('\n')
			p.WriteString(strings.Repeat(" ", indent))
			column = indent
		default:
			p.WriteByte(' ')
			column++
		}
		p.WriteString(word)
		column += size
		begun = true
	}
	p.WriteByte('\n')
}

// cut cuts text to so many characters, and says so.
func truncate(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	runes := []rune(text)
	return string(runes[:max(width-1, 0)]) + "…"
}

// squeeze shortens a name in its middle: both ends of a host's name tell it from others.
func shortenMiddle(name string, width int) string {
	runes := []rune(name)
	if len(runes) <= width {
		return name
	}
	tail := (width - 1) / 2
	return string(runes[:width-1-tail]) + "…" + string(runes[len(runes)-tail:])
}

// pad fills text up to a width: at its right, or where it is a number at its left.
func pad(text string, width int, number bool) string {
	space := strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0))
	if number {
		return space + text
	}
	return text + space
}
