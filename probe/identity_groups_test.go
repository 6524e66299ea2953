package probe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// follows lets members of cluster 9 answer with a member list, a leader, a term and an index of their own log.
func (w *world) follows(list []Peer, leader MemberID, term, index uint64, ids ...MemberID) {
	for _, id := range ids {
		w.sees(clientOf(id), 9, id)
		w.says(id, 9, index, list)
		status := w.members[len(w.members)-1].status
		status.Leader, status.RaftTerm = leader, term
	}
}

// forkWorlds have members with one cluster id and different member lists. forks are the members that confirm each
// list, the swept cluster first; empty if nothing proves more than one cluster.
var forkWorlds = map[string]struct {
	given []MemberID
	world func(*world)
	want  string
	forks string
	// byOrder says that the order of the endpoints matters.
	byOrder bool
}{
	"a follower was forced to be a cluster": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.follows(listOf(3), 3, 3, 91, 3)
	}, "1 member; 2 member; 3 forked", "[1 2] [3]", false},
	"with a lower term": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 9, 900, 1, 2)
		w.follows(listOf(3), 3, 3, 91, 3)
	}, "1 member; 2 member; 3 forked", "[1 2] [3]", false},
	"with the same term": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 3, 91, 1, 2)
		w.follows(listOf(3), 3, 3, 91, 3)
	}, "1 member; 2 member; 3 forked", "[1 2] [3]", false},
	"the other voters have not elected anew": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 3, 2, 90, 1, 2)
		w.follows(listOf(3), 3, 3, 91, 3)
	}, "3 member; 1 unlisted; 2 unlisted", "", false},
	"the other voters have no leader": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 0, 2, 90, 1, 2)
		w.follows(listOf(3), 3, 3, 91, 3)
	}, "3 member; 1 unlisted; 2 unlisted", "", false},
	"the other voters have lost their leader": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.follows(listOf(3), 3, 3, 91, 3)
		w.before, w.sticky = resolve(&w.view), true
		for i := range w.members[:2] {
			w.members[i].status.Leader = 0
		}
	}, "1 member; 2 member; 3 forked", "[1 2] [3]", false},
	"the other voters have lost their leader and a member": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.follows(listOf(3), 3, 3, 91, 3)
		w.before, w.sticky = resolve(&w.view), true
		w.members = w.members[1:]
		w.members[0].status.Leader = 0
	}, "1 member; 2 member; 3 forked", "[2] [3]", false},
	"of the other voters one is reached": {[]MemberID{1, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 2, 90, 1)
		w.follows(listOf(3), 3, 3, 91, 3)
	}, "3 member; 1 unlisted; 2 unlisted", "", false},
	"the others are found by the list of one": {[]MemberID{1, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.follows(listOf(3), 3, 3, 91, 3)
	}, "1 member; 2 member; 3 forked", "[1 2] [3]", false},
	"it was joined by two, which are not reached": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.follows(listOf(3, 6, 7), 3, 3, 91, 3)
	}, "1 member; 2 member; 3 member", "", false},
	"it was joined by one": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.follows(listOf(3, 6), 3, 3, 91, 3, 6)
	}, "1 member; 2 member; 3 forked; 6 forked", "[1 2] [3 6]", true},
	"it was joined by two": {[]MemberID{1, 2, 3, 6, 7}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.follows(listOf(3, 6, 7), 3, 3, 91, 3, 6, 7)
	}, "3 member; 6 member; 7 member; 1 forked; 2 forked", "[3 6 7] [1 2]", false},
	"two of five": {[]MemberID{1, 2, 3, 4, 5}, func(w *world) {
		w.follows(listOf(1, 2, 3, 4, 5), 2, 2, 90, 1, 2, 3)
		w.follows(listOf(4, 5), 4, 3, 95, 4, 5)
	}, "1 member; 2 member; 3 member; 4 forked; 5 forked", "[1 2 3] [4 5]", false},
	"two of five, and one of the others is down": {[]MemberID{1, 2, 4, 5}, func(w *world) {
		w.follows(listOf(1, 2, 3, 4, 5), 2, 2, 90, 1, 2)
		w.follows(listOf(4, 5), 4, 3, 95, 4, 5)
	}, "4 member; 5 member; 1 unlisted; 2 unlisted; 3 unlisted", "", false},
	"one of two": {[]MemberID{1, 2}, func(w *world) {
		w.follows(listOf(1, 2), 0, 2, 90, 1)
		w.follows(listOf(2), 2, 3, 91, 2)
	}, "2 member; 1 unlisted", "", false},
	"each by itself": {[]MemberID{1, 2}, func(w *world) {
		w.follows(listOf(1), 1, 3, 91, 1)
		w.follows(listOf(2), 2, 4, 92, 2)
	}, "1 member; 2 forked", "[1] [2]", true},
	"all three by themselves": {[]MemberID{3, 1, 2}, func(w *world) {
		for id := MemberID(1); id <= 3; id++ {
			w.follows(listOf(id), id, 3, 91, id)
		}
	}, "3 member; 1 forked; 2 forked", "[3] [1] [2]", true},
	"the list of one lags": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3, 4, 5), 1, 2, 95, 1, 4, 5)
		w.follows(listOf(1, 2, 3), 1, 2, 95, 2, 3)
	}, "1 member; 2 member; 3 member; 4 member; 5 member", "", false},
	"lists lag while a new leader is elected": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2, 3, 4, 5), 4, 3, 95, 1, 4, 5)
		w.follows(listOf(1, 2, 3), 1, 2, 95, 2, 3)
	}, "1 member; 2 member; 3 member; 4 member; 5 member", "", false},
	"one was removed and leads nothing": {[]MemberID{1, 2, 3, 4}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 3, 95, 1, 2, 3)
		w.follows(listOf(1, 2, 3, 4), 0, 2, 90, 4)
	}, "1 member; 2 member; 3 member; 4 removed", "", false},
	"one was removed, and a voter is down": {[]MemberID{1, 2, 3, 4}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 3, 95, 1, 2)
		w.follows(listOf(1, 2, 3, 4), 0, 9, 90, 4)
	}, "1 member; 2 member; 3 member; 4 removed", "", false},
	"one of three was removed": {[]MemberID{1, 2, 3}, func(w *world) {
		w.follows(listOf(1, 2), 1, 3, 95, 1, 2)
		w.follows(listOf(1, 2, 3), 0, 2, 90, 3)
	}, "1 member; 2 member; 3 removed", "", false},
	"two were removed": {[]MemberID{1, 2, 3, 4, 5}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 3, 95, 1, 2, 3)
		w.follows(listOf(1, 2, 3, 4, 5), 0, 2, 90, 4, 5)
	}, "1 member; 2 member; 3 member; 4 removed; 5 removed", "", false},
	"two were removed, and a voter that is down may use their list": {[]MemberID{1, 2, 3, 4, 5}, func(w *world) {
		w.follows(listOf(1, 2, 3), 1, 3, 95, 1, 2)
		w.follows(listOf(1, 2, 3, 4, 5), 0, 2, 90, 4, 5)
	}, "1 member; 2 member; 3 member; 4 unlisted; 5 unlisted", "", false},
}

// TestForksAreClustersOfTheirOwn: members with a diverging list under the same cluster id are a fork, not removed,
// whichever order the endpoints are given in and answer in.
func TestForksAreClustersOfTheirOwn(t *testing.T) {
	t.Parallel()
	for name, test := range forkWorlds {
		t.Run(name, func(t *testing.T) {
			for _, turned := range []bool{false, true} {
				w := newWorld()
				for _, id := range test.given {
					w.given = append(w.given, clientOf(id))
				}
				test.world(w)
				if turned && test.byOrder {
					continue
				}
				if turned {
					slices.Reverse(w.given)
					slices.Reverse(w.members)
				}
				r := resolve(&w.view)
				var rows, lists []string
				for i := range r.rows {
					rows = append(rows, fmt.Sprintf("%d %s", r.rows[i].id, membershipWords[r.rows[i].membership]))
				}
				want := strings.Split(test.want, "; ")
				if turned { // unlisted members are in the order of the endpoints
					slices.Sort(rows)
					slices.Sort(want)
				}
				if !slices.Equal(rows, want) {
					t.Errorf("turned %v:\ngot  %v\nwant %v", turned, rows, want)
				}
				if len(r.forks) > 0 {
					lists = append(lists, fmt.Sprint(r.memberList.Witnesses))
				}
				for _, f := range r.forks {
					lists = append(lists, fmt.Sprint(f.Witnesses))
				}
				if got := strings.Join(lists, " "); got != test.forks {
					t.Errorf("turned %v: forks %s, want %s", turned, got, test.forks)
				}
			}
		})
	}
}

// TestForkIsStayedWith: sweeps stay with the cluster that they began with, however many members join the other one.
// When that one ends, there is one cluster again.
func TestForkIsStayedWith(t *testing.T) {
	t.Parallel()
	w := newWorld(clientOf(1), clientOf(2), clientOf(3))
	w.follows(listOf(1, 2, 3), 1, 2, 90, 1, 2)
	w.follows(listOf(3), 3, 3, 91, 3)
	w.before, w.sticky = resolve(&w.view), true
	w.members = w.members[:2]
	w.follows(listOf(3, 6, 7), 3, 3, 99, 3, 6, 7)
	r := resolve(&w.view)
	if r.memberList.From != 1 || len(r.forks) != 1 || r.leader != 1 {
		t.Fatalf("the sweep is of the cluster of %d, led by %d, beside %v", r.memberList.From, r.leader, r.forks)
	}
	w.before, w.members = r, w.members[:2]
	if r = resolve(&w.view); len(r.forks) > 0 || r.forkLists != nil || r.rows[2].membership != MembershipListed {
		t.Errorf("after its end: %s, beside %v", r.summary(), r.forks)
	}
}

// TestForkNeedsListsOfOneTime: an old list makes no separate cluster.
func TestForkNeedsListsOfOneTime(t *testing.T) {
	t.Parallel()
	w := newWorld(clientOf(1), clientOf(2), clientOf(3))
	w.follows(listOf(1, 2, 3), 1, 2, 90, 1, 2)
	w.at = noon.Add(-w.maxListSkew - time.Second)
	w.follows(listOf(3), 3, 3, 91, 3)
	if r := resolve(&w.view); len(r.forks) > 0 {
		t.Errorf("beside %v", r.forks)
	}
}

// TestNoQuorumIsRemoved tries all lists that five members of one cluster id may have, unreachable ones included: no
// member of a list that may still have a quorum counts as removed.
func TestNoQuorumIsRemoved(t *testing.T) {
	t.Parallel()
	lists := [][]Peer{nil, listOf(1, 2, 3, 4, 5), listOf(1, 2, 3), listOf(1), listOf(3, 4, 5), listOf(4, 5),
		listOf(1, 2)}
	said, forks := 0, 0
	for n := range 2 * 7 * 7 * 7 * 7 * 7 {
		w := newWorld()
		leads := func(list []Peer) MemberID { return list[0].ID }
		if n >= 7*7*7*7*7 {
			leads = func([]Peer) MemberID { return 0 }
		}
		held := make(map[MemberID][]Peer)
		for id, pick := MemberID(1), n; id <= 5; id, pick = id+1, pick/7 {
			w.given = append(w.given, clientOf(id))
			if list := lists[pick%7]; hasMember(list, id) {
				held[id] = list
				w.follows(list, leads(list), uint64(2+pick%7), 90, id)
			}
		}
		r := resolve(&w.view)
		if len(r.forks) > 0 {
			forks++
		}
		for _, m := range r.rows {
			if m.membership != MembershipRemoved {
				continue
			}
			said++
			for _, list := range lists {
				may, holders := 0, 0
				for _, p := range list {
					if held[p.ID] == nil || listKeyOf(held[p.ID]) == listKeyOf(list) {
						may++
					}
					if held[p.ID] != nil && listKeyOf(held[p.ID]) == listKeyOf(list) {
						holders++
					}
				}
				if hasMember(list, m.id) && holders > 0 && may > len(list)/2 {
					t.Fatalf("world %d: %d counts as removed (%s), but a list with it may still have %d of %d voters",
						n, m.id, r.summary(), may, len(list))
				}
			}
		}
	}
	if said < 50 || forks < 100 {
		t.Errorf("%d removed, %d forks: too few to prove anything", said, forks)
	}
}
