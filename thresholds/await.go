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

// await says what one more look may change of what a check says. A member that fails to answer is no longer waited for,
// and neither is one that has been silent for an election timeout: that is found already.
func (b *cohort) await(findings []Finding) (await Await) {
	if !b.settings.immediate || b.sweep.Dumps != nil {
		return AwaitNothing
	}
	for i := range b.members {
		if !b.settings.sinceStart && b.needsMoreAnswers(i, b.settings.rule(AnswersSlow)) {
			return AwaitAnswers
		}
		if b.members[i].probed.RemovalUnproven || b.members[i].mayBeUnheard || b.hasPendingAnswers(i) {
			return AwaitAnswers
		}
	}
	if !b.settings.sinceStart && b.hearingUndecided() {
		await = AwaitProbes
	}
	for i := range findings {
		if f := &findings[i]; f.Rule == PeerRTTSlow && f.Why == WhyTooFew && f.Level == Unknown && f.InhibitedBy == "" {
			await = AwaitRoundTrip
		}
	}
	return await
}

// mayBeCut reports that of two healthy voters it is not known yet whether they hear each other.
func (f *frame) hearingUndecided() bool {
	for i := range f.members {
		for j := range i {
			one, other := &f.members[i], &f.members[j]
			if one.Healthy && !one.MetricsTooOld && other.Healthy && !other.MetricsTooOld && !f.hearEachOther(i, j) &&
				!one.track.unanswered(other.track, other.ID, f.now) && !other.track.unanswered(one.track, one.ID, f.now) {
				return true
			}
		}
	}
	return false
}

// awaitsAnswers reports that the member at a place has answers on their way, or too few to judge by.
func (b *cohort) hasPendingAnswers(i int) bool {
	m, p := &b.members[i], b.members[i].probed
	switch {
	case m.State == StateDown || m.expected != "":
		return false
	case b.mayHang(i):
		return true // another look tells
	case m.State == StateLate:
		return b.now.Sub(m.track.lateSince) < electionTimeout // it has only just been asked
	case firstIsUnderWay(&p.Linearizable, b.now), firstIsUnderWay(&p.Serializable, b.now), firstIsUnderWay(&p.Peers, b.now):
		return true
	}
	looks := 2
	if b.settings.sinceStart {
		looks = 1
	}
	// What could be read before is tried again; what never could be is not.
	return m.track.expositions < looks && (p.Metrics.Err == nil || p.Metrics.Answered())
}

// firstIsUnderWay reports that a member has only just been asked for something for the first time.
func firstIsUnderWay[T any](f *probe.Fact[T], now time.Time) bool {
	return !f.Answered() && f.Err == nil && !f.Pending.IsZero() && now.Sub(f.Pending) < electionTimeout
}

// What settles whether a member is slow to answer: so many answers, or so many pulses without a late one. answersSuspect is
// how much that came late raises the suspicion.
const answersSettled, pulsesSettled, answersSuspect = 4 * minAnswers, 9, 2

// awaits reports that more answers of the member at a place would tell better whether it is slow.
func (b *cohort) needsMoreAnswers(i int, rule *Rule) bool {
	m := &b.members[i]
	if rule.IsOff() || len(b.members) < 2 || m.State != StateOK || b.members[i].probed.Metrics.Err != nil {
		return false
	}
	mine, best, are := b.compareAnswers(i)
	long := b.slowPulse(i, mine, best)
	pulses, _ := atLeast(long, mine.pulses)
	statuses, _ := atLeast(long, mine.statuses)
	late := max(answersFactor*best.mean, slowAnswerLimit(rule))
	scrapes, _ := atLeast(late, mine.scrapes)
	suspect := scrapes+pulses+statuses >= answersSuspect
	switch {
	case are == timingUnknown:
		return mine.n < minAnswers && (suspect || mine.statusMean >= answersFactor*max(best.statusMean, answersQuick))
	case pulses == 0 && len(mine.pulses) >= pulsesSettled:
		return false // the process runs while its metrics are late: they are for another reason
	case are == timingSlow && mine.slowMean >= rule.Warning.Value.Or(math.Inf(1)):
		return false
	}
	return mine.n < answersSettled && suspect
}
