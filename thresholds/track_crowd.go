package thresholds

import (
	"cmp"
	"maps"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// maxFullyTracked is how many members a sweep may have for each to be tracked in full: etcd's FAQ recommends at most
// seven, plus replacements and learners. Only a malicious list has more; their tracks shrink so that all of them
// together take no more memory.
const maxFullyTracked = 12

// crowdSamples is how many samples are kept of each series that a member has hundreds of, such as methods: about 7 s
// apart over 15 minutes, where Prometheus scrapes every 15 s or more.
const crowdSamples = 120

// share is a limit per member, reduced in proportion once there are too many members.
func share(of, members int) int { return max(1, of*maxFullyTracked/max(members, maxFullyTracked)) }

// peersKept are the peers of an exposition to keep if the sweep has too many members; those in here come first.
func peersKept(
	peers map[probe.MemberID]probe.PeerMetrics, here map[probe.MemberID]bool,
) map[probe.MemberID]probe.PeerMetrics {
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

// methodsDropped are the methods of an exposition not to keep if the sweep has too many members.
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
