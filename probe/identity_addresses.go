package probe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// addresses returns where to reach a member: the given endpoints first, which may bypass what it advertises, then the
// client URLs of its entry p, which may be nil.
func (r *resolution) addresses(v *view, m *row, p *Peer) []address {
	var all []address
	for _, e := range m.given {
		all = append(all, address{url: e, peerPort: r.peerPort(e), given: true})
	}
	if p == nil || !v.discover {
		return all
	}
	for _, raw := range p.ClientURLs {
		u, err := clientURL(raw, false)
		if err != nil || slices.ContainsFunc(all, func(a address) bool { return a.url == u }) {
			continue
		}
		a := address{url: u, ambiguous: r.whyAmbiguous(v, m.id, p, u), peerPort: r.peerPort(u)}
		if r.proxies[u] {
			a.excluded = &Error{Kind: ErrElsewhere,
				Text: u + " answers for several members: give an endpoint that leads only to this member", Where: u}
		}
		all = append(all, a)
	}
	return all
}

// whyAmbiguous returns why silence at an advertised URL says nothing about the member: others advertise it too, or it
// is a loopback address and the member runs on another host. nil if silence does say something.
func (r *resolution) whyAmbiguous(v *view, id MemberID, p *Peer, u string) *Error {
	if r.leadsTo(v, u) == id {
		return nil // it was there: now its silence says something
	}
	if len(r.index.clients[addressKey(u)]) > 1 {
		return &Error{Kind: ErrElsewhere, Where: u,
			Text: u + " is advertised by other members too: from here it may be any of them; " +
				"give an endpoint that leads only to this member"}
	}
	if leadsHome(u) && !v.onThisHost(p) {
		return &Error{Kind: ErrElsewhere,
			Text: fmt.Sprintf("it advertises %s, which every host has for itself, but runs on another host: "+
				"give an endpoint that reaches it from here", u)}
	}
	return nil
}

// whyUnproven returns why silence at all the member's URLs says nothing about it; nil if one of them is known to be its
// own.
func (m *row) whyUnproven() (why *Error) {
	for i := range m.addresses {
		switch a := &m.addresses[i]; {
		case a.excluded != nil:
			why = cmp.Or(why, a.excluded)
		case a.ambiguous != nil:
			why = cmp.Or(why, a.ambiguous)
		default:
			return nil
		}
	}
	return why
}

// onThisHost reports whether a member runs on etcdoc's host, by its peer URLs.
func (v *view) onThisHost(p *Peer) bool {
	for _, raw := range p.PeerURLs {
		if leadsHome(raw) || v.local != nil && v.local(Hostname(raw)) {
			return true
		}
	}
	return len(p.PeerURLs) == 0
}

// peerPort returns an error if the list knows a URL as a member's peer port; else nil.
func (r *resolution) peerPort(endpoint string) *Error {
	at := addressKey(endpoint)
	p := r.index.peers[at]
	if p == nil {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(p.ClientURLs), func(u string) bool { return addressKey(u) == at })
	who := cmp.Or(p.Name, p.ID.String())
	if len(others) == 0 {
		return &Error{Kind: ErrPeerPort, Text: fmt.Sprintf("%s is the peer port of %s, which it advertises to "+
			"clients: set its --advertise-client-urls to its client port (usually 2379)", endpoint, who),
			Where: endpoint}
	}
	return &Error{Kind: ErrPeerPort, Text: fmt.Sprintf("%s is the peer port of %s: clients use %s", endpoint, who,
		strings.Join(others, ", ")), Where: endpoint}
}
