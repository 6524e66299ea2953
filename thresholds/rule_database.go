package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// sizeRetention is how far back a track keeps the database's size: the longest window of db-growth.
const sizeRetention = 4 * time.Hour

// The prediction of a size on disk.
const (
	// minSizes is how many sizes a fitted line takes.
	minSizes = 5
	// maxExtrapolation is how many times the watched span a prediction reaches ahead.
	maxExtrapolation = 12
	// compactionSettles is how long compaction takes to free space for reuse: kube-apiserver compacts every 5 minutes
	// what is 5 minutes old. A prediction reaches no further ahead until the member has been watched for as long.
	compactionSettles = 15 * time.Minute
)

// noteSize records the database's size on disk, from Status, or from the metrics where the member denies Status or a
// dump lacks it. A database shrinks only by a defragmentation or when another one replaces it: its growth is then
// measured afresh.
func (t *track) noteSize(m *probe.Member) {
	size, at := probe.Value{}, time.Time{}
	switch {
	case m.Status.Answered():
		size, at = probe.Known(float64(m.Status.Value.DBSizeBytes)), m.Status.At
	case m.Metrics.Answered() && (inDump(m) || m.Status.Err != nil && m.Status.Err.Kind.IsDenied()):
		size, at = m.Metrics.Value.DBSizeBytes, m.Metrics.At
	}
	bytes, known := size.Get()
	if !known {
		return
	}
	if last, _, any := t.size.Newest(); any && bytes < last {
		t.size = window.Gauge{}
	}
	t.size.Add(at, bytes, sizeRetention)
}

// sizesSuffice reports whether the sizes in the window are enough to fit a line.
func (t *track) sizesSuffice(to time.Time, window time.Duration) bool {
	return len(t.size.Range(to, window)) >= minSizes && t.size.Span(to, window) >= minRateSpan
}

// growth returns how fast the database grows on disk, in bytes per second, by a line fitted to its sizes in the window
// that ends at `to`, and in how many seconds it reaches the quota. reached is absent where the size does not grow, has
// stopped growing, or where the quota is further away than a prediction reaches.
func (t *track) growth(to time.Time, window time.Duration, quota probe.Value) (rate, reached probe.Value) {
	if !t.sizesSuffice(to, window) {
		return probe.Value{}, probe.Value{}
	}
	rate = valueOf(t.size.Deriv(to, window))
	limit, limited := quota.Get()
	watched := t.size.Span(to, window)
	whole, grows := t.secondsUntil(to, window, limit)
	// The later half of the window must reach the quota, too: a size that grew at first and then stood still does not.
	later, growsOn := t.secondsUntil(to, min(window, watched)/2, limit)
	ahead := maxExtrapolation * watched
	if t.size.Span(to, sizeRetention) < compactionSettles {
		ahead = min(ahead, compactionSettles)
	}
	left := max(whole, later)
	if !limited || !grows || !growsOn || left > ahead.Seconds() {
		return rate, probe.Value{}
	}
	return rate, probe.Known(left)
}

// secondsUntil returns when the line fitted to the sizes in the window reaches limit; ok is false where it never does.
func (t *track) secondsUntil(to time.Time, window time.Duration, limit float64) (seconds float64, ok bool) {
	l, known := t.size.Fit(to, window)
	if !known || l.Slope <= 0 {
		return 0, false
	}
	return max(0, (limit-l.At(to))/l.Slope), true
}

// dropGrowth leaves out when the quotas are reached while NOSPACE is raised: puts are refused then, so that growth
// until now says nothing about it.
func (f *frame) dropGrowth(c *clusterState) {
	if len(c.raisers("NOSPACE")) == 0 {
		return
	}
	for i := range f.members {
		f.members[i].Vitals[DBQuotaReachedIn] = probe.Value{}
	}
}

func sizes(t *track) *window.Gauge { return &t.size }

// judgeGrowth judges the seconds until the database reaches its quota.
func judgeGrowth(s *subject, window time.Duration) measurement {
	if m, ok := s.requireQuota(); !ok {
		return m
	}
	if len(s.cluster.raisers("NOSPACE")) > 0 {
		return measurement{notApplicable: true, certain: true}
	}
	_, to, _ := s.track.size.Newest()
	if !s.track.sizesSuffice(to, window) {
		return s.watchedTooShort(window, sizes)
	}
	_, reached := s.track.growth(to, window, s.at.Vitals[DBQuota])
	if !reached.IsKnown() {
		return notApplicable
	}
	return measurement{value: reached}
}

// watchedTooShort says that a trend is not measurable yet. It names the shortest time that any answering member has
// been watched, so that all members' reasons read the same.
func (s *subject) watchedTooShort(window time.Duration, of func(*track) *window.Gauge) measurement {
	shortest, watched := window, false
	for i := range s.members {
		t := s.members[i].track
		if _, to, known := of(t).Newest(); known && s.members[i].State == StateOK {
			shortest, watched = min(shortest, of(t).Span(to, window)), true
		}
	}
	if !watched {
		shortest = 0
	}
	return measurement{notMeasurable: "watched for " + FormatDuration(shortest.Round(time.Second)) + " only"}
}

func sayGrowth(s *subject, m measurement) statement {
	size, quota, left := s.at.Vitals[DBSize].Or(0), s.at.Vitals[DBQuota].Or(0), m.value.Or(0)
	text := fmt.Sprintf("the database is %s of its quota of %s", Bytes.Format(size), Bytes.Format(quota))
	if left <= 0 || size >= quota {
		return s.has(text + ", and grows").briefly("database at its quota, and grows").
			saying(fmt.Sprintf("It is %s of %s", Bytes.Format(size), Bytes.Format(quota)))
	}
	rate := BytesPerSecond.Format((quota - size) / left)
	return s.has(fmt.Sprintf("%s, grows by about %s, and reaches it in %s", text, rate, Seconds.Format(left))).
		briefly("database reaches its quota in "+Seconds.Format(left), "quota reached in "+Seconds.Format(left)).
		saying(fmt.Sprintf("It is %s of %s, and grows by about %s", Bytes.Format(size), Bytes.Format(quota), rate))
}

// judgeFragmentation judges the share of the database on disk that is in use. Pages that open transactions hold count
// as used.
func judgeFragmentation(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireVital(DBInUseShare); !ok {
		return m
	}
	inUse, known := s.at.Vitals[DBInUse].Get()
	switch {
	case !known || !s.at.Vitals[DBInUseShare].IsKnown():
		return measurement{notMeasurable: "it does not say how much of its database is in use"} // before 3.4
	case inUse < s.rule.Minimum:
		return notApplicable
	}
	return measurement{value: s.at.Vitals[DBInUseShare]}
}

func sayFragmentation(s *subject, m measurement) statement {
	size, inUse := s.at.Vitals[DBSize].Or(0), s.at.Vitals[DBInUse].Or(0)
	back := "defragmentation gives back about " + Bytes.Format(size-inUse)
	return s.has(fmt.Sprintf("%s of its database of %s is in use; a %s",
		Ratio.Format(m.value.Or(0)), Bytes.Format(size), back)).
		briefly(fmt.Sprintf("%s of its database is in use", Ratio.Format(m.value.Or(0)))).
		saying("A " + back + " of " + Bytes.Format(size))
}

// judgeCompaction judges how long ago the last compaction was, where enough revisions have piled up to compact.
func judgeCompaction(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireMetrics(); !ok {
		return m
	}
	uncompacted, known := s.at.Vitals[UncompactedRevisions].Get()
	switch {
	case !known:
		return s.notReported("its metrics do not say what is compacted")
	case uncompacted < s.rule.Minimum:
		return notApplicable
	}
	metrics, now := s.member.Metrics.Value, s.at.clock()
	last, exposed := metrics.LastCompaction.Get()
	if exposed && last == 0 { // none since the process began
		last, exposed = metrics.StartTime.Get()
	}
	if exposed {
		return measurement{value: probe.Known(max(0, now.Sub(unixTime(last)).Seconds()))}
	}
	return measurement{
		value:   probe.Known(s.member.Metrics.At.Sub(s.track.compactedSince).Seconds()),
		clipped: !s.track.compactionSeen,
	}
}

func sayCompaction(s *subject, m measurement) statement {
	atLeast := ""
	if m.clipped {
		atLeast = " or more"
	}
	beyond := Count.Format(s.at.Vitals[UncompactedRevisions].Or(0)) + " revisions have piled up"
	switch f := s.member.Flags; {
	case f == nil:
	case compactsItself(f):
		beyond += fmt.Sprintf("; its flags are %s (%s)", autoCompaction(f), f.Source)
	default:
		beyond += fmt.Sprintf("; its flags make it compact nothing by itself (%s)", f.Source)
	}
	return s.has(fmt.Sprintf("nothing has been compacted for %s%s, and %s", m.duration(), atLeast, beyond)).
		withDuration().briefly("not compacted for " + m.duration() + atLeast).saying(beyond)
}

// adviseCompaction advises by the member's flags, where files on etcdoc's own host set them.
func adviseCompaction(s *subject) string {
	const kubernetes = "Under Kubernetes look at kube-apiserver (it compacts every 5 minutes; grep its log for " +
		"\"compact\"). "
	switch f := s.member.Flags; {
	case f == nil:
		return kubernetes + "Elsewhere set --auto-compaction-retention."
	case compactsItself(f):
		return fmt.Sprintf("%sElsewhere the leader compacts, by its own flags: here %s, in %s. See what it logs: "+
			"journalctl -u etcd | grep -i compact.", kubernetes, autoCompaction(f), f.Source)
	default:
		return fmt.Sprintf("%sElsewhere set --auto-compaction-retention, as in 1h: %s does not.", kubernetes, f.Source)
	}
}

// noteCompaction notes when the compacted revision changes, for versions that don't expose the time of the last
// compaction.
func (t *track) noteCompaction(compacted probe.Value, at time.Time) {
	revision, known := compacted.Get()
	if !known || revision == t.compacted && !t.compactedSince.IsZero() {
		return
	}
	t.compactionSeen = !t.compactedSince.IsZero()
	t.compacted, t.compactedSince = revision, at
}

// quotaIsOff reports that a member has no quota, by its metrics, or by its flags where those do not say.
func quotaIsOff(m *probe.Member) bool {
	if m.Metrics.Answered() && m.Metrics.Value.DBQuotaBytes.IsKnown() {
		return m.Metrics.Value.DBQuotaBytes.Or(0) < 0
	}
	return flagQuota(m).Or(0) < 0
}

// requireQuota returns ok where a vital that depends on the quota can be judged, else why not. The quota may be
// switched off.
func (s *subject) requireQuota() (m measurement, ok bool) {
	if m, ok := s.requireVital(DBSize); !ok {
		return m, false
	}
	if quotaIsOff(s.member) {
		return notApplicable, false
	}
	if s.at.Vitals[DBQuota].IsKnown() {
		return measurement{}, true
	}
	if m, ok := s.requireMetrics(); !ok { // before 3.6 only the metrics show the quota
		return m, false
	}
	return measurement{unknown: "its quota is not known", missing: MissingQuota, missingOf: s.at.Key}, false
}

// judgeQuota judges a vital that depends on the quota.
func judgeQuota(v Vital) func(*subject, time.Duration) measurement {
	return func(s *subject, _ time.Duration) measurement {
		if m, ok := s.requireQuota(); !ok {
			return m
		}
		return measurement{value: s.at.Vitals[v]}
	}
}

func sayQuota(s *subject, m measurement) statement {
	return s.has(fmt.Sprintf("the database is %s on disk, %s of its quota of %s",
		Bytes.Format(s.at.Vitals[DBSize].Or(0)), Ratio.Format(m.value.Or(0)),
		Bytes.Format(s.at.Vitals[DBQuota].Or(0)))).
		briefly("database at " + Ratio.Format(m.value.Or(0)) + " of its quota").
		inShort("db at " + Ratio.Format(m.value.Or(0)) + " of quota").
		saying(fmt.Sprintf("It is %s of %s on disk",
			Bytes.Format(s.at.Vitals[DBSize].Or(0)), Bytes.Format(s.at.Vitals[DBQuota].Or(0))))
}
