package thresholds

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// A CPU-starved process now and then answers late from memory, and answers late what it is asked meanwhile. The first
// question is /metrics, which costs etcd about 4 ms of CPU and takes no lock that is held during an fsync; the second,
// the pulse, is [probe.Member.Liveness].
const (
	// answersKept is how far back answers count; answersSweeps is the same in sweeps, where those are further apart.
	answersKept   = 30 * time.Second
	answersSweeps = 8
	// minAnswers is how many answers a judgement takes.
	minAnswers = 4
	// answersSlowest is the share of the answers, the slowest, that slowMean averages: a process with a CPU limit
	// answers at once until its quota of each 100 ms is used up.
	answersSlowest = 0.25
	// answersFactor is how many times the quickest other member's answers an answer must take to be slow.
	// answersRoundTrips is how many round trips an exposition may take: it comes in more than one flight of packets.
	answersFactor     = 2.5
	answersRoundTrips = 4
	// roundTripVaries is the ratio of the slowest Status to the quickest that the network alone does not explain.
	roundTripVaries = 1.25
	// answersQuick is the most, in seconds, that a running process takes for Status without the round trip; pulsesQuick
	// is half of that, because a pulse is asked when nothing else is.
	answersQuick, pulsesQuick = 0.010, 0.005
	// answersShare is the share of the answers that must be slow, and answersSlowLeast their number: one stall of a
	// process, or two in a busy second, is not CPU starvation.
	answersShare     = 0.15
	answersSlowLeast = 3
	// answersVary is the ratio of the slowest to the quickest of the answersNewest newest answers that shows a slow
	// process: a proxy or anything else on the path delays each answer alike.
	answersVary, answersNewest = 3, 8
	// pulsesSlowLeast is how many pulses must be slow, and pulsesShare their share. Where the quickest other member has
	// half as many slow ones, this host stalls rather than the member.
	pulsesSlowLeast, pulsesShare = 2, 0.2
	// answersInCheck is about how many answers a check collects.
	answersInCheck = 16
	// answersPeersMax is the most, in seconds, that the quickest other member's answers may take on average: beyond it
	// this host or the network is busy, and a slower member may be chance. It is the rule's first limit. With at least
	// answersInCheck answers chance matters less, and answersPeersMaxMany holds.
	answersPeersMax, answersPeersMaxMany = 0.040, 0.060
)

// answerTime is when an answer came, counted from the origin of its series, and how long it took.
type answerTime struct {
	since   time.Duration
	seconds float64
}

func (a answerTime) When() time.Duration { return a.since }

// addAnswer records how long an answer took.
func addAnswer(s *window.Series[answerTime], at time.Time, took, slowest, keep time.Duration) {
	s.Add(answerTime{s.Since(at), max(took, slowest).Seconds()}, keep)
}

// noteAnswers records how long the newest Status, exposition and pulse took, in whichever sweep they arrive; of two
// that arrive in one sweep, the slower. It skips the member's first exposition, which waits for its connection and
// those of the others.
func (t *track) noteAnswers(m *probe.Member, interval time.Duration) {
	keep := answersWindow(interval)
	if m.Status.Answered() && m.Status.Err == nil {
		addAnswer(&t.statuses, m.Status.At, m.Status.Took, m.Status.Slowest, keep)
	}
	if m.Liveness.Answered() && m.Liveness.Err == nil {
		addAnswer(&t.pulses, m.Liveness.At, m.Liveness.Took, m.Liveness.Slowest, keep)
	}
	if m.Metrics.Answered() && m.Metrics.Err == nil && !inDump(m) && !t.metricsAt.IsZero() &&
		m.Metrics.At.After(t.metricsAt) {
		addAnswer(&t.scrapes, m.Metrics.At, m.Metrics.Took, m.Metrics.Slowest, keep)
	}
}

// answersWindow is how far back answers count.
func answersWindow(interval time.Duration) time.Duration {
	return max(answersKept, answersSweeps*interval)
}

// answerStats summarizes how long a member's answers took, in seconds.
type answerStats struct {
	// n counts expositions. mean is over all of them, slowMean over the slowest share, and slowest is the longest; each
	// exposition counts as an election timeout at most.
	n                       int
	mean, slowMean, slowest float64
	// statusMean, statusMin and statusMax are of Status, each capped the same way.
	statusMean, statusMin, statusMax float64
	// scrapes, statuses and pulses are uncapped. cleanPulses are those pulses that came after the last one that may
	// have waited for the member's disk.
	scrapes, statuses, pulses, cleanPulses []float64
}

// summarize returns the answer times of member i in the window. A scrape that has been pending for longer than the mean
// counts as an answer that took as long.
func (b *cohort) summarize(i int) (a answerStats) {
	t, m := b.members[i].track, b.members[i].probed
	sum, window := 0.0, answersWindow(b.sweep.Interval)
	add := func(seconds float64) {
		a.scrapes = append(a.scrapes, seconds)
		seconds = min(seconds, electionTimeout.Seconds())
		a.slowest = max(a.slowest, seconds)
		a.n, sum = a.n+1, sum+seconds
	}
	for _, p := range t.scrapes.Range(b.now, window) {
		add(p.seconds)
	}
	if pending := m.Metrics.Pending; a.n > 0 && !pending.IsZero() {
		if waited := b.now.Sub(pending).Seconds(); waited > sum/float64(a.n) {
			add(waited)
		}
	}
	if a.n > 0 {
		a.mean, a.slowMean = sum/float64(a.n), meanOfSlowest(a.scrapes)
	}
	for _, p := range t.pulses.Range(b.now, window) {
		a.pulses = append(a.pulses, p.seconds)
		if t.pulses.At(p).After(t.diskAwaited) {
			a.cleanPulses = append(a.cleanPulses, p.seconds)
		}
	}
	statuses := t.statuses.Range(b.now, window)
	for i, p := range statuses {
		a.statuses = append(a.statuses, p.seconds)
		seconds := min(p.seconds, electionTimeout.Seconds())
		a.statusMean += seconds / float64(len(statuses))
		if a.statusMax = max(a.statusMax, seconds); i == 0 || seconds < a.statusMin {
			a.statusMin = seconds
		}
	}
	return a
}

// meanOfSlowest is the mean of the slowest share of some answer times, each capped at an election timeout.
func meanOfSlowest(took []float64) (mean float64) {
	sorted := slices.Sorted(slices.Values(took))
	slowest := sorted[len(sorted)-int(math.Ceil(answersSlowest*float64(len(sorted)))):]
	for _, seconds := range slowest {
		mean += min(seconds, electionTimeout.Seconds())
	}
	return mean / float64(len(slowest))
}

// atLeast returns the number and the sum of the times that are no shorter than limit.
func atLeast(limit float64, times []float64) (n int, sum float64) {
	for _, seconds := range times {
		if seconds >= limit {
			n, sum = n+1, sum+seconds
		}
	}
	return n, sum
}

// varies reports whether some of the newest answers took much longer than others.
func (a *answerStats) varies() bool {
	newest := a.scrapes[max(0, len(a.scrapes)-answersNewest):]
	return len(newest) > 0 && slices.Max(newest) >= answersVary*slices.Min(newest)
}

// diskTakesAtLeast reports whether the fsyncs or commits of member i take that many seconds on average, or no fsync has
// ended for as long: whatever waits for them takes as long, too.
func (b *cohort) diskTakesAtLeast(i int, seconds float64) bool {
	t := b.members[i].track
	if b.awaitsFsync(i) && b.now.Sub(t.hang.noFsyncSince).Seconds() >= seconds {
		return true
	}
	for _, h := range [...]*window.Histogram{&t.walFsync, &t.backendCommit} {
		d, _ := h.Over(t.metricsAt, answersWindow(b.sweep.Interval))
		if mean, known := d.Mean(); known && mean >= seconds {
			return true
		}
	}
	return false
}

// stallsAtTimes reports whether the process of member i stalls at times: its pulses are late along with its
// expositions, and the disk does not explain them.
func (b *cohort) stallsAtTimes(i int, mine, best answerStats) bool {
	late, disk := b.pulsesLate(i, mine, best)
	return late && !disk
}

// pulsesLate reports whether the pulses that member i is asked while an exposition is late take long as well, and
// whether they may have waited for the disk. They may have where the disk is as slow, unless expositions vary and take
// about as long as the pulses: an exposition needs more CPU than a pulse and no disk, and whatever is on the path
// delays each one alike.
func (b *cohort) pulsesLate(i int, mine, best answerStats) (late, disk bool) {
	limit := b.slowPulse(i, mine, best)
	n, sum := atLeast(limit, mine.cleanPulses)
	others, _ := atLeast(limit, best.pulses)
	if n < pulsesSlowLeast || n <= 2*others || float64(n) < pulsesShare*float64(len(mine.cleanPulses)) {
		return false, false
	}
	mean := min(sum/float64(n), electionTimeout.Seconds())
	return true, b.diskTakesAtLeast(i, sum/float64(n)) && !(mine.varies() && mine.slowMean*diskStandstillRatio >= mean)
}

// meanStall is how long a stall of member i's process takes on average, in seconds.
func (b *cohort) meanStall(i int, mine, best answerStats) float64 {
	n, sum := atLeast(b.slowPulse(i, mine, best), mine.cleanPulses)
	return sum / float64(max(n, 1))
}

// slowPulse is the shortest time, in seconds, of a pulse of member i that shows a stall.
func (b *cohort) slowPulse(i int, mine, best answerStats) float64 {
	return answersFactor * max(best.statusMean, b.roundTrip(i, mine), pulsesQuick)
}

// roundTrip is an upper bound of the network round trip to member i, in seconds: that of its quickest Status. Where
// Status times vary, the process may have answered each one late, and the time of the dial, which its kernel answers,
// counts.
func (b *cohort) roundTrip(i int, mine answerStats) float64 {
	shortest := b.members[i].track.shortestRoundTrip.Seconds()
	if dial := b.members[i].probed.DialDuration; dial > 0 && mine.statusMax >= roundTripVaries*mine.statusMin {
		shortest = min(shortest, dial.Seconds())
	}
	return shortest
}

// isStarved reports whether member i answers slowly enough to reach the rule's lowest limit.
func (b *cohort) isStarved(i int, rule *Rule) bool {
	mine, _, timing := b.compareAnswers(i)
	return timing == timingSlow && mine.slowMean >= slowAnswerLimit(rule)
}

// slowAnswerLimit is the rule's lowest limit for slowMean, in seconds.
func slowAnswerLimit(rule *Rule) float64 {
	first, _, _ := rule.FirstLimit()
	return first.Value.Or(math.Inf(1))
}

// judgeAnswers judges how long the slowest of the member's answers from memory take, where they take much longer than
// the quickest other member's.
func judgeAnswers(s *subject, _ time.Duration) measurement {
	if inDump(s.member) {
		return measurement{notMeasurable: "metrics dumps do not show how long answers take"}
	}
	mine, best, timing := s.compareAnswers(s.place)
	// Metrics that are only late are judged anyway: lateness is what this rule measures.
	if timing == timingUnknown || s.at.State == StateDown || s.member.Metrics.Err != nil {
		if m, ok := s.requireMetrics(); !ok {
			return m
		}
	}
	switch {
	case timing == timingUnknown && len(s.members) < 2:
		return measurement{notMeasurable: "there is no other member to compare its answers with"}
	case timing == timingUnknown:
		return measurement{
			notMeasurable: fmt.Sprintf("it takes %d answers of two members to compare them", minAnswers),
			why:           WhyTooFew,
		}
	case timing == timingAlike, timing == timingUndecided && mine.slowMean < slowAnswerLimit(s.rule):
		return measurement{value: probe.Known(0), window: s.settings.window}
	case timing == timingUndecided:
		return measurement{
			notMeasurable: mine.comparedWith(best) + ", which is too long to judge by: its process may be " +
				"CPU-starved, or this host, those of all, or the network may be busy",
			why: WhyUndecided, suspected: true,
		}
	}
	return measurement{value: probe.Known(mine.slowMean), window: s.settings.window}
}

func sayAnswers(s *subject, _ measurement) statement {
	mine, best, _ := s.compareAnswers(s.place)
	return s.has(mine.comparedWith(best)).briefly("answers from memory take " + Seconds.Format(mine.slowMean))
}

// comparedWith puts the answer times in words, beside the quickest other member's.
func (a *answerStats) comparedWith(best answerStats) string {
	return fmt.Sprintf("the slowest quarter of its answers from memory (/metrics) takes %s on average, up to %s; "+
		"the quickest other member's %s",
		Seconds.Format(a.slowMean), Seconds.Format(a.slowest), Seconds.Format(best.slowMean))
}
