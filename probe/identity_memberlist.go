package probe

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// adoptList chooses the list that the sweep uses: the leader's, or else the one that most members hold. It uses a list
// that came through a proxy only if no member returns its own, and the previous one if there is none at all.
func (r *resolution) adoptList(v *view) {
	holders := make([]*memberReport, 0, len(v.members))
	for i := range v.members {
		if rep := &v.members[i]; rep.cluster == r.cluster && rep.isOwnList() {
			rep.listKey = listKeyOf(rep.list)
			holders = append(holders, rep)
		}
	}
	r.leader = v.leader(r.cluster)
	groups := v.groups(holders)
	if forks := v.forks(groups); len(forks) > 0 {
		r.adoptFork(forks)
		holders, r.leader = forks[0].members, forks[0].leader()
	} else if g := soundGroup(groups, v.byID[r.leader]); g != nil {
		holders, r.leader = g.members, g.leader()
	}
	if best := mostCommonList(holders, r.leader); best != nil {
		r.index, r.listAt = newMemberIndex(best.list), best.listAt
		r.memberList, r.listIsCurrent = memberListOf(best, holders, v.maxListSkew), true
		return
	}
	if list, at, found := v.proxiedList(r.cluster); found {
		r.index, r.listAt, r.memberList = newMemberIndex(list), at, MemberList{Cluster: r.cluster, Voters: voters(list)}
		r.listIsCurrent = true
		return
	}
	if v.before != nil && v.before.cluster == r.cluster {
		r.index, r.listAt = v.before.index, v.before.listAt
		r.memberList = MemberList{From: v.before.memberList.From, Cluster: r.cluster, Voters: voters(r.index.list)}
	}
}

// leader returns the leader of the highest term that a member of the cluster knows; 0 if nobody knows one.
func (v *view) leader(cluster ClusterID) MemberID {
	var leader MemberID
	var term uint64
	for i := range v.members {
		rep := &v.members[i]
		if rep.cluster == cluster && rep.current && rep.status.Leader != 0 && rep.status.RaftTerm >= term {
			leader, term = rep.status.Leader, rep.status.RaftTerm
		}
	}
	return leader
}

// mostCommonList returns the leader if it holds a list, else a member whose list most others hold too; nil if nobody
// has one.
func mostCommonList(holders []*memberReport, leader MemberID) *memberReport {
	votes := make(map[string]int)
	for _, rep := range holders {
		if rep.id == leader {
			return rep
		}
		votes[rep.listKey]++
	}
	var best *memberReport
	most := 0
	for _, rep := range holders {
		if votes[rep.listKey] > most {
			best, most = rep, votes[rep.listKey]
		}
	}
	return best
}

// memberListOf returns a member's list with those who confirm it.
func memberListOf(from *memberReport, holders []*memberReport, apart time.Duration) MemberList {
	r := MemberList{From: from.id, Cluster: from.cluster, Voters: voters(from.list)}
	learners := make(map[MemberID]bool, len(from.list))
	for i := range from.list {
		learners[from.list[i].ID] = from.list[i].Learner
	}
	for _, rep := range holders {
		if learner, listed := learners[rep.id]; !listed || learner || from.listAt.Sub(rep.listAt).Abs() > apart {
			continue
		}
		if rep.listKey == from.listKey {
			r.Witnesses = append(r.Witnesses, rep.id)
		}
	}
	slices.Sort(r.Witnesses)
	return r
}

// proxiedList returns a list of the cluster that came through a proxy.
func (v *view) proxiedList(cluster ClusterID) (list []Peer, at time.Time, found bool) {
	for _, e := range v.given {
		s := v.endpoints[e]
		if s != nil && len(s.list) > 0 && s.last.cluster == cluster && !hasMember(s.list, 0) && s.listAt.After(at) {
			list, at, found = s.list, s.listAt, true
		}
	}
	return list, at, found
}

// indexForeign records the addresses of other clusters' members, by their own lists. Our own list takes precedence.
func (r *resolution) indexForeign(v *view) {
	r.foreign = make(map[string][]responder)
	note := func(cluster ClusterID, list []Peer) {
		if cluster == 0 || r.cluster == 0 || cluster == r.cluster || hasMember(list, 0) {
			return
		}
		for i := range list {
			by := responder{list[i].ID, cluster}
			for _, u := range list[i].ClientURLs {
				if at := addressKey(u); len(r.index.clients[at]) == 0 && !r.index.has(by.member) &&
					!slices.Contains(r.foreign[at], by) {
					r.foreign[at] = append(r.foreign[at], by)
				}
			}
		}
	}
	for i := range v.members {
		if rep := &v.members[i]; rep.isOwnList() {
			note(rep.cluster, rep.list)
		}
	}
	for _, e := range v.given { // lists that came through a proxy
		if s := v.endpoints[e]; s != nil {
			note(s.last.cluster, s.list)
		}
	}
}

// A memberIndex is an indexed member list.
type memberIndex struct {
	list []Peer
	byID map[MemberID]*Peer
	// clients are the members that advertise an address to clients, and peers those that use it as their peer address;
	// both by addressKey.
	clients map[string][]MemberID
	peers   map[string]*Peer
}

func newMemberIndex(list []Peer) *memberIndex {
	d := &memberIndex{
		list: list, byID: make(map[MemberID]*Peer, len(list)),
		clients: make(map[string][]MemberID), peers: make(map[string]*Peer),
	}
	for i := range list {
		p := &list[i]
		d.byID[p.ID] = p
		for _, u := range p.ClientURLs {
			if at := addressKey(u); !slices.Contains(d.clients[at], p.ID) {
				d.clients[at] = append(d.clients[at], p.ID)
			}
		}
		for _, u := range p.PeerURLs {
			d.peers[addressKey(u)] = p
		}
	}
	return d
}

// has reports whether a member is on the list.
func (d *memberIndex) has(id MemberID) bool { return d.byID[id] != nil }

// membersOf returns the members that flags may be those of.
func (d *memberIndex) membersOf(flags *ServerFlags) (ids []MemberID) {
	for i := range d.list {
		if p := &d.list[i]; p.ID != 0 && flags.are(p) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// voters counts the members with a vote.
func voters(list []Peer) (n int) {
	for i := range list {
		if !list[i].Learner {
			n++
		}
	}
	return n
}

// listKeyOf returns a key that is equal for lists of the same members in the same roles.
func listKeyOf(peers []Peer) string {
	keys := make([]string, len(peers))
	for i := range peers {
		keys[i] = fmt.Sprint(peers[i].ID, peers[i].Learner)
	}
	slices.Sort(keys)
	return strings.Join(keys, ",")
}

// hasMember reports whether a list contains a member.
func hasMember(list []Peer, id MemberID) bool {
	return slices.ContainsFunc(list, func(p Peer) bool { return p.ID == id })
}
