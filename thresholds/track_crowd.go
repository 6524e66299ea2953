package thresholds

import (
	"cmp"
	"maps"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// mostInFull is how many members a sweep may have of which all is remembered: etcd's FAQ recommends seven at most, and a
// member that is replaced, or learns, is one more. Of each of more than that, as only a list names that means ill, less
// is remembered, so that all of them take no more together.
const maxFullyTracked = 12

// crowdSamples is how many samples are kept of each of what there are some hundred of in a member, as of methods: some 7 s
// apart in 15 minutes, where Prometheus scrapes every 15 s or more.
const crowdSamples = 120

// share is what each of so many members has of what one has where there are few.
func share(of, members int) int { return max(1, of*maxFullyTracked/max(members, maxFullyTracked)) }

// followed are the peers of an exposition that are remembered, where there are so many members in the sweep: those that are
// among these come first.
func peersKept(peers map[probe.MemberID]probe.PeerMetrics, here map[probe.MemberID]bool) map[probe.MemberID]probe.PeerMetrics {
	most := share(maxPeersKept, len(here))
	if len(here) <= maxFullyTracked || len(peers) <= most {
		return peers
	}
	ids := slices.SortedFunc(maps.Keys(peers), func(a, b probe.MemberID) int {
		if here[a] != here[b] {
			if here[a] {
				return -1
			}
			return 1
		}
		return cmp.Compare(a, b)
	})
	kept := make(map[probe.MemberID]probe.PeerMetrics, most)
	for _, id := range ids[:most] {
		kept[id] = peers[id]
	}
	return kept
}

// unfollowed are the methods of an exposition that are not remembered, where there are so many members in the sweep.
func methodsDropped(m *probe.Metrics, members int) map[probe.GRPCMethod]bool {
	if members <= maxFullyTracked {
		return nil
	}
	left := make(map[probe.GRPCMethod]bool)
	for call := range m.GRPCHandled {
		left[call.GRPCMethod] = true
	}
	for method := range m.GRPCHandling {
		left[method] = true
	}
	named := slices.SortedFunc(maps.Keys(left), func(a, b probe.GRPCMethod) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Type, b.Type))
	})
	for _, method := range named[:min(len(named), share(maxPeersKept, members))] {
		delete(left, method)
	}
	return left
}
