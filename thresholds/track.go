package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// longestWindow is how far back a member's counters are kept: the longest window of any rule.
const longestWindow = 15 * time.Minute

// rttWindow is how far back peer round trips are kept: etcd observes one about every 30 s per connection (rafthttp's
// probing), so 5 minutes hold about 20.
const rttWindow = 5 * time.Minute

// A tally is a counter that is kept for every member.
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
	putsDone
	deletesDone
	txnsDone
	leaseOperations
	peerBytesSent
	peerBytesReceived
	tallyCount
)

// tallies are the source of each tally, its name, and how far back it is kept; 0: the evaluator's window.
var tallies = [tallyCount]struct {
	noun string
	of   func(*probe.Metrics) probe.Value
	keep time.Duration
}{
	appliedEntries: {"applied entries", func(m *probe.Metrics) probe.Value { return m.ProposalsApplied }, 0},
	failedProposals: {"failed proposals", func(m *probe.Metrics) probe.Value { return m.ProposalsFailed },
		longestWindow},
	leaderChanges:   {"leader changes", func(m *probe.Metrics) probe.Value { return m.LeaderChanges }, longestWindow},
	slowApplies:     {"slow applies", func(m *probe.Metrics) probe.Value { return m.SlowApplies }, longestWindow},
	slowReadIndexes: {"slow read indexes", slowOrFailedReadIndexes, longestWindow},
	heartbeatFailures: {"heartbeat failures", func(m *probe.Metrics) probe.Value { return m.HeartbeatSendFailures },
		longestWindow},
	cpuSeconds: {"CPU time", func(m *probe.Metrics) probe.Value { return m.CPUSeconds }, 0},
	requestsServed: {"requests", func(m *probe.Metrics) probe.Value { return writes(m).Plus(m.Ranges) },
		longestWindow},
	rangesServed: {"ranges", func(m *probe.Metrics) probe.Value { return m.Ranges }, longestWindow},
	writesServed: {"writes", writes, longestWindow},
	bytesSent: {"bytes sent to clients", func(m *probe.Metrics) probe.Value { return m.ClientSentBytes },
		longestWindow},
	bytesReceived: {"bytes received from clients",
		func(m *probe.Metrics) probe.Value { return m.ClientReceivedBytes }, longestWindow},
	leasesGranted: {"leases", func(m *probe.Metrics) probe.Value { return m.LeasesGranted }, longestWindow},
	putsDone:      {"puts", func(m *probe.Metrics) probe.Value { return m.Puts }, 0},
	deletesDone:   {"deletes", func(m *probe.Metrics) probe.Value { return m.Deletes }, 0},
	txnsDone:      {"transactions", func(m *probe.Metrics) probe.Value { return m.Txns }, 0},
	leaseOperations: {"lease operations",
		func(m *probe.Metrics) probe.Value { return m.LeasesGranted.Plus(m.LeasesRevoked).Plus(m.LeasesRenewed) }, 0},
	peerBytesSent: {"bytes sent to peers", func(m *probe.Metrics) probe.Value {
		return overPeers(m, func(p *probe.PeerMetrics) probe.Value { return p.SentBytes })
	}, 0},
	peerBytesReceived: {"bytes received from peers", func(m *probe.Metrics) probe.Value {
		return overPeers(m, func(p *probe.PeerMetrics) probe.Value { return p.ReceivedBytes })
	}, 0},
}

// A track is what the evaluator remembers of one member across sweeps.
type track struct {
	ref MemberRef
	// joined is when it became a member, and named when it got its name then or later; zero if that was not seen.
	joined, named time.Time
	// unnamedFailure is what its Status failed with before it had a name.
	unnamedFailure string

	walFsync, backendCommit     window.Histogram
	fsyncLatency, commitLatency latencyTrack
	tallies                     [tallyCount]window.Counter
	peers                       map[probe.MemberID]*peerTrack
	connections                 []Peer // as last shown
	peersDropped                bool   // not all of its peers are kept: see peersKept
	grpc                        map[probe.GRPCMethod]*methodTrack
	// clientCalls counts the unary calls to keys and leases that ended, without those that clients cancelled. etcdoc's
	// own calls are to other services, but for a read of one key every few sweeps.
	clientCalls window.Counter
	// usual are the rates before the problems that are diagnosed now.
	usual map[usualKey]usual

	startTime       probe.Value        // of the process, unix seconds
	counts          processCounts      // of the last exposition
	restarts        []restart          // within the longest window
	restartNoted    time.Time          // the newest one with an event
	metricsAt       time.Time          // when the last exposition arrived
	latestMetricsAt time.Time          // like metricsAt, but kept across a break: see anew
	expositions     int                // how many there have been
	silentUntil     time.Time          // when the first exposition after the last silence arrived: see noteSilence
	metricsGap      time.Duration      // between the last two expositions; 0 before the second
	requestedAt     time.Time          // when the last exposition was requested
	series          probe.Dumped       // how the member is dumped
	certificate     *probe.Certificate // the newest that it presented; the same pointer while unchanged
	version         string
	versions        memberVersions

	// downSince, lateSince and okSince are since when it is in that state without a break; zero otherwise.
	downSince, lateSince, okSince time.Time
	// unhealthySince is since when it has not counted towards the quorum without a break; zero otherwise.
	unhealthySince time.Time
	// mayRun reports that it has never answered here, and that a peer showed last that it may run: see
	// decideOutOfReach.
	mayRun bool
	// refusedAt is when its host last refused a connection since it is down; zero: it has not.
	refusedAt time.Time
	// hung reports that it went from late to down, and has only timed out since.
	hung bool
	// interrupted reports that it has been late or down since it was first seen.
	interrupted bool
	// failures are when it last stopped answering after it had answered, and before.
	failures failures

	// proposalsStuckSince is since when every exposition shows pending proposals and none applied; zero otherwise.
	// applied is the count in the newest one: etcdoc's own logins and alarm requests are proposals too, and pending
	// whenever it scrapes.
	proposalsStuckSince time.Time
	applied             probe.Value
	// led reports that it led in its last answer.
	led bool
	// ledSince is since when it has led without an observed break; zero if it does not lead.
	ledSince time.Time
	// lastLed is when it was last seen to lead; zero: never.
	lastLed time.Time
	// dumpedLead is since when its dumps say that it leads; zero if the newest does not.
	dumpedLead time.Time
	hang       hang // whether it has something to write, and writes nothing
	// index is its committed index; stuckSince is since when that stands still below the leader's, zero if it does not.
	index      uint64
	stuckSince time.Time
	// indexAt is when index was read; indices are its own while it leads.
	indexAt time.Time
	indices window.Gauge
	// leaderlessUntil is when it last could not serve without a leader or quorum, or did not answer; zero: never.
	leaderlessUntil time.Time
	// catchUp is how it receives what it lacks; defragmentingSince is since when it is being defragmented, zero if it
	// is not.
	catchUp            catchUp
	defragmentingSince time.Time
	// defragmenting is the defragmentation that goes on, with what was in use at its start; defragmented the last one
	// that was seen from its start to its end.
	defragmenting, defragmented defragmentation
	// approach is how a learner catches up; snapshotSeen is when it was last sent a snapshot.
	approach     learnerProgress
	snapshotSeen time.Time

	hash hashTrack // the outcome of comparing its data with the others'

	size, memory window.Gauge // database on disk and process, in bytes
	lag          window.Gauge // entries behind the leader
	roundTrips   window.Gauge // seconds that its Status took
	// shortestRoundTrip is the least of them lately: the network's part.
	shortestRoundTrip time.Duration
	// statuses and scrapes are how long its newest answers took: see answersKept.
	statuses, scrapes, pulses window.Series[answerTime]
	// diskAwaited is when a slow disk may last have delayed its pulses; zero: never.
	diskAwaited time.Time
	// starved is when it was last seen CPU-starved; zero: never.
	starved time.Time
	reads   [2]readTrack // linearizable, serializable
	// compacted is the revision up to which the store is compacted, and compactedSince since when; compactionSeen
	// reports that this changed since the first exposition.
	compacted      float64
	compactedSince time.Time
	compactionSeen bool
	// compactions are the newest ones seen to end, oldest first; compactionTimes is the histogram of their durations.
	compactions     []compaction
	compactionTimes probe.Histogram
}

// follow records what the member has answered by now. Each exposition counts once, as of its own time, even if a later
// request is pending or failed. here are the ids of the sweep's members.
func (t *track) follow(m *probe.Member, here map[probe.MemberID]bool, now time.Time, o *settings) {
	t.series = m.Dumped
	t.noteSize(m)
	t.noteReads(m)
	metrics, at := m.Metrics.Value, m.Metrics.At
	if !m.Metrics.Answered() || !at.After(t.latestMetricsAt) || at.After(now) {
		return
	}
	before := t.metricsAt
	t.metricsAt, t.latestMetricsAt, t.metricsGap = at, at, 0
	if t.expositions++; !before.IsZero() {
		t.metricsGap = at.Sub(before)
	}
	silent := t.noteSilence(before, at, o.interval)
	if t.noteRestart(metrics, before, at) {
		t.diskAnew(metrics, before, at)
	}
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

	keep := o.forMember(t).window // of sparse dumps, no shorter window holds two
	t.addDisk(&t.walFsync, &metrics.WALFsync, before, at, silent, keep)
	t.addDisk(&t.backendCommit, &metrics.BackendCommit, before, at, silent, keep)
	for i := range t.tallies {
		if count, known := tallies[i].of(metrics).Get(); known {
			t.tallies[i].Add(at, count, max(tallies[i].keep, keep))
		}
	}
	peers := peersKept(metrics.Peers, here)
	t.peersDropped = len(peers) < len(metrics.Peers)
	t.followPeers(peers, here, before, at, keep)
	t.requestedAt = at.Add(-m.Metrics.Took)
	t.noteGRPC(metrics, methodsDropped(metrics, len(here)), before, at, keep)
}

// progress records whether the member's committed index advances while the leader has more.
func (t *track) progress(index, leaders uint64, now time.Time) {
	switch {
	case index >= leaders:
		t.stuckSince = time.Time{}
	case t.stuckSince.IsZero() || index != t.index:
		t.stuckSince = now
	}
	t.index = index
}

// stuck is how long the member's committed index has stood still although the leader has more.
func (t *track) stuck(now time.Time) time.Duration {
	if t.stuckSince.IsZero() {
		return 0
	}
	return now.Sub(t.stuckSince)
}
