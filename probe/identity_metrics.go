package probe

import "slices"

// Whose exposition is at a URL: by the member that the exposition names (etcd_server_id), and by who is reached where. Like
// [resolve] this asks nobody. A member named 0 is none: that exposition does not say whose it is.

// row is a member's; nil where the sweep has none of that id.
func (r *resolution) row(id MemberID) *row {
	for i := range r.rows {
		if m := &r.rows[i]; m.id == id && id != 0 {
			return m
		}
	}
	return nil
}

// exposed is whose exposition is at a URL, where the one read there named a member; nil: nobody's that is known. One that
// names none is nobody's, unless only one member can have that URL.
func (r *resolution) exposed(url string, named MemberID) *row {
	if named == 0 {
		return r.soleOn(url)
	}
	return r.row(named)
}

// mayExpose reports that m's exposition may be at a URL where the newest one named a member; 0 where none was read yet.
func (r *resolution) mayExpose(m *row, named MemberID) bool {
	return m.id == 0 || !namesAnother(m.id, named) || r.row(named) == nil
}

// notExposed is why an exposition at a URL is not m's; nil where it is. Where it is not known who m is, one is taken that
// names nobody in the sweep; it does not tell who m is: it may come from a port that several members of a host could have.
func (r *resolution) notExposed(m *row, url string, named MemberID) *Error {
	switch {
	case namesAnother(m.id, named), m.id == 0 && r.row(named) != nil:
		return ofAnother(url, named)
	case named == 0 && !r.onlyCandidate(m, url):
		return &Error{ErrUnsupported, url + ": the exposition does not say which member it is of (no etcd_server_id)"}
	}
	return nil
}

// namesAnother reports that an exposition is not that of the member want, as it names another one.
func namesAnother(want, named MemberID) bool { return want != 0 && named != 0 && named != want }

// ofAnother is why an exposition is not the one that was asked for.
func ofAnother(url string, named MemberID) *Error {
	return &Error{ErrUnsupported, url + ": it is the exposition of member " + named.String()}
}

// soleOn is the only member on the host of a URL; nil where there is none, or several.
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

// alone reports that an exposition at a URL can only be m's: it comes from a client port that is its alone, or from a
// host where no other member is.
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
