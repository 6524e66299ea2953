package probe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A world holds the answers for the tests of identity. Members are 1, 2, 3 … of cluster 9, at http://h1:2379 and
// http://h1:2380 and so on, unless a test says otherwise.
type world struct {
	view
	at time.Time
}

// newWorld has the endpoints given and no answers yet.
func newWorld(given ...string) *world {
	return &world{view: view{given: given, discover: true, endpoints: make(map[string]*endpointState),
		maxListSkew: 10 * time.Second}, at: noon}
}

func clientOf(id MemberID) string { return fmt.Sprintf("http://h%d:2379", id) }

func peerNumber(id MemberID) Peer {
	return Peer{
		ID: id, Name: fmt.Sprintf("etcd-%d", id), ClientURLs: []string{clientOf(id)},
		PeerURLs: []string{fmt.Sprintf("http://h%d:2380", id)},
	}
}

func listOf(ids ...MemberID) (list []Peer) {
	for _, id := range ids {
		list = append(list, peerNumber(id))
	}
	return list
}

// sees records who answered at an endpoint, one after the other.
func (w *world) sees(endpoint string, cluster ClusterID, ids ...MemberID) *endpointState {
	s := w.endpoints[endpoint]
	if s == nil {
		s = new(endpointState)
		w.endpoints[endpoint] = s
	}
	for _, id := range ids {
		s.note(responder{id, cluster})
	}
	return s
}

// says lets a member answer Status with a committed index, and a member list that it gave at that applied index.
func (w *world) says(id MemberID, cluster ClusterID, index uint64, list []Peer) {
	w.members = append(w.members, memberReport{
		id: id, cluster: cluster, current: true, list: list, listAt: w.at, applied: index,
		status: &Status{MemberID: id, ClusterID: cluster, Leader: 1, RaftTerm: 2, RaftIndex: index,
			RaftAppliedIndex: index},
	})
}

// healthy has members of cluster 9 answer at their advertised URLs, all with the same list.
func (w *world) healthy(list []Peer, ids ...MemberID) {
	for _, id := range ids {
		w.sees(clientOf(id), 9, id)
		w.says(id, 9, 100, list)
	}
}

var membershipWords = map[Membership]string{
	MembershipUnknown: "unknown", MembershipListed: "member", MembershipNeverStarted: "never-started",
	MembershipUnlisted: "unlisted",
	MembershipRemoved:  "removed", MembershipForeign: "foreign", MembershipForked: "forked", MembershipProxy: "proxy",
	MembershipGone: "gone", MembershipStranger: "stranger",
}

// summary prints the resolved rows, "1 member http://a,http://b" with ! before a barred address, ~ before one whose
// silence proves nothing, and ^ before a peer port.
func (r *resolution) summary() string {
	var rows []string
	for i := range r.rows {
		m := &r.rows[i]
		var urls []string
		for _, a := range m.addresses {
			mark := ""
			switch {
			case a.excluded != nil:
				mark = "!"
			case a.ambiguous != nil:
				mark = "~"
			}
			if a.peerPort != nil {
				mark += "^"
			}
			urls = append(urls, mark+strings.TrimPrefix(a.url, "http://"))
		}
		rows = append(rows, fmt.Sprintf("%d %s %s", m.id, membershipWords[m.membership], strings.Join(urls, ",")))
	}
	return strings.Join(rows, "; ")
}

// advertiseNext lets each member advertise the client URL of the next one.
func advertiseNext(list []Peer) []Peer {
	for i := range list {
		list[i].ClientURLs = []string{clientOf(list[(i+1)%len(list)].ID)}
	}
	return list
}

func TestWhoIsWho(t *testing.T) {
	t.Parallel()
	const vip = "http://vip:2379"
	three := listOf(1, 2, 3)
	tests := map[string]struct {
		world func() *world
		want  string
		// confirmed reports whether a quorum of the listed voters confirms the list.
		confirmed bool
	}{
		"nothing answered yet": {func() *world { return newWorld(clientOf(1), clientOf(2)) },
			"0 unknown h1:2379; 0 unknown h2:2379", false},
		"three members": {func() *world {
			w := newWorld(clientOf(1), clientOf(2), clientOf(3))
			w.healthy(three, 1, 2, 3)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379", true},
		"one given, two found, one of them down": {func() *world {
			w := newWorld(clientOf(1))
			w.healthy(three, 1, 2)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379", true},
		"the one on this host is down, which has a listener that it does not advertise": {func() *world {
			w := newWorld("http://127.0.0.1:2379", clientOf(2))
			w.server = NewServerFlags("config", map[string]string{"name": "etcd-1",
				"listen-client-urls":          "http://127.0.0.1:2379,http://h1:2379",
				"initial-advertise-peer-urls": "http://h1:2380"})
			w.healthy(three, 2, 3)
			return w
		}, "1 member 127.0.0.1:2379,h1:2379; 2 member h2:2379; 3 member h3:2379", true},
		"the one on this host is down, which listens everywhere": {func() *world {
			w := newWorld("http://[::1]:2379", clientOf(2))
			w.server = NewServerFlags("config", map[string]string{"name": "etcd-1",
				"listen-client-urls": "http://0.0.0.0:2379", "initial-advertise-peer-urls": "http://h1:2380"})
			w.healthy(three, 2, 3)
			return w
		}, "1 member [::1]:2379,h1:2379; 2 member h2:2379; 3 member h3:2379", true},
		"another etcd of this host is down": {func() *world {
			w := newWorld("http://127.0.0.1:2379", clientOf(2))
			w.server = NewServerFlags("config", map[string]string{"name": "etcd-1",
				"listen-client-urls": "http://127.0.0.1:2379", "initial-advertise-peer-urls": "http://other:2380"})
			w.healthy(three, 2, 3)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 0 gone 127.0.0.1:2379", true},
		"a list from long ago bears out nothing": {func() *world {
			w := newWorld(clientOf(1))
			w.healthy(three, 1)
			w.at = noon.Add(-11 * time.Second)
			w.healthy(three, 2)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379", false},
		"a list that differs bears out nothing": {func() *world {
			w := newWorld(clientOf(1))
			w.healthy(three, 1)
			w.healthy(listOf(1, 2), 2)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379", false},
		"one given, the others not reached": {func() *world {
			w := newWorld(clientOf(1))
			w.healthy(three, 1)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379", false},
		"one that never answered is who advertises it": {func() *world {
			w := newWorld(clientOf(1), clientOf(3))
			w.healthy(three, 1, 2)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379", true},
		"the same member by three addresses": {func() *world {
			w := newWorld(clientOf(1), "http://10.0.0.1:2379", "http://forward:1")
			w.healthy(three, 1, 2, 3)
			w.sees("http://10.0.0.1:2379", 9, 1)
			w.sees("http://forward:1", 9, 1)
			return w
		}, "1 member h1:2379,10.0.0.1:2379,forward:1; 2 member h2:2379; 3 member h3:2379", true},
		"a virtual address that leads to one member": {func() *world {
			w := newWorld(vip)
			w.healthy(three, 1, 2, 3)
			w.sees(vip, 9, 2)
			return w
		}, "1 member h1:2379; 2 member vip:2379,h2:2379; 3 member h3:2379", true},
		"a virtual address that moved": {func() *world {
			w := newWorld(vip, clientOf(1))
			w.healthy(three, 1, 2, 3)
			w.sees(vip, 9, 2, 3)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 0 proxy vip:2379", true},
		"a forwarded port that leads to a replacement": {func() *world {
			w := newWorld("http://forward:1")
			w.healthy(listOf(1, 2, 4), 1, 2, 4)
			w.sees("http://forward:1", 9, 3, 4)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 4 member forward:1,h4:2379", true},
		"a grpc-proxy with a list of its own": {func() *world {
			w := newWorld(vip)
			s := w.sees(vip, 9, 1, 0)
			s.noteList(responder{}, []Peer{{Name: "host", ClientURLs: []string{vip}}}, noon)
			return w
		}, "0 proxy vip:2379", false},
		"a grpc-proxy that hands on the members' list": {func() *world {
			w := newWorld(vip)
			w.sees(vip, 9, 1, 2).noteList(responder{2, 9}, three, noon)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 0 proxy vip:2379", false},
		"a list without the member that it is said to come from": {func() *world {
			w := newWorld(vip)
			w.sees(vip, 9, 7).noteList(responder{7, 9}, three, noon)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 0 proxy vip:2379", false},
		"two clusters": {func() *world {
			w := newWorld(clientOf(1), clientOf(2), "http://other:2379")
			w.healthy(three, 1, 2, 3)
			w.sees("http://other:2379", 8, 7)
			w.says(7, 8, 5, listOf(7, 8))
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 7 foreign other:2379", true},
		"two clusters, of the other a member is down": {func() *world {
			w := newWorld(clientOf(1), clientOf(7), clientOf(8), clientOf(9))
			w.healthy(three, 1, 2, 3)
			w.sees(clientOf(7), 8, 7)
			w.says(7, 8, 5, listOf(7, 8))
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 7 foreign h7:2379; 8 foreign h8:2379; 0 gone h9:2379",
			true},
		"two clusters, of the other a member is down, and its list came through a proxy": {func() *world {
			w := newWorld(clientOf(1), vip, clientOf(8))
			w.healthy(three, 1, 2, 3)
			w.sees(vip, 8, 6, 7, 6, 7).noteList(responder{9, 8}, listOf(6, 7, 8), noon)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 8 foreign h8:2379; 0 proxy vip:2379", true},
		"two clusters, the silent endpoint is advertised by all members of the other": {func() *world {
			w := newWorld(clientOf(1), clientOf(7), vip)
			w.healthy(three, 1, 2, 3)
			w.sees(clientOf(7), 8, 7)
			list := listOf(7, 8)
			for i := range list {
				list[i].ClientURLs = append(list[i].ClientURLs, vip)
			}
			w.says(7, 8, 5, list)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 7 foreign h7:2379; 0 foreign vip:2379", true},
		"two clusters, ours and the other list the silent endpoint": {func() *world {
			w := newWorld(clientOf(1), clientOf(7), clientOf(3))
			w.healthy(three, 1, 2)
			w.sees(clientOf(7), 8, 7)
			list := listOf(7, 8)
			list[1].ClientURLs = []string{clientOf(3)}
			w.says(7, 8, 5, list)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 7 foreign h7:2379", true},
		"two clusters, the first endpoint's is looked at": {func() *world {
			w := newWorld("http://other:2379", clientOf(1))
			w.sees("http://other:2379", 8, 7)
			w.says(7, 8, 5, listOf(7))
			w.healthy(listOf(1), 1)
			return w
		}, "7 member other:2379,h7:2379; 1 foreign h1:2379", true},
		"one URL advertised by all": {func() *world {
			w := newWorld(vip)
			list := listOf(1, 2, 3)
			for i := range list {
				list[i].ClientURLs = []string{vip}
			}
			w.sees(vip, 9, 1)
			w.says(1, 9, 100, list)
			return w
		}, "1 member vip:2379; 2 member ~vip:2379; 3 member ~vip:2379", false},
		"one URL advertised by all, which balances": {func() *world {
			w := newWorld(vip)
			list := listOf(1, 2)
			for i := range list {
				list[i].ClientURLs = []string{vip}
			}
			w.sees(vip, 9, 1, 2).noteList(responder{2, 9}, list, noon)
			return w
		}, "1 member !vip:2379; 2 member !vip:2379; 0 proxy vip:2379", false},
		"each advertises the next one's URL, and one has answered": {func() *world {
			w := newWorld(clientOf(1), clientOf(2), clientOf(3))
			w.healthy(advertiseNext(listOf(1, 2, 3)), 3)
			return w
		}, "1 member h2:2379; 2 member h3:2379; 3 member h3:2379,h1:2379; 0 unknown h1:2379", false},
		"each advertises the next one's URL": {func() *world {
			w := newWorld(clientOf(1), clientOf(2), clientOf(3))
			w.healthy(advertiseNext(listOf(1, 2, 3)), 1, 2, 3)
			return w
		}, "1 member h1:2379,h2:2379; 2 member h2:2379,h3:2379; 3 member h3:2379,h1:2379", true},
		"each advertises the next one's URL, and one is down": {func() *world {
			w := newWorld(clientOf(1), clientOf(2), clientOf(3))
			w.healthy(advertiseNext(listOf(1, 2, 3)), 1, 2)
			return w
		}, "1 member h1:2379,h2:2379; 2 member h2:2379,h3:2379; 3 member h1:2379; 0 unknown h3:2379", true},
		"loopback advertised on other hosts": {func() *world {
			w := newWorld("http://127.0.0.1:2379")
			w.local = func(host string) bool { return host == "h1" }
			list := listOf(1, 2, 3)
			list[0].ClientURLs = []string{"http://127.0.0.1:2379"}
			list[2].ClientURLs = []string{"http://127.0.0.1:2399"}
			list[1].ClientURLs = []string{"http://localhost:2379", clientOf(2)}
			w.sees("http://127.0.0.1:2379", 9, 1)
			w.says(1, 9, 100, list)
			return w
		}, "1 member 127.0.0.1:2379; 2 member ~localhost:2379,h2:2379; 3 member ~127.0.0.1:2399", false},
		"loopback advertised on this host": {func() *world {
			w := newWorld("http://127.0.0.1:1")
			list := listOf(1, 2)
			for i := range list {
				list[i].ClientURLs = []string{fmt.Sprintf("http://127.0.0.1:%d", i+1)}
				list[i].PeerURLs = []string{fmt.Sprintf("http://127.0.0.1:%d", i+11)}
			}
			w.sees("http://127.0.0.1:1", 9, 1)
			w.says(1, 9, 100, list)
			return w
		}, "1 member 127.0.0.1:1; 2 member 127.0.0.1:2", false},
		"a peer port given": {func() *world {
			w := newWorld(clientOf(1), "http://h2:2380")
			w.healthy(three, 1, 2, 3)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 0 unknown ^h2:2380", true},
		"a peer port advertised": {func() *world {
			w := newWorld(clientOf(1))
			list := listOf(1, 2)
			list[1].ClientURLs = list[1].PeerURLs
			w.healthy(list, 1)
			return w
		}, "1 member h1:2379; 2 member ^h2:2380", false},
		"another cluster at an advertised URL": {func() *world {
			w := newWorld(clientOf(1))
			w.healthy(three, 1, 2)
			w.sees(clientOf(3), 8, 7)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379", true},
		"a member wiped and started as a new cluster, given": {func() *world {
			w := newWorld(clientOf(1), clientOf(3))
			w.healthy(three, 1, 2)
			w.sees(clientOf(3), 8, 7)
			w.says(7, 8, 3, listOf(7))
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 7 foreign h3:2379", true},
		"id 0 in a list": {func() *world {
			w := newWorld(clientOf(1))
			w.sees(clientOf(1), 9, 1)
			w.says(1, 9, 100, append(listOf(1), Peer{Name: "x", ClientURLs: []string{vip}}))
			return w
		}, "1 unknown h1:2379", false},
		"a member that was never started": {func() *world {
			w := newWorld(clientOf(1))
			w.healthy(append(listOf(1), Peer{ID: 2, PeerURLs: []string{"http://h2:2380"}}), 1)
			return w
		}, "1 member h1:2379; 2 never-started ", false},
		"a member that was never started, given": {func() *world {
			w := newWorld(clientOf(1), clientOf(2))
			w.healthy(append(listOf(1), Peer{ID: 2, PeerURLs: []string{"http://h2:2380"}}), 1)
			return w
		}, "1 member h1:2379; 2 never-started ; 0 gone h2:2379", false},
		"an endpoint that no member has any more": {func() *world {
			w := newWorld(clientOf(1), clientOf(9))
			w.healthy(three, 1, 2, 3)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 0 gone h9:2379", true},
		"a removed member that runs on": {func() *world {
			w := newWorld(clientOf(1), clientOf(4))
			w.healthy(three, 1, 2, 3)
			w.sees(clientOf(4), 9, 4)
			w.says(4, 9, 90, listOf(1, 2, 3, 4))
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 4 removed h4:2379", true},
		"a member that joined while the lists lag": {func() *world {
			w := newWorld(clientOf(1), clientOf(4))
			w.healthy(three, 1, 2, 3)
			w.sees(clientOf(4), 9, 4)
			w.says(4, 9, 101, listOf(1, 2, 3, 4))
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 4 unlisted h4:2379", true},
		"an unlisted member, and a single witness": {func() *world {
			w := newWorld(clientOf(1), clientOf(4))
			w.healthy(three, 1)
			w.sees(clientOf(4), 9, 4)
			w.says(4, 9, 90, listOf(1, 2, 3, 4))
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 4 unlisted h4:2379", false},
		"an unlisted member that has no list of its own": {func() *world {
			w := newWorld(clientOf(1), clientOf(4))
			w.healthy(three, 1, 2, 3)
			w.sees(clientOf(4), 9, 4)
			w.says(4, 9, 90, nil)
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 4 unlisted h4:2379", true},
		"forked by --force-new-cluster, on 1": {func() *world {
			w := newWorld(clientOf(1), clientOf(2), clientOf(3))
			w.sees(clientOf(1), 9, 1)
			w.says(1, 9, 100, listOf(1))
			w.members[0].status.RaftTerm = 3
			for _, id := range []MemberID{2, 3} {
				w.sees(clientOf(id), 9, id)
				w.says(id, 9, 90, three)
				w.members[id-1].status.Leader = 2
			}
			return w
		}, "1 forked h1:2379; 2 member h2:2379; 3 member h3:2379", true},
		"two clusters, the second with more members that were found": {func() *world {
			w := newWorld("http://other:2379", clientOf(1))
			w.sees("http://other:2379", 8, 7)
			w.says(7, 8, 5, listOf(7))
			w.healthy(three, 1, 2, 3)
			return w
		}, "7 member other:2379,h7:2379; 1 foreign h1:2379", true},
		"two clusters, the one looked at is stayed with": {func() *world {
			w := newWorld("http://other:2379", clientOf(1), clientOf(2))
			w.sees("http://other:2379", 8, 7)
			w.says(7, 8, 5, listOf(7))
			w.before, w.sticky = resolve(&w.view), true
			w.healthy(listOf(1, 2), 1, 2)
			return w
		}, "7 member other:2379,h7:2379; 1 foreign h1:2379; 2 foreign h2:2379", true},
		"restored as another cluster, under the same URLs": {func() *world {
			w := newWorld(clientOf(1), clientOf(2), clientOf(3))
			w.healthy(three, 1, 2, 3)
			w.before, w.sticky = resolve(&w.view), true
			for i := range w.members {
				w.members[i].current = false
			}
			restored := listOf(4, 5, 6)
			for i := range restored {
				restored[i].ClientURLs = []string{clientOf(MemberID(i + 1))}
				w.sees(clientOf(MemberID(i+1)), 8, restored[i].ID)
				w.says(restored[i].ID, 8, 50, restored)
			}
			return w
		}, "4 member h1:2379; 5 member h2:2379; 6 member h3:2379", true},
		"all down for a while, one wiped": {func() *world {
			w := newWorld(clientOf(1), clientOf(2), clientOf(3))
			w.healthy(three, 1, 2, 3)
			w.before, w.sticky = resolve(&w.view), true
			for i := range w.members {
				w.members[i].current = false
			}
			w.sees(clientOf(3), 8, 7)
			w.says(7, 8, 3, listOf(7))
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379; 7 foreign h3:2379", true},
		"only the given endpoints": {func() *world {
			w := newWorld(clientOf(2))
			w.discover = false
			w.healthy(three, 2)
			return w
		}, "2 member h2:2379", false},
		"nobody answers any more": {func() *world {
			w := newWorld(clientOf(1))
			w.healthy(three, 1, 2, 3)
			w.before, w.sticky = resolve(&w.view), true
			w.members = nil
			return w
		}, "1 member h1:2379; 2 member h2:2379; 3 member h3:2379", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := resolve(&test.world().view)
			if got := r.summary(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if got := r.memberList.Confirmed(); got != test.confirmed {
				t.Errorf("confirmed: %v by %v of %d voters", got, r.memberList.Witnesses, r.memberList.Voters)
			}
		})
	}
}

func TestNamesThatAreShared(t *testing.T) {
	t.Parallel()
	w := newWorld(clientOf(1))
	list := listOf(1, 2, 3)
	list[0].Name, list[1].Name = "default", "default"
	w.healthy(list, 1)
	for i, want := range []bool{true, true, false} {
		if got := resolve(&w.view).rows[i].nameShared; got != want {
			t.Errorf("member %d: its name is shared: %v, want %v", i+1, got, want)
		}
	}
	m := Member{ID: 0xab, Name: "default", NameShared: true}
	if m.Label() != "default/ab" {
		t.Errorf("it is called %s", m.Label())
	}
}

// TestRemovalNeedsProof tries all lists of four members that three voters may have at some index: a member counts as
// removed only if a quorum with logs at least as long as its own does not list it.
func TestRemovalNeedsProof(t *testing.T) {
	t.Parallel()
	lists := [][]Peer{nil, listOf(1, 2, 3), listOf(1, 2, 3, 4)}
	said := 0
	for n := range 3 * 3 * 3 * 2 * 2 * 2 {
		pick := n
		w := newWorld(clientOf(1), clientOf(2), clientOf(3), clientOf(4))
		proof := 0
		for _, id := range []MemberID{1, 2, 3} {
			list := lists[pick%3]
			pick /= 3
			index := []uint64{89, 90}[pick%2]
			pick /= 2
			w.sees(clientOf(id), 9, id)
			w.says(id, 9, index, list)
			if list != nil && !slices.ContainsFunc(list, func(p Peer) bool { return p.ID == 4 }) && index == 90 {
				proof++
			}
		}
		w.sees(clientOf(4), 9, 4)
		w.says(4, 9, 90, lists[2])
		for _, m := range resolve(&w.view).rows {
			if m.id == 4 && m.membership == MembershipRemoved {
				said++
				if proof < 2 {
					t.Fatalf("world %d: counts as removed, by the list of %d", n, proof)
				}
			}
		}
	}
	if said == 0 {
		t.Error("no world had a removed member: the test proves nothing")
	}
}

// TestWhoIsAskedForProof: voters whose logs were, or may have been, behind a member that they do not list are asked
// for their lists again as soon as a quorum would be proof. Nobody else is.
func TestWhoIsAskedForProof(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before [3]uint64 // the index that each had applied before it gave its list
		now    [3]uint64 // and according to its Status
		list   []Peer    // the unlisted member's
		want   []MemberID
	}{
		"nobody's index was known": {[3]uint64{}, [3]uint64{95, 90, 91}, listOf(1, 2, 3, 4),
			[]MemberID{1, 2, 3}},
		"one lags still": {[3]uint64{}, [3]uint64{95, 90, 89}, listOf(1, 2, 3, 4), []MemberID{1, 2}},
		"one has proven it already": {[3]uint64{90, 0, 0}, [3]uint64{95, 90, 89}, listOf(1, 2, 3, 4),
			[]MemberID{2}},
		"it is proven":                    {[3]uint64{90, 90, 0}, [3]uint64{95, 90, 90}, listOf(1, 2, 3, 4), nil},
		"it can't be proven":              {[3]uint64{}, [3]uint64{95, 89, 89}, listOf(1, 2, 3, 4), nil},
		"its own list is not known":       {[3]uint64{}, [3]uint64{95, 90, 91}, nil, nil},
		"its own list does not have it":   {[3]uint64{}, [3]uint64{95, 90, 91}, listOf(1, 2, 3), nil},
		"it has come further than others": {[3]uint64{80, 80, 80}, [3]uint64{89, 89, 89}, listOf(1, 2, 3, 4), nil},
	} {
		w := newWorld(clientOf(1), clientOf(2), clientOf(3), clientOf(4))
		for i, id := range []MemberID{1, 2, 3} {
			w.sees(clientOf(id), 9, id)
			w.says(id, 9, c.now[i], listOf(1, 2, 3))
			w.members[i].applied = c.before[i]
		}
		w.sees(clientOf(4), 9, 4)
		w.says(4, 9, 90, c.list)
		for _, m := range resolve(&w.view).rows {
			var want []MemberID
			if m.id == 4 {
				want = c.want
			}
			if !slices.Equal(m.ask, want) {
				t.Errorf("%s: for %d the prober asks %v, want %v", name, m.id, m.ask, want)
			}
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	for _, n := range []int{3, 7, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var ids []MemberID
			var given []string
			for id := MemberID(1); id <= MemberID(n); id++ {
				ids, given = append(ids, id), append(given, clientOf(id))
			}
			w := newWorld(given...)
			w.healthy(listOf(ids...), ids...)
			b.ReportAllocs()
			for b.Loop() {
				resolve(&w.view)
			}
		})
	}
}

// TestAdvertisedSchemesAreTheirs: a wrong scheme is the user's to correct at a given endpoint, and the member's at an
// advertised one.
func TestAdvertisedSchemesAreTheirs(t *testing.T) {
	t.Parallel()
	for _, err := range []*Error{errTLSSpoken, errTLSNotSpoken} {
		for given, words := range map[bool]string{true: "use http", false: "--advertise-client-urls"} {
			a := address{url: "http://a:2379", given: given}
			if got := a.explain(err); got.Kind != err.Kind || !strings.Contains(got.Text, words) {
				t.Errorf("%s, given %v: %s %q, want %q", err.Kind, given, got.Kind, got.Text, words)
			}
		}
	}
}
