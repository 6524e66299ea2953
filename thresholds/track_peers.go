package thresholds

import (
	"maps"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// A peerTrack is what a track remembers of the connection with one peer.
type peerTrack struct {
	rtt                         window.Histogram
	sendFailures, snapshotSends window.Counter
	// rttCount is how many round trips were observed, rttCountAt when that last grew, rttQuietAt when it last had not
	// grown for so long that the probes must be answered (see answered), and rttLongSince the time of the first of the
	// newest round trips that are long enough to have grown (see judgeLinkGrown); zero while they are not.
	rttCount                             float64
	rttCountAt, rttQuietAt, rttLongSince time.Time
	// rttSum is the sum of the round trips observed, in seconds. rounds are the newest two rounds, the newest first.
	rttSum float64
	rounds [2]tripRound
	// quickSince is since when the link has been quick again, with a round trip of at most quickWithin seconds then;
	// zero: it is not known to be.
	quickSince  time.Time
	quickWithin float64
	// leftOpen reports that it is not known whether the link is still slow: see noteLeftOpen.
	leftOpen bool
	// wasQuickAt is when the newest round that was quick was seen, and slowSince when the first slow one after it;
	// zero: none was.
	wasQuickAt, slowSince time.Time
	heardPeer
	// neverAnswered reports that the peer was probed and never answered, probedOften that a prober is observed as often
	// as one without answers: see unanswered.
	neverAnswered, probedOften bool
}

// How often etcd samples its two probers of a peer and observes a round trip by each: while the probes are answered,
// and while they are not (rafthttp's probing_status.go). The round trip is smoothed over the answered probes, 0 before
// the first answer.
const (
	probesAnswered   = 30 * time.Second
	probesUnanswered = 5 * time.Second
	// probesMany is how many observations within probesAnswered prove that a prober gets no answers: one such prober
	// makes that many, and two answered ones never do.
	probesMany = int(probesAnswered/probesUnanswered) - 1
	// probesLate is how late an observation is seen at most.
	probesLate = time.Second
)

// unanswered reports that the peer does not answer a member's probes, even if there are connections: by the frequency
// of the observations, or because there never was an answer. While one of the two was down there could be none.
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

// answered reports that the peer answered when etcd last sampled: for longer than the interval of unanswered probes,
// the probers have observed nothing.
func (t *track) answered(id probe.MemberID) bool {
	p := t.peers[id]
	return p != nil && !p.probedOften && !p.neverAnswered && !p.rttQuietAt.IsZero() &&
		t.metricsAt.Sub(p.rttQuietAt) <= 3*probesUnanswered/2
}

// answeredAfter reports that the peer answers probes that were sent after a moment.
func (t *track) answeredAfter(id probe.MemberID, moment time.Time) bool {
	return t.answered(id) && t.metricsAt.Sub(moment) >= probesAnswered+probesUnanswered+probesLate
}

// probesFail reports that the peer's probes get no answer, as far as the frequency of observations shows that already.
func (t *track) probesFail(id probe.MemberID) bool {
	p := t.peers[id]
	return p == nil || p.neverAnswered || p.probedOften
}

// maxPeersKept is how many peers, or methods, missing from the newest exposition are kept per member: as many as an
// exposition may have (see probe). It guards against an endpoint that names others every time.
const maxPeersKept = 64

// strangersSamples is about how many round trips are kept for a peer that is not one of the sweep's members.
const strangersSamples = 30

// followPeers records what an exposition says of the member's peers. before is when the previous one arrived; a series
// missing from it stood at 0 then, because etcd creates a series when it first counts. here are the ids of the sweep's
// members: round trips with others, or in a crowd, are kept in fewer samples. Nothing newer than keep is forgotten.
func (t *track) followPeers(
	peers map[probe.MemberID]probe.PeerMetrics, here map[probe.MemberID]bool, before, at time.Time, keep time.Duration,
) {
	counters, trips := max(longestWindow, keep), max(rttWindow, keep)
	for id, metrics := range peers {
		if id == 0 || id == t.ref.ID {
			continue // a new leader counts messages that waited for one as its own: see etcd's MsgProp and MsgReadIndex
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
		peer.noteReceived(metrics.ReceivedBytes, t.requestedAt, at)
		if n := len(metrics.RoundTrip.Counts); n > 0 {
			if seen := metrics.RoundTrip.Counts[n-1]; seen != peer.rttCount {
				peer.noteRound(seen, metrics.RoundTrip.Sum, at)
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
		peer.snapshotSends.AddSpaced(at, metrics.SnapshotSends.Or(0)+metrics.SnapshotSendFailures.Or(0), counters,
			crowdSamples)
	}
	crowded := len(t.peers) > maxPeersKept
	maps.DeleteFunc(t.peers, func(id probe.MemberID, p *peerTrack) bool {
		_, there := peers[id]
		_, recent := p.sendFailures.Growth(at, counters)
		return !there && (!recent || crowded)
	})
}

// overPeers is the sum of a counter over a member's peers, also removed ones, whose series stand still until the
// process ends. etcd creates a series when it first counts: a peer without one has none so far, and a member without
// any is alone, or its metrics lack them.
func overPeers(m *probe.Metrics, of func(*probe.PeerMetrics) probe.Value) probe.Value {
	var sum probe.Value
	for _, p := range m.Peers {
		if n, known := of(&p).Get(); known {
			sum = probe.Known(sum.Or(0) + n)
		}
	}
	return sum
}

// stoodStill reports that the member answers again only since lately, with the same process as before: it was stopped
// or unreachable. A CPU-starved process stands still, too.
func (t *track) stoodStill(now time.Time, lately time.Duration) bool {
	if !t.starved.IsZero() && now.Sub(t.starved) < lately && !t.restartedSince(t.starved) {
		return true
	}
	return t.interrupted && !t.okSince.IsZero() && now.Sub(t.okSince) < lately &&
		!t.restartedSince(t.okSince.Add(-time.Second))
}

// upFor is how long the member has been up without an observed break.
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
