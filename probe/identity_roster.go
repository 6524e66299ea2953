package probe

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// adoptList chooses whose list the sweep goes by: the leader's, or else one that most members hold. A list that came
// through a proxy is gone by only where no member gives its own, and the one before where there is none at all.
func (r *resolution) adoptList(v *view) {
	holders := make([]*testimony, 0, len(v.members))
	for i := range v.members {
		if t := &v.members[i]; t.cluster == r.cluster && t.own() {
			t.names = membership(t.list)
			holders = append(holders, t)
		}
	}
	r.leader = v.leader(r.cluster)
	groups := v.groups(holders)
	if forks := v.forks(groups); len(forks) > 0 {
		r.adoptFork(forks)
		holders, r.leader = forks[0].members, forks[0].leader()
	} else if g := foremost(groups, v.byID[r.leader]); g != nil {
		holders, r.leader = g.members, g.leader()
	}
	if best := mostHeld(holders, r.leader); best != nil {
		r.list, r.listAt = newDirectory(best.list), best.listAt
		r.roster, r.heard = rosterOf(best, holders, v.apart), true
		return
	}
	if list, at, found := v.hearsay(r.cluster); found {
		r.list, r.listAt, r.roster = newDirectory(list), at, MemberList{Cluster: r.cluster, Voters: voters(list)}
		r.heard = true
		return
	}
	if v.before != nil && v.before.cluster == r.cluster {
		r.list, r.listAt = v.before.list, v.before.listAt
		r.roster = MemberList{From: v.before.roster.From, Cluster: r.cluster, Voters: voters(r.list.list)}
	}
}

// leader is the leader of the highest term that a member of the cluster knows of; 0: nobody knows one.
func (v *view) leader(cluster ClusterID) MemberID {
	var leader MemberID
	var term uint64
	for i := range v.members {
		t := &v.members[i]
		if t.cluster == cluster && t.current && t.status.Leader != 0 && t.status.RaftTerm >= term {
			leader, term = t.status.Leader, t.status.RaftTerm
		}
	}
	return leader
}

// mostHeld is the leader where it holds a list, else one of those whose list most others hold as well; nil: nobody has
// one.
func mostHeld(holders []*testimony, leader MemberID) *testimony {
	votes := make(map[string]int)
	for _, t := range holders {
		if t.id == leader {
			return t
		}
		votes[t.names]++
	}
	var best *testimony
	most := 0
	for _, t := range holders {
		if votes[t.names] > most {
			best, most = t, votes[t.names]
		}
	}
	return best
}

// rosterOf is the roster by a member's list, with those who bear it out.
func rosterOf(from *testimony, holders []*testimony, apart time.Duration) MemberList {
	r := MemberList{From: from.id, Cluster: from.cluster, Voters: voters(from.list)}
	learners := make(map[MemberID]bool, len(from.list))
	for i := range from.list {
		learners[from.list[i].ID] = from.list[i].Learner
	}
	for _, t := range holders {
		if learner, listed := learners[t.id]; !listed || learner || from.listAt.Sub(t.listAt).Abs() > apart {
			continue
		}
		if t.names == from.names {
			r.Witnesses = append(r.Witnesses, t.id)
		}
	}
	slices.Sort(r.Witnesses)
	return r
}

// hearsay is a list of the cluster that came through a proxy.
func (v *view) hearsay(cluster ClusterID) (list []Peer, at time.Time, found bool) {
	for _, e := range v.given {
		s := v.sightings[e]
		if s != nil && len(s.list) > 0 && s.last.cluster == cluster && !hasMember(s.list, 0) && s.listAt.After(at) {
			list, at, found = s.list, s.listAt, true
		}
	}
	return list, at, found
}

// noteOthers takes in where the members of other clusters are, by the lists of those that have answered. What our own list says of
// a place goes before that.
func (r *resolution) noteOthers(v *view) {
	r.abroad = make(map[string][]seen)
	note := func(cluster ClusterID, list []Peer) {
		if cluster == 0 || r.cluster == 0 || cluster == r.cluster || hasMember(list, 0) {
			return
		}
		for i := range list {
			by := seen{list[i].ID, cluster}
			for _, u := range list[i].ClientURLs {
				if at := place(u); len(r.list.clients[at]) == 0 && !r.list.lists(by.member) && !slices.Contains(r.abroad[at], by) {
					r.abroad[at] = append(r.abroad[at], by)
				}
			}
		}
	}
	for i := range v.members {
		if t := &v.members[i]; t.own() {
			note(t.cluster, t.list)
		}
	}
	for _, e := range v.given { // what came through a proxy
		if s := v.sightings[e]; s != nil {
			note(s.last.cluster, s.list)
		}
	}
}

// A directory is a member list, for looking things up in it.
type directory struct {
	list []Peer
	byID map[MemberID]*Peer
	// clients are the members that advertise an address to clients, and peers those whose peers use it, by place.
	clients map[string][]MemberID
	peers   map[string]*Peer
}

func newDirectory(list []Peer) *directory {
	d := &directory{
		list: list, byID: make(map[MemberID]*Peer, len(list)),
		clients: make(map[string][]MemberID), peers: make(map[string]*Peer),
	}
	for i := range list {
		p := &list[i]
		d.byID[p.ID] = p
		for _, u := range p.ClientURLs {
			if at := place(u); !slices.Contains(d.clients[at], p.ID) {
				d.clients[at] = append(d.clients[at], p.ID)
			}
		}
		for _, u := range p.PeerURLs {
			d.peers[place(u)] = p
		}
	}
	return d
}

// lists reports that the list has a member.
func (d *directory) lists(id MemberID) bool { return d.byID[id] != nil }

// voters counts the members that have a vote.
func voters(list []Peer) (n int) {
	for i := range list {
		if !list[i].Learner {
			n++
		}
	}
	return n
}

// membership is what two lists have in common that name the same members in the same roles.
func membership(peers []Peer) string {
	keys := make([]string, len(peers))
	for i := range peers {
		keys[i] = fmt.Sprint(peers[i].ID, peers[i].Learner)
	}
	slices.Sort(keys)
	return strings.Join(keys, ",")
}

// hasMember reports that a list has a member.
func hasMember(list []Peer, id MemberID) bool {
	return slices.ContainsFunc(list, func(p Peer) bool { return p.ID == id })
}
