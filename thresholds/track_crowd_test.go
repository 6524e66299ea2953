package thresholds

import (
	"fmt"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// TestCrowdsAreRememberedLess: history has room for all peers, methods and samples of as many members as a cluster
// has, and for no more in total if there are more members. Whatever is left out is unknown, never ok.
func TestCrowdsAreRememberedLess(t *testing.T) {
	t.Parallel()
	const kinds = 64
	for _, members := range []int{1, 3, maxFullyTracked, maxFullyTracked + 1, 30, 90} {
		here := make(map[probe.MemberID]bool)
		for i := range members {
			here[probe.MemberID(1000+i)] = true
		}
		m := &probe.Metrics{Peers: make(map[probe.MemberID]probe.PeerMetrics),
			GRPCHandled: make(map[probe.GRPCCall]float64)}
		for i := range kinds {
			// half of them strangers, if there are that many
			m.Peers[probe.MemberID(1000+members-kinds/2+i)] = probe.PeerMetrics{}
			m.GRPCHandled[probe.GRPCCall{GRPCMethod: probe.GRPCMethod{Method: fmt.Sprint(i), Type: "unary"},
				Code: "OK"}] = 1
		}
		var tr track
		at := time.Unix(1_800_000_000, 0)
		tr.ledSince = at
		peers := peersKept(m.Peers, here)
		tr.peersDropped = len(peers) < len(m.Peers)
		tr.followPeers(peers, here, time.Time{}, at, time.Minute)
		tr.noteGRPC(m, methodsDropped(m, members), time.Time{}, at, time.Minute)
		want := kinds
		if members > maxFullyTracked {
			want = kinds * maxFullyTracked / members
		}
		if len(tr.peers) != want || len(tr.grpc) != want {
			t.Errorf("%d members: %d peers and %d methods of each are remembered, want %d", members, len(tr.peers),
				len(tr.grpc), want)
		}
		for id := range m.Peers {
			if tr.peers[id] == nil && tr.hears(id, time.Time{}, at, time.Minute) == heard {
				t.Errorf("%d members: %v is not remembered, and taken for one that is heard", members, id)
			}
		}
		var h History
		const sweeps = 3000
		for i := range sweeps {
			h.add(at.Add(time.Duration(i)*rawHistory/sweeps), time.Second, &Member{MemberRef: MemberRef{Key: "m"}},
				members)
		}
		if n := h.members["m"].raw.len(); members > maxFullyTracked &&
			n*members > 2*window.SpacedSamples*maxFullyTracked {
			t.Errorf("%d members: %d moments of each are remembered", members, n)
		}
	}
}
