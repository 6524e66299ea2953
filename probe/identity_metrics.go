package probe

import "slices"

// This file decides whose exposition a URL serves: that of the member that the exposition names (etcd_server_id), or of
// the member reached there. Like [resolve] it is pure. In an exposition, member 0 means that it names none.

// row returns a member's row; nil if the sweep has none.
func (r *resolution) row(id MemberID) *row {
	for i := range r.rows {
		if m := &r.rows[i]; m.id == id && id != 0 {
			return m
		}
	}
	return nil
}

// exposed returns the member whose exposition a URL serves, if the one read there named a member; nil if unknown. An
// exposition that names none belongs to nobody, unless only one member can have that URL.
func (r *resolution) exposed(url string, named MemberID) *row {
	if named == 0 {
		return r.soleOn(url)
	}
	return r.row(named)
}

// mayExpose reports whether a URL may serve m's exposition. named is the member that the newest exposition there named;
// 0 if there was none.
func (r *resolution) mayExpose(m *row, named MemberID) bool {
	return m.id == 0 || !namesAnother(m.id, named) || r.row(named) == nil
}

// notExposed returns why an exposition at a URL is not m's; nil if it is. If m's id is unknown, an exposition counts as
// its own unless it names a member of the sweep. It does not identify m: several members of a host could share the
// port.
func (r *resolution) notExposed(m *row, url string, named MemberID) *Error {
	switch {
	case namesAnother(m.id, named), m.id == 0 && r.row(named) != nil:
		return ofAnother(url, named)
	case named == 0 && !r.onlyCandidate(m, url):
		return withEndpoint(url, &Error{Kind: ErrUnsupported,
			Text: "the exposition does not name its member (no etcd_server_id)"})
	}
	return nil
}

// namesAnother reports whether an exposition names another member than the wanted one.
func namesAnother(want, named MemberID) bool { return want != 0 && named != 0 && named != want }

// ofAnother returns why an exposition is not the requested one.
func ofAnother(url string, named MemberID) *Error {
	return withEndpoint(url, &Error{Kind: ErrUnsupported, Text: "it is the exposition of member " + named.String()})
}

// soleOn returns the only member on the host of a URL; nil if there is none or several.
func (r *resolution) soleOn(url string) *row {
	var sole *row
	host := hostOf(url)
	for i := range r.rows {
		m := &r.rows[i]
		switch {
		case m.id == 0 || !slices.ContainsFunc(m.addresses, func(a address) bool { return hostOf(a.url) == host }):
		case sole != nil:
			return nil
		default:
			sole = m
		}
	}
	return sole
}

// onlyCandidate reports whether an exposition at a URL can only be m's: it comes from a client port that only m has, or
// from a host without other members.
func (r *resolution) onlyCandidate(m *row, url string) bool {
	at := addressKey(url)
	has := func(a address) bool { return addressKey(a.url) == at }
	if !slices.ContainsFunc(m.addresses, has) {
		return r.soleOn(url) == m
	}
	for i := range r.rows {
		if other := &r.rows[i]; other != m && slices.ContainsFunc(other.addresses, has) {
			return false
		}
	}
	return true
}
