package thresholds

import (
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// A Latency is how long operations of one kind took, in seconds, as a histogram of etcd's shows. Its buckets double, so
// an interpolated p99 may look exact where only its bucket is known. Headlines, sentences, columns, charts and evidence
// write a latency by String, or by Words where there is room, so that one number stands for it everywhere.
type Latency struct {
	// P99 is Prometheus' histogram_quantile(0.99), which rules judge: interpolated between Low and High. It is absent
	// where the observations are too Few for it.
	P99 probe.Value
	// Low and High bound the bucket of the p99, of Few observations that of the slowest one. High is absent where the
	// bucket has no upper bound.
	Low, High probe.Value
	// MedianHigh is the upper bound of the median's bucket; absent where that has none.
	MedianHigh probe.Value
	// Mean is exact: the histogram's sum by its count. It is absent where the sum does not fit the buckets.
	Mean probe.Value
	// Observations is how many operations ended in the window.
	Observations float64
	// Few reports fewer observations than the rule requires for a p99.
	Few bool
	// Exact reports that interpolation had something to go by: the bucket of the p99 is not also that of the median,
	// whose p99 is always its upper bound.
	Exact bool
	// Last reports that it is the last known one: nothing was observed in the window that ends now.
	Last bool
}

// latencyKept is how long a latency remains the last known one: Prometheus' lookback, after which a series is stale
// (--query.lookback-delta, 5m).
const latencyKept = 5 * time.Minute

// newLatency is the latency of a distribution; minimum is how many observations a p99 takes. It is not known without
// observations.
func newLatency(d *window.Distribution, minimum float64) (l Latency) {
	lower, upper, observed := d.HighestBucket()
	if !observed {
		return l
	}
	l.Mean, l.Observations, l.Few = valueOf(d.Mean()), d.Observations, d.Observations < minimum
	median, medianUpper, _ := d.MedianBucket()
	if !math.IsInf(medianUpper, 1) {
		l.MedianHigh = probe.Known(medianUpper)
	}
	if p99, known := d.Quantile(0.99); known && !l.Few {
		l.P99 = probe.Known(p99)
		if lower, upper = d.BucketOf(p99); d.Clipped(p99) {
			lower, upper = p99, math.Inf(1)
		}
		l.Exact = median != lower && !math.IsInf(upper, 1)
	}
	l.Low = probe.Known(lower)
	if !math.IsInf(upper, 1) {
		l.High = probe.Known(upper)
	}
	return l
}

// IsKnown reports that anything was observed.
func (l Latency) IsKnown() bool { return l.Low.IsKnown() }

// String writes the latency as narrowly as is honest: 12 ms, 128–256 ms where the p99's bucket is all that is known,
// ≤ 16 ms for the slowest of few, ≥ 8.2 s beyond the highest bound; empty if nothing is known.
func (l Latency) String() string {
	low, bounded := Seconds.Format(l.Low.Or(0)), l.High.IsKnown()
	switch {
	case !l.IsKnown():
		return ""
	case !bounded:
		return "≥ " + low
	case l.Few:
		return "≤ " + Seconds.Format(l.High.Or(0))
	case l.Exact:
		return Seconds.Format(l.P99.Or(0))
	}
	return InSentences().SecondsRange(l.Low.Or(0), l.High.Or(0))
}

// Words is String with the mean where the mean says more than the value does: 128–256 ms, mean 125 ms.
func (l Latency) Words() string {
	mean, known := l.Mean.Get()
	if !known || l.Exact {
		return l.String()
	}
	return l.String() + ", mean " + Seconds.Format(mean)
}

// Bounds is Words with both bounds of the slowest of few: that it is over a limit rests on the lower one.
func (l Latency) Bounds() string {
	l.Few = l.Few && l.Low.Or(0) <= 0
	return l.Words()
}

// judged is the time in seconds that the latency's rule judges: the p99, or what is certain of the slowest of few.
func (l Latency) judged() float64 {
	if l.Few {
		return l.Low.Max(l.Mean).Or(0)
	}
	return l.P99.Or(0)
}

// Latency is what is known of a p99: [WALFsyncP99] or [BackendCommitP99].
func (m *Member) Latency(v Vital) Latency {
	switch v {
	case WALFsyncP99:
		return m.WALFsync
	case BackendCommitP99:
		return m.BackendCommit
	}
	return Latency{}
}

// A latencyTrack keeps the newest known latency, and when it was.
type latencyTrack struct {
	known Latency
	at    time.Time
}

// note takes in the latency of the exposition at a moment.
func (t *latencyTrack) note(l Latency, at time.Time) {
	switch {
	case l.IsKnown():
		t.known, t.at = l, at
	case at.Sub(t.at) > latencyKept:
		t.known = Latency{}
	default:
		t.known.Last = t.known.IsKnown()
	}
}
