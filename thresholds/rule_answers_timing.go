package thresholds

import "slices"

// timing is how a member's answer times compare with those of the quickest other member.
type timing uint8

const (
	// timingUnknown: there are too few answers to compare.
	timingUnknown timing = iota
	// timingAlike: the member's answers are not clearly slower, or the process is not the reason.
	timingAlike
	// timingUndecided: they are slower, but the quickest other member's are too slow themselves to judge by.
	timingUndecided
	// timingSlow: the member's process is slow, rather than the path to it or the observer.
	timingSlow
)

const (
	// answersClearFactor times the quickest other member's slowMean, and answersClearSeconds more, is no chance even
	// where this host is busy: that delays all members' answers alike, rather than one member's by two heartbeat
	// intervals (etcd's default is 100 ms).
	answersClearFactor, answersClearSeconds = 4, 0.200
)

// compareAnswers returns the answer times of member i, those of the quickest other member, and how they compare.
func (b *cohort) compareAnswers(i int) (mine, best answerStats, compared timing) {
	mine = b.answersOf(i)
	best, other := b.quickest(i)
	if mine.n < minAnswers || other < 0 {
		return mine, best, timingUnknown
	}
	path := answersRoundTrips * b.roundTrip(i, mine)
	slow, _ := atLeast(max(answersFactor*best.mean, path), mine.scrapes)
	peers := answersPeersMaxMany
	if mine.n < answersInCheck {
		peers = answersPeersMax
	}
	clearly := mine.n >= 2*minAnswers && mine.slowMean >= answersClearFactor*best.slowMean &&
		mine.slowMean-best.slowMean >= answersClearSeconds
	quick := best.mean < max(peers, path)
	// A member that was found starved while the others were quick stays so when those get busy as well.
	found := !b.members[i].track.starved.IsZero() &&
		b.now.Sub(b.members[i].track.starved) <= answersWindow(b.sweep.Interval)
	slower := mine.slowMean > max(answersFactor*best.slowMean, path) && slow >= answersSlowLeast &&
		float64(slow) >= answersShare*float64(mine.n)
	switch {
	case !b.stallsAtTimes(i, mine, best):
		return mine, best, timingAlike
	case slower && (quick || clearly || found):
		return mine, best, timingSlow
	case !quick && (slower || b.stallsOften(i, mine, best)):
		return mine, best, timingUndecided
	}
	return mine, best, timingAlike
}

// stallsOften reports whether at least half of member i's pulses are slow, and its expositions are slower than the
// quickest other member's.
func (b *cohort) stallsOften(i int, mine, best answerStats) bool {
	n, _ := atLeast(b.slowPulse(i, mine, best), mine.cleanPulses)
	return n >= answersSlowLeast && 2*n >= len(mine.cleanPulses) && mine.slowMean > best.slowMean
}

// answersLate reports whether member i answers from memory late enough to reach the rule's lowest limit, whether its
// host is busy or this one. Where it answers other requests quickly meanwhile, its process runs and is not late.
func (b *cohort) answersLate(i int, rule *Rule) bool {
	a := b.answersOf(i)
	if a.n == 0 {
		return false
	}
	roundTrip := b.roundTrip(i, a)
	meanwhile, _ := atLeast(answersFactor*max(roundTrip, answersQuick), slices.Concat(a.pulses, a.statuses))
	return a.slowMean >= max(slowAnswerLimit(rule), answersRoundTrips*roundTrip) && meanwhile > 0
}
