package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

const (
	// roundTripRetention is how long round trips to a member are kept: the shortest one is taken for the network's.
	roundTripRetention = 15 * time.Minute
	// readsEvery is how often etcdoc asks a member to read (in probe), or once per sweep if sweeps are further apart.
	// After readRounds rounds without an answer the last one no longer counts.
	readsEvery = 5 * time.Second
	readRounds = 3
)

// A readTrack is what we remember of a member's reads of one kind.
type readTrack struct {
	at time.Time // when the newest answer arrived
	// took is how long the newest read took, without the shortest round trip known at the time: the very first answer
	// waited for the connection, as did the Status that came with it.
	took time.Duration
	// previous is how long the read before it took, and previousAt when that answer arrived; hasPrevious says that
	// there was one.
	previous    time.Duration
	previousAt  time.Time
	hasPrevious bool
}

// noteReads records how long the member's Status took, which is little more than the network's round trip, and takes
// that off its reads.
func (t *track) noteReads(m *probe.Member) {
	if m.Status.Answered() && m.Status.Err == nil {
		t.roundTrips.Add(m.Status.At, m.Status.Took.Seconds(), roundTripRetention)
	}
	_, newest, _ := t.roundTrips.Newest()
	shortest, _ := t.roundTrips.Min(newest, roundTripRetention)
	t.shortestRoundTrip = time.Duration(shortest * float64(time.Second))
	for i, read := range [...]*probe.Fact[probe.Read]{&m.Linearizable, &m.Serializable} {
		if read.At.After(t.reads[i].at) {
			last := t.reads[i]
			t.reads[i] = readTrack{
				at: read.At, took: max(0, read.Took-t.shortestRoundTrip),
				previous: last.took, previousAt: last.at, hasPrevious: !last.at.IsZero(),
			}
		}
	}
}

// judgeReadIndexes judges the rate of reads that wait for the leader. What waited while there was no leader or no
// quorum says nothing about the link with it: see [subject.failureWindow].
func judgeReadIndexes(s *subject, window time.Duration) measurement {
	if m, ok := s.requireMetrics(); !ok {
		return m
	}
	counts, inhibitedBy := s.failureWindow(window)
	if counts <= 0 {
		return resolvedAtOnce
	}
	m := judgeTally(slowReadIndexes)(s, counts)
	m.inhibitedBy = cmp.Or(m.inhibitedBy, inhibitedBy)
	if counts == window || m.clipped {
		return m
	}
	if rate, known := m.value.Get(); known && m.over > 0 { // what is counted for some seconds is no rate
		over := max(m.over, min(window, minRateSpan))
		m.value, m.over = probe.Known(rate*m.over.Seconds()/over.Seconds()), over
		m.certain = !s.rule.Breached(m.value.Or(0), s.rule.Notice.Value.Or(math.Inf(1)))
	}
	return m
}

// judgeRead judges how long the member takes to read one key, without the network's round trip.
func judgeRead(linearizable bool) func(*subject, time.Duration) measurement {
	return func(s *subject, _ time.Duration) measurement {
		if s.at.State != StateOK || inDump(s.member) {
			m, _ := s.requireStatus()
			return m
		}
		fact, last := &s.member.Serializable, s.track.reads[1]
		if linearizable {
			fact, last = &s.member.Linearizable, s.track.reads[0]
		}
		asked := fact.Answered() || fact.Err != nil || !fact.Pending.IsZero()
		switch {
		case fact.Err != nil && fact.Err.Kind == probe.ErrUnsupported:
			return notApplicable // a learner
		case !asked:
			return measurement{notMeasurable: "it has not been asked to read"}
		case fact.Fresh() && s.outdated(last):
			return measurement{unknown: fmt.Sprintf("%s has not been read from for %s",
				s.at.Label, FormatDuration(s.now.Sub(fact.At))), named: true, timed: true}
		}
		m := s.measureRead(fact, last)
		m.inhibitedBy = s.slowReadInhibitor(m, linearizable)
		return m
	}
}

// outdated reports whether the member should have answered a newer read by now.
func (s *subject) outdated(last readTrack) bool {
	return s.now.Sub(last.at) > readRounds*max(readsEvery, s.settings.interval)
}

// measureRead returns how long the newest read took. A failed read took at least as long as until it failed, and a
// pending one at least as long as until now. A read that fails at once says nothing: the answer before it counts for
// a while, as at an election.
func (s *subject) measureRead(fact *probe.Fact[probe.Read], last readTrack) (m measurement) {
	way, underWay, took := s.track.shortestRoundTrip, time.Duration(0), last.took
	if !fact.Pending.IsZero() {
		underWay = max(0, s.now.Sub(fact.Pending)-way)
	}
	switch {
	case fact.Err != nil && fact.Err.Kind.IsDenied():
		took = max(0, fact.Took-way)
	case fact.Err != nil:
		failed := max(underWay, fact.Took-way)
		if failed < electionTimeout && (last.at.IsZero() || s.outdated(last)) {
			return measurement{unknown: "a read fails: " + fact.Err.Text, named: namesMember(fact.Err, s.at.Label)}
		}
		if failed >= electionTimeout {
			took, m.clipped = failed, true
		}
	case !fact.Answered() && underWay < electionTimeout:
		return measurement{
			unknown: "its first read has not been answered yet", missing: MissingRead, missingOf: s.at.Key,
		}
	}
	if underWay > took {
		took, m.clipped = underWay, true
	}
	m.value = probe.Known(took.Seconds())
	return m
}

// slowReadInhibitor returns the rule whose finding inhibits that a read is slow or fails; empty if none does.
func (s *subject) slowReadInhibitor(m measurement, linearizable bool) RuleID {
	switch {
	case defragmenting(s.at):
		return DefragRunning
	case !linearizable:
		return ""
	case !s.at.Stale && s.member.Status.Value.Leader == 0:
		return NoLeader
	case !s.cluster.QuorumSeen:
		return QuorumLost
	}
	alone := s.measureRead(&s.member.Serializable, s.track.reads[1])
	if value, known := alone.value.Get(); known && value > 0 && 2*value >= m.value.Or(0) {
		return SerializableReadSlow
	}
	return ""
}

func sayRead(linearizable bool) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		fact, kind, brief := &s.member.Serializable, "serializable", "serial."
		if linearizable {
			fact, kind, brief = &s.member.Linearizable, "linearizable", "linear."
		}
		took := Seconds.Format(m.value.Or(0))
		switch {
		case m.clipped && fact.Err != nil:
			return s.has(fmt.Sprintf("a %s read failed after %s or more (%s)", kind, took, fact.Err.Kind.Words())).
				briefly(brief + " read failed after " + took)
		case m.clipped:
			return s.has(fmt.Sprintf("a %s read has not been answered for %s", kind, m.duration())).withDuration().
				briefly(brief + " read unanswered for " + m.duration())
		}
		text := fmt.Sprintf("a %s read takes %s", kind, took)
		if way := s.track.shortestRoundTrip; way >= farMember {
			text += fmt.Sprintf(", without the %s of the way there and back", Seconds.Format(way.Seconds()))
		}
		return s.has(text).briefly(brief + " read takes " + took)
	}
}

// farMember is the round trip from which on the words mention that it was taken off.
const farMember = 10 * time.Millisecond
