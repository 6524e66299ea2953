package thresholds

import (
	"maps"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// A peerTrack is what is remembered of a member's connection with another one.
type peerTrack struct {
	rtt                         window.Histogram
	sendFailures, snapshotSends window.Counter
	// trips is how many round trips have been observed, tripAt when that last grew, and longSince that of the first of the newest ones that
	// are long enough to have grown; zero while they are not. See judgeLinkGrown.
	// quietAt is when it was last so long ago that the probes must be answered: see answered.
	rttCount                             float64
	rttCountAt, rttQuietAt, rttLongSince time.Time
	// received is how many bytes of raft messages came from the peer, and heard when that last grew, or was first seen; grown
	// says that it has been seen to grow.
	received     probe.Value
	receivedAt   time.Time
	receivedGrew bool
	// never says that there have been probes of the peer and not one was answered, and often that a prober is looked at as
	// often as one is that gets no answers: see unanswered.
	neverAnswered, probedOften bool
}

// silence is for how long a leader has received no raft message from a peer. A follower answers each heartbeat, of which
// there are five at least in an election timeout (etcd's own check of its flags), so that one whose messages do not arrive
// is told by that alone; rafthttp counts what arrives, its own keep-alives not among it.
func (t *track) unheardFor(peer probe.MemberID) time.Duration {
	p := t.peers[peer]
	if p == nil || p.receivedAt.IsZero() || t.ledSince.IsZero() {
		return 0
	}
	since := p.receivedAt
	if t.ledSince.After(since) {
		since = t.ledSince
	}
	return max(0, t.metricsAt.Sub(since))
}

// hushed reports that it is not known whether a leader still hears a peer: it has not for a while, or has not been seen to,
// looked at twice.
func (t *track) mayBeUnheard(peer probe.MemberID) bool {
	p := t.peers[peer]
	if p == nil && t.peersDropped && !t.ledSince.IsZero() {
		return true
	}
	if p == nil || p.receivedAt.IsZero() || t.ledSince.IsZero() {
		return false
	}
	return t.unheardFor(peer) >= mayBeUnheardAfter || !p.receivedGrew && t.expositions > 1
}

// The paces at which etcd looks at its two probers of a peer, and observes a round trip by each: while the probes are
// answered, and while they are not (rafthttp's probing_status.go). A round trip is the smoothed one of the probes that
// were answered, and none of any while none was.
const (
	probesAnswered   = 30 * time.Second
	probesUnanswered = 5 * time.Second
	// probesMany is how many are observed in the first of these times by one prober whose probes are not answered, and by
	// no two whose probes are.
	probesMany = int(probesAnswered/probesUnanswered) - 1
	// probesLate is how much later than at its time an observation is seen, at most.
	probesLate = time.Second
)

// unanswered reports that what a member asks another one for is not answered, though there may be connections: by the
// pace of its observations, or because there has never been an answer. While one of them was away nothing could be.
func (t *track) unanswered(by *track, id probe.MemberID, now time.Time) bool {
	p := t.peers[id]
	if p == nil || !p.neverAnswered && !p.probedOften {
		return false
	}
	together := min(t.upFor(now), by.upFor(now))
	if p.neverAnswered {
		return together >= settlingTime+probesUnanswered
	}
	return together >= settlingTime+probesAnswered && t.metricsAt.Sub(p.rttCountAt) <= 3*probesUnanswered/2
}

// answered reports that what a member asks another one for was answered when etcd last looked: for longer than its pace
// while they are not, its probers have observed nothing.
func (t *track) answered(id probe.MemberID) bool {
	p := t.peers[id]
	return p != nil && !p.probedOften && !p.neverAnswered && !p.rttQuietAt.IsZero() && t.metricsAt.Sub(p.rttQuietAt) <= 3*probesUnanswered/2
}

// mostRemembered is how many peers, or methods, of a member are remembered that its newest exposition does not have: as
// many as one may have (see probe). Against an endpoint that names others every time.
const maxPeersKept = 64

// strangersPoints is how many points there are about of the round trips with a peer that is none of the sweep's members.
const strangersSamples = 30

// followPeers takes in what an exposition says of the member's peers. before is when the last one arrived: a series that
// was not there then stood at 0, for etcd begins one when it first counts. here are the members of the sweep: the round
// trips with others are remembered in few points, and with these where they are many. Nothing is forgotten
// that is no older than keep.
func (t *track) followPeers(peers map[probe.MemberID]probe.PeerMetrics, here map[probe.MemberID]bool, before, at time.Time, keep time.Duration) {
	counters, trips := max(longestWindow, keep), max(rttWindow, keep)
	for id, metrics := range peers {
		if id == 0 || id == t.ref.ID {
			continue // messages that waited for a leader, and come from the new one itself: see etcd's MsgProp and MsgReadIndex
		}
		peer := t.peers[id]
		if peer == nil {
			if t.peers == nil {
				t.peers = make(map[probe.MemberID]*peerTrack)
			}
			peer = new(peerTrack)
			t.peers[id] = peer
			if !before.IsZero() {
				peer.sendFailures.AddSpaced(before, 0, counters, crowdSamples)
				peer.snapshotSends.AddSpaced(before, 0, counters, crowdSamples)
			}
		}
		switch {
		case !metrics.ReceivedBytes.IsKnown():
			peer.received, peer.receivedAt, peer.receivedGrew = probe.Value{}, time.Time{}, false
		case metrics.ReceivedBytes != peer.received:
			peer.receivedGrew = !peer.receivedAt.IsZero()
			peer.received, peer.receivedAt = metrics.ReceivedBytes, at
		}
		if n := len(metrics.RoundTrip.Counts); n > 0 {
			if seen := metrics.RoundTrip.Counts[n-1]; seen != peer.rttCount {
				peer.rttCount, peer.rttCountAt = seen, at
			}
		}
		if peer.rttCount > 0 && at.Sub(peer.rttCountAt) >= probesUnanswered+probesLate {
			peer.rttQuietAt = at
		}
		peer.neverAnswered, peer.probedOften = peer.rttCount >= 2 && metrics.RoundTrip.Sum == 0, false
		if here[id] && len(here) <= maxFullyTracked {
			peer.rtt.Add(at, window.Buckets(metrics.RoundTrip), trips)
			d, known := peer.rtt.Over(at, probesAnswered)
			peer.probedOften = known && d.Observations >= float64(probesMany)
		} else {
			peer.rtt.AddSpaced(at, window.Buckets(metrics.RoundTrip), trips, strangersSamples)
		}
		peer.sendFailures.AddSpaced(at, metrics.SentFailures.Or(0), counters, crowdSamples)
		peer.snapshotSends.AddSpaced(at, metrics.SnapshotSends.Or(0)+metrics.SnapshotSendFailures.Or(0), counters, crowdSamples)
	}
	crowded := len(t.peers) > maxPeersKept
	maps.DeleteFunc(t.peers, func(id probe.MemberID, p *peerTrack) bool {
		_, there := peers[id]
		_, recent := p.sendFailures.Growth(at, counters)
		return !there && (!recent || crowded)
	})
}

// stoodStill reports that the member has answered again for less than a time only, and that its process is the one from
// before: it was stopped, or out of reach. So it does where it was CPU-starved.
func (t *track) stoodStill(now time.Time, lately time.Duration) bool {
	if !t.starved.IsZero() && now.Sub(t.starved) < lately && !t.restartedSince(t.starved) {
		return true
	}
	return t.interrupted && !t.okSince.IsZero() && now.Sub(t.okSince) < lately && !t.restartedSince(t.okSince.Add(-time.Second))
}

// upFor is for how long the member has been up without a break, as far as that is known.
func (t *track) upFor(now time.Time) time.Duration {
	if t.okSince.IsZero() {
		return 0
	}
	up := now.Sub(t.okSince)
	start, known := t.startTime.Get()
	if !known {
		return up
	}
	if ran := now.Sub(time.UnixMilli(int64(1000 * start))); ran > 0 && (!t.interrupted || ran < up) {
		return ran
	}
	return up
}
