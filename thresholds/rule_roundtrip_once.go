package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
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
//   - what was observed between its looks: a smoothed value, of the last half a minute;
//   - what half of all since the process began took at least, where that is slow;
//   - where some were slow, and it is not known when: what a linearizable read takes longer than a serializable one at the
//     end that follows, for it goes to the leader and back (etcd: ReadIndex);
//   - where that does not tell, as between two followers, the next round trip is awaited.
//
// A roundTrips is what a check has to judge a link by.
type roundTrips struct {
	m   measurement
	any bool
	// undecided says that some were slow since the process began, and nothing tells whether they are now.
	undecided bool
}

// roundTripsOnce is what a check judges a link by. lately is what was observed in its window.
func (s *subject) roundTripsOnce(l *link, lately distribution) (r roundTrips) {
	if r.m, r.any = lately.slow(s.rule.Minimum); r.any {
		return r
	}
	all, known := l.track.rtt.sinceStart()
	if !known || all.observations == 0 {
		return r
	}
	limit := s.rule.Notice.Value.Or(s.rule.Warning.Value.Or(s.rule.Critical.Value.Or(0)))
	r.any = true
	half, upper := all.half()
	r.m = measurement{value: half, upper: upper, basis: BasisSinceStart, observations: all.observations, atMost: Warning}
	slowest, _ := all.slow(s.rule.Minimum)
	if half.Or(0) >= limit || slowest.value.Or(0) < limit {
		return r
	}
	if extra, known := s.readsTake(l); known {
		if extra >= limit {
			r.m.value, r.m.upper, r.m.basis = probe.Known(extra), probe.Known(extra), BasisReads
		}
		return r
	}
	r.undecided = true
	return r
}

// half is what half of the observations took at least, and at most: the bounds of the bucket that the median fell in.
func (d *distribution) half() (lower, upper probe.Value) {
	lower = probe.Known(0)
	for i, n := range d.increase {
		if 2*n >= d.observations {
			return lower, probe.Known(d.bounds[i])
		}
		lower = probe.Known(d.bounds[i])
	}
	return probe.Known(0), upper
}

// slowForReads is from how long a fsync on that a slow read tells of a disk as well: etcd's default heartbeat interval.
const slowForReads = 100 * time.Millisecond

// readsTake is how much longer a linearizable read takes than a serializable one at the end of the link that follows, where
// the other one leads, in seconds. A disk that is slow slows them as well, and then they tell nothing of the link.
func (s *subject) readsTake(l *link) (extra float64, known bool) {
	follower := s.place()
	switch s.cluster.Leader.Key {
	case "":
		return 0, false
	case s.at.Key:
		follower = s.placeOf(l.to)
	case l.to.Key:
	default:
		return 0, false
	}
	m, t := &s.sweep.Members[follower], s.tracks[follower]
	for i := range s.members {
		of := &s.members[i]
		looked := of.Stands(WALFsyncObservations)
		if at := of.Key == s.at.Key || of.Key == l.to.Key; at && !looked || of.Vitals[WALFsyncWorst].Or(0) >= slowForReads.Seconds() {
			return 0, false
		}
	}
	for i, read := range [...]*probe.Fact[probe.Read]{&m.Linearizable, &m.Serializable} {
		if !read.Ever() || read.Err != nil || t.reads[i].at.IsZero() || s.now.Sub(read.At) > readRounds*max(readsEvery, s.options.interval) {
			return 0, false
		}
	}
	return (t.reads[0].took - t.reads[1].took).Seconds(), true
}

// placeOf is the index of one of the members.
func (s *subject) placeOf(m *Member) int {
	for i := range s.members {
		if &s.members[i] == m {
			return i
		}
	}
	return -1
}

// goesByMore reports that a check goes by more than it has observed itself.
func (s *subject) goesByMore() bool {
	return s.options.Immediate && !s.options.SinceStart && !inDump(s.member)
}

// undecidedLink is the link of which it is not known whether it is slow; nil where there is none.
func (s *subject) undecidedLink(links []link, window time.Duration) (undecided *link) {
	if !s.goesByMore() {
		return nil
	}
	for i := range links {
		if l := &links[i]; s.isConnected(l) {
			d, _ := l.track.rtt.distribution(s.member.Metrics.At, window, false)
			if s.roundTripsOnce(l, d).undecided {
				return l
			}
		}
	}
	return nil
}

// describeOnce puts in words what a check found of the round trips with a peer.
func (m measurement) describeOnce(peer string) string {
	value := Seconds.Format(m.value.Or(0))
	switch m.basis {
	case BasisSinceStart:
		return fmt.Sprintf("half of the round trips with %s since its process began took over %s (n=%.0f)", peer, value, m.observations)
	case BasisReads:
		return fmt.Sprintf("some round trips with %s were slow since its process began, and now a linearizable read takes %s more than a serializable one",
			peer, value)
	}
	return m.describe("round trip with " + peer)
}
