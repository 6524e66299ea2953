package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A hearing is what a leader's metrics show of the messages that a follower sends it. A follower answers every
// heartbeat, at least five per election timeout (etcd checks its flags for that), and rafthttp counts what arrives,
// without its own keep-alives.
type hearing uint8

// The hearings. All but heard leave open whether the follower takes part; notHeard shows that it does not.
const (
	// heard: they have arrived lately, or nobody leads who would have to hear them.
	heard hearing = iota
	// notHeard: none has arrived for longer than the longest default election timeout.
	notHeard
	// hardlyHeard: none has arrived just now, which may still be a pause.
	hardlyHeard
	// hearingLate: metrics that would show it are late.
	hearingLate
	// hearingUnreadable: the metrics that would show it can't be read.
	hearingUnreadable
	// hearingNotShown: the metrics do not show it, or not yet.
	hearingNotShown
)

// isDoubt reports that it is not known whether the follower is heard.
func (h hearing) isDoubt() bool { return h > notHeard }

const (
	// mayBeUnheardAfter is how long a leader may hear nothing from a member before the member may no longer take part:
	// longer than an election timeout, and visible to the second of two sweeps a second apart.
	mayBeUnheardAfter = 3 * electionTimeout / 2
	// heardSteadily is how many expositions in a row have to show that a leader hears a member until the first one that
	// shows nothing raises a doubt, if it covers silentAfter: seven heartbeats of the default interval. Both are
	// etcdoc's own. Where heartbeats are further apart, silent expositions are usual.
	heardSteadily = 30
	silentAfter   = 3 * electionTimeout / 4
)

// A heardPeer is what a track remembers of the raft messages that arrived from a peer.
type heardPeer struct {
	// received counts their bytes; receivedAt is when that last grew or was first seen.
	received   probe.Value
	receivedAt time.Time
	// since is when the exposition before the one that last showed growth was requested: a message arrived after it.
	// It is zero until there was growth.
	since time.Time
	// inARow is how many of the last expositions showed growth without a break.
	inARow int
	// steady reports that the last break came after heardSteadily of them.
	steady bool
	// lateAt is when there was last no proof that is recent enough. It takes a while to have proof again: from metrics
	// that are always late it comes and goes.
	lateAt time.Time
}

// noteReceived records the bytes received by an exposition that arrived at a time. before is when the one before it was
// requested.
func (p *heardPeer) noteReceived(received probe.Value, before, at time.Time) {
	switch {
	case !received.IsKnown():
		*p = heardPeer{}
	case received == p.received:
		if p.inARow > 0 {
			p.steady = p.inARow >= heardSteadily
		}
		p.inARow = 0
	default:
		if !p.receivedAt.IsZero() {
			p.since = before
			p.inARow++
		}
		p.received, p.receivedAt = received, at
	}
}

// unheardFor is how long a leader has received no raft message from a peer, as of its newest exposition. Silence alone
// shows that the peer's messages do not arrive.
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

// heardAfter reports that a raft message has arrived from a peer after a moment, and lately, as of the newest
// exposition.
func (t *track) heardAfter(peer probe.MemberID, moment time.Time) bool {
	p := t.peers[peer]
	return p != nil && !p.since.IsZero() && !p.since.Before(moment) &&
		t.metricsAt.Sub(p.receivedAt) < longElectionTimeout
}

// hears is what a leader's newest exposition shows of a peer at a time. read is when a linearizable read through the
// peer was requested that has succeeded, so that the leader heard of it; zero without one. Until two expositions can
// show growth it counts instead. A message counts until it is older than maxAge.
func (t *track) hears(peer probe.MemberID, read, now time.Time, maxAge time.Duration) hearing {
	p := t.peers[peer]
	if p == nil || !p.received.IsKnown() {
		return hearingNotShown
	}
	proven, silence := p.since, t.metricsAt.Sub(p.receivedAt)
	if t.expositions < 2 && now.Sub(read) <= maxAge {
		proven = read
	}
	switch {
	case t.unheardFor(peer) >= longElectionTimeout:
		return notHeard
	case silence >= mayBeUnheardAfter, p.steady && p.inARow == 0 && silence >= silentAfter,
		proven.IsZero() && t.expositions > 1:
		return hardlyHeard
	case proven.IsZero():
		return hearingNotShown
	case now.Sub(proven) > maxAge:
		p.lateAt = now
		return hearingLate
	case !p.lateAt.IsZero() && now.Sub(p.lateAt) <= maxAge:
		return hearingLate
	}
	return heard
}

// hearing is whether the leader at a place hears the voter at another one; heard if that is the leader itself, or no
// leader answers.
func (f *frame) hearing(leader, i int) hearing {
	if leader < 0 || leader == i {
		return heard
	}
	l, read := &f.members[leader], &f.members[i].probed.Linearizable
	h := hearingLate
	if p := l.track.peers[f.members[i].ID]; p != nil && l.settings.immediate {
		p.lateAt = time.Time{} // a check has no verdict before this one that should not flap
	}
	if !l.MetricsTooOld {
		var requested time.Time
		if read.Answered() && read.Err == nil {
			requested = read.At.Add(-read.Took)
		}
		h = l.track.hears(f.members[i].ID, requested, f.now, maxMomentAge(l.settings.interval))
	}
	if h == hearingLate && l.probed.Metrics.Err != nil {
		return hearingUnreadable
	}
	return h
}

// hearingWords is what is not known of whether the leader hears the member, and why; brief is that in short.
func (m *memberState) hearingWords(leader MemberRef) (words, brief string) {
	others := "whether the leader " + leader.Label + " hears the others is not known: its metrics "
	switch m.hearing {
	case hearingLate:
		return others + "are late", leader.Short + ": metrics late"
	case hearingUnreadable:
		return others + "can't be read from here", leader.Short + ": metrics unknown"
	case hearingNotShown:
		return others + "do not show it yet", leader.Short + ": hearing unknown"
	default:
		return "whether " + m.Label + " is healthy is not known: the leader has just heard nothing from it",
			m.Short + " is not heard"
	}
}
