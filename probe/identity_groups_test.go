package probe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// goesBy has members of cluster 9 answer with a list, following a leader in a term, at an index of their own log.
func (w *world) goesBy(list []Peer, leader MemberID, term, index uint64, ids ...MemberID) {
	for _, id := range ids {
		w.sees(clientOf(id), 9, id)
		w.says(id, 9, index, list)
		status := w.members[len(w.members)-1].status
		status.Leader, status.RaftTerm = leader, term
	}
}

// forkWorlds are members under one cluster id that do not all go by one list. forks are the members that bear out each
// list, the one that the sweep is of first; empty where there is one cluster, as far as can be told.
var forkWorlds = map[string]struct {
	given []MemberID
	world func(*world)
	want  string
	forks string
	// byOrder says that it matters which endpoint is given first.
	byOrder bool
}{
	"a follower was forced to be a cluster": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.goesBy(listOf(3), 3, 3, 91, 3)
	}, "1 member; 2 member; 3 forked", "[1 2] [3]", false},
	"with a lower term": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 9, 900, 1, 2)
		w.goesBy(listOf(3), 3, 3, 91, 3)
	}, "1 member; 2 member; 3 forked", "[1 2] [3]", false},
	"with the same term": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 3, 91, 1, 2)
		w.goesBy(listOf(3), 3, 3, 91, 3)
	}, "1 member; 2 member; 3 forked", "[1 2] [3]", false},
	"the other voters have not elected anew": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 3, 2, 90, 1, 2)
		w.goesBy(listOf(3), 3, 3, 91, 3)
	}, "3 member; 1 unlisted; 2 unlisted", "", false},
	"the other voters have no leader": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 0, 2, 90, 1, 2)
		w.goesBy(listOf(3), 3, 3, 91, 3)
	}, "3 member; 1 unlisted; 2 unlisted", "", false},
	"the other voters have lost their leader": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.goesBy(listOf(3), 3, 3, 91, 3)
		w.before, w.sticky = resolve(&w.view), true
		for i := range w.members[:2] {
			w.members[i].status.Leader = 0
		}
	}, "1 member; 2 member; 3 forked", "[1 2] [3]", false},
	"the other voters have lost their leader and a member": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.goesBy(listOf(3), 3, 3, 91, 3)
		w.before, w.sticky = resolve(&w.view), true
		w.members = w.members[1:]
		w.members[0].status.Leader = 0
	}, "1 member; 2 member; 3 forked", "[2] [3]", false},
	"of the other voters one is reached": {[]MemberID{1, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 2, 90, 1)
		w.goesBy(listOf(3), 3, 3, 91, 3)
	}, "3 member; 1 unlisted; 2 unlisted", "", false},
	"the others are found by the list of one": {[]MemberID{1, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.goesBy(listOf(3), 3, 3, 91, 3)
	}, "1 member; 2 member; 3 forked", "[1 2] [3]", false},
	"it was joined by two, which are not reached": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.goesBy(listOf(3, 6, 7), 3, 3, 91, 3)
	}, "1 member; 2 member; 3 member", "", false},
	"it was joined by one": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.goesBy(listOf(3, 6), 3, 3, 91, 3, 6)
	}, "1 member; 2 member; 3 forked; 6 forked", "[1 2] [3 6]", true},
	"it was joined by two": {[]MemberID{1, 2, 3, 6, 7}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 2, 90, 1, 2)
		w.goesBy(listOf(3, 6, 7), 3, 3, 91, 3, 6, 7)
	}, "3 member; 6 member; 7 member; 1 forked; 2 forked", "[3 6 7] [1 2]", false},
	"two of five": {[]MemberID{1, 2, 3, 4, 5}, func(w *world) {
		w.goesBy(listOf(1, 2, 3, 4, 5), 2, 2, 90, 1, 2, 3)
		w.goesBy(listOf(4, 5), 4, 3, 95, 4, 5)
	}, "1 member; 2 member; 3 member; 4 forked; 5 forked", "[1 2 3] [4 5]", false},
	"two of five, and one of the others is away": {[]MemberID{1, 2, 4, 5}, func(w *world) {
		w.goesBy(listOf(1, 2, 3, 4, 5), 2, 2, 90, 1, 2)
		w.goesBy(listOf(4, 5), 4, 3, 95, 4, 5)
	}, "4 member; 5 member; 1 unlisted; 2 unlisted; 3 unlisted", "", false},
	"one of two": {[]MemberID{1, 2}, func(w *world) {
		w.goesBy(listOf(1, 2), 0, 2, 90, 1)
		w.goesBy(listOf(2), 2, 3, 91, 2)
	}, "2 member; 1 unlisted", "", false},
	"each by itself": {[]MemberID{1, 2}, func(w *world) {
		w.goesBy(listOf(1), 1, 3, 91, 1)
		w.goesBy(listOf(2), 2, 4, 92, 2)
	}, "1 member; 2 forked", "[1] [2]", true},
	"all three by themselves": {[]MemberID{3, 1, 2}, func(w *world) {
		for id := MemberID(1); id <= 3; id++ {
			w.goesBy(listOf(id), id, 3, 91, id)
		}
	}, "3 member; 1 forked; 2 forked", "[3] [1] [2]", true},
	"the list of one lags": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3, 4, 5), 1, 2, 95, 1, 4, 5)
		w.goesBy(listOf(1, 2, 3), 1, 2, 95, 2, 3)
	}, "1 member; 2 member; 3 member; 4 member; 5 member", "", false},
	"lists lag while a new leader is elected": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2, 3, 4, 5), 4, 3, 95, 1, 4, 5)
		w.goesBy(listOf(1, 2, 3), 1, 2, 95, 2, 3)
	}, "1 member; 2 member; 3 member; 4 member; 5 member", "", false},
	"one was removed and leads nothing": {[]MemberID{1, 2, 3, 4}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 3, 95, 1, 2, 3)
		w.goesBy(listOf(1, 2, 3, 4), 0, 2, 90, 4)
	}, "1 member; 2 member; 3 member; 4 removed", "", false},
	"one was removed, and a voter is away": {[]MemberID{1, 2, 3, 4}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 3, 95, 1, 2)
		w.goesBy(listOf(1, 2, 3, 4), 0, 9, 90, 4)
	}, "1 member; 2 member; 3 member; 4 removed", "", false},
	"one of three was removed": {[]MemberID{1, 2, 3}, func(w *world) {
		w.goesBy(listOf(1, 2), 1, 3, 95, 1, 2)
		w.goesBy(listOf(1, 2, 3), 0, 2, 90, 3)
	}, "1 member; 2 member; 3 removed", "", false},
	"two were removed": {[]MemberID{1, 2, 3, 4, 5}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 3, 95, 1, 2, 3)
		w.goesBy(listOf(1, 2, 3, 4, 5), 0, 2, 90, 4, 5)
	}, "1 member; 2 member; 3 member; 4 removed; 5 removed", "", false},
	"two were removed, and a voter that is away may go by their list": {[]MemberID{1, 2, 3, 4, 5}, func(w *world) {
		w.goesBy(listOf(1, 2, 3), 1, 3, 95, 1, 2)
		w.goesBy(listOf(1, 2, 3, 4, 5), 0, 2, 90, 4, 5)
	}, "1 member; 2 member; 3 member; 4 unlisted; 5 unlisted", "", false},
}

// TestForksAreClustersOfTheirOwn: what goes by a list of its own under the same cluster id is told from what was
// removed, in whichever order the endpoints are given and have answered.
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
					rows = append(rows, fmt.Sprintf("%d %s", r.rows[i].id, standingWords[r.rows[i].standing]))
				}
				want := strings.Split(test.want, "; ")
				if turned { // those that are not in the list are in the order of the endpoints
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

// TestForkIsStayedWith: the cluster that the sweep is of remains the one that it was of, however many join the other
// one, and once that has ended there is one cluster again.
func TestForkIsStayedWith(t *testing.T) {
	t.Parallel()
	w := newWorld(clientOf(1), clientOf(2), clientOf(3))
	w.goesBy(listOf(1, 2, 3), 1, 2, 90, 1, 2)
	w.goesBy(listOf(3), 3, 3, 91, 3)
	w.before, w.sticky = resolve(&w.view), true
	w.members = w.members[:2]
	w.goesBy(listOf(3, 6, 7), 3, 3, 99, 3, 6, 7)
	r := resolve(&w.view)
	if r.memberList.From != 1 || len(r.forks) != 1 || r.leader != 1 {
		t.Fatalf("it is of the cluster of %d, led by %d, beside %v", r.memberList.From, r.leader, r.forks)
	}
	w.before, w.members = r, w.members[:2]
	if r = resolve(&w.view); len(r.forks) > 0 || r.forkLists != nil || r.rows[2].standing != StandingMember {
		t.Errorf("once it has ended: %s, beside %v", r.told(), r.forks)
	}
}

// TestForkNeedsListsOfOneTime: a list of long ago makes no cluster of its own.
func TestForkNeedsListsOfOneTime(t *testing.T) {
	t.Parallel()
	w := newWorld(clientOf(1), clientOf(2), clientOf(3))
	w.goesBy(listOf(1, 2, 3), 1, 2, 90, 1, 2)
	w.at = noon.Add(-w.maxListSkew - time.Second)
	w.goesBy(listOf(3), 3, 3, 91, 3)
	if r := resolve(&w.view); len(r.forks) > 0 {
		t.Errorf("beside %v", r.forks)
	}
}

// TestNoQuorumIsRemoved goes through all ways in which five members of one id may go by lists of theirs or not be
// reached: nobody is said to have been removed whom a list has that can still have a quorum.
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
				w.goesBy(list, leads(list), uint64(2+pick%7), 90, id)
			}
		}
		r := resolve(&w.view)
		if len(r.forks) > 0 {
			forks++
		}
		for _, m := range r.rows {
			if m.standing != StandingRemoved {
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
					t.Fatalf("world %d: %d is said to be removed (%s), and %d of %d may go by a list that has it", n,
						m.id, r.told(), may, len(list))
				}
			}
		}
	}
	if said < 50 || forks < 100 {
		t.Errorf("%d said to be removed, %d forks: this shows nothing", said, forks)
	}
}
