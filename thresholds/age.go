package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// Every fact is judged as of its own time, once, in whichever sweep it arrives; what has been asked since, and what came
// of that, changes nothing about it. It ages in three steps:
//
//   - It is of this moment while it is the newest answer, or while the next one is not overdue: see [current].
//   - It is the last known one, shown with a ~, and still judged, until it is older than defensible says.
//   - Then the rule is unknown, because the fact is late.

// defensible is how old what is judged may be: as old as the window that rates and quantiles are taken over. That is never
// less than four intervals, as a rate needs to stand a missed scrape, so that it bears answers that are late sweep after
// sweep; and a rule holds for as long as the default one, 15 s, before it counts, so that a younger answer comes in time.
// Of what is older no part lies in the window that ends now.
//
// It is one limit for all rules, also for those that look back over a window of their own. An old answer proves what it
// counted, and never that nothing has happened since: with a limit of minutes a rule would call fine a member that nobody has
// seen for minutes. So what lasts longer, by the rule's own window, is only a breach that has been found: see
// [Limit.outlasts]. What moves faster does not stand on this: who answers, who leads and who votes are from Status and the
// member list, whose limits are [current] and those of the verdicts' facts, and a connection that a peer had lost proves
// nothing unless seen since (see connectedPeers).
func (o *settings) maxFactAge() time.Duration { return o.window }

// outlasts is for how long a breach of a limit stands as the last known one where the rule can't be judged any more: for as
// long as it must hold; for the evaluator's window; and where the limit looks back over a longer one, while at least half of
// that lies in the window that ends now, for what was counted in there has been.
func (l Limit) keptFor(window time.Duration) time.Duration {
	return max(l.For, window, l.Window/2)
}

// ageOf is how old the newest answer is.
func ageOf[T any](f *probe.Fact[T], now time.Time) time.Duration { return max(0, now.Sub(f.At)) }

// setAges sets how old the member's answers are, and whether its exposition is too old. A dump that is missing is missing:
// there is none to come; and how far apart those are that make a moment, their source says.
func (m *memberState) setAges(now time.Time) {
	p := m.probed
	if p.Status.Answered() {
		m.Age = ageOf(&p.Status, now)
	}
	if p.Linearizable.Answered() {
		m.LinearizableReadAge = ageOf(&p.Linearizable, now)
	}
	if p.Serializable.Answered() {
		m.SerializableReadAge = ageOf(&p.Serializable, now)
	}
	if m.MetricsNeverSeen = !p.Metrics.Answered(); !m.MetricsNeverSeen {
		m.MetricsAge = ageOf(&p.Metrics, now)
	}
	m.MetricsTooOld = m.MetricsNeverSeen || m.MetricsAge > m.settings.maxFactAge()
	if inDump(p) {
		m.MetricsTooOld = m.MetricsNeverSeen || m.MetricsStale || p.Metrics.Err != nil
	}
}

// AgeOf is how old the answer is that a vital stands on; 0 where there has been none.
func (m *Member) AgeOf(v Vital) time.Duration {
	switch {
	case v == LinearizableRead:
		return m.LinearizableReadAge
	case v == SerializableRead:
		return m.SerializableReadAge
	case m.standsOnMetrics(v):
		return m.MetricsAge
	}
	return m.Age
}

// standsOnMetrics reports that a vital is what the metrics say.
func (m *Member) standsOnMetrics(v Vital) bool {
	return m.FromMetrics.Has(v) || !m.Vitals[v].IsKnown() && !v.inStatus()
}

// Stands reports that a vital is known, and not too old to stand for this moment, be it the last known value: see
// [Member.IsStale].
func (m *Member) Stands(v Vital) bool {
	switch {
	case !m.Vitals[v].IsKnown() || m.State == StateDown:
		return false
	case m.standsOnMetrics(v):
		return !m.MetricsTooOld
	}
	return !m.Stale
}

// farApart reports that the newest two expositions are the only ones in a row, and too far apart for a window of the
// evaluator to hold both, although the member was up all the while.
func (t *track) farApart(window time.Duration) bool {
	return t.metricsGap >= window && t.okSince.Before(t.metricsAt.Add(-t.metricsGap))
}
