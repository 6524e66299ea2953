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
	answersClearly, answersStops = 4, 0.200
)

// slowAnswers is how long the answers of the member at a place take, and the quickest other member's, and how they compare.
func (b *cohort) slowAnswers(i int) (mine, best answering, are timing) {
	mine = b.answering(i)
	best, other := b.quickest(i)
	if mine.n < answersLeast || other < 0 {
		return mine, best, timingUnknown
	}
	way := b.way(i, mine)
	over, _ := atLeast(max(answersFactor*best.mean, answersWays*way), mine.took)
	peers := answersPeersMany
	if mine.n < answersFew {
		peers = answersPeers
	}
	clearly := mine.n >= 2*answersLeast && mine.slow >= answersClearly*best.slow && mine.slow-best.slow >= answersStops
	quick := best.mean < max(peers, answersWays*way)
	// What was found while the others were quick, and still is, has not ended because those are busy as well.
	found := !b.members[i].track.starved.IsZero() && b.now.Sub(b.members[i].track.starved) <= answersWindow(b.sweep.Interval)
	slower := mine.slow > max(answersFactor*best.slow, answersWays*way) && over >= answersSlowLeast &&
		float64(over) >= answersShare*float64(mine.n)
	switch {
	case !b.stops(i, mine, best):
		return mine, best, timingAlike
	case slower && (quick || clearly || found):
		return mine, best, timingSlow
	case !quick && (slower || b.stopsOften(i, mine, best)):
		return mine, best, timingUndecided
	}
	return mine, best, timingAlike
}

// stopsOften reports that half of what the member at a place is asked while an exposition is late takes long, or more, and that
// its expositions are no quicker than the best.
func (b *cohort) stopsOften(i int, mine, best answering) bool {
	n, _ := atLeast(b.stuck(i, mine, best), mine.alone)
	return n >= answersSlowLeast && 2*n >= len(mine.alone) && mine.slow > best.slow
}

// late reports that the member at a place is late with what it answers from memory, by as much as a rule takes for worth a
// word, whoever's fault it is: its host may be busy, or this one. Where what it is asked meanwhile is quick, its process runs.
func (b *cohort) late(i int, rule *Rule) bool {
	a := b.answering(i)
	if a.n == 0 {
		return false
	}
	way := b.way(i, a)
	meanwhile, _ := atLeast(answersFactor*max(way, answersQuick), slices.Concat(a.pulses, a.statuses))
	return a.slow >= max(slowestAnswer(rule), answersWays*way) && meanwhile > 0
}
