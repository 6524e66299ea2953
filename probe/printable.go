package probe

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable is a text from outside as every face shows it: each character that a terminal, a log, or a monitoring
// system would obey instead of showing it, and each one that shows as nothing, is written as Go's %q writes it: \n, \x1b,
// \u009b, \u202e, \U000e0041, and \xff for a byte that is no UTF-8. What is left is one line. It is the only sanitiser
// there is.
//
// It is applied where text comes in, and not where it goes out, so that no face can forget it: to every [Sweep] as a
// whole before it is judged (see [Sweep.Printable]), since what is judged is all that any face shows of a cluster; and by
// the command line to what users, their files and the system's errors say. Nothing of it is lost: the escapes tell what
// was there. A backslash stays as it is, so that a text may pass more than once and is the same after the first time. No
// text that has passed tells who a member is: ids do.
func Printable(text string) string {
	if isPlain(text) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				b.WriteString(`\x` + hexByte(text[i]))
				continue
			}
		}
		if isPrintable(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// IsPrintable reports whether a text is its own [Printable].
func IsPrintable(text string) bool {
	if isPlain(text) {
		return true
	}
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !isPrintable(r) }) < 0
}

// isPlain reports that a text has only the printable characters of ASCII.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// isPrintable reports whether a character shows as itself. That leaves out what Go does not print (controls, format
// characters such as those that turn the direction of text, private use, what is not assigned, all spaces but the
// ordinary one) and what Unicode has shown as nothing: variation selectors, fillers, joiners.
func isPrintable(r rune) bool {
	return r >= ' ' && r <= '~' ||
		unicode.IsPrint(r) && !unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func hexByte(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&0xf]})
}
