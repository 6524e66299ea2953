package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// hangsAfter is for how long a member must have been seen to lack what its peers have committed, and to write nothing,
// until that is its disk: twice an election timeout, which is four times what etcd's mixin calls critical for an fsync.
const hangsAfter = 2 * electionTimeout

// A hang is what tells that a member has something to write to its log, and that no fsync of it ends. A voter appends what
// its leader sends, and fsyncs that, before it takes any of it for committed (etcd's raftNode.start, which sends no
// heartbeats and begins no election meanwhile).
type hang struct {
	fsyncs, committed, applied probe.Value // as the newest exposition has them
	// still is since when no fsync has ended.
	noFsyncSince time.Time
	// lacks is since when, meanwhile, it has committed nothing and a peer has been seen to have committed more; zero: none has.
	behindSince time.Time
	// queues is since when, meanwhile, it has led, had proposals pending, and applied nothing; zero: it has not.
	queuedSince time.Time
	// lasted is for how long at least an fsync has taken that has not ended; 0: that is not seen.
	lasted time.Duration
}

// noteHangs takes in of each member whose exposition is new whether it has something to write.
func (f *frame) noteHangs() {
	for i := range f.members {
		m, t := f.members[i].probed, f.members[i].track
		if metrics := m.Metrics.Value; metrics != nil && t.metricsAt.Equal(m.Metrics.At) && !m.IsStray() {
			t.hang.observe(metrics, t.metricsAt, f.peerAheadSince(i), defragmenting(&f.members[i]))
		}
	}
}

func (h *hang) observe(m *probe.Metrics, at, ahead time.Time, defragmenting bool) {
	var fsyncs probe.Value
	if n := len(m.WALFsync.Counts); n > 0 {
		fsyncs = probe.Known(m.WALFsync.Counts[n-1])
	}
	if !fsyncs.IsKnown() || fsyncs != h.fsyncs {
		*h = hang{fsyncs: fsyncs, noFsyncSince: at}
	}
	if m.ProposalsCommitted != h.committed {
		h.committed, h.behindSince = m.ProposalsCommitted, time.Time{}
	}
	if m.ProposalsApplied != h.applied {
		h.applied, h.queuedSince = m.ProposalsApplied, time.Time{}
	}
	setSince(&h.behindSince, ahead, !ahead.IsZero())
	// What is committed and not applied waits for another thing than the log, unless peers have gone on.
	waits := m.IsLeader.Or(0) > 0 && m.ProposalsPending.Or(0) > 0 && !defragmenting &&
		(!ahead.IsZero() || m.ProposalsCommitted.Minus(m.ProposalsApplied).Or(0) <= 0)
	setSince(&h.queuedSince, at, waits)
}

// begin keeps since when something is so; zero: it is not.
func setSince(since *time.Time, now time.Time, is bool) {
	switch {
	case !is:
		*since = time.Time{}
	case since.IsZero():
		*since = now
	}
}

// peersAhead is by when a peer, by its metrics, had committed more than the member at a place; zero: none has.
func (f *frame) peerAheadSince(i int) (by time.Time) {
	mine, known := f.members[i].probed.Metrics.Value.ProposalsCommitted.Get()
	for j := range f.members {
		metrics, at := f.members[j].probed.Metrics.Value, f.members[j].track.metricsAt
		if _, peers := f.members[i].probed.Metrics.Value.Peers[f.members[j].probed.ID]; j == i || !peers || !known || metrics == nil || at.IsZero() {
			continue
		}
		if metrics.ProposalsCommitted.Or(0) > mine && (by.IsZero() || at.Before(by)) {
			by = at
		}
	}
	if by.Before(f.members[i].track.metricsAt) && !by.IsZero() {
		by = f.members[i].track.metricsAt
	}
	return by
}

// noteHung keeps for how long the fsync of each member has taken that hangs.
func (b *cohort) noteHangDurations() {
	for i := range b.members {
		b.members[i].track.hang.lasted = b.hangDuration(i)
	}
}

// hangs is for how long at least an fsync of the member at a place has taken that has not ended; 0: that is not seen.
func (b *cohort) hangDuration(i int) time.Duration {
	t, h := b.members[i].track, &b.members[i].track.hang
	if b.members[i].MetricsTooOld || b.members[i].probed.Metrics.Err != nil {
		return 0
	}
	if lasted := elapsed(h.queuedSince, t.metricsAt); lasted >= longElectionTimeout && b.answersPromptly(i, h.queuedSince) {
		return lasted // one that can't reach a quorum has ceased to lead by then (etcd sets raft's CheckQuorum)
	}
	lasted := elapsed(h.behindSince, t.metricsAt)
	if lasted >= hangsAfter && b.hearsLeader(i, h.behindSince) && b.answersPromptly(i, h.behindSince) && !b.receivesSnapshot(i) {
		return lasted
	}
	return 0
}

// waited is how long something has lasted; 0 where it has not begun.
func elapsed(since, now time.Time) time.Duration {
	if since.IsZero() {
		return 0
	}
	return max(0, now.Sub(since))
}

// hearsLeader reports that the member at a place holds a peer for its leader that leads, or still leads by its own word, and
// that raft messages of one that leads have come since a moment, and until now: those that it lacks are among them.
func (b *cohort) hearsLeader(i int, since time.Time) bool {
	t := b.members[i].track
	if b.members[i].probed.Metrics.Value.HasLeader.Or(0) == 0 {
		return false
	}
	for j := range b.members {
		if j == i || b.members[j].Role != RoleLeader {
			continue
		}
		if p := t.peers[b.members[j].ID]; p != nil && p.receivedAt.After(since) && t.metricsAt.Sub(p.receivedAt) <= electionTimeout {
			return true
		}
	}
	return false
}

// promptShare is what part of the time that a process has written nothing an answer from memory takes at most where that is not
// for want of CPU: an exposition takes more of it than to write an entry.
const promptShare = 0.05

// prompt reports that the member at a place has answered from memory at once since a moment, half the times at least: its process
// gets to run.
func (b *cohort) answersPromptly(i int, since time.Time) bool {
	best, _ := b.quickest(i)
	quick := max(answersPeersMax, promptShare*elapsed(since, b.members[i].track.metricsAt).Seconds(), answersFactor*best.slowest, answersRoundTrips*b.roundTrip(i, b.answersOf(i)))
	n, late := 0, 0
	for _, p := range b.members[i].track.scrapes.Range(b.now, b.now.Sub(since)) {
		if n++; p.seconds > quick {
			late++
		}
	}
	return 2*late <= n
}

// takesSnapshot reports that the member at a place is sent a snapshot, or takes one in: it is sent nothing else then.
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

// awaitsFsync reports that the member at a place has, or lacks, something to write, and that no fsync of it has ended since
// the look before: how quick its disk is, is not known at this moment.
func (b *cohort) awaitsFsync(i int) bool {
	t, h := b.members[i].track, &b.members[i].track.hang
	return h.lasted > 0 || !b.members[i].MetricsTooOld && t.metricsAt.After(h.noFsyncSince) && (!h.behindSince.IsZero() || !h.queuedSince.IsZero())
}

// mayHang reports that it takes another look at the member at a place to tell whether its disk hangs.
func (b *cohort) mayHang(i int) bool {
	h := &b.members[i].track.hang
	return h.lasted == 0 && b.awaitsFsync(i) && b.answersPromptly(i, h.noFsyncSince) && (h.behindSince.IsZero() || b.members[i].probed.Metrics.Value.HasLeader.Or(0) > 0)
}

// holdsBack reports that the member at a place hears its leader and writes nothing of what that sends: it answers only once it has.
func (b *cohort) withholdsAnswers(i int) bool {
	h := &b.members[i].track.hang
	return h.lasted > 0 || b.awaitsFsync(i) && !h.behindSince.IsZero() && b.hearsLeader(i, h.behindSince)
}

func fsyncs(t *track) *window.Histogram { return &t.walFsync }

func commits(t *track) *window.Histogram { return &t.backendCommit }

// judgeFsync judges the WAL fsyncs that have ended, or the one that hangs where that has taken longer.
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
		return s.has(hangWords(s.track.hang.lasted)).withDuration()
	}
	return sayLatency("WAL fsync")(s, m)
}

// hangWords says that an fsync hangs, without its member.
func hangWords(lasted time.Duration) string {
	return fmt.Sprintf("no WAL fsync has ended for %s or more although there is something to write", Seconds.Format(lasted.Seconds()))
}
