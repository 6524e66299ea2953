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
func isProxy(s *endpointState, list *memberIndex, discover bool) bool {
	switch {
	case s.anonymous, s.omitsResponder:
		return true
	case !discover && s.switches < 3:
		return false
	}
	led := 0
	if list.has(s.last.member) {
		led++
	}
	for _, e := range s.earlier {
		if e.cluster == s.last.cluster && list.has(e.member) {
			led++
		}
	}
	return led > 1
}

// leadsTo is the member that an endpoint leads to; 0: none that is known.
func (r *resolution) leadsTo(v *view, endpoint string) MemberID {
	if s := v.endpoints[endpoint]; s != nil && !r.proxies[endpoint] {
		return s.last.member
	}
	return 0
}

// memberRows are the members: those of the list, and those that answer at a given endpoint.
func (r *resolution) memberRows(v *view) {
	given := make(map[MemberID][]string)
	var strangers []MemberID
	for _, e := range v.given {
		id := r.memberAt(v, e)
		if id == 0 {
			continue
		}
		if len(given[id]) == 0 && !r.index.has(id) {
			strangers = append(strangers, id)
		}
		given[id] = append(given[id], e)
	}
	for i := range r.index.list {
		p := &r.index.list[i]
		if p.ID == 0 || !v.discover && len(given[p.ID]) == 0 {
			continue
		}
		m := row{id: p.ID, cluster: r.cluster, standing: StandingMember, peer: p, given: given[p.ID]}
		if p.Name == "" && len(p.ClientURLs) == 0 {
			m.standing = StandingNeverStarted
		}
		if rep := v.byID[p.ID]; rep != nil && rep.cluster != 0 {
			m.cluster = rep.cluster
		}
		if r.forked[p.ID] {
			m.standing = StandingForked
		}
		m.addresses = r.addresses(v, &m, p)
		r.rows = append(r.rows, m)
	}
	for _, id := range strangers {
		m := row{id: id, given: given[id]}
		m.standing, m.ask = r.unlistedStanding(v, id)
		if s := v.endpoints[given[id][0]]; s != nil {
			m.cluster = s.last.cluster
		} else { // by the list of another cluster: see tiedTo
			m.standing, m.cluster = StandingForeign, r.foreign[addressKey(given[id][0])][0].cluster
		}
		for _, e := range m.given {
			if owners := r.index.clients[addressKey(e)]; len(owners) == 1 {
				m.inPlaceOf = owners[0]
			}
		}
		m.addresses = r.addresses(v, &m, nil)
		r.rows = append(r.rows, m)
	}
	r.otherListRows(v)
}

// kinRows are whom the own lists of those name that answer and go by another list than the roster, without proof that they
// have left it: whether these are a cluster of their own, the others in their lists tell.
func (r *resolution) otherListRows(v *view) {
	if !v.discover {
		return
	}
	has := make(map[MemberID]bool, len(r.rows))
	for i := range r.rows {
		has[r.rows[i].id] = true
	}
	for _, m := range r.rows { // as they are so far
		rep := v.byID[m.id]
		if rep == nil || !rep.isOwnList() || m.standing != StandingUnlisted && m.standing != StandingForked {
			continue
		}
		for i := range rep.list {
			p := &rep.list[i]
			if has[p.ID] {
				continue
			}
			has[p.ID] = true
			kin := row{id: p.ID, cluster: r.cluster, standing: StandingUnlisted}
			if v.byID[p.ID] != nil {
				kin.standing, kin.ask = r.unlistedStanding(v, p.ID)
			}
			kin.addresses = r.addresses(v, &kin, p)
			r.rows = append(r.rows, kin)
		}
	}
}

// tiedTo is the member that a given endpoint belongs to: who answers there, or else, where nobody has yet or who did left
// the cluster, the only member that advertises it, by our list or else by those of other clusters. That need not be who is there: one that answers at another given endpoint
// leaves this one to be asked for itself.
func (r *resolution) memberAt(v *view, endpoint string) MemberID {
	id := r.leadsTo(v, endpoint)
	if r.proxies[endpoint] || id != 0 && r.index.has(id) {
		return id
	}
	if rep := v.byID[id]; rep != nil && rep.current {
		return id
	}
	if owners := r.index.clients[addressKey(endpoint)]; len(owners) == 1 && (id != 0 || !r.answersAtAnother(v, owners[0], endpoint)) {
		return owners[0]
	}
	if others := r.foreign[addressKey(endpoint)]; id == 0 && len(others) == 1 && !r.listAt.IsZero() && !r.answersAtAnother(v, others[0].member, endpoint) {
		return others[0].member
	}
	return id
}

// answersAtAnother reports that a member has answered at a given endpoint besides one.
func (r *resolution) answersAtAnother(v *view, id MemberID, besides string) bool {
	return slices.ContainsFunc(v.given, func(e string) bool { return e != besides && r.leadsTo(v, e) == id })
}

// strangerIs is what a member is that answers and is not in the list, and who is to be asked for a list once more to
// find that out.
func (r *resolution) unlistedStanding(v *view, id MemberID) (is Standing, ask []MemberID) {
	rep := v.byID[id]
	switch {
	case rep == nil || rep.cluster == 0 || r.cluster == 0:
		return StandingUnknown, nil
	case rep.cluster != r.cluster:
		return StandingForeign, nil
	case r.forked[id]:
		return StandingForked, nil
	case len(r.index.list) == 0:
		return StandingUnknown, nil
	}
	proven, ask := r.removal(v, rep)
	if proven {
		return StandingRemoved, nil
	}
	return StandingUnlisted, ask
}

// removal reports that a member was removed from the cluster, by proof: a quorum of the listed voters has answered with
// a list without it, each one once it had applied all that this member has committed; a list that lags behind the
// member's own joining is so told from one that has seen it go. And nobody's list that has it, its own included, can have
// a quorum any more, so many of its voters have answered so. Where voters have come that far only after they gave their
// lists, and would make up that proof, they are to be asked once more.
func (r *resolution) removal(v *view, rep *memberReport) (proven bool, ask []MemberID) {
	if rep.status == nil || rep.status.RaftIndex == 0 || !rep.isOwnList() || r.isUnlistedLeader(rep.status.Leader) {
		return false, nil
	}
	witnesses := make(map[MemberID]bool, len(r.memberList.Witnesses))
	for _, id := range r.memberList.Witnesses {
		switch w := v.byID[id]; {
		case w == nil:
		case w.applied >= rep.status.RaftIndex:
			witnesses[id] = true
		case w.current && w.status.RaftAppliedIndex >= rep.status.RaftIndex:
			ask = append(ask, id)
		}
	}
	if r.quorumProves(v, rep.id, witnesses) {
		return true, nil
	}
	for _, id := range ask {
		witnesses[id] = true
	}
	if !r.quorumProves(v, rep.id, witnesses) {
		return false, nil
	}
	return false, ask
}

// isStranger reports that a leader is none of the roster's members: none of those who were removed can elect one.
func (r *resolution) isUnlistedLeader(leader MemberID) bool {
	return leader != 0 && !r.index.has(leader)
}

// prove reports that some of the roster's voters are a quorum of it, and leave none to any list that has a member.
func (r *resolution) quorumProves(v *view, gone MemberID, witnesses map[MemberID]bool) bool {
	if len(witnesses) <= r.memberList.Voters/2 {
		return false
	}
	for i := range v.members {
		rep := &v.members[i]
		if rep.cluster == r.cluster && rep.isOwnList() && hasMember(rep.list, gone) && !outvoted(rep.list, witnesses) {
			return false
		}
	}
	return true
}

// outvoted reports that a list can have no quorum, for witnesses who go by another one. A single one is not enough, not of
// two voters either: a member that was started with --force-new-cluster goes by a list of its own, and so do those that
// it is joined by, while the others may have a quorum without it.
func outvoted(list []Peer, witnesses map[MemberID]bool) bool {
	all, gone := 0, 0
	for i := range list {
		if list[i].Learner {
			continue
		}
		if all++; witnesses[list[i].ID] {
			gone++
		}
	}
	return gone > 1 && all-gone <= all/2
}

// addresses are where a member may be reached: the given endpoints first, which may be a way around what it
// advertises to clients by the list that names it. p is nil where none does.
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
			a.excluded = &Error{ErrElsewhere, u + " answers for several members: name an endpoint that leads to this member alone"}
		}
		all = append(all, a)
	}
	return all
}

// elsewhere is why silence at an advertised URL says nothing of the member: others advertise it too, or each host has
// that address for itself and the member's is another host. nil where it does.
func (r *resolution) whyAmbiguous(v *view, id MemberID, p *Peer, u string) *Error {
	if r.leadsTo(v, u) == id {
		return nil // it was there: when it no longer is, that says something
	}
	if len(r.index.clients[addressKey(u)]) > 1 {
		return &Error{ErrElsewhere, fmt.Sprintf("%s is advertised by other members too: from here it can't be told apart; "+
			"name an endpoint that leads to this member alone", u)}
	}
	if isLoopback(u) && !v.onThisHost(p) {
		return &Error{ErrElsewhere, fmt.Sprintf("it advertises %s, which every host has for itself, and its host is another one: "+
			"name an endpoint under which it can be reached from here", u)}
	}
	return nil
}

// unproven is why silence at all of the member's URLs says nothing of it; nil where one of them is known to be its own.
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
	at := addressKey(endpoint)
	p := r.index.peers[at]
	if p == nil {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(p.ClientURLs), func(u string) bool { return addressKey(u) == at })
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
		switch s := v.endpoints[e]; {
		case r.proxies[e]:
			m.standing, m.cluster = StandingProxy, s.last.cluster
		case s == nil && r.listAt.IsZero() || m.addresses[0].peerPort != nil:
		case len(r.foreign[addressKey(e)]) > 0:
			m.standing, m.cluster = StandingForeign, onlyCluster(r.foreign[addressKey(e)])
		case len(r.index.clients[addressKey(e)]) == 0:
			m.standing = StandingGone
		}
		r.rows = append(r.rows, m)
	}
}

// onlyCluster is the cluster that members are of, where it is one; 0: it is not.
func onlyCluster(members []responder) ClusterID {
	for _, m := range members[1:] {
		if m.cluster != members[0].cluster {
			return 0
		}
	}
	return members[0].cluster
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
