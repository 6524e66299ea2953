package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A fact is judged once, as of its own time, in whichever sweep it arrives; later requests do not change it. It ages in
// three steps:
//
//   - It is current while it is the newest answer, or while the next one is not overdue: see [current].
//   - It is the last known one, shown with a ~, and still judged, until it is older than maxFactAge.
//   - After that the rule is unknown, because the fact is late.

// maxFactAge is how old a fact may be to be judged: the window of rates and quantiles. Nothing older lies in the window
// that ends now. At four intervals or more, the window tolerates answers that are late sweep after sweep; and a rule
// must hold for at least the default window, 15 s, so that a newer answer arrives before it fires.
//
// It is one limit for all rules, even those with a longer window of their own. An old answer proves what it counted,
// but not that nothing has happened since: with a limit of minutes, a member that nobody has seen for minutes would be
// fine. Only a finding lasts longer, by its own window: see [Limit.keptFor]. Faster facts have stricter limits: who
// answers, leads and votes comes from Status and the member list, under [current] and the limits of the verdicts'
// facts, as [maxMomentAge]; and a lost connection in a peer's metrics proves nothing unless it was seen since (see
// connectedPeers).
func (o *settings) maxFactAge() time.Duration { return o.window }

// maxMomentAge is how old an exposition may be for what it shows of a moment, not of a window: a connection, or that
// the leader hears a member. At that age two answers are missing: one slow scrape changes nothing. Only verdicts need
// such facts; findings about them last as long as all others. Sweeps that come more often than usual, as those of a
// check, trust it for no less time: a busy host answers no sooner for that.
func maxMomentAge(interval time.Duration) time.Duration {
	return 2*max(interval, usualInterval) + electionTimeout
}

// usualInterval is the dashboard's default interval.
const usualInterval = time.Second

// keptFor is how long a finding remains as the last known one after its rule can no longer be judged: as long as the
// breach must hold, at least the evaluator's window, and for a longer window of the limit's own, as long as half of it
// overlaps the window that ends now.
func (l Limit) keptFor(window time.Duration) time.Duration {
	return max(l.For, window, l.Window/2)
}

// ageOf is the age of the newest answer.
func ageOf[T any](f *probe.Fact[T], now time.Time) time.Duration { return max(0, now.Sub(f.At)) }

// setAges sets the ages of the member's answers, and whether its exposition is too old. A missing dump stays missing:
// no later one is on its way, and the source decides which dumps make up a moment.
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

// standsOnMetrics reports that a vital comes from the metrics.
func (m *Member) standsOnMetrics(v Vital) bool {
	return m.FromMetrics.Has(v) || !m.Vitals[v].IsKnown() && !v.inStatus()
}

// Stands reports that a vital is known and recent enough to stand for this moment, if only as the last known value: see
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

// farApart reports that the newest two expositions are consecutive but too far apart for one window to hold both,
// although the member was up in between.
func (t *track) farApart(window time.Duration) bool {
	return t.metricsGap >= window && t.okSince.Before(t.metricsAt.Add(-t.metricsGap))
}
