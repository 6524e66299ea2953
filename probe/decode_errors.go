package probe

import (
	"fmt"
	"slices"
	"strings"
)

// parseErrors are the parts of an exposition that could not be parsed. A family with such a part is absent: half a sum
// is worse than none.
type parseErrors struct {
	families []*family
	texts    []string
	more     int
}

// besides returns two errors as one, in one line, as it becomes part of a sentence. Either may be nil.
func besides(err, more error) error {
	switch {
	case err == nil:
		return more
	case more == nil:
		return err
	}
	return fmt.Errorf("%w; %w", err, more)
}

func (u *parseErrors) has(f *family) bool { return slices.Contains(u.families, f) }

// family records that a family can't be parsed.
func (u *parseErrors) family(f *family, err error) {
	if u.has(f) {
		return
	}
	u.families = append(u.families, f)
	u.add(f.names[0] + ": " + err.Error())
}

// line records that a line can't be parsed; f is nil if its family is unknown.
func (u *parseErrors) line(f *family, number int, line []byte, err error) {
	if f != nil && !u.has(f) {
		u.families = append(u.families, f)
	}
	const most = 80
	ellipsis := ""
	if len(line) > most {
		line, ellipsis = line[:most], "…"
	}
	u.add(fmt.Sprintf("line %d (%q%s): %v", number, line, ellipsis, err))
}

// add adds a text, up to a few.
func (u *parseErrors) add(what string) {
	const maxTexts, maxBytes = 3, 160
	if len(u.texts) == maxTexts {
		u.more++
		return
	}
	if len(what) > maxBytes {
		what = strings.ToValidUTF8(what[:maxBytes], "") + "…"
	}
	u.texts = append(u.texts, what)
}

// error returns the texts as one error; nil if there are none.
func (u *parseErrors) error() *Error {
	if len(u.texts) == 0 {
		return nil
	}
	text := strings.Join(u.texts, "; ")
	if u.more > 0 {
		text += fmt.Sprintf("; and %d more", u.more)
	}
	return &Error{Kind: ErrMalformed, Text: text}
}

// apply makes the families concerned absent.
func (u *parseErrors) apply(m *Metrics) {
	for _, f := range u.families {
		if f.reset != nil {
			f.reset(m)
		}
	}
	m.ParseError = u.error()
}
