package probe

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// isProxy reports that an endpoint answers for a cluster, not for one member. An endpoint that leads to another member
// than it did is one only while both are in the list: a port may be forwarded anew once its member was replaced. Where
// only the given endpoints are looked at, whoever answers there is who was asked for, until that goes to and fro.
func isProxy(s *sighting, list *directory, discover bool) bool {
	switch {
	case s.nameless, s.alien:
		return true
	case !discover && s.turns < 3:
		return false
	}
	led := 0
	if list.lists(s.last.member) {
		led++
	}
	for _, e := range s.earlier {
		if e.cluster == s.last.cluster && list.lists(e.member) {
			led++
		}
	}
	return led > 1
}

// leadsTo is the member that an endpoint leads to; 0: none that is known.
func (r *resolution) leadsTo(v *view, endpoint string) MemberID {
	if s := v.sightings[endpoint]; s != nil && !r.proxies[endpoint] {
		return s.last.member
	}
	return 0
}

// memberRows are the members: those of the list, and those that answer at a given endpoint.
func (r *resolution) memberRows(v *view) {
	given := make(map[MemberID][]string)
	var strangers []MemberID
	for _, e := range v.given {
		id := r.tiedTo(v, e)
		if id == 0 {
			continue
		}
		if len(given[id]) == 0 && !r.list.lists(id) {
			strangers = append(strangers, id)
		}
		given[id] = append(given[id], e)
	}
	for i := range r.list.list {
		p := &r.list.list[i]
		if p.ID == 0 || !v.discover && len(given[p.ID]) == 0 {
			continue
		}
		m := row{id: p.ID, cluster: r.cluster, standing: StandingMember, peer: p, given: given[p.ID]}
		if p.Name == "" && len(p.ClientURLs) == 0 {
			m.standing = StandingNeverStarted
		}
		if t := v.byID[p.ID]; t != nil && t.cluster != 0 {
			m.cluster = t.cluster
		}
		m.addresses = r.addresses(v, &m)
		r.rows = append(r.rows, m)
	}
	for _, id := range strangers {
		m := row{id: id, given: given[id]}
		m.standing, m.ask = r.strangerIs(v, id)
		m.cluster = v.sightings[given[id][0]].last.cluster
		for _, e := range m.given {
			if owners := r.list.clients[place(e)]; len(owners) == 1 {
				m.inPlaceOf = owners[0]
			}
		}
		m.addresses = r.addresses(v, &m)
		r.rows = append(r.rows, m)
	}
}

// tiedTo is the member that a given endpoint belongs to: who answers there, or else, where nobody has yet or who did left
// the cluster, the only member that advertises it. That need not be who is there: one that answers at another given endpoint
// leaves this one to be asked for itself.
func (r *resolution) tiedTo(v *view, endpoint string) MemberID {
	id := r.leadsTo(v, endpoint)
	if r.proxies[endpoint] || id != 0 && r.list.lists(id) {
		return id
	}
	if t := v.byID[id]; t != nil && t.current {
		return id
	}
	if owners := r.list.clients[place(endpoint)]; len(owners) == 1 && (id != 0 || !r.answersAtAnother(v, owners[0], endpoint)) {
		return owners[0]
	}
	return id
}

// answersAtAnother reports that a member has answered at a given endpoint besides one.
func (r *resolution) answersAtAnother(v *view, id MemberID, besides string) bool {
	return slices.ContainsFunc(v.given, func(e string) bool { return e != besides && r.leadsTo(v, e) == id })
}

// strangerIs is what a member is that answers and is not in the list, and who is to be asked for a list once more to
// find that out.
func (r *resolution) strangerIs(v *view, id MemberID) (is Standing, ask []MemberID) {
	t := v.byID[id]
	switch {
	case t == nil || t.cluster == 0 || r.cluster == 0:
		return StandingUnknown, nil
	case t.cluster != r.cluster:
		return StandingForeign, nil
	case len(r.list.list) == 0:
		return StandingUnknown, nil
	}
	proven, ask := r.removal(v, t)
	if proven {
		return StandingRemoved, nil
	}
	return StandingUnlisted, ask
}

// removal reports that a member was removed from the cluster, by proof: a quorum of the listed voters has answered with
// a list without it, each one once it had applied all that this member has committed. A list that lags behind the
// member's own joining is so told from one that has seen it go. Where voters have come that far only after they gave
// their lists, and would make up that quorum, they are to be asked once more.
func (r *resolution) removal(v *view, t *testimony) (proven bool, ask []MemberID) {
	if t.status == nil || t.status.RaftIndex == 0 || !t.own() || r.isForked(t.status.Leader) {
		return false, nil
	}
	witnesses := 0
	for _, id := range r.roster.Witnesses {
		switch w := v.byID[id]; {
		case w == nil:
		case w.applied >= t.status.RaftIndex:
			witnesses++
		case w.current && w.status.RaftAppliedIndex >= t.status.RaftIndex:
			ask = append(ask, id)
		}
	}
	quorum := r.roster.Voters/2 + 1
	if witnesses >= quorum || witnesses+len(ask) < quorum {
		return witnesses >= quorum, nil
	}
	return false, ask
}

// isForked reports that whoever follows a leader is of a fork of the cluster, with indexes of its own: none of those who
// were removed can elect one of them. etcd's --force-new-cluster makes one, and keeps the cluster's id.
func (r *resolution) isForked(leader MemberID) bool { return leader != 0 && !r.list.lists(leader) }

// addresses are where a member may be reached: the given endpoints first, which may be a way around what it
// advertises.
func (r *resolution) addresses(v *view, m *row) []address {
	var all []address
	for _, e := range m.given {
		all = append(all, address{url: e, peerPort: r.peerPort(e), given: true})
	}
	if m.peer == nil || !v.discover {
		return all
	}
	for _, raw := range m.peer.ClientURLs {
		u, err := clientURL(raw, false)
		if err != nil || slices.ContainsFunc(all, func(a address) bool { return a.url == u }) {
			continue
		}
		a := address{url: u, elsewhere: r.elsewhere(v, m, u), peerPort: r.peerPort(u)}
		if r.proxies[u] {
			a.barred = &Error{ErrElsewhere, u + " answers for several members: name an endpoint that leads to this member alone"}
		}
		all = append(all, a)
	}
	return all
}

// elsewhere is why silence at an advertised URL says nothing of the member: others advertise it too, or each host has
// that address for itself and the member's is another host. nil where it does.
func (r *resolution) elsewhere(v *view, m *row, u string) *Error {
	if r.leadsTo(v, u) == m.id {
		return nil // it was there: when it no longer is, that says something
	}
	if len(r.list.clients[place(u)]) > 1 {
		return &Error{ErrElsewhere, fmt.Sprintf("%s is advertised by other members too: from here it can't be told apart; "+
			"name an endpoint that leads to this member alone", u)}
	}
	if isLoopback(u) && !v.onThisHost(m.peer) {
		return &Error{ErrElsewhere, fmt.Sprintf("it advertises %s, which every host has for itself, and its host is another one: "+
			"name an endpoint under which it can be reached from here", u)}
	}
	return nil
}

// unproven is why silence at all of the member's URLs says nothing of it; nil where one of them is known to be its own.
func (m *row) unproven() (why *Error) {
	for i := range m.addresses {
		switch a := &m.addresses[i]; {
		case a.barred != nil:
			why = cmp.Or(why, a.barred)
		case a.elsewhere != nil:
			why = cmp.Or(why, a.elsewhere)
		default:
			return nil
		}
	}
	return why
}

// onThisHost reports that a member runs where etcdoc runs, by the addresses that its peers know it by.
func (v *view) onThisHost(p *Peer) bool {
	for _, raw := range p.PeerURLs {
		u, err := url.Parse(raw)
		if err == nil && (isLoopback(raw) || v.local != nil && v.local(u.Hostname())) {
			return true
		}
	}
	return len(p.PeerURLs) == 0
}

// peerPort says that a URL is known by the list to be where a member talks to its peers; nil where it is not.
func (r *resolution) peerPort(endpoint string) *Error {
	at := place(endpoint)
	p := r.list.peers[at]
	if p == nil {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(p.ClientURLs), func(u string) bool { return place(u) == at })
	who := cmp.Or(p.Name, p.ID.String())
	if len(others) == 0 {
		return &Error{ErrPeerPort, fmt.Sprintf("%s is the peer port of %s, which it advertises to clients: "+
			"set its --advertise-client-urls to its client port (usually 2379)", endpoint, who)}
	}
	return &Error{ErrPeerPort, fmt.Sprintf("%s is the peer port of %s: clients use %s", endpoint, who, strings.Join(others, ", "))}
}

// endpointRows are the given endpoints that lead to no member.
func (r *resolution) endpointRows(v *view) {
	placed := make(map[string]bool)
	for i := range r.rows {
		for _, e := range r.rows[i].given {
			placed[e] = true
		}
	}
	for _, e := range v.given {
		if placed[e] {
			continue
		}
		m := row{given: []string{e}, addresses: []address{{url: e, peerPort: r.peerPort(e), given: true}}}
		switch s := v.sightings[e]; {
		case r.proxies[e]:
			m.standing, m.cluster = StandingProxy, s.last.cluster
		case s == nil && r.listAt.IsZero() || m.addresses[0].peerPort != nil:
		case len(r.list.clients[place(e)]) == 0:
			m.standing = StandingGone
		}
		r.rows = append(r.rows, m)
	}
}

// shareNames marks the members whose name is not theirs alone.
func (r *resolution) shareNames() {
	count := make(map[string]int)
	for i := range r.rows {
		if p := r.rows[i].peer; p != nil && p.Name != "" {
			count[p.Name]++
		}
	}
	for i := range r.rows {
		if p := r.rows[i].peer; p != nil {
			r.rows[i].nameShared = count[p.Name] > 1
		}
	}
}
