package thresholds

import (
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// etcd's smoothed round trips show for minutes that a link was slow. These find out earlier that it is quick again: by
// two linearizable reads in a row through it, which take at least a round trip, or by what the newest observation would
// be without the smoothing.

// probeEvery is how often etcd probes a peer (rafthttp: proberInterval), and probeWeight what one probe weighs in the
// smoothed round trip (probing: α). Between two observations there are fewestProbes or mostProbes of them, or fewer if
// some failed.
const (
	probeEvery   = 4 * time.Second
	probeWeight  = 0.125
	fewestProbes = int(roundTripInterval / probeEvery)
	mostProbes   = fewestProbes + 1
)

// peerProbers is how many probers etcd has for a peer: one per round tripper.
const peerProbers = 2

// A tripRound is what the probers of a peer observed at about the same time.
type tripRound struct {
	at      time.Time // when the newest of it was seen
	trips   float64
	seconds float64 // the sum
}

// mean returns the mean round trip, in seconds; 0 without one.
func (r *tripRound) mean() float64 {
	if r.trips == 0 {
		return 0
	}
	return r.seconds / r.trips
}

// noteRound takes in the growth of the histogram of round trips to count observations with that sum. What was observed
// before the first exposition, or by an earlier process, is no round.
func (p *peerTrack) noteRound(count, sum float64, at time.Time) {
	trips, seconds := count-p.rttCount, sum-p.rttSum
	switch {
	case p.rttCount == 0 || trips < 0 || seconds < 0:
		p.rounds = [2]tripRound{}
	case at.Sub(p.rounds[0].at) < roundTripInterval/2:
		p.rounds[0] = tripRound{at, p.rounds[0].trips + trips, p.rounds[0].seconds + seconds}
	default:
		p.rounds = [2]tripRound{{at, trips, seconds}, p.rounds[0]}
	}
	p.rttCount, p.rttSum, p.rttCountAt = count, sum, at
}

// lately bounds the mean round trip between the newest two rounds, in seconds, without what the smoothing remembers of
// the time before. It is known if the rounds are one interval apart.
func (p *peerTrack) lately() (least, most float64, known bool) {
	now, before := &p.rounds[0], &p.rounds[1]
	apart := now.at.Sub(before.at)
	if before.trips == 0 || now.trips != before.trips || now.trips > peerProbers ||
		apart <= roundTripInterval/2 || apart >= roundTripInterval+roundTripInterval/2 {
		return 0, 0, false
	}
	least, most = math.Inf(1), 0
	for probes := fewestProbes; probes <= mostProbes; probes++ {
		kept := math.Pow(1-probeWeight, float64(probes))
		took := max(0, (now.mean()-kept*before.mean())/(1-kept))
		least, most = min(least, took), max(most, took)
	}
	return least, most, true
}

// isQuickAgain reports whether the link is known to be quick although round trips of late were slow.
func (p *peerTrack) isQuickAgain() bool { return p != nil && !p.quickSince.IsZero() }

// slowUntilLately reports whether slow round trips with a peer say nothing about now.
func (t *track) slowUntilLately(peer probe.MemberID) bool {
	p := t.peers[peer]
	return p.isQuickAgain() || p != nil && p.leftOpen
}

// quickTrip bounds the newest round trip of a link that is quick again.
func (p *peerTrack) quickTrip() (least, most float64) {
	if least, most, known := p.lately(); known && !p.rounds[1].at.Before(p.quickSince) {
		return least, most
	}
	return 0, p.quickWithin
}

// noteQuick judges the newest rounds by the round trip from which on a link is slow. A link stays quick again until
// the smoothing has forgotten the slow round trips, or newer ones are slow.
func (p *peerTrack) noteQuick(limit float64, now time.Time) {
	least, most, known := p.lately()
	newest, before := p.rounds[0].mean(), p.rounds[1].mean()
	since := !p.rounds[1].at.Before(p.quickSince)
	switch {
	case !p.isQuickAgain() && known && most < limit && max(newest, before) >= limit:
		p.quickSince, p.quickWithin = p.rounds[0].at, most
	case !p.isQuickAgain():
	case now.Sub(p.quickSince) >= rttSmoothing, since && known && least >= limit,
		since && newest >= limit && newest > before:
		p.quickSince, p.quickWithin = time.Time{}, 0
	}
}

// noteRoundSpeed notes whether the newest round is slow: see wasQuickAt.
func (p *peerTrack) noteRoundSpeed(limit float64) {
	switch mean := p.rounds[0].mean(); {
	case mean == 0:
	case mean < limit:
		p.wasQuickAt, p.slowSince = p.rounds[0].at, time.Time{}
	case p.slowSince.IsZero():
		p.slowSince = p.rounds[0].at
	}
}

// noteQuickLinks notes which links are quick again. A check has too little time for that: see slowLinkRecovered.
func (b *cohort) noteQuickLinks() {
	limit := b.slowestQuickTrip()
	if b.settings.immediate || b.settings.sinceStart || b.sweep.Dumps != nil || math.IsInf(limit, 1) {
		return
	}
	for i := range b.members {
		for _, p := range b.members[i].track.peers {
			p.noteQuick(limit, b.now)
			p.noteRoundSpeed(limit)
		}
	}
	leader := b.place(b.cluster.Leader.Key)
	for i := range b.members {
		if leader >= 0 && i != leader {
			b.noteQuickReads(i, leader)
		}
	}
	b.noteLeftOpen(leader, limit)
}

// noteLeftOpen notes between which followers the slow round trips say nothing about now: since they were observed, the
// leader's link with one of the two has become quick again. What slowed both may be over, and reads show only the
// leader's links. Two rounds after that decide.
func (b *cohort) noteLeftOpen(leader int, limit float64) {
	for i := range b.members {
		for j := range b.members {
			p := b.members[i].track.peers[b.members[j].ID]
			if p == nil || i == j {
				continue
			}
			p.leftOpen = false
			slow := max(p.rounds[0].mean(), p.rounds[1].mean()) >= limit
			if leader < 0 || i == leader || j == leader || !slow || p.isQuickAgain() {
				continue
			}
			for _, end := range [...]int{i, j} {
				own := b.members[end].track.peers[b.members[leader].ID]
				p.leftOpen = p.leftOpen || own.isQuickAgain() && p.rounds[1].at.Before(own.quickSince)
			}
		}
	}
}

// slowestQuickTrip returns the round trip from which on a rule finds a link slow, in seconds.
func (b *cohort) slowestQuickTrip() float64 {
	limit := math.Inf(1)
	for _, id := range [...]RuleID{PeerRTTSlow, LinkGrown} {
		if first, _, known := b.settings.rule(id).FirstLimit(); known {
			limit = min(limit, first.Value.Or(math.Inf(1)))
		}
	}
	return limit
}

// readsShare is what share of a slow round trip reads may take at most to prove that it is over: through a link that is
// still as slow they take at least all of it.
const readsShare = 0.5

// noteQuickReads notes what the newest two reads through the link between a follower and the leader prove, each of
// which took at least a round trip: it is quick again if both began after the newest round and were quick, or if the
// first was slow, the second quick, and no round has been slow yet. Two slow ones void that.
func (b *cohort) noteQuickReads(follower, leader int) {
	t, o := b.members[follower].track, b.members[leader].track
	read, own, fact := &t.reads[0], &t.reads[1], &b.members[follower].probed.Linearizable
	began := read.previousAt.Add(-read.previous)
	if !read.hasPrevious || fact.Err != nil || b.now.Sub(read.at) > readRounds*max(readsEvery, b.settings.interval) ||
		b.cluster.LeaderSeenToCome && began.Before(b.cluster.LeaderSince) {
		return
	}
	limit := b.settings.rule(PeerRTTSlow).Notice.Value.Or(math.Inf(1))
	slow := func(excess time.Duration) bool { return excess.Seconds() >= limit }
	took := max(read.took, read.previous).Seconds()
	for _, p := range [...]*peerTrack{t.peers[o.ref.ID], o.peers[t.ref.ID]} {
		if p == nil {
			continue
		}
		slowRound := p.rounds[0].mean() >= b.slowestQuickTrip()
		switch {
		case p.isQuickAgain():
			if slow(read.took-own.took) && slow(read.previous-own.previous) && began.After(p.quickSince) {
				p.quickSince, p.quickWithin = time.Time{}, 0
			}
		case slow(read.took):
		case slowRound && took < limit && began.After(p.rounds[0].at) && took < readsShare*p.rounds[0].mean():
			p.quickSince, p.quickWithin = read.at, took
		case !slowRound && slow(read.previous-own.previous):
			p.quickSince, p.quickWithin = read.at, read.took.Seconds()
		}
	}
}
