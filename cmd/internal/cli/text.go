package cli

import (
	"strings"
	"unicode/utf8"
)

// defaultWidth is the width of text without a terminal: logs, mails and chats show as much unbroken.
const defaultWidth = 100

// minWidth is the least width to wrap at.
const minWidth = 40

// paragraphs builds text wrapped at width characters.
type paragraphs struct {
	strings.Builder
	width int
}

// add writes a paragraph that begins with lead, and indents its other lines by the width of lead.
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

// truncate cuts text to width characters, the last of which is then an ellipsis.
func truncate(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	runes := []rune(text)
	return string(runes[:max(width-1, 0)]) + "…"
}

// pad pads text to a width, a number on its left.
func pad(text string, width int, number bool) string {
	space := strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0))
	if number {
		return space + text
	}
	return text + space
}
