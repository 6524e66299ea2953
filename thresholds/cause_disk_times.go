package thresholds

import (
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// Slow disks are alike if their p99 bounds differ by less than alikeBoundRatio (two buckets of etcd's histograms), and
// their means by at most alikeMeanRatio: a mean is exact, but a bound may be off by a factor of two. A disk beyond
// either is slow for a reason of its own.
const alikeBoundRatio, alikeMeanRatio = 4, 2

// A diskTime is how many seconds a member's fsyncs or commits take: the lower bound of the p99's bucket (of few, the
// slowest one's), and the mean.
type diskTime struct {
	bound, mean probe.Value
}

// diskDistribution returns the distribution of member i's fsyncs in the window, or of its commits.
func (r *diagnoser) diskDistribution(i int, rule RuleID) (d window.Distribution, known bool) {
	histogram := &r.members[i].track.walFsync
	if rule == BackendCommitSlow {
		histogram = &r.members[i].track.backendCommit
	}
	return histogram.Distribution(r.members[i].track.metricsAt, r.members[i].settings.window, r.settings.sinceStart)
}

// diskTime returns the diskTime of member i.
func (r *diagnoser) diskTime(i int, rule RuleID) (t diskTime) {
	d, known := r.diskDistribution(i, rule)
	if !known {
		return t
	}
	t.bound, t.mean = p99Bound(&d, r.settings.rule(rule).Minimum), valueOf(d.Mean())
	return t
}

// diskTimeWords says how long the fsyncs or commits of member i take.
func (r *diagnoser) diskTimeWords(i int, rule RuleID) string {
	d, known := r.diskDistribution(i, rule)
	if !known {
		return ""
	}
	m, _ := latencyIn(&d, r.settings.rule(rule).Minimum)
	return m.describe(diskNoun(rule))
}

// diskNoun is what a rule about disks is about.
func diskNoun(rule RuleID) string {
	if rule == BackendCommitSlow {
		return "backend commit"
	}
	return "WAL fsync"
}

// p99Bound returns the lower bound of the p99's bucket, or with fewer observations than minimum that of the slowest
// one. It makes few observations comparable with many.
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

// alike reports whether t seems about as slow as slow. If their bounds are two buckets apart, t's p99 is
// certainly less than half of slow's.
func (t diskTime) alike(slow diskTime) bool {
	return ratio(slow.bound, t.bound) < alikeBoundRatio && ratio(slow.mean, t.mean) <= alikeMeanRatio
}

// quick reports whether t takes less than half as long as slow.
func (t diskTime) quick(slow diskTime) bool {
	return ratio(slow.bound, t.bound) > 2 || ratio(slow.mean, t.mean) > 2
}

// ratio returns a divided by b; 0 if either is not known.
func ratio(a, b probe.Value) float64 {
	if !a.IsKnown() || !b.IsKnown() || a.Or(0) == 0 {
		return 0
	}
	return a.Or(0) / b.Or(0)
}

// diskComparison compares the disks of a cluster's members.
type diskComparison struct {
	slow        []string // keys
	others, all []string // in words; others are not slow
	// noneQuick reports that none takes less than half as long as the slowest.
	noneQuick bool
	// even reports that no slow one is clearly worse than all others, so that none is named as the worst. took is how
	// long they take, where that is the same in words.
	even bool
	took string
	// worst is the place of the one that is clearly worse than all others; -1 if none is.
	worst int
	// noneEnded are the labels of members without an fsync or commit in the window, metricsTooOld of those without
	// fresh metrics.
	noneEnded, metricsTooOld []string
	rule                     RuleID
	noun                     string // WAL fsync or backend commit
	// beyondNotice reports that the slow disks exceed the warning's limit, whatever the level of the root.
	beyondNotice bool
	// belowPar reports that they only exceed the notice's limit, which is etcd's recommendation.
	belowPar bool
}

func (c *diskComparison) howSlow() string {
	if c.belowPar {
		return "slower than etcd's documentation recommends"
	}
	return "slow"
}

// isAlike reports whether all disks are slow, or none is clearly quicker than the slowest.
func (c *diskComparison) isAlike() bool { return len(c.slow) == len(c.all) || c.noneQuick }

// compareDisks compares the disks of a cluster's members with the slowest one's. A disk is slow if it is found slow and
// is about as slow as the slowest.
func (r *diagnoser) compareDisks(rule RuleID, slowest int, found func(i int) bool) (c diskComparison) {
	vital, worst := r.settings.rule(rule).Vital, r.diskTime(slowest, rule)
	c.rule, c.noun, c.noneQuick, c.worst = rule, diskNoun(rule), true, -1
	second, most, same := 0.0, 0.0, true
	for i := range r.sameCluster(r.members[slowest].Key) {
		m := &r.members[i]
		l := m.Latency(vital)
		switch {
		case m.MetricsTooOld:
			c.metricsTooOld = append(c.metricsTooOld, m.Label)
			continue
		case !l.IsKnown() || l.Last:
			c.noneEnded = append(c.noneEnded, m.Label)
			continue
		}
		text := m.Label + " " + l.String()
		c.all = append(c.all, text)
		mine := r.diskTime(i, rule)
		if i == slowest || found(i) && mine.alike(worst) {
			c.slow = append(c.slow, m.Key)
			if took := l.judged(); took > most || c.worst < 0 {
				second, most, c.worst = most, took, i
			} else {
				second = max(second, took)
			}
			if same = same && (c.took == "" || c.took == l.String()); same {
				c.took = l.String()
			}
			continue
		}
		c.others, c.noneQuick = append(c.others, text), c.noneQuick && !mine.quick(worst)
	}
	if len(c.slow) == 0 { // nothing of the slowest one is known now, and no other one is slow
		c.slow, c.noneQuick = []string{r.members[slowest].Key}, false
	}
	if c.even = len(c.slow) > 1 && most < second*clearlyWorse; !c.even || !same {
		c.took = ""
	}
	if c.even {
		c.worst = -1
	}
	return c
}

// incomparableWords says which members' disk times are not known, and why; nothing if all are.
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
