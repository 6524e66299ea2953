package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// hangsAfter is how long a member must lack what its peers have committed, and write nothing, before its disk counts as
// hanging: twice an election timeout, which is twice what etcd's mixin calls critical for an fsync.
const hangsAfter = 2 * electionTimeout

// A hang tracks whether a member has something to write to its log while no fsync ends. A voter appends and fsyncs what
// its leader sends before it commits any of it (etcd's raftNode.start, which sends no heartbeats and begins no election
// meanwhile).
type hang struct {
	fsyncs, committed, applied probe.Value // of the newest exposition
	// leaders are whether it has one, and how many it has seen: etcd's raftNode.start notes both between two fsyncs.
	leaders [2]probe.Value
	// noFsyncSince is since when no fsync has ended.
	noFsyncSince time.Time
	// behindSince is since when, without an fsync, it has committed nothing while a peer had committed more; zero: it
	// is not behind.
	behindSince time.Time
	// queuedSince is since when, without an fsync, it has led with proposals pending and applied nothing; zero: it has
	// not.
	queuedSince time.Time
	// lasted is how long an unfinished fsync has taken at least; 0: none is seen to hang.
	lasted time.Duration
}

// noteHangs observes each member whose exposition is new.
func (f *frame) noteHangs() {
	for i := range f.members {
		m, t := f.members[i].probed, f.members[i].track
		if metrics := m.Metrics.Value; metrics != nil && t.metricsAt.Equal(m.Metrics.At) && !m.IsStray() {
			if t.silentUntil.Equal(t.metricsAt) { // what stood still with its process did not hang
				t.hang = hang{}
			}
			t.hang.observe(metrics, t.metricsAt, f.peerAheadSince(i), defragmenting(&f.members[i]))
		}
	}
}

// observe records an exposition; ahead is since when a peer had committed more, zero where none has.
func (h *hang) observe(m *probe.Metrics, at, ahead time.Time, defragmenting bool) {
	var fsyncs probe.Value
	if n := len(m.WALFsync.Counts); n > 0 {
		fsyncs = probe.Known(m.WALFsync.Counts[n-1])
	}
	leaders := [2]probe.Value{m.HasLeader, m.LeaderChanges}
	if !fsyncs.IsKnown() || fsyncs != h.fsyncs || leaders != h.leaders {
		*h = hang{fsyncs: fsyncs, leaders: leaders, noFsyncSince: at}
	}
	if m.ProposalsCommitted != h.committed {
		h.committed, h.behindSince = m.ProposalsCommitted, time.Time{}
	}
	if m.ProposalsApplied != h.applied {
		h.applied, h.queuedSince = m.ProposalsApplied, time.Time{}
	}
	setSince(&h.behindSince, ahead, !ahead.IsZero())
	// Entries that are committed but not applied wait for something other than the log, unless peers have committed
	// more.
	queued := m.IsLeader.Or(0) > 0 && m.ProposalsPending.Or(0) > 0 && !defragmenting &&
		(!ahead.IsZero() || m.ProposalsCommitted.Minus(m.ProposalsApplied).Or(0) <= 0)
	setSince(&h.queuedSince, at, queued)
}

// setSince sets since to now where a condition begins, and to zero where it does not hold.
func setSince(since *time.Time, now time.Time, holds bool) {
	switch {
	case !holds:
		*since = time.Time{}
	case since.IsZero():
		*since = now
	}
}

// peerAheadSince is when a peer's metrics first showed more committed than member i's, and not before i's own metrics;
// zero where no peer is ahead.
func (f *frame) peerAheadSince(i int) (since time.Time) {
	own := f.members[i].probed.Metrics.Value
	committed, known := own.ProposalsCommitted.Get()
	for j := range f.members {
		metrics, at := f.members[j].probed.Metrics.Value, f.members[j].track.metricsAt
		_, isPeer := own.Peers[f.members[j].probed.ID]
		if j == i || !isPeer || !known || metrics == nil || at.IsZero() {
			continue
		}
		if metrics.ProposalsCommitted.Or(0) > committed && (since.IsZero() || at.Before(since)) {
			since = at
		}
	}
	if since.Before(f.members[i].track.metricsAt) && !since.IsZero() {
		since = f.members[i].track.metricsAt
	}
	return since
}

// noteHangDurations keeps how long each member's hanging fsync has taken.
func (b *cohort) noteHangDurations() {
	for i := range b.members {
		b.members[i].track.hang.lasted = b.hangDuration(i)
	}
}

// hangDuration is how long an unfinished fsync of member i has taken at least; 0 where none is seen to hang.
func (b *cohort) hangDuration(i int) time.Duration {
	t, h := b.members[i].track, &b.members[i].track.hang
	if b.members[i].MetricsTooOld || b.members[i].probed.Metrics.Err != nil {
		return 0
	}
	if lasted := elapsed(h.queuedSince, t.metricsAt); lasted >= longElectionTimeout &&
		b.answersPromptly(i, h.queuedSince) {
		return lasted // a leader without a quorum has stepped down by then (etcd sets raft's CheckQuorum)
	}
	lasted := elapsed(h.behindSince, t.metricsAt)
	if lasted >= hangsAfter && b.hearsLeader(i, h.behindSince) && b.answersPromptly(i, h.behindSince) &&
		!b.receivesSnapshot(i) {
		return lasted
	}
	return 0
}

// elapsed is how long something has lasted; 0 where since is zero.
func elapsed(since, now time.Time) time.Duration {
	if since.IsZero() {
		return 0
	}
	return max(0, now.Sub(since))
}

// hearsLeader reports whether member i knows a leader, and has received raft messages of one that leads after since and
// until now: the entries that it lacks are among them.
func (b *cohort) hearsLeader(i int, since time.Time) bool {
	t := b.members[i].track
	if b.members[i].probed.Metrics.Value.HasLeader.Or(0) == 0 {
		return false
	}
	for j := range b.members {
		if j == i || b.members[j].Role != RoleLeader {
			continue
		}
		if p := t.peers[b.members[j].ID]; p != nil && p.receivedAt.After(since) &&
			t.metricsAt.Sub(p.receivedAt) <= electionTimeout {
			return true
		}
	}
	return false
}

// promptShare is the share of the time without an fsync that an answer from memory may take before CPU starvation could
// explain the silence: an exposition needs more CPU than writing an entry.
const promptShare = 0.05

// answersPromptly reports whether at least half of member i's answers from memory after since were quick: it gets
// enough CPU.
func (b *cohort) answersPromptly(i int, since time.Time) bool {
	best, _ := b.quickest(i)
	quick := max(answersPeersMax, promptShare*elapsed(since, b.members[i].track.metricsAt).Seconds(),
		answersFactor*best.slowest, answersRoundTrips*b.roundTrip(i, b.answersOf(i)))
	n, late := 0, 0
	for _, p := range b.members[i].track.scrapes.Range(b.now, b.now.Sub(since)) {
		if n++; p.seconds > quick {
			late++
		}
	}
	return 2*late <= n
}

// receivesSnapshot reports whether member i receives or applies a snapshot: its leader sends it nothing else meanwhile.
func (b *cohort) receivesSnapshot(i int) bool {
	own := b.members[i].probed.Metrics.Value
	if own.SnapshotApplyInProgress.Or(0) > 0 {
		return true
	}
	for _, p := range own.Peers {
		if p.SnapshotReceivesInflight.Or(0) > 0 {
			return true
		}
	}
	return slices.ContainsFunc(b.sweep.Members, func(m probe.Member) bool {
		return m.Metrics.Value != nil && m.Metrics.Value.Peers[b.members[i].ID].SnapshotSendsInflight.Or(0) > 0
	})
}

// awaitsFsync reports whether member i has something to write, or lacks something, and no fsync has ended since the
// scrape before: its disk's latency is unknown for now.
func (b *cohort) awaitsFsync(i int) bool {
	t, h := b.members[i].track, &b.members[i].track.hang
	return h.lasted > 0 || !b.members[i].MetricsTooOld && t.metricsAt.After(h.noFsyncSince) &&
		(!h.behindSince.IsZero() || !h.queuedSince.IsZero())
}

// mayHang reports whether another sweep could show that member i's disk hangs.
func (b *cohort) mayHang(i int) bool {
	h := &b.members[i].track.hang
	return h.lasted == 0 && b.awaitsFsync(i) && b.answersPromptly(i, h.noFsyncSince) &&
		(h.behindSince.IsZero() || b.members[i].probed.Metrics.Value.HasLeader.Or(0) > 0)
}

// withholdsAnswers reports whether member i hears its leader but writes nothing that the leader sends: it answers the
// leader only after the write.
func (b *cohort) withholdsAnswers(i int) bool {
	h := &b.members[i].track.hang
	return h.lasted > 0 || b.awaitsFsync(i) && !h.behindSince.IsZero() && b.hearsLeader(i, h.behindSince)
}

func fsyncs(t *track) *window.Histogram { return &t.walFsync }

func commits(t *track) *window.Histogram { return &t.backendCommit }

// judgeFsync judges the p99 of WAL fsyncs, or the duration of a hanging one where that is longer.
func judgeFsync(s *subject, window time.Duration) measurement {
	m := judgeLatency(fsyncs, "fsync")(s, window)
	if hung := s.track.hang.lasted; hung > 0 && hung.Seconds() > m.value.Or(0) {
		return measurement{
			value: probe.Known(hung.Seconds()), clipped: true, hangs: true, certain: hung >= longElectionTimeout,
			since: s.track.metricsAt.Add(-hung), window: s.settings.window,
		}
	}
	return m
}

func sayFsync(s *subject, m measurement) statement {
	if m.hangs {
		lasted := Seconds.Format(s.track.hang.lasted.Seconds())
		return s.has(hangWords(s.track.hang.lasted)).withDuration().briefly("an fsync hangs for " + lasted + " or more")
	}
	return sayLatency("WAL fsync", "fsync")(s, m)
}

// hangWords says that an fsync hangs, without naming the member.
func hangWords(lasted time.Duration) string {
	return fmt.Sprintf("no WAL fsync has ended for %s or more although there is something to write",
		FormatDuration(lasted))
}
