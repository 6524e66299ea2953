package thresholds

import "slices"

// timing is how the answers of a member compare with those of the quickest other one.
type timing uint8

// How answers compare.
const (
	// timingUnknown: there are too few to tell.
	timingUnknown timing = iota
	// timingAlike: they are not clearly slower, or it is not the process that is.
	timingAlike
	// timingUndecided: they are, but the quickest other member's are too slow themselves to judge by.
	timingUndecided
	// timingSlow: it is the member's process that is slow, and neither the way to it nor the observer.
	timingSlow
)

const (
	// answersClearly is how many times what the quickest other member's take is no chance even so, where it is answersStops
	// seconds more: whatever is busy here delays the answers of all alike, and not those of one by two heartbeat intervals
	// (etcd's default is 100 ms).
	answersClearFactor, answersClearSeconds = 4, 0.200
)

// slowAnswers is how long the answers of the member at a place take, and the quickest other member's, and how they compare.
func (b *cohort) compareAnswers(i int) (mine, best answerStats, are timing) {
	mine = b.answersOf(i)
	best, other := b.quickest(i)
	if mine.n < minAnswers || other < 0 {
		return mine, best, timingUnknown
	}
	way := b.roundTrip(i, mine)
	over, _ := atLeast(max(answersFactor*best.mean, answersRoundTrips*way), mine.scrapes)
	peers := answersPeersMaxMany
	if mine.n < answersInCheck {
		peers = answersPeersMax
	}
	clearly := mine.n >= 2*minAnswers && mine.slowMean >= answersClearFactor*best.slowMean && mine.slowMean-best.slowMean >= answersClearSeconds
	quick := best.mean < max(peers, answersRoundTrips*way)
	// What was found while the others were quick, and still is, has not ended because those are busy as well.
	found := !b.members[i].track.starved.IsZero() && b.now.Sub(b.members[i].track.starved) <= answersWindow(b.sweep.Interval)
	slower := mine.slowMean > max(answersFactor*best.slowMean, answersRoundTrips*way) && over >= answersSlowLeast &&
		float64(over) >= answersShare*float64(mine.n)
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

// stopsOften reports that half of what the member at a place is asked while an exposition is late takes long, or more, and that
// its expositions are no quicker than the best.
func (b *cohort) stallsOften(i int, mine, best answerStats) bool {
	n, _ := atLeast(b.slowPulse(i, mine, best), mine.cleanPulses)
	return n >= answersSlowLeast && 2*n >= len(mine.cleanPulses) && mine.slowMean > best.slowMean
}

// late reports that the member at a place is late with what it answers from memory, by as much as a rule takes for worth a
// word, whoever's fault it is: its host may be busy, or this one. Where what it is asked meanwhile is quick, its process runs.
func (b *cohort) answersLate(i int, rule *Rule) bool {
	a := b.answersOf(i)
	if a.n == 0 {
		return false
	}
	way := b.roundTrip(i, a)
	meanwhile, _ := atLeast(answersFactor*max(way, answersQuick), slices.Concat(a.pulses, a.statuses))
	return a.slowMean >= max(slowAnswerLimit(rule), answersRoundTrips*way) && meanwhile > 0
}
