package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// Basis is what the value of a finding was taken over.
type Basis string

// The bases. Empty is the moment, or the window of the rule.
const (
	// BasisSinceStart is all that the member's process has observed since it began.
	BasisSinceStart Basis = "since-start"
	// BasisReads is what etcdoc's own reads take now, where since the process began there have been such round trips.
	BasisReads Basis = "reads"
)

// A check is over in seconds, and etcd observes a round trip every 30 s. So a check goes by, in this order:
//
//   - what was observed between its looks: a smoothed value, of the last minutes;
//   - what half of all since the process began took at least, where that is slow;
//   - both only where two linearizable reads in a row do not show that what made them slow is over: see slowLinkRecovered;
//   - what a linearizable read takes longer than a serializable one at the end that follows, for it goes to the leader and
//     back (etcd: ReadIndex): a quick one shows that the link is quick now, two slow ones in a row that it is one of those that
//     were slow, where neither end is late with what it answers from memory;
//   - where that does not tell, as between two followers, and some were slow, or where only reads are slow, the next round
//     trip is awaited;
//   - where nothing was ever slow, and nothing of it was seen now, it is said that it was not measured.
//
// A roundTrips is what a check has to judge a link by.
type linkCheck struct {
	measurement measurement
	measured    bool
	// undecided says that some were slow since the process began, or that reads are now, and nothing tells whether round trips
	// are; unseen that nothing was seen of the link now.
	undecided, unseen bool
	// extra is by how much the newest read is slow, where it is undecided for that; late says that an end is late with what it
	// answers from memory as well.
	readExcess  probe.Value
	answersLate bool
}

// roundTripsOnce is what a check judges a link by. lately is what was observed in its window.
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
	r.measurement = measurement{value: probe.Known(half), upper: probe.Known(upper), basis: BasisSinceStart, observations: all.Observations, maxLevel: Warning}
	if half >= limit {
		r.undecided = s.track.expositions < 2 // how reads go is not seen in one look
		return r
	}
	slowest, _ := latencyIn(&all, s.rule.Minimum)
	were := slowest.value.Or(0) >= limit
	rule := s.frame.settings.rule(AnswersSlow)
	r.answersLate = s.answersLate(s.place, rule) || s.answersLate(l.place, rule)
	switch reads := s.linkReadExcess(s.place, l.place); {
	case reads.newest.IsKnown() && reads.newest.Or(0) < limit:
	case reads.maybeDisk:
		r.undecided, r.unseen = were, !were
	case were && !r.answersLate && reads.quicker.Or(0) >= limit:
		r.measurement.value, r.measurement.upper, r.measurement.basis = reads.quicker, reads.quicker, BasisReads
	case reads.newest.IsKnown():
		r.undecided, r.readExcess = true, reads.newest
	default:
		r.undecided, r.unseen = were, !were
	}
	return r
}

// unseenLink reports that nothing was seen of a link in a check, at neither end.
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

// sees reports that the other end of a link has observed a round trip in the window.
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

// noTrips is the measurement of links of which no round trip has been observed: in a check of some, else of all.
func (s *subject) noRoundTrips() measurement {
	text := "no round trip has been observed yet: etcd does every 30 s"
	if s.usesHistory() {
		text = "not with every peer has a round trip been observed in this look, for etcd does every 30 s (--window 35s sees one)"
	}
	return measurement{notMeasurable: text, why: WhyTooFew}
}

// slowForReads is from how long a fsync on that a slow read tells of a disk as well: etcd's default heartbeat interval.
const slowFsyncForReads = 100 * time.Millisecond

// extraReads is how much longer linearizable reads take than a serializable one, in seconds: the newest, and the slower and the
// quicker of the newest two where there have been as many. ofDisk says that slow ones tell nothing of the link: a disk that is
// slow, or of which nothing is known, may have slowed them. Quick ones do, whatever the disks are.
type readExcess struct {
	newest, slower, quicker probe.Value
	maybeDisk               bool
}

// readsTake is how much longer linearizable reads take at the end of a link that follows, where the other one leads.
func (s *subject) linkReadExcess(i, j int) (extra readExcess) {
	follower := i
	switch s.cluster.Leader.Key {
	case "":
		return extra
	case s.members[i].Key:
		follower = j
	case s.members[j].Key:
	default:
		return extra
	}
	m, t := s.members[follower].probed, s.members[follower].track
	for k := range s.members {
		looked := s.members[k].Stands(WALFsyncObservations)
		if (k == i || k == j) && !looked || s.members[k].Vitals[WALFsyncWorst].Or(0) >= slowFsyncForReads.Seconds() {
			extra.maybeDisk = true
		}
	}
	for kind, read := range [...]*probe.Fact[probe.Read]{&m.Linearizable, &m.Serializable} {
		if !read.Answered() || read.Err != nil || t.reads[kind].at.IsZero() || s.now.Sub(read.At) > readRounds*max(readsEvery, s.settings.interval) {
			return extra
		}
	}
	linearizable, own := &t.reads[0], t.reads[1].took
	extra.newest = probe.Known((linearizable.took - own).Seconds())
	if linearizable.hasPrevious {
		extra.slower = probe.Known((max(linearizable.took, linearizable.previous) - own).Seconds())
		extra.quicker = probe.Known((min(linearizable.took, linearizable.previous) - own).Seconds())
	}
	return extra
}

// slowLink is from how long round trips on a link is slow.
func (s *subject) slowLinkSeconds() float64 {
	rule := s.settings.rule(PeerRTTSlow)
	return rule.Notice.Value.Or(rule.Warning.Value.Or(rule.Critical.Value.Or(0)))
}

// slowLinkRecovered reports, in a check, that the round trips of a follower with its leader were slow, while two linearizable reads
// in a row, which take no less than one, were not: its link was slow, or one of its ends stood still. etcd's smoothed
// round trips tell of that for minutes, also those with its other peers, and so does what half of all took. once says that
// one read alone was quick.
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

// An linkRecovery is what slowLinkRecovered says of a follower: of many members it is asked for each link.
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

// usesHistory reports that a check goes by more than it has observed itself.
func (s *subject) usesHistory() bool {
	return s.settings.immediate && !s.settings.sinceStart && !inDump(s.member)
}

// undecided says that it is not known whether a link is slow; empty where there is none of which that is not known.
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
			return fmt.Sprintf("round trips with %s were slow, and one linearizable read was not: the next one tells whether that is over", l.to.Label)
		}
		d, _ := l.track.rtt.Distribution(s.member.Metrics.At, window, false)
		once := s.checkLink(l, d)
		switch extra, slow := once.readExcess.Get(); {
		case slow && once.answersLate:
			return fmt.Sprintf("a linearizable read takes %s more than a serializable one, but answers from memory are late as well, and no round trip with %s has been observed now: etcd does every 30 s",
				Seconds.Format(extra), l.to.Label)
		case slow:
			return fmt.Sprintf("a linearizable read takes %s more than a serializable one, and no round trip with %s has been observed now: etcd does every 30 s",
				Seconds.Format(extra), l.to.Label)
		case once.undecided:
			return fmt.Sprintf("some round trips with %s were slow since its process began, and none has been observed now: etcd does every 30 s", l.to.Label)
		}
	}
	return ""
}

// describeOnce puts in words what a check found of the round trips with a peer.
func (m measurement) describeCheck(peer string) string {
	value := Seconds.Format(m.value.Or(0))
	switch m.basis {
	case BasisSinceStart:
		return fmt.Sprintf("half of the round trips with %s since its process began took over %s (n=%.0f)", peer, value, m.observations)
	case BasisReads:
		return fmt.Sprintf("some round trips with %s were slow since its process began, and now two linearizable reads in a row take %s more than a serializable one",
			peer, value)
	}
	return m.describe("round trip with " + peer)
}
