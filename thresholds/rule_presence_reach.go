package thresholds

import (
	"fmt"

	"github.com/etcdoc/etcdoc/probe"
)

// isInconclusive reports whether a failure is about our way to a member and does not show whether the member runs:
// the endpoint leads to somebody else, or certificates, names in them, or schemes do not match.
func isInconclusive(kind probe.ErrorKind) bool {
	switch kind {
	case probe.ErrElsewhere, probe.ErrProxy, probe.ErrPeerPort, probe.ErrForeign:
		return true
	}
	return kind.IsTLS()
}

// decideOutOfReach decides whether members out of our reach are down, by what their peers report: a member with
// connections to too few peers to take part counts as down. The others stay undecided.
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

// severedFrom returns the peers that have no connection with the member at a place, if they prove that it takes no
// part: no reporting peer has a connection with it, and the voters that do not report are, together with it, fewer
// than a quorum. For a member without a vote all voters must report, because any of them may lead and send to it. It
// returns nil if that is not proven.
func (f *frame) severedFrom(at int) (labels []string) {
	if !f.members[at].probed.Listed || f.members[at].probed.IsStray() {
		return nil
	}
	voters, silent := 0, 0
	for i := range f.members {
		votes := f.canVote(i) && !f.members[i].probed.IsStray()
		if votes {
			voters++
		}
		if i == at {
			continue
		}
		switch connected, known := f.connection(i, at); {
		case known && connected:
			return nil
		case known:
			labels = append(labels, f.members[i].Label)
		case votes:
			silent++
		}
	}
	most := 0
	if f.canVote(at) {
		most = voters / 2 // the most voters that are no quorum
		silent++
	}
	if silent > most {
		return nil
	}
	return labels
}

// connection reports whether the metrics of one member show a connection with another; known if they are current and
// show it. etcd creates the gauge with the first connection, so after some time an absent one means none.
func (f *frame) connection(from, to int) (connected, known bool) {
	m := &f.members[from]
	if m.State != StateOK || m.MetricsTooOld || !f.members[from].probed.Metrics.Answered() ||
		f.members[from].probed.ID == 0 {
		return false, false
	}
	peers := f.members[from].probed.Metrics.Value.Peers
	if active, known := peers[f.members[to].probed.ID].Active.Get(); known {
		return active > 0, true
	}
	hasGauge := false // in its version
	for _, p := range peers {
		hasGauge = hasGauge || p.Active.IsKnown()
	}
	return false, hasGauge && f.members[from].track.upFor(f.sweep.At) >= settlingTime
}

// severedWords says which peers have no connection with the member.
func (m *memberState) severedWords() string {
	switch n := len(m.severedFrom); n {
	case 1:
		return m.severedFrom[0] + " has no connection with it"
	case 2:
		return fmt.Sprintf("neither %s nor %s has a connection with it", m.severedFrom[0], m.severedFrom[1])
	}
	return fmt.Sprintf("none of %s has a connection with it", join(m.severedFrom))
}

// adviseSevered is the advice about a member that no peer has a connection with and that we cannot ask; access says
// what would let us ask it.
func (m *memberState) adviseSevered(peerURLs []string, access string) string {
	at := "its peer port"
	if len(peerURLs) > 0 {
		at = "peer URL " + join(peerURLs)
	}
	next := fmt.Sprintf("Look on the host of %s whether etcd runs (journalctl -u etcd -n 50; "+
		"kubelet: crictl ps -a --name etcd), and at the network between it and the other members (%s).",
		m.Label, at)
	if access != "" {
		next += " To ask it from here: " + access
	}
	return next
}
