package probe

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes a text from outside safe to show. It writes each character that a terminal, a log or a monitoring
// system would obey instead of showing, and each invisible one, as Go's %q does: \n, \x1b, \u009b, \u202e, \U000e0041,
// and \xff for a byte of invalid UTF-8. The result is one line. It is the only sanitiser.
//
// It is applied where text enters, so that no face can forget it: to every [Sweep] before it is judged (see
// [Sweep.Printable]), because faces show only what was judged; and by the command line to what users, their files and
// the system's errors say. Backslashes stay, so applying it twice changes nothing more. Members are identified by id,
// never by such a text.
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

// IsPrintable reports whether a text equals its [Printable].
func IsPrintable(text string) bool {
	if isPlain(text) {
		return true
	}
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !isPrintable(r) }) < 0
}

// isPlain reports whether a text is printable ASCII.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// isPrintable reports whether a character shows as itself. It excludes what Go does not print (controls, format
// characters such as those that reverse the text's direction, private use, unassigned ones, spaces other than the
// ordinary one) and what Unicode shows as nothing: variation selectors, fillers, joiners.
func isPrintable(r rune) bool {
	return r >= ' ' && r <= '~' ||
		unicode.IsPrint(r) && !unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func hexByte(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&0xf]})
}
