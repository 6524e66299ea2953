package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// vitals derives the member's vitals from its newest answers, including stale ones: see [Member.IsStale].
func (t *track) vitals(m *probe.Member, now time.Time, o *settings) (v Vitals, fromMetrics VitalSet) {
	if m.Status.Answered() {
		statusVitals(&v, &m.Status.Value)
	}
	if m.Linearizable.Answered() && m.Linearizable.Err == nil {
		v[LinearizableRead] = probe.Known(m.Linearizable.Took.Seconds())
	}
	if m.Serializable.Answered() && m.Serializable.Err == nil {
		v[SerializableRead] = probe.Known(m.Serializable.Took.Seconds())
	}
	if m.Status.Answered() && m.Status.Err == nil {
		v[StatusDuration] = probe.Known(max(m.Status.Took, m.Status.Slowest).Seconds())
	}
	if m.ServedCertificate != nil {
		v[CertificateExpiresIn] = probe.Known(m.ServedCertificate.NotAfter.Sub(now).Seconds())
	}
	before := v
	v[ClockOffset] = clockOffset(&m.Metrics)
	if m.Metrics.Answered() {
		t.metricsVitals(&v, m.Metrics.Value, m.Metrics.At, o)
		if !inDump(m) {
			v[ScrapeDuration] = probe.Known(max(m.Metrics.Took, m.Metrics.Slowest).Seconds())
		}
		if start, known := t.startTime.Get(); known && m.Metrics.Err == nil {
			v[Uptime] = probe.Known(now.Sub(time.UnixMilli(int64(1000 * start))).Seconds())
		}
	}
	for i := range v {
		if !before[i].IsKnown() && v[i].IsKnown() {
			fromMetrics.put(Vital(i))
		}
	}
	if quota := flagQuota(m); !v[DBQuota].IsKnown() && !quotaIsOff(m) && quota.IsKnown() {
		v[DBQuota] = quota
	}
	v[DBQuotaUsed] = v[DBSize].Per(v[DBQuota])
	v[DBInUseShare] = v[DBInUse].Per(v[DBSize])
	if _, sized, known := t.size.Newest(); known {
		v[DBGrowthRate], v[DBQuotaReachedIn] = t.growth(sized, compactionSettles, v[DBQuota])
	}
	if fromMetrics.Has(DBSize) {
		for _, derived := range [...]Vital{DBQuotaUsed, DBInUseShare, DBGrowthRate, DBQuotaReachedIn} {
			fromMetrics.put(derived)
		}
	}
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
	if s.DBQuotaBytes > 0 { // 3.6+, but not 3.6.0 to 3.6.5 with the default quota
		v[DBQuota] = probe.Known(float64(s.DBQuotaBytes))
	}
}

// rateVitals are the vitals that are the rate of a tally: over the evaluator's window, or over that of a rule's first
// limit, so that both give the same number.
var rateVitals = [...]struct {
	vital Vital
	of    tally
	as    RuleID
}{
	{ProposalsAppliedRate, appliedEntries, ""},
	{ProposalsFailedRate, failedProposals, ""},
	{SlowAppliesRate, slowApplies, AppliesSlow},
	{SlowReadIndexesRate, slowReadIndexes, ReadIndexesSlow},
	{HeartbeatFailuresRate, heartbeatFailures, HeartbeatsFailing},
	{CPU, cpuSeconds, ""},
	{RequestsRate, requestsServed, ""},
	{WritesRate, writesServed, ""},
	{LeaseGrantsRate, leasesGranted, ""},
	{PutsRate, putsDone, ""},
	{DeletesRate, deletesDone, ""},
	{TxnsRate, txnsDone, ""},
	{RangesRate, rangesServed, ""},
	{LeaseOperationsRate, leaseOperations, ""},
	{ClientSentRate, bytesSent, ""},
	{ClientReceivedRate, bytesReceived, ""},
	{PeerSentRate, peerBytesSent, ""},
	{PeerReceivedRate, peerBytesReceived, ""},
}

// rateOf is a tally's rate, as a rule judges it if one is named.
func (t *track) rateOf(of tally, at time.Time, as RuleID, o *settings) probe.Value {
	c := &t.tallies[of]
	if !c.EndsAt(at) {
		return probe.Value{}
	}
	if as != "" && !o.immediate {
		if limit, _, judged := o.rule(as).FirstLimit(); judged {
			rate, _, known := meanRate(c, at, limit.Window, o.window)
			return valueOf(rate, known)
		}
	}
	return valueOf(c.RateSoFar(at, o.window))
}

// metricsVitals derives the vitals that come from a member's metrics.
func (t *track) metricsVitals(v *Vitals, m *probe.Metrics, at time.Time, o *settings) {
	t.fsyncLatency.note(latencies(v, &t.walFsync, at, o, WALFsyncSlow,
		WALFsyncP50, WALFsyncP99, WALFsyncWorst, WALFsyncObservations), at)
	t.commitLatency.note(latencies(v, &t.backendCommit, at, o, BackendCommitSlow,
		BackendCommitP50, BackendCommitP99, BackendCommitWorst, BackendCommitObservations), at)
	v[ProposalsPending] = m.ProposalsPending
	for _, rate := range rateVitals {
		v[rate.vital] = t.rateOf(rate.of, at, rate.as, o)
	}
	if t.clientCalls.EndsAt(at) {
		v[ClientCallsRate] = valueOf(t.clientCalls.RateSoFar(at, o.window))
	}
	v[Watchers], v[SlowWatchers], v[PendingEvents], v[Keys] = m.Watchers, m.SlowWatchers, m.PendingEvents, m.Keys
	if compacted, known := m.CompactRevision.Get(); known { // -1 if never compacted: an empty store is at revision 1
		v[UncompactedRevisions] = m.CurrentRevision.Minus(probe.Known(max(1, compacted)))
	}
	v[Defragmentations] = m.DefragInflight
	v[CallsInFlight], _ = callsInFlight(m)
	if n := len(t.compactions); n > 0 {
		v[CompactionTook] = probe.Known(t.compactions[n-1].took.Seconds())
	}
	v[FDsUsed] = m.OpenFDs.Per(m.MaxFDs)
	v[LeaderChanges] = m.LeaderChanges
	v[SnapshotsInFlight] = allSnapshotsInFlight(m)
	v[OpenFDs], v[MaxFDs] = m.OpenFDs, m.MaxFDs
	v[ResidentBytes] = m.ResidentBytes
	v[ScrapeBytes] = probe.Known(float64(m.Bytes))
	if !v[ApplyLag].IsKnown() { // 3.3 has it only in the metrics
		if lag, known := m.ProposalsCommitted.Minus(m.ProposalsApplied).Get(); known {
			v[ApplyLag] = probe.Known(max(0, lag))
		}
	}
	if !v[DBSize].IsKnown() { // before the first Status
		v[DBSize] = m.DBSizeBytes
	}
	if !v[DBInUse].IsKnown() {
		v[DBInUse] = m.DBInUseBytes
	}
	if quota, known := m.DBQuotaBytes.Get(); known && quota > 0 && !v[DBQuota].IsKnown() {
		v[DBQuota] = m.DBQuotaBytes
	}
}

// latencies derives the vitals of one histogram. It shows a quantile even with fewer observations than its rule
// requires; their number is a vital of its own.
func latencies(
	v *Vitals, b *window.Histogram, at time.Time, o *settings, rule RuleID, p50, p99, worst, observations Vital,
) Latency {
	d, known := b.Distribution(at, o.window, o.sinceStart)
	if !known || !b.EndsAt(at) {
		return Latency{}
	}
	v[observations] = probe.Known(d.Observations)
	v[p50], v[p99] = valueOf(d.Quantile(0.50)), valueOf(d.Quantile(0.99))
	if _, upper, known := d.HighestBucket(); known {
		v[worst] = probe.Known(min(upper, d.Bounds[max(0, len(d.Bounds)-2)]))
	}
	return newLatency(&d, o.rule(rule).Minimum)
}

func slowOrFailedReadIndexes(m *probe.Metrics) probe.Value {
	if !m.ReadIndexesFailed.IsKnown() {
		return m.SlowReadIndexes
	}
	return m.SlowReadIndexes.Plus(m.ReadIndexesFailed)
}

// writes counts puts, deletes and transactions; a transaction's own puts and deletes count too.
func writes(m *probe.Metrics) probe.Value { return m.Puts.Plus(m.Deletes).Plus(m.Txns) }
