package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// longestWindow is how far back the counters of a member are kept: the longest window of any rule.
const longestWindow = 15 * time.Minute

// rttWindow is how far back peer round trips are kept: etcd observes one about every 30 s and connection
// (rafthttp's probing), so that 5 minutes hold about 20.
const rttWindow = 5 * time.Minute

// A tally is a counter that is kept of every member.
type tally uint8

const (
	appliedEntries tally = iota
	failedProposals
	leaderChanges
	slowApplies
	slowReadIndexes
	heartbeatFailures
	cpuSeconds
	requestsServed
	rangesServed
	writesServed
	leasesGranted
	bytesSent
	bytesReceived
	tallyCount
)

// tallies is where each tally comes from, what it counts, and how far back it is kept; 0: the evaluator's window.
var tallies = [tallyCount]struct {
	noun string
	of   func(*probe.Metrics) probe.Value
	keep time.Duration
}{
	appliedEntries:    {"applied entries", func(m *probe.Metrics) probe.Value { return m.ProposalsApplied }, 0},
	failedProposals:   {"failed proposals", func(m *probe.Metrics) probe.Value { return m.ProposalsFailed }, longestWindow},
	leaderChanges:     {"leader changes", func(m *probe.Metrics) probe.Value { return m.LeaderChanges }, longestWindow},
	slowApplies:       {"slow applies", func(m *probe.Metrics) probe.Value { return m.SlowApplies }, longestWindow},
	slowReadIndexes:   {"slow read indexes", slowOrFailedReadIndexes, longestWindow},
	heartbeatFailures: {"heartbeat failures", func(m *probe.Metrics) probe.Value { return m.HeartbeatSendFailures }, longestWindow},
	cpuSeconds:        {"CPU time", func(m *probe.Metrics) probe.Value { return m.CPUSeconds }, 0},
	requestsServed:    {"requests", func(m *probe.Metrics) probe.Value { return writes(m).Plus(m.Ranges) }, longestWindow},
	rangesServed:      {"ranges", func(m *probe.Metrics) probe.Value { return m.Ranges }, longestWindow},
	writesServed:      {"writes", writes, longestWindow},
	bytesSent:         {"bytes sent to clients", func(m *probe.Metrics) probe.Value { return m.ClientSentBytes }, longestWindow},
	bytesReceived:     {"bytes received from clients", func(m *probe.Metrics) probe.Value { return m.ClientReceivedBytes }, longestWindow},
	leasesGranted:     {"leases", func(m *probe.Metrics) probe.Value { return m.LeasesGranted }, longestWindow},
}

func slowOrFailedReadIndexes(m *probe.Metrics) probe.Value {
	if !m.ReadIndexesFailed.IsKnown() {
		return m.SlowReadIndexes
	}
	return m.SlowReadIndexes.Plus(m.ReadIndexesFailed)
}

// writes counts puts, deletes and transactions; a transaction's own puts and deletes count too.
func writes(m *probe.Metrics) probe.Value { return m.Puts.Plus(m.Deletes).Plus(m.Txns) }

// A track is what the evaluator remembers of one member from sweep to sweep.
type track struct {
	ref MemberRef

	walFsync, backendCommit window.Histogram
	tallies                 [tallyCount]window.Counter
	peers                   map[probe.MemberID]*peerTrack
	connections             []Peer // as last told
	peersDropped            bool   // some of its peers are not followed: see followed
	grpc                    map[probe.GRPCMethod]*methodTrack

	startTime       probe.Value        // of the process, unix seconds
	firstStart      float64            // of the process that was there at the first look, unix seconds
	counts          processCounts      // in the last exposition
	restarts        []restart          // within the longest window
	restartNoted    time.Time          // the newest one that became an event
	metricsAt       time.Time          // when the last exposition arrived
	latestMetricsAt time.Time          // the same, of before what came between too: see anew
	expositions     int                // how many expositions there have been
	metricsGap      time.Duration      // between the last exposition and the one before; 0: there was none before
	series          probe.Dumped       // how it is dumped
	certificate     *probe.Certificate // the newest that it showed: the same one as long as it stays the same
	version         string

	// downSince, lateSince and okSince are since when it has been in that state without a break; zero: it is not.
	downSince, lateSince, okSince time.Time
	// hung says that it went from late to down, and that time ran out is all that went wrong since.
	hung bool
	// interrupted says that it has been late or down since it was first seen.
	interrupted bool

	// waiting is since when there have been proposals pending in every exposition while none was applied; zero: there are
	// none. applied is how many had been by the newest: logging in, and asking for alarms, are proposals of our own, and
	// pending each time that we look.
	proposalsStuckSince time.Time
	applied             probe.Value
	// led says that it led when it last answered.
	led bool
	// ledSince is since when it has led without a break, as far as it was watched; zero: it does not lead.
	ledSince time.Time
	// lastLed is when it was last seen to lead; zero: never.
	lastLed time.Time
	// dumpedLead is since when its dumps have said so; zero: the newest does not.
	dumpedLead time.Time
	hang       hang // whether it has something to write, and writes nothing
	// index is its committed index, and stuckSince since when that has stood still below the leader's; zero: it has not.
	index      uint64
	stuckSince time.Time
	// indexAt is when it was asked for its index last, and indices are its own while it leads.
	indexAt time.Time
	indices window.Gauge
	// leaderlessUntil is when it last could not serve for want of a leader or a quorum, or did not answer; zero: never.
	leaderlessUntil time.Time
	// approach is how a learner catches up, and snapshotSeen when it was last seen to be sent a snapshot.
	approach     learnerProgress
	snapshotSeen time.Time

	hash hashTrack // how its data compared with the others'

	size, memory window.Gauge // of the database on disk, and of the process, in bytes
	lag          window.Gauge // entries behind the leader
	roundTrips   window.Gauge // seconds that its Status took
	// shortestWay is the least of them lately: how far the member is from here and back.
	shortestRoundTrip time.Duration
	// statuses and scrapes are how long its newest answers took: see answersKept.
	statuses, scrapes, pulses window.Series[answerTime]
	// diskAwaited is when its disk was last seen to be what its pulses may have waited for; zero: never.
	diskAwaited time.Time
	// starved is when it was last seen CPU-starved; zero: never.
	starved time.Time
	reads   [2]readTrack // linearizable, serializable
	// compacted is the revision up to which all is compacted, and compactedSince since when; compactionSeen says that
	// it was not so from the first look on.
	compacted      float64
	compactedSince time.Time
	compactionSeen bool
	// compactions are the newest that were seen to end, oldest first, and compactionTimes the histogram of how long they take.
	compactions     []compaction
	compactionTimes probe.Histogram
}

// follow takes in what the member has answered by now: each exposition once, as of its own time, be it that the next one
// is on its way or could not be read. here are the members of the sweep, and o the options of that.
func (t *track) follow(m *probe.Member, here map[probe.MemberID]bool, now time.Time, o *settings) {
	t.series = m.Dumped
	t.noteSize(m)
	t.noteWay(m)
	metrics, at := m.Metrics.Value, m.Metrics.At
	if !m.Metrics.Answered() || !at.After(t.latestMetricsAt) || at.After(now) {
		return
	}
	before := t.metricsAt
	t.metricsAt, t.latestMetricsAt, t.metricsGap = at, at, 0
	if t.expositions++; !before.IsZero() {
		t.metricsGap = at.Sub(before)
	}
	t.noteRestart(metrics, before, at)
	t.noteMemory(metrics, at)
	t.noteCompaction(metrics.CompactRevision, at)
	t.noteCompactions(metrics, at)
	switch {
	case metrics.ProposalsPending.Or(0) == 0:
		t.proposalsStuckSince = time.Time{}
	case t.proposalsStuckSince.IsZero(), metrics.ProposalsApplied != t.applied:
		t.proposalsStuckSince = at
	}
	t.applied = metrics.ProposalsApplied

	keep := o.forMember(t).window // of dumps that are far apart, two are in no shorter one
	t.walFsync.Add(at, window.Buckets(metrics.WALFsync), keep)
	t.backendCommit.Add(at, window.Buckets(metrics.BackendCommit), keep)
	for i := range t.tallies {
		if count, known := tallies[i].of(metrics).Get(); known {
			t.tallies[i].Add(at, count, max(tallies[i].keep, keep))
		}
	}
	peers := peersKept(metrics.Peers, here)
	t.peersDropped = len(peers) < len(metrics.Peers)
	t.followPeers(peers, here, before, at, keep)
	t.noteGRPC(metrics, methodsDropped(metrics, len(here)), before, at, keep)
}

// progress notes whether the member takes in what the leader commits.
func (t *track) progress(index, leaders uint64, now time.Time) {
	switch {
	case index >= leaders:
		t.stuckSince = time.Time{}
	case t.stuckSince.IsZero() || index != t.index:
		t.stuckSince = now
	}
	t.index = index
}

// stuck is for how long the member has taken in nothing although the leader has more.
func (t *track) stuck(now time.Time) time.Duration {
	if t.stuckSince.IsZero() {
		return 0
	}
	return now.Sub(t.stuckSince)
}
