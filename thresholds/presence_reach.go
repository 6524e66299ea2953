package thresholds

import (
	"fmt"

	"github.com/etcdoc/etcdoc/probe"
)

// leavesOpen reports that a failure is of our way to a member, and says nothing of whether the member runs: what was tried
// leads to somebody else, or certificates and schemes do not fit, or its name is not known here.
func leavesOpen(kind probe.ErrorKind) bool {
	switch kind {
	case probe.ErrElsewhere, probe.ErrProxy, probe.ErrPeerPort, probe.ErrForeign:
		return true
	}
	return kind.IsTLS()
}

// settleReach decides of the members that are out of our reach by what their peers say of them: one that has no connection
// with so many that it can't take part counts as down. Of the others it stays open.
func settleReach(s *probe.Sweep, members []Member, tracks []*track) {
	for i := range members {
		if m := &members[i]; m.State == StateOutOfReach {
			if m.severedFrom = severedFrom(s, members, tracks, i); m.severedFrom != nil {
				m.State = StateDown
			}
			tracks[i].since(m.State, &s.Members[i], s.At)
			m.DownSince = tracks[i].downSince
		}
	}
}

// severedFrom are the peers that have no connection with the member at a place, where that proves that it takes no part: none
// that tells has one, and those that are left are, with it, fewer than a quorum. A member without a vote takes in what any
// voter may send, as its leader. nil where that is not proven.
func severedFrom(s *probe.Sweep, members []Member, tracks []*track, at int) (labels []string) {
	if !s.Members[at].Listed || s.Members[at].IsStray() {
		return nil
	}
	voters, left := 0, 0
	for i := range members {
		votes := canVote(s, members, i) && !s.Members[i].IsStray()
		if votes {
			voters++
		}
		if i == at {
			continue
		}
		switch connected, told := connection(s, members, tracks, i, at); {
		case told && connected:
			return nil
		case told:
			labels = append(labels, members[i].Label)
		case votes:
			left++
		}
	}
	most := 0
	if canVote(s, members, at) {
		most = voters / 2 // the most that are no quorum
		left++
	}
	if left > most {
		return nil
	}
	return labels
}

// connection is whether the metrics of the member at one place show a connection with the member at another; told where they
// are of now and say so. etcd begins the gauge at the first connection, so that an absent one is none, once there was time
// for it.
func connection(s *probe.Sweep, members []Member, tracks []*track, from, to int) (connected, told bool) {
	m := &members[from]
	if m.State != StateOK || m.MetricsTooOld || !s.Members[from].Metrics.Ever() || s.Members[from].ID == 0 {
		return false, false
	}
	peers := s.Members[from].Metrics.Value.Peers
	active, known := peers[s.Members[to].ID].Active.Get()
	if known {
		return active > 0, true
	}
	for _, p := range peers { // it is a version that has the gauge
		known = known || p.Active.IsKnown()
	}
	return false, known && tracks[from].upFor(s.At) >= settled
}

// severedWords say who has no connection with a member.
func (m *Member) severedWords() string {
	switch n := len(m.severedFrom); n {
	case 1:
		return m.severedFrom[0] + " has no connection with it"
	case 2:
		return fmt.Sprintf("neither %s nor %s has a connection with it", m.severedFrom[0], m.severedFrom[1])
	}
	return fmt.Sprintf("none of %s has a connection with it", join(m.severedFrom))
}

// mendSevered is what to do about a member that no peer has a connection with and that can't be asked; access is what would
// let it be asked.
func (m *Member) mendSevered(peerURLs []string, access string) string {
	at := "its peer port"
	if len(peerURLs) > 0 {
		at = "peer URL " + join(peerURLs)
	}
	next := fmt.Sprintf("Look on the host of %s whether etcd runs (journalctl -u etcd -n 50; kubelet: crictl ps -a --name etcd), and at the network "+
		"between it and the other members (%s). Drain no other member until it is back.", m.Label, at)
	if access != "" {
		next += " To ask it from here: " + access
	}
	return next
}
