package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// Basis is what the value of a finding was taken over; empty for the moment, or the window of the rule.
type Basis string

// The bases.
const (
	// BasisSinceStart is everything that the member's process has observed since it started.
	BasisSinceStart Basis = "since-start"
	// BasisReads is how long etcdoc's own reads take now; round trips were as slow at some time since the process
	// started.
	BasisReads Basis = "reads"
)

// A linkCheck is what a check knows of a link. A check takes seconds, and etcd observes a round trip every 30 s, so a
// check uses, in this order:
//
//   - the round trips observed between its appearances: a smoothed value of the last minutes;
//   - the median since the process started, if it is slow;
//   - neither of them if two linearizable reads in a row show that the link has recovered: see slowLinkRecovered;
//   - how much longer a linearizable read takes than a serializable one at the follower's end, since it goes to the
//     leader and back (etcd: ReadIndex). A quick one shows that the link is quick now. Two slow ones in a row show that
//     a link which was slow still is, if neither end answers late from memory;
//   - the next round trip, which it awaits, if round trips were slow and reads don't decide it, as between two
//     followers, or if only reads are slow;
//   - nothing, if round trips were never slow and none was observed now: the link was not measured.
type linkCheck struct {
	measurement measurement
	measured    bool
	// undecided says that round trips were slow at some time since the process started, or reads are slow now, and
	// nothing shows whether round trips still are. unseen says that nothing shows how the link is now.
	undecided, unseen bool
	// readExcess is how much longer the newest linearizable read took, if the link is undecided because of that;
	// answersLate says that an end also answers late from memory.
	readExcess  probe.Value
	answersLate bool
}

// checkLink returns what a check knows of a link; lately has the round trips observed in its window.
func (s *subject) checkLink(l *peerLink, lately window.Distribution) (r linkCheck) {
	if r.measurement, r.measured = latencyIn(&lately, s.rule.Minimum); r.measured {
		return r
	}
	all, known := l.track.rtt.SinceStart()
	if !known || all.Observations == 0 {
		return r
	}
	limit := s.slowLinkSeconds()
	r.measured = true
	half, upper, _ := all.MedianBucket()
	r.measurement = measurement{value: probe.Known(half), upper: probe.Known(upper), basis: BasisSinceStart,
		observations: all.Observations, maxLevel: Warning}
	if s.settings.sinceStart {
		r.measurement.maxLevel = OK // it is judged by all of them
	}
	if half >= limit {
		r.undecided = !s.settings.sinceStart && s.track.expositions < 2 // a single sweep has no two reads
		return r
	}
	slowest, _ := latencyIn(&all, s.rule.Minimum)
	wasSlow := slowest.value.Or(0) >= limit
	rule := s.frame.settings.rule(AnswersSlow)
	r.answersLate = s.answersLate(s.place, rule) || s.answersLate(l.place, rule)
	switch reads := s.linkReadExcess(s.place, l.place); {
	case reads.newest.IsKnown() && reads.newest.Or(0) < limit:
	case reads.maybeDisk:
		r.undecided, r.unseen = wasSlow, !wasSlow
	case wasSlow && !r.answersLate && reads.quicker.Or(0) >= limit:
		r.measurement.value, r.measurement.upper, r.measurement.basis = reads.quicker, reads.quicker, BasisReads
	case reads.newest.IsKnown():
		r.undecided, r.readExcess = true, reads.newest
	default:
		r.undecided, r.unseen = wasSlow, !wasSlow
	}
	return r
}

// hasUnseenLink reports whether a check has a link of which neither end has observed anything.
func (s *subject) hasUnseenLink(links []peerLink, window time.Duration) bool {
	if !s.usesHistory() {
		return false
	}
	for i := range links {
		l := &links[i]
		if !s.hasRoundTrips(l) {
			continue
		}
		d, _ := l.track.rtt.Distribution(s.member.Metrics.At, window, false)
		if _, lately := latencyIn(&d, s.rule.Minimum); lately || s.otherEndSees(l, window) {
			continue
		}
		if all, known := l.track.rtt.SinceStart(); !known || all.Observations == 0 || s.checkLink(l, d).unseen {
			return true
		}
	}
	return false
}

// otherEndSees reports whether the other end of a link has observed a round trip in the window.
func (s *subject) otherEndSees(l *peerLink, window time.Duration) bool {
	other := s.members[l.place].track
	back := other.peers[s.member.ID]
	if back == nil {
		return false
	}
	d, _ := back.rtt.Distribution(other.metricsAt, window, false)
	_, lately := latencyIn(&d, s.rule.Minimum)
	return lately
}

// noRoundTrips returns the measurement of links without observed round trips: some of them in a check, else all.
func (s *subject) noRoundTrips() measurement {
	text := "no round trip has been observed yet: etcd observes one every 30 s"
	if s.usesHistory() {
		text = "no round trip has been observed with some peers in this check: " +
			"etcd observes one every 30 s (--window 35s sees one)"
	}
	return measurement{notMeasurable: text, why: WhyTooFew}
}

// slowFsyncForReads is the fsync duration from which on the disk may be what slows a read: etcd's default heartbeat
// interval.
const slowFsyncForReads = 100 * time.Millisecond

// A readExcess is how much longer linearizable reads take than a serializable one, in seconds: the newest, and the
// slower and the quicker of the newest two if there are two. maybeDisk says that a slow read shows nothing about the
// link, because a slow or unknown disk may have slowed it; a quick one shows that the link is quick, whatever the
// disk.
type readExcess struct {
	newest, slower, quicker probe.Value
	maybeDisk               bool
}

// linkReadExcess returns the read excess of a link's follower, if the other end leads.
func (s *subject) linkReadExcess(i, j int) (excess readExcess) {
	follower := i
	switch s.cluster.Leader.Key {
	case "":
		return excess
	case s.members[i].Key:
		follower = j
	case s.members[j].Key:
	default:
		return excess
	}
	m, t := s.members[follower].probed, s.members[follower].track
	for k := range s.members {
		looked := s.members[k].Stands(WALFsyncObservations)
		if (k == i || k == j) && !looked || s.members[k].Vitals[WALFsyncWorst].Or(0) >= slowFsyncForReads.Seconds() {
			excess.maybeDisk = true
		}
	}
	for kind, read := range [...]*probe.Fact[probe.Read]{&m.Linearizable, &m.Serializable} {
		if !read.Answered() || read.Err != nil || t.reads[kind].at.IsZero() ||
			s.now.Sub(read.At) > readRounds*max(readsEvery, s.settings.interval) {
			return excess
		}
	}
	linearizable, own := &t.reads[0], t.reads[1].took
	excess.newest = probe.Known((linearizable.took - own).Seconds())
	if linearizable.hasPrevious {
		excess.slower = probe.Known((max(linearizable.took, linearizable.previous) - own).Seconds())
		excess.quicker = probe.Known((min(linearizable.took, linearizable.previous) - own).Seconds())
	}
	return excess
}

// slowLinkSeconds returns the round trip from which on a link is slow.
func (s *subject) slowLinkSeconds() float64 {
	first, _, _ := s.settings.rule(PeerRTTSlow).FirstLimit()
	return first.Value.Or(0)
}

// slowLinkRecovered reports, in a check, whether the round trips of a follower with its leader were slow and two
// linearizable reads in a row, which take at least as long, were not: the link was slow, or one of its ends stood
// still. etcd's smoothed round trips show that for minutes, also with its other peers, and so does the median since
// the process started. once says that only one read was quick.
func (s *subject) slowLinkRecovered(follower int) (over, once bool) {
	if !s.usesHistory() {
		return false, false
	}
	lately, known := s.slowUntil[follower]
	if !known {
		if s.slowUntil == nil {
			s.slowUntil = make(map[int]linkRecovery, len(s.members))
		}
		lately.recovered, lately.once = s.judgeLinkRecovery(follower)
		s.slowUntil[follower] = lately
	}
	return lately.recovered, lately.once
}

// A linkRecovery is the result of slowLinkRecovered for a follower. It is kept because every link asks for it.
type linkRecovery struct{ recovered, once bool }

func (s *subject) judgeLinkRecovery(follower int) (over, once bool) {
	leader := s.cohort.place(s.cluster.Leader.Key)
	if leader < 0 || leader == follower {
		return false, false
	}
	limit := s.slowLinkSeconds()
	reads := s.linkReadExcess(follower, leader)
	if reads.newest.Or(limit) >= limit || reads.slower.Or(0) >= limit {
		return false, false
	}
	for _, end := range [...][2]int{{follower, leader}, {leader, follower}} {
		t := s.members[end[0]].track
		peer := t.peers[s.members[end[1]].probed.ID]
		if peer == nil {
			continue
		}
		lately, _ := peer.rtt.Distribution(t.metricsAt, roundTripInterval+2*s.settings.interval, false)
		slowest, _ := latencyIn(&lately, s.settings.rule(PeerRTTSlow).Minimum)
		all, _ := peer.rtt.SinceStart()
		half, _, observed := all.MedianBucket()
		if slowest.value.Or(0) >= limit || observed && half >= limit {
			return reads.slower.IsKnown(), !reads.slower.IsKnown()
		}
	}
	return false, false
}

// usesHistory reports whether a check may use what was observed before it began.
func (s *subject) usesHistory() bool {
	return s.settings.immediate && !inDump(s.member)
}

// undecidedLink says why it is unknown whether one of the links is slow; empty if none is undecided.
func (s *subject) undecidedLink(links []peerLink, window time.Duration) (text string) {
	if !s.usesHistory() {
		return ""
	}
	for i := range links {
		l := &links[i]
		if !s.hasRoundTrips(l) {
			continue
		}
		if l.unsettled {
			return fmt.Sprintf("round trips with %s were slow, and one linearizable read was not: "+
				"the next one will show whether that is over", l.to.Label)
		}
		d, _ := l.track.rtt.Distribution(s.member.Metrics.At, window, false)
		once := s.checkLink(l, d)
		switch excess, slow := once.readExcess.Get(); {
		case slow && once.answersLate:
			return fmt.Sprintf("a linearizable read takes %s more than a serializable one, "+
				"but answers from memory are late as well, and no round trip with %s has been observed now: "+
				"etcd observes one every 30 s",
				Seconds.Format(excess), l.to.Label)
		case slow:
			return fmt.Sprintf("a linearizable read takes %s more than a serializable one, "+
				"and no round trip with %s has been observed now: etcd observes one every 30 s",
				Seconds.Format(excess), l.to.Label)
		case once.undecided:
			return fmt.Sprintf("some round trips with %s were slow since its process began, "+
				"and none has been observed now: etcd observes one every 30 s", l.to.Label)
		}
	}
	return ""
}

// describeCheck words what a check found about the round trips with a peer.
func (m measurement) describeCheck(peer string) string {
	value := Seconds.Format(m.value.Or(0))
	switch m.basis {
	case BasisSinceStart:
		return fmt.Sprintf("half of the round trips with %s since its process began took over %s (n=%.0f)",
			peer, value, m.observations)
	case BasisReads:
		return fmt.Sprintf("some round trips with %s were slow since its process began, "+
			"and now two linearizable reads in a row take %s more than a serializable one", peer, value)
	}
	return m.describe("round trip with " + peer)
}
