package thresholds

import (
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// alikeBoundRatio is the factor within which the bounds of slow disks are alike: less than two of the buckets of etcd's histograms.
// One that is found to be slow as well, but takes less than that, has its own reasons; so has one that takes less than half on
// average: a mean is exact, where a bound may be twice as far off.
const alikeBoundRatio, alikeMeanRatio = 4, 2

// A diskTime is how long the fsyncs of a member take, or its commits: the lower bound of the bucket that its p99 falls in, or
// the slowest of few, and the mean where it is known. Only like is compared with like.
type diskTime struct {
	bound, mean probe.Value
}

// diskDistribution is how long the fsyncs of the member at a place took in the window, or its commits.
func (r *diagnoser) diskDistribution(i int, rule RuleID) (d window.Distribution, known bool) {
	of := &r.members[i].track.walFsync
	if rule == BackendCommitSlow {
		of = &r.members[i].track.backendCommit
	}
	return of.Distribution(r.members[i].track.metricsAt, r.members[i].settings.window, r.settings.sinceStart)
}

// diskTime is that of the member at a place.
func (r *diagnoser) diskTime(i int, rule RuleID) (t diskTime) {
	d, known := r.diskDistribution(i, rule)
	if !known {
		return t
	}
	t.bound, t.mean = p99Bound(&d, r.settings.rule(rule).Minimum), valueOf(d.Mean())
	return t
}

// p99Bound is the lower bound of the bucket that the p99 falls in, or with fewer observations than minimum the slowest one:
// what distributions of few and of many observations can be compared by.
func p99Bound(d *window.Distribution, minimum float64) probe.Value {
	if d.Observations < max(minimum, 1) {
		lower, _, known := d.HighestBucket()
		return valueOf(lower, known)
	}
	p99, known := d.Quantile(0.99)
	if !known {
		return probe.Value{}
	}
	lower, _ := d.BucketOf(p99)
	return probe.Known(lower)
}

// alike reports that it is about as slow as a slow one, as far as is known. Where the bounds are two buckets apart, its p99 is
// certainly less than half.
func (t diskTime) alike(slow diskTime) bool {
	return ratio(slow.bound, t.bound) < alikeBoundRatio && ratio(slow.mean, t.mean) <= alikeMeanRatio
}

// quick reports that it takes less than half as long as a slow one.
func (t diskTime) quick(slow diskTime) bool {
	return ratio(slow.bound, t.bound) > 2 || ratio(slow.mean, t.mean) > 2
}

// ratio is how many times as long one takes as another; 0 where that is not known.
func ratio(one, other probe.Value) float64 {
	if !one.IsKnown() || !other.IsKnown() || one.Or(0) == 0 {
		return 0
	}
	return one.Or(0) / other.Or(0)
}

// diskComparison is how the members' disks stand to each other.
type diskComparison struct {
	slow      []string // keys
	fast, all []string // in words
	// noneEnded are the labels of those of which nothing has ended in the window, and unread of those whose metrics are not of this moment.
	noneEnded, metricsTooOld []string
	noun                     string // what ends
	// beyondNotice says that they are slow by more than what is a notice, whatever the level of what is found.
	beyondNotice bool
}

// compareDisks holds the disks of all members of a cluster against that of the slowest one, by its place. Those that are found to be slow
// as well are, if they are alike; fast ones are not, or take less than half.
func (r *diagnoser) compareDisks(vital Vital, rule RuleID, slowest int, found func(i int) bool) (c diskComparison) {
	worst := r.diskTime(slowest, rule)
	c.noun = "WAL fsync"
	if rule == BackendCommitSlow {
		c.noun = "backend commit"
	}
	for i := range r.sameCluster(r.members[slowest].Key) {
		m := &r.members[i]
		value, atMost := m.Shown(vital)
		number, known := value.Get()
		switch {
		case m.MetricsTooOld:
			c.metricsTooOld = append(c.metricsTooOld, m.Label)
			continue
		case !known:
			c.noneEnded = append(c.noneEnded, m.Label)
			continue
		}
		text := m.Label + " " + Seconds.Format(number)
		if atMost {
			text = m.Label + " ≤ " + Seconds.Format(number)
		}
		c.all = append(c.all, text)
		switch mine := r.diskTime(i, rule); {
		case i == slowest || found(i) && mine.alike(worst):
			c.slow = append(c.slow, m.Key)
		case mine.quick(worst):
			c.fast = append(c.fast, text)
		}
	}
	return c
}

// incomparableWords says of which members it is not known how quick their disks are; nothing where it is of all.
func (c *diskComparison) incomparableWords() string {
	var why []string
	if len(c.noneEnded) > 0 {
		why = append(why, "no "+c.noun+" of "+either(c.noneEnded)+" has ended meanwhile")
	}
	if len(c.metricsTooOld) > 0 {
		why = append(why, "the metrics of "+join(c.metricsTooOld)+" are not of this moment")
	}
	return strings.Join(why, ", and ")
}
