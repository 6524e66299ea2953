package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

const (
	// compactionsKept is how many compactions of a member are kept: half an hour's under Kubernetes.
	compactionsKept = 6
	// minSlowCompaction is how long a compaction must take to count as what makes a member slow. etcd calls whatever
	// takes over 100 ms slow, and its histogram of compactions begins there.
	minSlowCompaction = 100 * time.Millisecond
)

// A compaction is one that has ended, by our clock.
type compaction struct {
	ended time.Time
	took  time.Duration
}

// noteCompactions keeps the compactions that have ended since the previous scrape, as the histogram of their durations
// shows. The member reports when the newest one ended, in whole seconds of its own clock.
func (t *track) noteCompactions(m *probe.Metrics, at time.Time) {
	before, now := t.compactionTimes, m.CompactionMilliseconds
	t.compactionTimes = now
	n := now.Count() - before.Count()
	if !before.IsKnown() || !now.IsKnown() || n < 1 || now.Sum < before.Sum {
		return
	}
	ended := at
	if last, known := m.LastCompaction.Get(); known && last > 0 {
		memberTime := at
		if !m.Date.IsZero() {
			memberTime = m.Date
		}
		ended = at.Add(-max(0, memberTime.Sub(unixTime(last))))
	}
	took := time.Duration((now.Sum - before.Sum) / n * float64(time.Millisecond))
	t.compactions = append(t.compactions, compaction{ended, took})
	t.compactions = slices.Delete(t.compactions, 0, max(0, len(t.compactions)-compactionsKept))
}

// duringCompaction returns the member that was compacting when the root of a diagnosis began, and that compaction; nil
// if there is none. etcdoc sees the root a sweep or two after it began.
func (r *diagnoser) duringCompaction(d *diagnosis) (m *memberState, c compaction) {
	slack := 2*r.settings.interval + time.Second // a second for the members' clocks
	for i := range r.sameCluster(d.root.Member.Key) {
		if d.root.Member.Key != "" && r.members[i].Key != d.root.Member.Key {
			continue
		}
		for _, c := range r.members[i].track.compactions {
			began := c.ended.Add(-c.took)
			if c.took >= minSlowCompaction && !d.root.Since.Before(began.Add(-time.Second)) &&
				!d.root.Since.After(c.ended.Add(slack)) {
				return &r.members[i], c
			}
		}
	}
	return nil, compaction{}
}

// slowByCompaction are the causes that a compaction may be behind.
var slowByCompaction = [...]Cause{CauseSlowDisk, CauseSlowDisks, CauseLargeWrites, CauseApplyLag, CauseOverload}

// compactionWords says that the root began while a member compacted, if it did: what is slow every five minutes is the
// compaction.
func (r *diagnoser) compactionWords(d *diagnosis) (text, evidence string) {
	if !slices.Contains(slowByCompaction[:], d.cause) {
		return "", ""
	}
	m, c := r.duringCompaction(d)
	if m == nil {
		return "", ""
	}
	evidence = fmt.Sprintf("%s: a compaction took %s, and ended %s", m.Label, Seconds.Format(c.took.Seconds()),
		agoWords(r.now.Sub(c.ended)))
	if every, regular := r.members[r.place(m.Key)].track.compactionInterval(); regular {
		evidence += fmt.Sprintf("; it compacts every %s", FormatDuration(every))
	}
	text = " It began while " + m.Label + " compacted: what is slow at each compaction, as every five minutes under " +
		"Kubernetes, is the compaction."
	return text, evidence
}

// compactionInterval returns the average time between the member's compactions. regular means that there are at least
// three, and that no gap between two is twice the average or more.
func (t *track) compactionInterval() (every time.Duration, regular bool) {
	n := len(t.compactions)
	if n < 3 {
		return 0, false
	}
	every = t.compactions[n-1].ended.Sub(t.compactions[0].ended) / time.Duration(n-1)
	for i := 1; i < n; i++ {
		if t.compactions[i].ended.Sub(t.compactions[i-1].ended) >= 2*every {
			return 0, false
		}
	}
	return every, true
}

// inFlightEvidence says how many calls the members have not answered yet, for each that has more than etcdoc's own.
func (r *diagnoser) inFlightEvidence() (lines []string) {
	for i := range r.judgedMembers() {
		m, fresh := r.fresh(i)
		if !fresh {
			continue
		}
		if n, most := callsInFlight(m); n.Or(0) >= minCallsInFlight {
			lines = append(lines, fmt.Sprintf("%s: %s calls are in flight, most of them %s", r.members[i].Label,
				Count.Format(n.Or(0)), most))
		}
	}
	return lines
}

// minCallsInFlight is how many calls in flight are worth mentioning: etcdoc's own are fewer.
const minCallsInFlight = 5
