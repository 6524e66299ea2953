package thresholds

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// What tells a process that is CPU-starved: now and then what it answers from memory takes long, and so does what it is
// asked meanwhile. The first is /metrics, for which etcd needs about 4 ms of CPU, and no lock that is held during an fsync;
// the second is [probe.Member.Liveness].
const (
	// answersKept is how far back answers are looked at, or that of so many sweeps where those are further apart.
	answersKept   = 30 * time.Second
	answersSweeps = 8
	// answersLeast is how many there must be to judge by.
	minAnswers = 4
	// answersSlowest is of what part of them the mean is taken, the slowest: a process whose CPU is limited answers at once
	// while its share of each 100 ms lasts.
	answersSlowest = 0.25
	// answersFactor is how many times what the quickest other member's take is slow, and answersWays how many ways there and
	// back an exposition may take: it comes in more than one flight of packets.
	answersFactor     = 2.5
	answersRoundTrips = 4
	// wayVaries is by what factor the slowest Status is slower than the quickest where that is more than how a way varies.
	roundTripVaries = 1.25
	// answersQuick is quick for Status, in seconds: a process that runs takes less, but for the way there and back. A pulse is
	// asked when nothing else is, and takes half of that.
	answersQuick, pulsesQuick = 0.010, 0.005
	// answersShare is what part of them must be slow, and answersSlowLeast how many: one stop of a process, or two in a busy
	// second, is not a lack of CPU.
	answersShare     = 0.15
	answersSlowLeast = 3
	// answersVary is by what factor the slowest of the newest answers is slower than the quickest of them where it is the
	// process that is slow, and answersNewest how many those are; what lies in the way, such as a proxy, adds as much to each.
	answersVary, answersNewest = 3, 8
	// pulsesStuck is how many of the pulses must be slow, and pulsesShare what part. Where the quickest other member has
	// half as many, it is this host that stops.
	pulsesSlowLeast, pulsesShare = 2, 0.2
	// answersFew are as many as a check has.
	answersInCheck = 16
	// answersPeers is the most that the quickest other member's may take on average, in seconds: where that takes longer, this
	// host is busy, or the network, and what is slower may be so by chance. It is what the rule calls slow to begin with.
	// What many answers take is less by chance, so that more of it may be the host's.
	answersPeersMax, answersPeersMaxMany = 0.040, 0.060
)

// answered is an answer: when it came, and how long it took.
type answerTime struct {
	at      time.Time
	seconds float64
}

func (a answerTime) When() time.Time { return a.at }

// noteAnswers takes in how long the newest Status, exposition and pulse took, in whichever sweep they arrive: the slowest of two that
// arrive in one. The first exposition of all waits for its connection, and for those of the others.
func (t *track) noteAnswers(m *probe.Member, interval time.Duration) {
	keep := answersWindow(interval)
	if m.Status.Answered() && m.Status.Err == nil {
		t.statuses.Add(answerTime{m.Status.At, max(m.Status.Took, m.Status.Slowest).Seconds()}, keep)
	}
	if m.Liveness.Answered() && m.Liveness.Err == nil {
		t.pulses.Add(answerTime{m.Liveness.At, max(m.Liveness.Took, m.Liveness.Slowest).Seconds()}, keep)
	}
	if m.Metrics.Answered() && m.Metrics.Err == nil && !inDump(m) && !t.metricsAt.IsZero() && m.Metrics.At.After(t.metricsAt) {
		t.scrapes.Add(answerTime{m.Metrics.At, max(m.Metrics.Took, m.Metrics.Slowest).Seconds()}, keep)
	}
}

func answersWindow(interval time.Duration) time.Duration {
	return max(answersKept, answersSweeps*interval)
}

// answering sums up how long a member's answers took lately: all in seconds, none more than an election timeout.
type answerStats struct {
	n int
	// mean is that of all, slow that of the slowest of them, and slowest the most.
	mean, slowMean, slowest float64
	// status is the mean of Status, and quickest and latest are the least and the most of it.
	statusMean, statusMin, statusMax float64
	// took are how long the expositions really took, and statuses and pulses the same of those; alone are the pulses since
	// the member's disk last was what they may have waited for.
	scrapes, statuses, pulses, cleanPulses []float64
}

// sumUp is how the member at a place has answered lately. A question that has been waiting for longer than answers
// take counts as one that took so long.
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
		if waits := b.now.Sub(pending).Seconds(); waits > sum/float64(a.n) {
			add(waits)
		}
	}
	if a.n > 0 {
		a.mean, a.slowMean = sum/float64(a.n), meanOfSlowest(a.scrapes)
	}
	for _, p := range t.pulses.Range(b.now, window) {
		a.pulses = append(a.pulses, p.seconds)
		if p.at.After(t.diskAwaited) {
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

// slowOf is the mean of the slowest of what answers took, none taken for more than an election timeout.
func meanOfSlowest(took []float64) (mean float64) {
	sorted := slices.Sorted(slices.Values(took))
	slowest := sorted[len(sorted)-int(math.Ceil(answersSlowest*float64(len(sorted)))):]
	for _, seconds := range slowest {
		mean += min(seconds, electionTimeout.Seconds())
	}
	return mean / float64(len(slowest))
}

// atLeast counts those that took so long, and sums them up.
func atLeast(long float64, took []float64) (n int, sum float64) {
	for _, seconds := range took {
		if seconds >= long {
			n, sum = n+1, sum+seconds
		}
	}
	return n, sum
}

// varies reports that the newest answers took now long and now not.
func (a *answerStats) varies() bool {
	newest := a.scrapes[max(0, len(a.scrapes)-answersNewest):]
	return len(newest) > 0 && slices.Max(newest) >= answersVary*slices.Min(newest)
}

// diskTakes reports that the fsyncs or commits of the member at a place take as long on average, or that one has not ended for
// as long: what waits for them does then, too.
func (b *cohort) diskTakesAtLeast(i int, seconds float64) bool {
	t := b.members[i].track
	if b.awaitsFsync(i) && b.now.Sub(t.hang.noFsyncSince).Seconds() >= seconds {
		return true
	}
	for _, of := range [...]*window.Histogram{&t.walFsync, &t.backendCommit} {
		d, _ := of.Over(t.metricsAt, answersWindow(b.sweep.Interval))
		if mean, known := d.Mean(); known && mean >= seconds {
			return true
		}
	}
	return false
}

// stops reports that the process of the member at a place stands still at times: what it is asked while an exposition is
// late takes long as well.
func (b *cohort) stallsAtTimes(i int, mine, best answerStats) bool {
	late, disk := b.pulsesLate(i, mine, best)
	return late && !disk
}

// pulsesLate reports whether what the member at a place is asked while an exposition is late takes long as well, and if so, that it
// may have waited for the disk: that takes as long, and what lies in the way adds as much to each exposition. Then nothing tells
// of the process. Nor where expositions take less: they need more of the CPU than a pulse, and no disk.
func (b *cohort) pulsesLate(i int, mine, best answerStats) (late, disk bool) {
	long := b.slowPulse(i, mine, best)
	n, sum := atLeast(long, mine.cleanPulses)
	others, _ := atLeast(long, best.pulses)
	if n < pulsesSlowLeast || n <= 2*others || float64(n) < pulsesShare*float64(len(mine.cleanPulses)) {
		return false, false
	}
	mean := min(sum/float64(n), electionTimeout.Seconds())
	return true, b.diskTakesAtLeast(i, sum/float64(n)) && !(mine.varies() && mine.slowMean*diskStandstillRatio >= mean)
}

// standstill is how long the process of the member at a place stands still where it does, on average, in seconds.
func (b *cohort) meanStall(i int, mine, best answerStats) float64 {
	n, sum := atLeast(b.slowPulse(i, mine, best), mine.cleanPulses)
	return sum / float64(max(n, 1))
}

// stuck is how long a pulse takes of the member at a place, at least, where its process stands still, in seconds.
func (b *cohort) slowPulse(i int, mine, best answerStats) float64 {
	return answersFactor * max(best.statusMean, b.roundTrip(i, mine), pulsesQuick)
}

// way is how long a message to the member at a place takes there and back, in seconds: its quickest Status says how long at
// most. Where they vary, a process may have answered all of them late, and its host's kernel knows better.
func (b *cohort) roundTrip(i int, mine answerStats) float64 {
	way := b.members[i].track.shortestRoundTrip.Seconds()
	if connected := b.members[i].probed.DialDuration; connected > 0 && mine.statusMax >= roundTripVaries*mine.statusMin {
		way = min(way, connected.Seconds())
	}
	return way
}

// starves reports that the member at a place is slow to answer, by as much as a rule takes for worth a word.
func (b *cohort) isStarved(i int, rule *Rule) bool {
	mine, _, are := b.compareAnswers(i)
	return are == timingSlow && mine.slowMean >= slowAnswerLimit(rule)
}

// slowestAnswer is from how long the slowest of answers are worth a word, by the rule about them, in seconds.
func slowAnswerLimit(rule *Rule) float64 {
	return rule.Notice.Value.Or(rule.Warning.Value.Or(math.Inf(1)))
}

// judgeAnswers judges how long the slowest of the member's answers from memory take, where that is much longer than another
// one's.
func judgeAnswers(s *subject, _ time.Duration) measurement {
	if inDump(s.member) {
		return measurement{notMeasurable: "dumps do not tell how long answers take"}
	}
	mine, best, are := s.compareAnswers(s.place)
	// That they are late is no reason not to judge how late.
	if are == timingUnknown || s.at.State == StateDown || s.member.Metrics.Err != nil {
		if m, ok := s.requireMetrics(); !ok {
			return m
		}
	}
	switch {
	case are == timingUnknown && len(s.members) < 2:
		return measurement{notMeasurable: "there is no other member to compare its answers with"}
	case are == timingUnknown:
		return measurement{notMeasurable: fmt.Sprintf("it takes %d answers of two members to compare them", minAnswers), why: WhyTooFew}
	case are == timingAlike, are == timingUndecided && mine.slowMean < slowAnswerLimit(s.rule):
		return measurement{value: probe.Known(0), window: s.settings.window}
	case are == timingUndecided:
		return measurement{
			notMeasurable: mine.comparedWith(best) + ", which is too long to judge by: its process may be CPU-starved, or this host, those of all, or the network may be busy",
			why:           WhyUndecided, suspected: true,
		}
	}
	return measurement{value: probe.Known(mine.slowMean), window: s.settings.window}
}

func sayAnswers(s *subject, _ measurement) statement {
	mine, best, _ := s.compareAnswers(s.place)
	return s.has(mine.comparedWith(best))
}

// against says how long the answers took, beside the quickest other member's.
func (a *answerStats) comparedWith(best answerStats) string {
	return fmt.Sprintf("the slowest quarter of its answers from memory (/metrics) takes %s on average, up to %s; the quickest other member's %s",
		Seconds.Format(a.slowMean), Seconds.Format(a.slowest), Seconds.Format(best.slowMean))
}
