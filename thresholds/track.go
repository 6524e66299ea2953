package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// longestWindow is how far back the counters of a member are kept: the longest window of any rule.
const longestWindow = 15 * time.Minute

// rttWindow is how far back peer round trips are kept: etcd observes one about every 30 s and connection
// (rafthttp's probing), so that 5 minutes hold about 20.
const rttWindow = 5 * time.Minute

// A track is what the evaluator remembers of one member from sweep to sweep.
type track struct {
	ref MemberRef

	walFsync, backendCommit                          buckets
	peerRTT                                          map[probe.MemberID]*buckets
	applied, failed, slowApplies, leaderChanges, cpu counter

	startTime    probe.Value // of the process, unix seconds
	restarts     []restart   // within the longest window
	restartNoted time.Time   // the newest one that became an event
	metricsAt    time.Time   // when the last exposition arrived
	version      string

	downSince, lateSince time.Time

	// waiting is since when there have been proposals pending in every exposition; zero: there are none.
	waiting time.Time
	// led says that it led when it last answered.
	led bool
	// index is its committed index, and stuckSince since when that has stood still below the leader's; zero: it has not.
	index      uint64
	stuckSince time.Time
}

// restart is a restart of a member's process.
type restart struct {
	at  time.Time // when it was noticed
	led bool      // it led before
}

// follow takes in what the member answered in a sweep. window is the evaluator's own.
func (t *track) follow(m *probe.Member, window time.Duration) {
	if !m.Metrics.Fresh() || !m.Metrics.At.After(t.metricsAt) {
		return
	}
	metrics, at := m.Metrics.Value, m.Metrics.At
	t.metricsAt = at
	t.noteRestart(metrics.StartTime, at)
	switch {
	case metrics.ProposalsPending.Or(0) == 0:
		t.waiting = time.Time{}
	case t.waiting.IsZero():
		t.waiting = at
	}

	t.walFsync.add(at, metrics.WALFsync, window)
	t.backendCommit.add(at, metrics.BackendCommit, window)
	t.applied.add(at, metrics.ProposalsApplied, window)
	t.slowApplies.add(at, metrics.SlowApplies, window)
	t.cpu.add(at, metrics.CPUSeconds, window)
	t.failed.add(at, metrics.ProposalsFailed, longestWindow)
	t.leaderChanges.add(at, metrics.LeaderChanges, longestWindow)
	for peer, metrics := range metrics.Peers {
		if t.peerRTT[peer] == nil {
			if t.peerRTT == nil {
				t.peerRTT = make(map[probe.MemberID]*buckets)
			}
			t.peerRTT[peer] = new(buckets)
		}
		t.peerRTT[peer].add(at, metrics.RoundTrip, rttWindow)
	}
}

// noteRestart notices that the process began anew since the last exposition.
func (t *track) noteRestart(start probe.Value, at time.Time) {
	was, knew := t.startTime.Get()
	is, know := start.Get()
	if !know {
		return
	}
	t.startTime = start
	if knew && is > was {
		t.restarts = append(t.restarts, restart{at, t.led})
	}
	t.restarts = slices.DeleteFunc(t.restarts, func(r restart) bool { return at.Sub(r.at) > longestWindow })
}

// restartsWithin counts the restarts seen in the window that ends at `to`: all, or those of a leader.
func (t *track) restartsWithin(to time.Time, window time.Duration, led bool) int {
	n := 0
	for _, r := range t.restarts {
		if r.at.After(to.Add(-window)) && !r.at.After(to) && (r.led || !led) {
			n++
		}
	}
	return n
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

// vitals derives the member's vitals from its newest answers, stale ones too: [Member.IsStale] tells.
func (t *track) vitals(m *probe.Member, now time.Time, o Options) (v Vitals, fromMetrics vitalSet) {
	if m.Status.Ever() {
		statusVitals(&v, &m.Status.Value)
	}
	if m.Linearizable.Fresh() {
		v[LinearizableRead] = probe.Known(m.Linearizable.Took.Seconds())
	}
	if m.Serializable.Fresh() {
		v[SerializableRead] = probe.Known(m.Serializable.Took.Seconds())
	}
	before := v
	if m.Metrics.Ever() {
		t.metricsVitals(&v, m.Metrics.Value, m.Metrics.At, o)
		v[ScrapeDuration] = probe.Known(m.Metrics.Took.Seconds())
		if start, known := t.startTime.Get(); known && m.Metrics.Fresh() {
			v[Uptime] = probe.Known(now.Sub(time.UnixMilli(int64(1000 * start))).Seconds())
		}
	}
	for i := range v {
		if !before[i].IsKnown() && v[i].IsKnown() {
			fromMetrics.put(Vital(i))
		}
	}
	v[DBQuotaUsed] = v[DBSize].Per(v[DBQuota])
	return v, fromMetrics
}

func statusVitals(v *Vitals, s *probe.Status) {
	v[RaftTerm] = probe.Known(float64(s.RaftTerm))
	v[RaftIndex] = probe.Known(float64(s.RaftIndex))
	if s.RaftAppliedIndex > 0 { // 3.4+
		v[ApplyLag] = probe.Known(max(0, float64(s.RaftIndex)-float64(s.RaftAppliedIndex)))
	}
	v[DBSize] = probe.Known(float64(s.DBSizeBytes))
	if s.DBInUseBytes > 0 { // 3.4+
		v[DBInUse] = probe.Known(float64(s.DBInUseBytes))
	}
	if s.DBQuotaBytes > 0 { // 3.6+, and not in 3.6.0 to 3.6.5 where it is not set
		v[DBQuota] = probe.Known(float64(s.DBQuotaBytes))
	}
}

func (t *track) metricsVitals(v *Vitals, m *probe.Metrics, at time.Time, o Options) {
	latencies(v, &t.walFsync, at, o, WALFsyncP50, WALFsyncP99, WALFsyncWorst, WALFsyncObservations)
	latencies(v, &t.backendCommit, at, o, BackendCommitP50, BackendCommitP99, BackendCommitWorst, BackendCommitObservations)
	for _, rtt := range t.peerRTT {
		if d, known := rtt.distribution(at, rttWindow, o.SinceStart); known {
			v[PeerRTTP99] = v[PeerRTTP99].Max(d.quantile(0.99))
		}
	}
	v[ProposalsPending] = m.ProposalsPending
	v[ProposalsAppliedRate] = t.applied.recent(at, o.Window)
	v[ProposalsFailedRate] = t.failed.recent(at, o.Window)
	v[SlowAppliesRate] = t.slowApplies.recent(at, o.Window)
	v[CPU] = t.cpu.recent(at, o.Window)
	v[LeaderChanges] = m.LeaderChanges
	v[OpenFDs], v[MaxFDs] = m.OpenFDs, m.MaxFDs
	v[ResidentBytes] = m.ResidentBytes
	v[ScrapeBytes] = probe.Known(float64(m.Bytes))
	if !v[ApplyLag].IsKnown() { // 3.3 has it in the metrics alone
		if lag, known := m.ProposalsCommitted.Minus(m.ProposalsApplied).Get(); known {
			v[ApplyLag] = probe.Known(max(0, lag))
		}
	}
	if !v[DBInUse].IsKnown() {
		v[DBInUse] = m.DBInUseBytes
	}
	if quota, known := m.DBQuotaBytes.Get(); known && quota > 0 && !v[DBQuota].IsKnown() {
		v[DBQuota] = m.DBQuotaBytes
	}
}

// latencies derives the vitals of one histogram. A quantile of fewer observations than a rule would need is still
// shown: the number of them stands beside it.
func latencies(v *Vitals, b *buckets, at time.Time, o Options, p50, p99, worst, observations Vital) {
	d, known := b.distribution(at, o.Window, o.SinceStart)
	if !known {
		return
	}
	v[observations] = probe.Known(d.observations)
	v[p50], v[p99] = d.quantile(0.50), d.quantile(0.99)
	if _, upper, known := d.slowestBucket(); known {
		v[worst] = probe.Known(min(upper, d.bounds[max(0, len(d.bounds)-2)]))
	}
}
