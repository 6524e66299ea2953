package cli

import (
	"iter"
	"strings"
)

// The kinds of parts of a page.
const (
	markdownParagraph = iota
	markdownTitle
	markdownHeading
	markdownItem
	markdownCode // one line of it
)

// A markdownPart is a part of a page: a whole paragraph or item in one line, without marks.
type markdownPart struct {
	kind int
	text string
}

// markdownParts splits a page that uses headings, paragraphs, flat lists and fenced code.
func markdownParts(page string) iter.Seq[markdownPart] {
	return func(yield func(markdownPart) bool) {
		var open markdownPart
		flush := func() bool {
			part := open
			open = markdownPart{}
			return part.text == "" || yield(part)
		}
		isCode := false
		for line := range strings.Lines(page) {
			line = strings.TrimRight(line, "\n")
			switch {
			case strings.HasPrefix(line, "```"):
				isCode = !isCode
				if !flush() {
					return
				}
			case isCode:
				if !yield(markdownPart{markdownCode, line}) {
					return
				}
			case line == "":
				if !flush() {
					return
				}
			default:
				kind, text := markdownLine(line)
				if kind != markdownParagraph && !flush() {
					return
				}
				if open.text == "" {
					open = markdownPart{kind, text}
				} else {
					open.text += " " + text
				}
			}
		}
		flush()
	}
}

// markdownLine returns what a line begins, and its text without marks; a line that begins nothing is of a paragraph.
func markdownLine(line string) (kind int, text string) {
	plain := withoutMarks(line)
	for _, mark := range []struct {
		prefix string
		kind   int
	}{{"## ", markdownHeading}, {"# ", markdownTitle}, {"- ", markdownItem}} {
		if text, is := strings.CutPrefix(plain, mark.prefix); is {
			return mark.kind, text
		}
	}
	return markdownParagraph, strings.TrimLeft(plain, " ")
}

// unbroken stands for a space within a short command, which is not to be broken over lines.
const unbroken = "\x00"

// longestUnbroken is how long such a command is at most, so that it fits at minWidth.
const longestUnbroken = 30

// withoutMarks removes the marks around commands in a line.
func withoutMarks(line string) string {
	spans := strings.Split(line, "`")
	for i := 1; i < len(spans); i += 2 {
		if len(spans[i]) <= longestUnbroken {
			spans[i] = strings.ReplaceAll(spans[i], " ", unbroken)
		}
	}
	return strings.Join(spans, "")
}
