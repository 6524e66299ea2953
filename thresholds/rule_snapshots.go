package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// judgeSnapshots counts the snapshots that the member began to send to one and the same peer. A snapshot that is
// being received counts for its receiver.
func judgeSnapshots(s *subject, window time.Duration) measurement {
	links := s.links()
	if m, ok := s.noLinks(); !ok {
		return m
	}
	_, sent, downPeer, known := s.mostSnapshots(links, window)
	if s.receivesSnapshot() {
		return measurement{value: probe.Known(max(1, sent))}
	}
	switch {
	case sent > 0:
		return measurement{value: probe.Known(sent)}
	case downPeer != nil:
		return measurement{value: probe.Known(1)}.inhibitedByDown(downPeer)
	case known:
		return holds(false)
	case s.settings.sinceStart:
		return needsTwoSweeps(MissingSnapshots, true)
	case s.first:
		return needsTwoSweeps(MissingSnapshots, false)
	}
	return holds(false)
}

// mostSnapshots returns the answering peer to which the member sent most snapshots, and as downPeer one that does not
// answer and got some.
func (s *subject) mostSnapshots(links []peerLink,
	window time.Duration) (to *memberState, most float64, downPeer *memberState, known bool) {
	for i := range links {
		l := &links[i]
		n := l.snapshotSends.Or(0)
		if l.to.track.catchUp.wasAbsent { // it is brought up to date, as its state says
			n = 0
		}
		if l.track != nil {
			counted := window
			if since := l.to.track.snapshotsSince(); !since.IsZero() {
				counted = min(window, s.member.Metrics.At.Sub(since))
			}
			grown, has := l.track.snapshotSends.Growth(s.member.Metrics.At, counted)
			n, known = n+grown, known || has
		}
		switch {
		case n <= 0:
		case l.isDown():
			downPeer = l.to
		case n > most:
			to, most = l.to, n
		}
	}
	return to, most, downPeer, known
}

// snapshotsInFlight returns the number of snapshots being sent to a peer or received from it. etcd creates the gauges
// with the first snapshot, so absent ones mean none.
func snapshotsInFlight(peer *probe.PeerMetrics) probe.Value {
	return probe.Known(peer.SnapshotSendsInflight.Or(0) + peer.SnapshotReceivesInflight.Or(0))
}

// allSnapshotsInFlight returns the number of a member's snapshots being sent, received or applied; absent if its
// metrics do not report peers.
func allSnapshotsInFlight(m *probe.Metrics) probe.Value {
	if m.Peers == nil {
		return probe.Value{}
	}
	var sent, received float64
	for _, peer := range m.Peers {
		sent += peer.SnapshotSendsInflight.Or(0)
		received += peer.SnapshotReceivesInflight.Or(0)
	}
	return probe.Known(sent + max(received, m.SnapshotApplyInProgress.Or(0)))
}

// receivesSnapshot reports whether the member is being sent a snapshot, or applies one.
func (s *subject) receivesSnapshot() bool {
	if s.member.Metrics.Value.SnapshotApplyInProgress.Or(0) > 0 {
		return true
	}
	for _, peer := range s.member.Metrics.Value.Peers {
		if peer.SnapshotReceivesInflight.Or(0) > 0 {
			return true
		}
	}
	return false
}

func saySnapshots(s *subject, _ measurement) statement {
	to, sent, downPeer, _ := s.mostSnapshots(s.links(), s.reach(s.rule.LongestWindow()))
	switch {
	case sent == 0 && s.receivesSnapshot():
		return s.does("is being sent a snapshot of the database").briefly("is being sent a snapshot")
	case to == nil:
		return s.does(fmt.Sprintf("has sent a snapshot of the database to %s", downPeer.Label)).
			briefly("sent a snapshot to " + downPeer.Short)
	case sent == 1:
		return s.does(fmt.Sprintf("has sent a snapshot of the database to %s within %s",
			to.Label, FormatDuration(s.reach(s.rule.LongestWindow())))).briefly("sent a snapshot to " + to.Short)
	}
	return s.does(fmt.Sprintf("has sent %s snapshots of the database to %s within %s",
		Count.Format(sent), to.Label, FormatDuration(s.reach(s.rule.LongestWindow())))).
		briefly(fmt.Sprintf("sent %s snapshots to %s", Count.Format(sent), to.Short))
}
