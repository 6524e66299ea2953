package probe

import (
	"fmt"
	"slices"
	"strings"
)

// unread is what of an exposition could not be read. A family of which a part can't be read is absent: half a sum is
// worse than none.
type parseErrors struct {
	families []*family
	texts    []string
	more     int
}

func (u *parseErrors) has(f *family) bool { return slices.Contains(u.families, f) }

// family notes that a family can't be read.
func (u *parseErrors) family(f *family, err error) {
	if u.has(f) {
		return
	}
	u.families = append(u.families, f)
	u.add(f.names[0] + ": " + err.Error())
}

// line notes that a line of a family (nil: of nobody knows which) can't be read.
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

// tell notes what is wrong. Only the first few are told.
func (u *parseErrors) add(what string) {
	const told, most = 3, 160
	if len(u.texts) == told {
		u.more++
		return
	}
	if len(what) > most {
		what = strings.ToValidUTF8(what[:most], "") + "…"
	}
	u.texts = append(u.texts, what)
}

// error is what there is to say of it; nil: nothing.
func (u *parseErrors) error() *Error {
	if len(u.texts) == 0 {
		return nil
	}
	text := strings.Join(u.texts, "; ")
	if u.more > 0 {
		text += fmt.Sprintf("; and %d more", u.more)
	}
	return &Error{ErrMalformed, text}
}

// apply makes the families that can't be read absent.
func (u *parseErrors) apply(m *Metrics) {
	for _, f := range u.families {
		if f.reset != nil {
			f.reset(m)
		}
	}
	m.ParseError = u.error()
}
