package probe

import (
	"fmt"
	"slices"
	"strings"
)

// unread is what of an exposition could not be read. A family of which a part can't be read is absent: half a sum is
// worse than none.
type unread struct {
	families []*family
	told     []string
	more     int
}

func (u *unread) has(f *family) bool { return slices.Contains(u.families, f) }

// family notes that a family can't be read.
func (u *unread) family(f *family, err error) {
	if u.has(f) {
		return
	}
	u.families = append(u.families, f)
	u.tell(f.names[0] + ": " + err.Error())
}

// line notes that a line of a family (nil: of nobody knows which) can't be read.
func (u *unread) line(f *family, number int, line []byte, err error) {
	if f != nil && !u.has(f) {
		u.families = append(u.families, f)
	}
	const most = 80
	ellipsis := ""
	if len(line) > most {
		line, ellipsis = line[:most], "…"
	}
	u.tell(fmt.Sprintf("line %d (%q%s): %v", number, line, ellipsis, err))
}

// tell notes what is wrong. Only the first few are told.
func (u *unread) tell(what string) {
	const told, most = 3, 160
	if len(u.told) == told {
		u.more++
		return
	}
	if len(what) > most {
		what = strings.ToValidUTF8(what[:most], "") + "…"
	}
	u.told = append(u.told, what)
}

// error is what there is to say of it; nil: nothing.
func (u *unread) error() *Error {
	if len(u.told) == 0 {
		return nil
	}
	text := strings.Join(u.told, "; ")
	if u.more > 0 {
		text += fmt.Sprintf("; and %d more", u.more)
	}
	return &Error{ErrMalformed, text}
}

// apply makes the families that can't be read absent.
func (u *unread) apply(m *Metrics) {
	for _, f := range u.families {
		if f.reset != nil {
			f.reset(m)
		}
	}
	m.ParseError = u.error()
}
