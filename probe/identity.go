package probe

import (
	"slices"
	"time"
)

// Only this file and its identity_* siblings decide which answer belongs to which member. [resolve] turns the answers
// of all endpoints and members into the cluster, its member list, and the rows of a sweep. It is a pure function of a
// view.

// A view is everything known that helps to match answers to members.
type view struct {
	// given are the user's endpoints, in their order.
	given []string
	// likely are those of given that nobody vouches for: one that leads to no member is left out.
	likely []string
	// discover says that the member list is used to find members.
	discover bool
	// endpoints holds who answered at each endpoint, by URL.
	endpoints map[string]*endpointState
	// members are the reports of members reached at an endpoint of their own; byID indexes them.
	members []memberReport
	byID    map[MemberID]*memberReport
	// maxListSkew is the longest time between two members' lists for one to confirm the other.
	maxListSkew time.Duration
	// before is the previous resolution: its list stays in use when nobody answers any more.
	before *resolution
	// sticky keeps the cluster observed so far even if another one has more members.
	sticky bool
	// local reports whether a host is etcdoc's own.
	local func(host string) bool
	// server are the flags of the member on etcdoc's host; nil if they are not known.
	server *ServerFlags
}

// An endpointState is who has answered at an endpoint.
type endpointState struct {
	// last is the newest responder, and earlier are the ones before, newest first, and those whose expositions it
	// served meanwhile.
	last    responder
	earlier []responder
	// anonymous says that an answer had no member id; omitsResponder says that a member list lacked the member that
	// sent it. etcd's grpc-proxy answers that way, and no member does.
	anonymous, omitsResponder bool
	// switches counts how often the endpoint led to another member than before.
	switches int
	// addresses are the hosts and ports that connections with it have led to, in the order of their first answers.
	addresses []string
	// list is the newest member list from here, whoever sent it.
	list   []Peer
	listAt time.Time
}

// A responder is a member as the header of an answer identifies it.
type responder struct {
	member  MemberID
	cluster ClusterID
}

// maxResponders bounds how many responders of an endpoint are remembered.
const maxResponders = 8

// note records who answered and reports whether that is news.
func (s *endpointState) note(by responder) bool {
	if by.member == 0 {
		news := !s.anonymous
		s.anonymous = true
		return news
	}
	if s.last == by {
		return false
	}
	if s.last.member != 0 {
		s.switches++
		s.earlier = slices.DeleteFunc(s.earlier, func(e responder) bool { return e == by || e == s.last })
		s.earlier = slices.Insert(s.earlier, 0, s.last)
		s.earlier = s.earlier[:min(len(s.earlier), maxResponders)]
	}
	s.last = by
	return true
}

// noteExposition records whose exposition the endpoint served, and reports whether that is news. Another member's than
// the responder's came by another connection, which something in between led elsewhere.
func (s *endpointState) noteExposition(of MemberID) bool {
	by := responder{of, s.last.cluster}
	if !namesAnother(s.last.member, of) || slices.Contains(s.earlier, by) {
		return false
	}
	s.earlier = append(s.earlier[:min(len(s.earlier), maxResponders-1)], by)
	return true
}

// noteAddress records the host and port that a connection with the endpoint led to.
func (s *endpointState) noteAddress(address string) {
	if len(s.addresses) < maxResponders && !slices.Contains(s.addresses, address) {
		s.addresses = append(s.addresses, address)
	}
}

// severalAddresses returns those that the endpoint's name has led to; nil unless they are several.
func (s *endpointState) severalAddresses() []string {
	if s == nil || len(s.addresses) < 2 {
		return nil
	}
	return s.addresses
}

// noteList records a member list and reports whether it reveals a proxy.
func (s *endpointState) noteList(by responder, list []Peer, at time.Time) bool {
	s.list, s.listAt = list, at
	if by.member == 0 || s.omitsResponder || hasMember(list, by.member) {
		return false
	}
	s.omitsResponder = true
	return true
}

// A memberReport is what a member says of itself and of the others.
type memberReport struct {
	id      MemberID
	cluster ClusterID
	// status is its newest Status; current says that it answers the newest request.
	status  *Status
	current bool
	// list is its own member list, as of listAt; nil if it gives none. applied is its applied index before that
	// request.
	list    []Peer
	listAt  time.Time
	applied uint64
	// listKey is the key of its own list: see [listKeyOf].
	listKey string
}

// isOwnList reports whether the list can be the member's own: it contains the member, and all its members have ids.
func (rep *memberReport) isOwnList() bool {
	return hasMember(rep.list, rep.id) && !hasMember(rep.list, 0)
}

// A resolution says who is who.
type resolution struct {
	// cluster is the observed cluster; 0 if unknown.
	cluster ClusterID
	// memberList says whose list the sweep uses; index is that list, as of listAt. If From is 0, the list came through
	// a proxy, or nobody returns one any more.
	memberList MemberList
	index      *memberIndex
	listAt     time.Time
	// listIsCurrent says that somebody returns that list now.
	listIsCurrent bool
	// foreign are the responders of other clusters, by the addresses that their own lists advertise to clients.
	foreign map[string][]responder
	// leader is the leader that the cluster's members follow; 0 if unknown.
	leader MemberID
	// forks are the other clusters with the same id and forked are their members; forkLists are the list keys of all of
	// them, this cluster included. All are nil if there is only one cluster.
	forks     []MemberList
	forked    map[MemberID]bool
	forkLists map[string]bool
	rows      []row
	// proxies are the endpoints that answer for several members, or for none.
	proxies map[string]bool
}

// A row is a member of the cluster, or a given endpoint that leads to no member.
type row struct {
	id         MemberID
	cluster    ClusterID
	membership Membership
	// peer is its entry on the member list; nil if it has none.
	peer *Peer
	// given are the given endpoints that lead to it; addresses are all its possible addresses, given ones first.
	given     []string
	addresses []address
	// inPlaceOf is the listed member that advertises the address at which this one answers; 0 if there is none.
	inPlaceOf MemberID
	// ask are the voters whose lists, requested once more, may prove that it was removed.
	ask []MemberID
	// nameShared says that another member has the same name.
	nameShared bool
	// unclaimed says that it is an endpoint that leads to no member, and that no list has it.
	unclaimed bool
}

// reaches reports whether an endpoint is among the row's addresses.
func (r *row) reaches(endpoint string) bool {
	return slices.ContainsFunc(r.addresses, func(a address) bool { return a.url == endpoint })
}

// An address is a URL at which to reach a member.
type address struct {
	url string
	// ambiguous is why silence at this URL says nothing about the member; nil if it does.
	ambiguous *Error
	// excluded is why the URL is not tried; nil if it is.
	excluded *Error
	// peerPort says that the URL is a peer port instead of a client URL; nil if it is not.
	peerPort *Error
	// given says that the user named it; otherwise only the member list does.
	given bool
}

// resolve works out who is who.
func resolve(v *view) *resolution {
	v.byID = make(map[MemberID]*memberReport, len(v.members))
	for i := range v.members {
		v.byID[v.members[i].id] = &v.members[i]
	}
	r := &resolution{cluster: v.chooseCluster(), index: newMemberIndex(nil), proxies: make(map[string]bool)}
	r.adoptList(v)
	r.indexForeign(v)
	for e, s := range v.endpoints {
		if isProxy(s, r.index, v.discover) {
			r.proxies[e] = true
		}
	}
	r.memberRows(v)
	r.endpointRows(v)
	r.shareNames()
	return r
}

// chooseCluster returns the cluster observed so far if it still answers, else the one that most given endpoints lead
// to; the first given endpoint breaks ties. Discovered members count only if no given endpoint has led anywhere,
// because they belong to whichever cluster was chosen.
func (v *view) chooseCluster() ClusterID {
	var led, found []ClusterID
	for _, e := range v.given {
		if s := v.endpoints[e]; s != nil && s.last.cluster != 0 {
			led = append(led, s.last.cluster)
		}
	}
	for i := range v.members {
		if rep := &v.members[i]; rep.current && rep.cluster != 0 {
			found = append(found, rep.cluster)
		}
	}
	if v.before != nil && v.before.cluster != 0 && v.sticky {
		before := v.before.cluster
		if slices.Contains(led, before) || slices.Contains(found, before) || len(led)+len(found) == 0 {
			return before
		}
	}
	if len(led) == 0 {
		led = found
	}
	count := make(map[ClusterID]int)
	for _, c := range led {
		count[c]++
	}
	var chosen ClusterID
	for _, c := range led {
		if count[c] > count[chosen] {
			chosen = c
		}
	}
	return chosen
}
