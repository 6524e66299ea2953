package thresholds

import (
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// An Await is what a check should wait for, so that its outcome is not left to chance.
type Await uint8

// What to wait for; the largest one counts.
const (
	AwaitNothing Await = iota
	// AwaitProbes: only the interval of etcd's probes shows whether the surviving members hear each other.
	AwaitProbes
	// AwaitReach: only that interval shows whether a member that does not answer here runs.
	AwaitReach
	// AwaitRoundTrip: a round trip, which etcd observes every 30 s, would show whether a link is slow now.
	AwaitRoundTrip
	// AwaitAnswers: answers are on their way, or too few to judge by.
	AwaitAnswers
)

// await is what another sweep may still change about a check. It does not wait for a member that fails to answer, nor
// for one that has been silent for an election timeout: both are findings already.
func (b *cohort) await(findings []Finding) (await Await) {
	if !b.settings.immediate || b.sweep.Dumps != nil {
		return AwaitNothing
	}
	for i := range b.members {
		if !b.settings.sinceStart && b.needsMoreAnswers(i, b.settings.rule(AnswersSlow)) {
			return AwaitAnswers
		}
		hearing := b.members[i].hearing
		if b.members[i].probed.RemovalUnproven || hearing == hardlyHeard || hearing == hearingLate ||
			b.hasPendingAnswers(i) {
			return AwaitAnswers
		}
	}
	for i := range b.apiServers {
		if b.apiServers[i].hasPendingAnswers(&b.settings, b.now) {
			return AwaitAnswers
		}
	}
	if !b.settings.sinceStart && b.hearingUndecided() {
		await = AwaitProbes
	}
	for i := range b.members {
		if !b.settings.sinceStart && b.reachUndecided(i) {
			await = AwaitReach
		}
	}
	for i := range findings {
		if f := &findings[i]; f.Rule == PeerRTTSlow && f.Why == WhyTooFew && f.Level == Unknown && f.InhibitedBy == "" {
			await = AwaitRoundTrip
		}
	}
	return await
}

// hearingUndecided reports that it is not known yet of two healthy voters whether they hear each other.
func (f *frame) hearingUndecided() bool {
	for i := range f.members {
		for j := range i {
			one, other := &f.members[i], &f.members[j]
			if one.Healthy && !one.MetricsTooOld && other.Healthy && !other.MetricsTooOld && !f.hearEachOther(i, j) &&
				!one.track.unanswered(other.track, other.ID, f.now) &&
				!other.track.unanswered(one.track, one.ID, f.now) {
				return true
			}
		}
	}
	return false
}

// hasPendingAnswers reports that the member at a place has answers on their way, or too few to judge by.
func (b *cohort) hasPendingAnswers(i int) bool {
	m, p := &b.members[i], b.members[i].probed
	switch {
	case m.State == StateDown || m.expected != "":
		return false
	case b.mayHang(i):
		return true // another sweep shows it
	case m.State == StateLate:
		return b.now.Sub(m.track.lateSince) < electionTimeout // asked only just now
	case firstIsUnderWay(&p.Linearizable, b.now), firstIsUnderWay(&p.Serializable, b.now),
		firstIsUnderWay(&p.Peers, b.now):
		return true
	}
	need := 2
	if b.settings.sinceStart {
		need = 1
	}
	// A request that succeeded before is retried; one that never did is not.
	return m.track.expositions < need && (p.Metrics.Err == nil || p.Metrics.Answered())
}

// hasPendingAnswers reports that the API server has answers on their way, or too few scrapes for a p99.
func (s *apiServerState) hasPendingAnswers(o *settings, now time.Time) bool {
	need := 2
	if o.sinceStart {
		need = 1
	}
	for _, check := range [...]*probe.Fact[probe.EtcdCheck]{&s.view.Ready, &s.view.Live} {
		if !check.Answered() && check.Err == nil && now.Sub(check.Pending) < apiCheckAge {
			return true
		}
	}
	return s.view.Metrics.Err == nil && s.track.scrapes < need
}

// firstIsUnderWay reports that the first request for a fact was sent less than an election timeout ago.
func firstIsUnderWay[T any](f *probe.Fact[T], now time.Time) bool {
	return !f.Answered() && f.Err == nil && !f.Pending.IsZero() && now.Sub(f.Pending) < electionTimeout
}

// What settles whether a member is slow to answer: this many answers, or this many pulses without a late one.
// answersSuspect is how many late ones raise the suspicion.
const answersSettled, pulsesSettled, answersSuspect = 4 * minAnswers, 9, 2

// needsMoreAnswers reports that more answers of the member at a place would show better whether it is slow.
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
		return false // the process runs although its metrics are late: something else delays them
	case are == timingSlow && mine.slowMean >= rule.Warning.Value.Or(math.Inf(1)):
		return false
	}
	return mine.n < answersSettled && suspect
}
