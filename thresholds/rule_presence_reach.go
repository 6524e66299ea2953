package thresholds

import (
	"fmt"

	"github.com/etcdoc/etcdoc/probe"
)

// leavesOpen reports that a failure is of our way to a member, and says nothing of whether the member runs: what was tried
// leads to somebody else, or certificates and schemes do not fit, or its name is not known here.
func isInconclusive(kind probe.ErrorKind) bool {
	switch kind {
	case probe.ErrElsewhere, probe.ErrProxy, probe.ErrPeerPort, probe.ErrForeign:
		return true
	}
	return kind.IsTLS()
}

// settleReach decides of the members that are out of our reach by what their peers say of them: one that has no connection
// with so many that it can't take part counts as down. Of the others it stays open.
func (f *frame) decideOutOfReach() {
	for i := range f.members {
		if m := &f.members[i]; m.State == StateOutOfReach {
			if m.severedFrom = f.severedFrom(i); m.severedFrom != nil {
				m.State = StateDown
			}
			f.members[i].track.since(m.State, f.members[i].probed, f.sweep.At)
			m.DownSince = f.members[i].track.downSince
		}
	}
}

// severedFrom are the peers that have no connection with the member at a place, where that proves that it takes no part: none
// that tells has one, and those that are left are, with it, fewer than a quorum. A member without a vote takes in what any
// voter may send, as its leader. nil where that is not proven.
func (f *frame) severedFrom(at int) (labels []string) {
	if !f.members[at].probed.Listed || f.members[at].probed.IsStray() {
		return nil
	}
	voters, left := 0, 0
	for i := range f.members {
		votes := f.canVote(i) && !f.members[i].probed.IsStray()
		if votes {
			voters++
		}
		if i == at {
			continue
		}
		switch connected, told := f.connection(i, at); {
		case told && connected:
			return nil
		case told:
			labels = append(labels, f.members[i].Label)
		case votes:
			left++
		}
	}
	most := 0
	if f.canVote(at) {
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
func (f *frame) connection(from, to int) (connected, told bool) {
	m := &f.members[from]
	if m.State != StateOK || m.MetricsTooOld || !f.members[from].probed.Metrics.Answered() || f.members[from].probed.ID == 0 {
		return false, false
	}
	peers := f.members[from].probed.Metrics.Value.Peers
	active, known := peers[f.members[to].probed.ID].Active.Get()
	if known {
		return active > 0, true
	}
	for _, p := range peers { // it is a version that has the gauge
		known = known || p.Active.IsKnown()
	}
	return false, known && f.members[from].track.upFor(f.sweep.At) >= settlingTime
}

// severedWords say who has no connection with a member.
func (m *memberState) severedWords() string {
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
func (m *memberState) adviseSevered(peerURLs []string, access string) string {
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
