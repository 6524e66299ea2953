package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/thresholds/window"
)

// newestRTT is the maximum age of a pair's newest round trips. etcd observes them every 30 s.
const newestRTT = 45 * time.Second

// slowerFactor is by how much a slow link's round trips exceed those of the quickest link: the buckets of etcd's
// histogram double.
const slowerFactor = 2

// roundTrips returns the pairs of answering members, each with the longer of the newest round trips that its two ends
// observed.
func (r *diagnoser) roundTrips() (pairs []pair) {
	seen := make([]map[int]pair, len(r.members))
	for i := range r.judgedMembers() {
		seen[i] = r.roundTripsOf(i)
	}
	for i := range r.members {
		for j := i + 1; j < len(r.members); j++ {
			p, known := seen[i][j]
			if q, reverse := seen[j][i]; reverse && (!known || q.rttLower > p.rttLower) {
				p, known = q, true
			}
			if known {
				p.a, p.b = i, j
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

// roundTripsOf returns the newest round trips that member i observed with its peers, by the peers' indices. A round
// trip is the mean, or the lower bound of the highest bucket if that is longer. Where a check observed none, it is
// the value that PeerRTTSlow judges.
func (r *diagnoser) roundTripsOf(i int) map[int]pair {
	metrics := &r.members[i].probed.Metrics
	if len(r.members[i].track.peers) == 0 || !metrics.Answered() {
		return nil
	}
	seen := make(map[int]pair)
	settings := r.settings.forMember(r.members[i].track)
	step := settings.step(r.members[i].track)
	newest := max(newestRTT, step+step/2) // at least the time between two appearances
	for j := range r.judgedMembers() {
		peer := r.members[i].track.peers[r.members[j].ID]
		if peer == nil || j == i {
			continue
		}
		if peer.leftOpen {
			continue
		}
		if peer.isQuickAgain() {
			least, most := peer.quickTrip()
			seen[j] = pair{rttLower: least, rttUpper: most, track: peer}
			continue
		}
		if d, known := peer.rtt.Distribution(metrics.At, newest, r.members[i].tripsSinceStart()); known {
			if lower, upper, observed := d.HighestBucket(); observed {
				seen[j] = pair{rttLower: max(lower, valueOf(d.Mean()).Or(0)), rttUpper: upper, track: peer}
			}
		}
	}
	s := r.subject(i, PeerRTTSlow)
	if !s.usesHistory() {
		return seen
	}
	links := s.links()
	for k := range links {
		l := &links[k]
		j := l.place
		if _, recent := seen[j]; recent || !s.hasRoundTrips(l) {
			continue
		}
		if single := s.checkLink(l, window.Distribution{}); single.measured && !single.undecided {
			m := &single.measurement
			seen[j] = pair{rttLower: m.value.Or(0), rttUpper: m.upper.Or(math.Inf(1)), basis: m.basis, track: l.track}
		}
	}
	return seen
}

// subject returns member i as the subject of a rule.
func (r *diagnoser) subject(i int, rule RuleID) *subject {
	s := &subject{cohort: r.cohort, rule: r.settings.rule(rule)}
	s.about(i)
	return s
}

// compareLinks splits pairs into slow links, whose round trips take at least limit and clearly longer than those of
// the quickest link, and fast ones, the rest. A single link is slow by the limit alone. alike reports that round
// trips reach limit and no link stands out.
func compareLinks(pairs []pair, limit float64) (slow, fast []pair, alike bool) {
	if len(pairs) == 0 {
		return nil, nil, false
	}
	quickest := slices.MinFunc(pairs, func(p, q pair) int {
		return cmp.Or(cmp.Compare(p.rttLower, q.rttLower), cmp.Compare(p.rttUpper, q.rttUpper))
	})
	for _, p := range pairs {
		alone := len(pairs) == 1
		slower := p.rttLower >= slowerFactor*quickest.rttLower && p.rttLower >= quickest.rttUpper
		if p.rttLower >= limit && (alone || slower) {
			slow = append(slow, p)
		} else {
			fast = append(fast, p)
		}
	}
	long := slices.ContainsFunc(pairs, func(p pair) bool { return p.rttLower >= limit })
	return slow, fast, long && len(slow) == 0
}

// slowNetwork diagnoses links that are all long, with none clearly quicker. It blames neither a link nor a member.
func (r *diagnoser) slowNetwork(trips []*Finding, pairs []pair) *diagnosis {
	// Requests that wait for the leader may be more severe findings than the round trips are.
	signs := slices.Concat(trips,
		r.found(anyMember, LinearizableReadSlow, ReadIndexesSlow, AppliesSlow, ProposalsQueued))
	slices.SortStableFunc(signs, severestFirst)
	d := &diagnosis{cause: CauseSlowNetwork, root: signs[0], covered: trips, blamed: []string{}, symptom: true}
	d.states(trips...)
	r.inhibit(d, anyMember, slowness[:]...)
	d.add(r.quickDisks())
	worst := slices.MaxFunc(pairs, func(p, q pair) int { return cmp.Compare(p.rttLower, q.rttLower) })
	took := fmt.Sprintf("%s, and none of the %d links is clearly quicker", worst.took(), len(pairs))
	const (
		apart = "Where members are that far apart by design: --heartbeat-interval of about one round trip, " +
			"--election-timeout of ten, the same on all members."
		shared = "Look at what all links have in common: the switch, the uplink, the tunnel or overlay between the " +
			"hosts (ping, mtr -rwc 50 PEER)."
	)
	d.beyond = fmt.Sprintf("None of the %d links is clearly quicker", len(pairs))
	trip := ": round trips ≥ " + Seconds.Format(worst.rttLower)
	d.step = "Check what all links share: switch, uplink, overlay (mtr)"
	switch usual, byDesign, known := usualTrips(pairs); {
	case r.allLate():
		d.cause, d.candidates = CauseNotClear, []Cause{CauseSlowNetwork, CauseStarvation}
		d.text = fmt.Sprintf("Cause not clear: the network that all members share is slow or long, or all are "+
			"short of CPU, because all answer late from memory as well (%s), and everything that they send each "+
			"other is late then. Seen: %s",
			r.answerTimes(-1), took)
		d.beyond = fmt.Sprintf("Because all answer late from memory as well (%s). Seen: %s", r.answerTimes(-1), took)
		d.next = "On each host: top, and pressure: cat /proc/pressure/cpu; " +
			"etcdoc's own host may be the busy one. " + shared
	case byDesign:
		d.text = fmt.Sprintf("All members are far from each other: %s, now or since the processes began", took)
		d.next = apart + " Else: " + shared
		d.headline = "All members are far apart" + trip
		d.step = "Set --heartbeat-interval to a round trip, --election-timeout x10"
	case known:
		d.text = fmt.Sprintf("The network that all members share is slow: %s; since the processes began they took "+
			"%s on average", took, Seconds.Format(usual))
		d.next = shared
		d.headline = "Shared network is slow" + trip + ", usually " + Seconds.Format(usual)
	default:
		d.text = fmt.Sprintf("The network that all members share is slow, or they are far from each other: %s", took)
		d.next = shared + " " + apart
		d.headline = "Network slow, or members far apart" + trip
	}
	return d
}

// usualTrips returns the mean round trip since the processes began, in seconds, on the quickest link. byDesign
// reports that all links have been as long all along. known is false where a link has fewer than designTrips
// observations.
func usualTrips(pairs []pair) (mean float64, byDesign, known bool) {
	mean, byDesign = math.Inf(1), true
	for _, p := range pairs {
		d, observed := p.track.rtt.SinceStart()
		took, summed := d.Mean()
		if !observed || !summed || d.Observations < designTrips {
			return 0, false, false
		}
		mean, byDesign = min(mean, took), byDesign && designFactor*took >= p.rttLower
	}
	return mean, byDesign, true
}

// took words how long the round trips of the pair take, and what that was measured by.
func (p pair) took() string {
	value := Seconds.Format(p.rttLower)
	switch p.basis {
	case BasisSinceStart:
		return "half of the round trips since the processes began took " + value + " or more"
	case BasisReads:
		return "reads through the leader that take " + value + " more than others"
	}
	return "round trips of " + value + " or more"
}

// pairName names the ends of a link, and which one leads.
func (r *diagnoser) pairName(p pair) string {
	if r.members[p.b].Role == RoleLeader {
		p.a, p.b = p.b, p.a
	}
	if r.members[p.a].Role == RoleLeader {
		return "leader " + r.members[p.a].Short + " and " + r.members[p.b].Short
	}
	return r.members[p.a].Short + " and " + r.members[p.b].Short
}

// farEnds returns the members at the other ends of a member's links.
func (r *diagnoser) farEnds(links []pair, i int) (labels []string) {
	for _, p := range links {
		labels = append(labels, r.members[p.a+p.b-i].Label)
	}
	return labels
}

// slowPairs words which links are slow: one, those of one member, or several.
func (r *diagnoser) slowPairs(slow, fast []pair) string {
	worst := slices.MaxFunc(slow, func(p, q pair) int { return cmp.Compare(p.rttLower, q.rttLower) })
	took := worst.took()
	if others := otherPairs(slow, fast); others != "" {
		took += ", " + others
	}
	switch hub := commonMember(slow); {
	case hub >= 0:
		to := "to all others"
		if slices.ContainsFunc(fast, func(p pair) bool { return p.has(hub) }) {
			to = "to " + join(r.farEnds(slow, hub))
		}
		return fmt.Sprintf("The links of %s are slow, %s: %s", r.members[hub].Label, to, took)
	case len(slow) == 1 && len(fast) == 0:
		return fmt.Sprintf("The link between %s is slow: %s; no other one has been observed", r.linkName(slow[0]), took)
	case len(slow) == 1:
		return fmt.Sprintf("The link between %s is slow: %s", r.linkName(slow[0]), took)
	default:
		return fmt.Sprintf("%d of %d links are slow, the slowest between %s: %s",
			len(slow), len(slow)+len(fast), r.linkName(worst), took)
	}
}

// otherPairs says how long round trips take at most where they are not slow; empty where none has been observed. Where
// that may be as long as on a slow link, it says between which bounds the quickest are.
func otherPairs(slow, fast []pair) string {
	if len(fast) == 0 {
		return ""
	}
	next := slices.MaxFunc(fast, func(p, q pair) int { return cmp.Compare(p.rttUpper, q.rttUpper) })
	longer := func(p, q pair) int { return cmp.Compare(p.rttLower, q.rttLower) }
	if next.rttUpper >= slices.MinFunc(slow, longer).rttLower {
		quickest := slices.MinFunc(fast, longer)
		return "those of the quickest pair between " + Seconds.Format(quickest.rttLower) + " and " +
			Seconds.Format(quickest.rttUpper)
	}
	return "the other pairs not over " + Seconds.Format(next.rttUpper)
}

// slowPairsHeadline is slowPairs in short.
func (r *diagnoser) slowPairsHeadline(slow, fast []pair) string {
	worst := slices.MaxFunc(slow, func(p, q pair) int { return cmp.Compare(p.rttLower, q.rttLower) })
	took := "≥ " + Seconds.Format(worst.rttLower)
	switch hub := commonMember(slow); {
	case hub >= 0:
		return "Links of " + r.members[hub].Short + " are slow: round trips " + took
	case len(slow) == 1:
		return fitting(HeadlineWidth, "Slow link: "+r.pairName(worst)+", round trips "+took,
			"Slow link: "+r.pairName(worst)+", "+took,
			"Slow link: "+r.members[worst.a].Short+" and "+r.members[worst.b].Short+", "+took)
	}
	return fmt.Sprintf("%d of %d links slow, worst at %s: %s", len(slow), len(slow)+len(fast),
		r.members[worst.a].Short, took)
}

// linkNames names the members of each pair.
func (r *diagnoser) linkNames(pairs []pair) []string {
	names := make([]string, len(pairs))
	for n, p := range pairs {
		names[n] = r.linkName(p)
	}
	return names
}

// linkName names the two members of a pair, and which one leads.
func (r *diagnoser) linkName(p pair) string {
	name := func(i int) string {
		if r.members[i].Role == RoleLeader {
			return "the leader " + r.members[i].Label
		}
		return r.members[i].Label
	}
	if r.members[p.b].Role == RoleLeader {
		p.a, p.b = p.b, p.a
	}
	return name(p.a) + " and " + name(p.b)
}
