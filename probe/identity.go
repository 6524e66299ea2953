package probe

import (
	"slices"
	"time"
)

// Who is who is worked out here and nowhere else: [resolve] turns what every endpoint and every member has answered
// into the cluster, its roster, and the rows of a sweep. It is a pure function of a view, asks nobody and keeps
// nothing.

// A view is all that was answered, as far as it tells who is who.
type view struct {
	// given are the endpoints that the user named, in their order.
	given []string
	// discover says that members are looked for through the member list.
	discover bool
	// sightings are who answered at each endpoint, by its URL.
	endpoints map[string]*endpointState
	// members are what the members said that were reached at an endpoint of their own, and byID the same by their ids.
	members []memberReport
	byID    map[MemberID]*memberReport
	// apart is how far apart in time two members' lists may have been taken for one to bear out the other.
	maxListSkew time.Duration
	// before is what was resolved last: the list stands when nobody answers any more.
	before *resolution
	// sticky says that the cluster looked at so far is stayed with, also where others have more members.
	sticky bool
	// local reports that a host is the one that etcdoc runs on.
	local func(host string) bool
}

// A sighting is who answered at an endpoint.
type endpointState struct {
	// last answered last, and earlier are the others that did before, the newest first.
	last    responder
	earlier []responder
	// nameless says that an answer came without a member's id, and alien that a member list did not have the member
	// that it came from: etcd's grpc-proxy answers so, and no member does.
	anonymous, omitsResponder bool
	// turns counts how often it led to another member than before.
	switches int
	// list is the newest member list that came from here, whoever answered.
	list   []Peer
	listAt time.Time
}

// seen is a member, as an answer's header names it.
type responder struct {
	member  MemberID
	cluster ClusterID
}

// mostSeen bounds how many members an endpoint is remembered to have led to.
const maxResponders = 8

// note takes in who answered, and reports whether that is news.
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

// noteList takes in a member list, and reports whether it shows a proxy that was not known for one.
func (s *endpointState) noteList(by responder, list []Peer, at time.Time) bool {
	s.list, s.listAt = list, at
	if by.member == 0 || s.omitsResponder || hasMember(list, by.member) {
		return false
	}
	s.omitsResponder = true
	return true
}

// A testimony is what a member says of itself and of the others.
type memberReport struct {
	id      MemberID
	cluster ClusterID
	// status is its newest Status, current says that this answers the newest question.
	status  *Status
	current bool
	// list is its own member list, as of listAt; nil where it gives none. applied is the index up to which it had
	// applied the log before it was asked for that.
	list    []Peer
	listAt  time.Time
	applied uint64
	// names is what the list names, where it is the member's own, for comparing: see [membership].
	listKey string
}

// own reports that the list can be a member's own: it has the member itself, and every member in it has an id.
func (rep *memberReport) isOwnList() bool {
	return hasMember(rep.list, rep.id) && !hasMember(rep.list, 0)
}

// A resolution is who is who.
type resolution struct {
	// cluster is the cluster that the sweep is of; 0: not known.
	cluster ClusterID
	// roster is whose list the sweep goes by, and list that list, as of listAt. With From 0 it came through a proxy, or
	// nobody gives one any more.
	memberList MemberList
	index      *memberIndex
	listAt     time.Time
	// heard says that somebody gives that list now.
	listIsCurrent bool
	// abroad are the members of other clusters that have answered, by the places that their own lists say they advertise to
	// clients.
	foreign map[string][]responder
	// leader is whom the cluster's members follow; 0: nobody that is known.
	leader MemberID
	// forks are the other clusters under the same id, forked their members, and forkLists what the lists of all of them
	// name, this cluster's too; nil where there is one.
	forks     []MemberList
	forked    map[MemberID]bool
	forkLists map[string]bool
	rows      []row
	// proxies are the endpoints that answer for several members, or for none.
	proxies map[string]bool
}

// A row is a member of the cluster, or a given endpoint that leads to none.
type row struct {
	id       MemberID
	cluster  ClusterID
	standing Standing
	// peer is what the roster says of it; nil: nothing.
	peer *Peer
	// given are the given endpoints that lead to it, and addresses all where it may be reached, given ones first.
	given     []string
	addresses []address
	// inPlaceOf is the listed member that advertises where this one answers; 0: none does.
	inPlaceOf MemberID
	// ask are the voters whose lists may prove that it was removed, once they are asked for them again.
	ask []MemberID
	// nameShared says that another member has the same name.
	nameShared bool
}

// reaches reports that an endpoint is among the row's addresses.
func (r *row) reaches(endpoint string) bool {
	return slices.ContainsFunc(r.addresses, func(a address) bool { return a.url == endpoint })
}

// An address is a URL to reach a member at.
type address struct {
	url string
	// elsewhere is why no answer at this URL says nothing of the member; nil where it does.
	ambiguous *Error
	// barred is why it is not tried; nil where it is.
	excluded *Error
	// peerPort is what the URL is known to be instead of a client URL; nil where it is none.
	peerPort *Error
	// given says that the user named it, and not only the member list.
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

// chooseCluster is the cluster looked at so far where it still answers, else the one that most of the given endpoints
// lead to, and among equals the first given one's. Members that were found count only where no given endpoint has led
// anywhere: they are the chosen cluster's, by whatever it was chosen.
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
