package probe

import "slices"

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
	return len(s.leadsTo(list)) > 1
}

// leadsTo returns the members of a list that have answered at the endpoint, the newest responder first; none where a
// proxy passes their answers on in its own name, as etcd's grpc-proxy does.
func (s *endpointState) leadsTo(list *memberIndex) (members []MemberID) {
	if s.anonymous || s.omitsResponder {
		return nil
	}
	for _, by := range append([]responder{s.last}, s.earlier...) {
		if by.cluster == s.last.cluster && list.has(by.member) {
			members = append(members, by.member)
		}
	}
	return members
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
	var unlisted []MemberID
	for _, e := range v.given {
		id := r.memberAt(v, e)
		if id == 0 {
			continue
		}
		if len(given[id]) == 0 && !r.index.has(id) {
			unlisted = append(unlisted, id)
		}
		given[id] = append(given[id], e)
	}
	for i := range r.index.list {
		p := &r.index.list[i]
		if p.ID == 0 || !v.discover && len(given[p.ID]) == 0 {
			continue
		}
		m := row{id: p.ID, cluster: r.cluster, membership: MembershipListed, peer: p, given: given[p.ID]}
		if p.Name == "" && len(p.ClientURLs) == 0 {
			m.membership = MembershipNeverStarted
		}
		if rep := v.byID[p.ID]; rep != nil && rep.cluster != 0 {
			m.cluster = rep.cluster
		}
		if r.forked[p.ID] {
			m.membership = MembershipForked
		}
		m.addresses = r.addresses(v, &m, p)
		r.rows = append(r.rows, m)
	}
	for _, id := range unlisted {
		m := row{id: id, given: given[id]}
		m.membership, m.ask = r.unlistedMembership(v, id)
		if s := v.endpoints[given[id][0]]; s != nil {
			m.cluster = s.last.cluster
		} else { // by another cluster's list: see memberAt
			m.membership, m.cluster = MembershipForeign, r.foreign[addressKey(given[id][0])][0].cluster
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
		if rep == nil || !rep.isOwnList() || m.membership != MembershipUnlisted && m.membership != MembershipForked {
			continue
		}
		for i := range rep.list {
			p := &rep.list[i]
			if has[p.ID] {
				continue
			}
			has[p.ID] = true
			other := row{id: p.ID, cluster: r.cluster, membership: MembershipUnlisted}
			if v.byID[p.ID] != nil {
				other.membership, other.ask = r.unlistedMembership(v, p.ID)
			}
			other.addresses = r.addresses(v, &other, p)
			r.rows = append(r.rows, other)
		}
	}
}

// memberAt returns the member that a given endpoint belongs to: its responder, or, if there is none yet or if it left
// the cluster, the only member that the list (or else other clusters' lists) advertises there, or the one on this host
// if its configuration says that it listens there. That member need not be the one there: if it answers at another
// given endpoint, this endpoint is polled on its own.
func (r *resolution) memberAt(v *view, endpoint string) MemberID {
	id := r.leadsTo(v, endpoint)
	if r.proxies[endpoint] || id != 0 && r.index.has(id) {
		return id
	}
	if rep := v.byID[id]; rep != nil && rep.current {
		return id
	}
	owners := r.index.clients[addressKey(endpoint)]
	if len(owners) == 0 && id == 0 && v.server.listenAt(endpoint) {
		owners = r.index.membersOf(v.server)
	}
	if len(owners) == 1 &&
		(id != 0 || !r.answersAtAnother(v, owners[0], endpoint)) {
		return owners[0]
	}
	if others := r.foreign[addressKey(endpoint)]; id == 0 && len(others) == 1 && !r.listAt.IsZero() &&
		!r.answersAtAnother(v, others[0].member, endpoint) {
		return others[0].member
	}
	return id
}

// answersAtAnother reports whether a member has answered at another given endpoint.
func (r *resolution) answersAtAnother(v *view, id MemberID, besides string) bool {
	return slices.ContainsFunc(v.given, func(e string) bool { return e != besides && r.leadsTo(v, e) == id })
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
		if placed[e] || v.endpoints[e] == nil && !r.listAt.IsZero() && slices.Contains(v.likely, e) {
			continue
		}
		m := row{given: []string{e}, addresses: []address{{url: e, peerPort: r.peerPort(e), given: true}},
			unclaimed: len(r.index.clients[addressKey(e)]) == 0 && len(r.foreign[addressKey(e)]) == 0}
		switch s := v.endpoints[e]; {
		case r.proxies[e]:
			m.membership, m.cluster = MembershipProxy, s.last.cluster
		case s == nil && r.listAt.IsZero() || m.addresses[0].peerPort != nil:
		case len(r.foreign[addressKey(e)]) > 0:
			m.membership, m.cluster = MembershipForeign, onlyCluster(r.foreign[addressKey(e)])
		case m.unclaimed:
			m.membership = MembershipGone
		}
		r.rows = append(r.rows, m)
	}
}

// failedMembership classifies an endpoint that leads to no member by how Status fails there.
func (r *row) failedMembership(kind ErrorKind) Membership {
	switch {
	case kind == ErrPeerPort:
		return MembershipPeerPort
	case r.unclaimed && (kind == ErrNotGRPC || r.membership == MembershipGone && !kind.IsSilence()):
		return MembershipStranger
	}
	return r.membership
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
