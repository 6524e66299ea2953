package thresholds

import (
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// An Await is what a check should wait for, for the outcome not to be a matter of chance.
type Await uint8

// What to wait for. The largest counts.
const (
	AwaitNothing Await = iota
	// AwaitProbes: whether the members that would be left hear each other is told by the pace of etcd's probes alone.
	AwaitProbes
	// AwaitRoundTrip: a round trip, which etcd observes every 30 s, would tell whether a link is slow now.
	AwaitRoundTrip
	// AwaitAnswers: answers are on their way, or are too few to judge by.
	AwaitAnswers
)

// awaits says what one more look may change of what a check says. A member that fails to answer is no longer waited for,
// and neither is one that has been silent for an election timeout: that is found already.
func (e *Evaluator) awaits(s *probe.Sweep, a *Assessment, tracks []*track) (await Await) {
	if !e.options.Immediate || s.Dumps != nil {
		return AwaitNothing
	}
	b := e.bench
	for i := range a.Members {
		if !e.options.SinceStart && b.awaits(i, e.options.rule(AnswersSlow)) {
			return AwaitAnswers
		}
		if s.Members[i].RemovalUnproven || a.Members[i].hushed || e.awaitsAnswers(i, &s.Members[i], &a.Members[i], tracks[i], a.At) {
			return AwaitAnswers
		}
	}
	if !e.options.SinceStart && mayBeCut(a, tracks) {
		await = AwaitProbes
	}
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Rule == PeerRTTSlow && f.Why == WhyTooFew && f.Level == Unknown && f.InhibitedBy == "" {
			await = AwaitRoundTrip
		}
	}
	return await
}

// mayBeCut reports that of two healthy voters it is not known yet whether they hear each other.
func mayBeCut(a *Assessment, tracks []*track) bool {
	healthy := func(i int) bool { return a.Members[i].Healthy && !a.Members[i].MetricsTooOld }
	for i := range a.Members {
		for j := range i {
			if healthy(i) && healthy(j) && !hearEachOther(a.Members, tracks, i, j) &&
				!tracks[i].unanswered(tracks[j], a.Members[j].ID, a.At) && !tracks[j].unanswered(tracks[i], a.Members[i].ID, a.At) {
				return true
			}
		}
	}
	return false
}

func (e *Evaluator) awaitsAnswers(i int, m *probe.Member, a *Member, t *track, now time.Time) bool {
	switch {
	case a.State == StateDown || a.expected != "":
		return false
	case e.bench.mayHang(i):
		return true // another look tells
	case a.State == StateLate:
		return now.Sub(t.lateSince) < electionTimeout // it has only just been asked
	case firstIsUnderWay(&m.Linearizable, now), firstIsUnderWay(&m.Serializable, now), firstIsUnderWay(&m.Peers, now):
		return true
	}
	looks := 2
	if e.options.SinceStart {
		looks = 1
	}
	// What could be read before is tried again; what never could be is not.
	return t.looks < looks && (m.Metrics.Err == nil || m.Metrics.Ever())
}

// firstIsUnderWay reports that a member has only just been asked for something for the first time.
func firstIsUnderWay[T any](f *probe.Fact[T], now time.Time) bool {
	return !f.Ever() && f.Err == nil && !f.Pending.IsZero() && now.Sub(f.Pending) < electionTimeout
}

// What settles whether a member is slow to answer: so many answers, or so many pulses without a late one. answersSuspect is
// how much that came late raises the suspicion.
const answersSettled, pulsesSettled, answersSuspect = 4 * answersLeast, 9, 2

// awaits reports that more answers of the member at a place would tell better whether it is slow.
func (b *bench) awaits(i int, rule *Rule) bool {
	m := &b.members[i]
	if rule.IsOff() || len(b.members) < 2 || m.State != StateOK || b.sweep.Members[i].Metrics.Err != nil {
		return false
	}
	mine, best, are := b.slowAnswers(i)
	long := b.stuck(i, mine, best)
	pulses, _ := atLeast(long, mine.pulses)
	statuses, _ := atLeast(long, mine.statuses)
	late := max(answersFactor*best.mean, slowestAnswer(rule))
	scrapes, _ := atLeast(late, mine.took)
	suspect := scrapes+pulses+statuses >= answersSuspect
	switch {
	case are == timingUnknown:
		return mine.n < answersLeast && (suspect || mine.status >= answersFactor*max(best.status, answersQuick))
	case pulses == 0 && len(mine.pulses) >= pulsesSettled:
		return false // the process runs while its metrics are late: they are for another reason
	case are == timingSlow && mine.slow >= rule.Warning.Value.Or(math.Inf(1)):
		return false
	}
	return mine.n < answersSettled && suspect
}
