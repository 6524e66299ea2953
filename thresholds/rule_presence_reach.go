package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// isInconclusive reports whether a failure is about our way to a member and does not show whether the member runs:
// the endpoint leads to somebody else or is a guess, a way through an API server is gone, or certificates, names in
// them, or schemes do not match.
func isInconclusive(kind probe.ErrorKind) bool {
	switch kind {
	case probe.ErrElsewhere, probe.ErrProxy, probe.ErrPeerPort, probe.ErrForeign:
		return true
	}
	return kind.IsTLS() || kind.IsNowhere()
}

// decideOutOfReach decides whether members that can't be asked are down or only out of our reach, by what the others
// report. A member behind a way that is barred counts as down if too few peers are connected with it for it to take
// part. One that we have never seen and that seems down is out of reach if a peer shows that it may run, or showed it
// last, or if the quorum that commits needs some of those that seem down. The others stay as they seem.
func (f *frame) decideOutOfReach() {
	for i := range f.members {
		m := &f.members[i]
		switch {
		case m.State == StateOutOfReach:
			if m.severedFrom = f.severedFrom(i); m.severedFrom != nil {
				m.State = StateDown
			}
			m.track.since(m.State, m.probed, f.sweep.At)
			m.DownSince = m.track.downSince
		case m.State == StateDown && m.mayBeBarred():
			m.runs = f.runsByItsPeers(i)
			m.track.mayRun = m.neverReached() && (m.runs || f.mayRun(i) || m.track.mayRun && !f.isReported(i))
			if m.track.mayRun && !m.joins {
				m.putOutOfReach()
			}
		}
	}
	f.trustTheQuorum()
}

// putOutOfReach takes back that a member is down. Its track keeps since when it does not answer.
func (m *memberState) putOutOfReach() { m.State, m.DownSince = StateOutOfReach, time.Time{} }

// neverReached reports that nothing of the member has ever answered here, so that the way to it may be barred.
func (m *memberState) neverReached() bool {
	return m.NeverSeen && !m.probed.Reached && !m.probed.Metrics.Answered() && m.probed.Listed && m.ID != 0
}

// mayBeBarred reports that a member's failure may be that of the way to it: a firewall, a NAT, an address for others.
// One that is silent once it was reached hangs.
func (m *memberState) mayBeBarred() bool {
	switch m.downError {
	case probe.ErrRefused, probe.ErrUnreachable, probe.ErrClosed, probe.ErrNotGRPC:
		return !m.neverStarted
	case probe.ErrTimeout:
		return m.neverReached() && !m.neverStarted
	}
	return false
}

// runsByItsPeers reports that a member which does not answer runs, by the metrics of a peer: a raft message has arrived
// from it since, or it has answered the peer's probes since. An open connection proves nothing: one with a process that
// hangs stays open, and one with a host without power, too. Nor does what arrives just after it stopped answering: a
// process that ends closes its client port first.
func (f *frame) runsByItsPeers(i int) (runs bool) {
	m := &f.members[i]
	since := m.track.downSince
	if !m.neverReached() {
		since = since.Add(longElectionTimeout)
	}
	for j := range f.members {
		if j == i || !f.reportsOn(j, i) {
			continue
		}
		switch t := f.members[j].track; {
		case f.missesMessages(j, i):
			return false
		case f.showsNow(j) && (t.heardAfter(m.ID, since) || t.answeredAfter(m.ID, since)):
			runs = true
		}
	}
	return runs
}

// mayRun reports that a peer's connection with a member is open, and that no peer shows that it does not run. A single
// sweep can't show that, except where its host refuses connections: its kernel closes those of a process that ends.
func (f *frame) mayRun(i int) (may bool) {
	m := &f.members[i]
	for j := range f.members {
		if j == i || m.settings.sinceStart && m.downError != probe.ErrRefused || !f.reportsOn(j, i) {
			continue
		}
		if f.missesMessages(j, i) {
			return false
		}
		may = may || !f.members[j].track.probesFail(m.ID)
	}
	return may
}

// isReported reports that the current metrics of a peer show whether it has a connection with a member.
func (f *frame) isReported(i int) bool {
	for j := range f.members {
		if _, known := f.connection(j, i); j != i && known {
			return true
		}
	}
	return false
}

// reachUndecided reports that more sweeps may show of a member out of reach whether it runs: where a peer leads it is
// heard soon, and else it answers the peer's probes or leaves them unanswered.
func (f *frame) reachUndecided(i int) bool {
	m := &f.members[i]
	if m.State != StateOutOfReach || !m.mayBeBarred() || m.runs || !f.mayRun(i) {
		return false
	}
	for j := range f.members {
		if j != i && f.reportsOn(j, i) && (f.members[j].Role == RoleLeader ||
			m.downError != probe.ErrRefused && !f.members[j].track.answered(m.ID)) {
			return true
		}
	}
	return false
}

// missesMessages reports that a member leads and has heard nothing from another one for as long as that does not
// answer here, or for as long as it leads: nobody sends a follower anything.
func (f *frame) missesMessages(leader, of int) bool {
	t, m := f.members[leader].track, &f.members[of]
	since := m.track.downSince
	if t.ledSince.After(since) {
		since = t.ledSince
	}
	return f.members[leader].Role == RoleLeader && !t.ledSince.IsZero() &&
		t.metricsAt.Sub(since) >= mayBeUnheardAfter && !t.heardAfter(m.ID, m.track.downSince)
}

// reportsOn reports that the current metrics of the member at a place show a connection with another one.
func (f *frame) reportsOn(from, to int) bool {
	connected, known := f.connection(from, to)
	return known && connected && f.sweep.InCluster(f.members[from].probed)
}

// trustTheQuorum puts members out of reach that seem down, where a linearizable read since the last of all went down
// proves a quorum and those that answer are none: some of these run, and which is not known. Those that a peer has lost
// stay down.
func (f *frame) trustTheQuorum() {
	voters, up := 0, 0
	var since time.Time
	var down []int
	for i := range f.members {
		if !f.canVote(i) {
			continue
		}
		voters++
		m := &f.members[i]
		if m.State != StateDown {
			up++
			continue
		}
		if m.DownSince.After(since) {
			since = m.DownSince
		}
		if _, without := f.connectedPeers(i); len(without) == 0 && m.mayBeBarred() && m.neverReached() &&
			!m.joins {
			down = append(down, i)
		}
	}
	if up > voters/2 || len(down) == 0 || !f.readSince(since) {
		return
	}
	for _, i := range down {
		f.members[i].putOutOfReach()
	}
}

// severedFrom returns the peers that have no connection with the member at a place, if no reporting peer has one and
// they prove that it takes no part; else nil.
func (f *frame) severedFrom(at int) (labels []string) {
	if !f.members[at].probed.Listed || f.members[at].probed.IsStray() {
		return nil
	}
	var without places
	for i := range f.members {
		if i == at {
			continue
		}
		switch connected, known := f.connection(i, at); {
		case known && connected:
			return nil
		case known:
			without = append(without, i)
		}
	}
	if !f.takesNoPart(at, without) {
		return nil
	}
	return f.labelsAt(without)
}

// takesNoPart reports whether members without a connection with the one at a place prove that it takes no part: the
// other voters are, together with it, fewer than a quorum. For a member without a vote there must be no other voter,
// because any of them may lead and send to it.
func (f *frame) takesNoPart(at int, without places) bool {
	voters, others := 0, 0
	for i := range f.members {
		if !f.canVote(i) {
			continue
		}
		if voters++; i != at && !without.has(i) {
			others++
		}
	}
	if !f.canVote(at) {
		return others == 0
	}
	return others+1 <= voters/2
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
func (m *memberState) adviseSevered(peerURLs []string, access string, u unit) string {
	at := "its peer port"
	if len(peerURLs) > 0 {
		at = "peer URL " + join(peerURLs)
	}
	next := fmt.Sprintf("Look on the host of %s whether etcd runs (%s), and at the network between it and the other "+
		"members (%s).", m.Label, u.log(), at)
	if access != "" {
		next += " To ask it from here: " + access
	}
	return next
}
