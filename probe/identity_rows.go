package probe

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// isProxy reports whether an endpoint answers for a cluster instead of one member. An endpoint that leads to another
// member than before is a proxy only if the list has both: somebody may forward a port anew after replacing a member.
// Without discovery, whoever answers at an endpoint is the member asked for, until the responder keeps changing.
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

// leadsTo returns the member that an endpoint leads to; 0 if unknown.
func (r *resolution) leadsTo(v *view, endpoint string) MemberID {
	if s := v.endpoints[endpoint]; s != nil && !r.proxies[endpoint] {
		return s.last.member
	}
	return 0
}

// memberRows adds the members: those on the list, and those that answer at a given endpoint.
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
		} else { // by another cluster's list: see memberAt
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

// otherListRows adds the members that only other lists contain: the lists of members that answer, use another list than
// the sweep, and have not provably left. Those further members tell whether they form a cluster of their own.
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

// memberAt returns the member that a given endpoint belongs to: its responder, or, if there is none yet or if it left
// the cluster, the only member that the list (or else other clusters' lists) advertises there. That member need not be
// the one there: if it answers at another given endpoint, this endpoint is polled on its own.
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

// answersAtAnother reports whether a member has answered at another given endpoint.
func (r *resolution) answersAtAnother(v *view, id MemberID, besides string) bool {
	return slices.ContainsFunc(v.given, func(e string) bool { return e != besides && r.leadsTo(v, e) == id })
}

// unlistedStanding returns the standing of a member that answers but is not on the list, and whom to ask for a list
// once more to decide it.
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

// removal reports whether the cluster provably removed a member. A quorum of the listed voters must have returned lists
// without it, each after applying everything that this member has committed: a list that merely lags behind its joining
// has not. And so many voters have answered that way that no list that contains the member, its own included, can have
// a quorum. If some voters got that far only after returning their lists, and would complete the proof, removal returns
// them in ask.
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

// isUnlistedLeader reports whether a leader is not on the list: removed members can't elect one.
func (r *resolution) isUnlistedLeader(leader MemberID) bool {
	return leader != 0 && !r.index.has(leader)
}

// quorumProves reports whether the witnesses are a quorum of the list and leave no quorum to any list with the member.
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

// outvoted reports whether a list can have no quorum because the witnesses use another list. One witness is never
// enough, not even of two voters: a member started with --force-new-cluster uses a list of its own, as do those that
// join it, while the others may have a quorum without it.
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
			a.excluded = &Error{Kind: ErrElsewhere, Text: u + " answers for several members: name an endpoint that leads to this member alone", Where: u}
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
		return &Error{Kind: ErrElsewhere, Text: fmt.Sprintf("%s is advertised by other members too: from here it can't be told apart; "+
			"name an endpoint that leads to this member alone", u), Where: u}
	}
	if isLoopback(u) && !v.onThisHost(p) {
		return &Error{Kind: ErrElsewhere, Text: fmt.Sprintf("it advertises %s, which every host has for itself, and its host is another one: "+
			"name an endpoint under which it can be reached from here", u)}
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
		u, err := url.Parse(raw)
		if err == nil && (isLoopback(raw) || v.local != nil && v.local(u.Hostname())) {
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
		return &Error{Kind: ErrPeerPort, Text: fmt.Sprintf("%s is the peer port of %s, which it advertises to clients: "+
			"set its --advertise-client-urls to its client port (usually 2379)", endpoint, who), Where: endpoint}
	}
	return &Error{Kind: ErrPeerPort, Text: fmt.Sprintf("%s is the peer port of %s: clients use %s", endpoint, who, strings.Join(others, ", ")), Where: endpoint}
}

// endpointRows adds the given endpoints that lead to no member.
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

// onlyCluster returns the cluster of all the members; 0 if they have several.
func onlyCluster(members []responder) ClusterID {
	for _, m := range members[1:] {
		if m.cluster != members[0].cluster {
			return 0
		}
	}
	return members[0].cluster
}

// shareNames marks the members whose name another member has too.
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
