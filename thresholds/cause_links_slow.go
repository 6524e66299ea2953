package thresholds

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// slowLinks are the links that are slow now by all that the reading and the marks say: those whose newest round trips
// are over the limit of a rule about them that is pending or firing, and those of followers that are slow through the
// leader. The verdicts go by them.
type slowLinks struct {
	pairs []pair
	// since is when each of them was first seen to be slow.
	since []time.Time
	// unlocated are the members of which a rule says that a link is slow, and no newest round trip which.
	unlocated []int
	// alike reports that round trips are long and no link stands out.
	alike bool
}

// slowLinks returns the links that are slow now.
func (r *diagnoser) slowLinks() (slow slowLinks) {
	limits, any := r.slowLinkLimits()
	if any {
		located, pairs := make(map[int]bool), r.roundTrips()
		if slow.pairs, _, slow.alike = compareLinks(pairs, slices.Min(limits)); slow.alike {
			slow.pairs = slices.DeleteFunc(pairs, func(p pair) bool {
				return p.rttLower < min(limits[p.a], limits[p.b])
			})
		}
		for _, p := range slow.pairs {
			located[p.a], located[p.b] = true, true
		}
		for i, limit := range limits {
			if !math.IsInf(limit, 1) && !located[i] {
				slow.unlocated = append(slow.unlocated, i)
			}
		}
	}
	leader := r.place(r.cluster.Leader.Key)
	for _, i := range r.slowThroughLeader() {
		if slow.between(i, leader) == nil {
			took, _ := r.readTook(i)
			slow.pairs = append(slow.pairs,
				pair{a: min(i, leader), b: max(i, leader), rttLower: took, rttUpper: took, basis: BasisReads})
		}
	}
	slow.since = make([]time.Time, len(slow.pairs))
	for k := range slow.pairs {
		slow.since[k] = r.slowSince(&slow.pairs[k], leader)
	}
	return slow
}

// slowSince returns when a link was first seen to be slow: by the first of its newest round trips that are long, or
// when the slow reads through it began.
func (r *diagnoser) slowSince(p *pair, leader int) (since time.Time) {
	if p.basis == BasisReads && p.has(leader) {
		read := &r.members[p.a+p.b-leader].track.reads[0]
		return read.previousAt.Add(-read.previous)
	}
	for _, ends := range [...][2]int{{p.a, p.b}, {p.b, p.a}} {
		seen := r.members[ends[0]].track.peers[r.members[ends[1]].ID]
		if seen != nil && !seen.rttLongSince.IsZero() && (since.IsZero() || seen.rttLongSince.Before(since)) {
			since = seen.rttLongSince
		}
	}
	return since
}

// slowLinkLimits returns by member from which round trip on a link of it is slow, in seconds: infinite where neither
// rule about that is pending or firing. any reports whether one is.
func (r *diagnoser) slowLinkLimits() (limits []float64, any bool) {
	limits = make([]float64, len(r.members))
	lower := func(i int, rule RuleID) {
		if limit, _, known := r.settings.rule(rule).FirstLimit(); known {
			limits[i], any = min(limits[i], limit.Value.Or(math.Inf(1))), true
		}
	}
	for i := range r.members {
		limits[i] = math.Inf(1)
		if m := r.members[i].Mark(PeerRTTP99); m.State != "" && m.Rule == PeerRTTSlow {
			lower(i, PeerRTTSlow)
		}
	}
	for i := range r.findings {
		f := &r.findings[i]
		if at := r.place(f.Member.Key); at >= 0 && f.isBreach() &&
			(f.Rule == PeerRTTSlow || f.Rule == LinkGrown) {
			lower(at, f.Rule)
		}
	}
	return limits, any
}

// between returns the slow link between members i and j; nil if that is not slow.
func (s *slowLinks) between(i, j int) *pair {
	for k := range s.pairs {
		if p := &s.pairs[k]; i != j && p.has(i) && p.has(j) {
			return p
		}
	}
	return nil
}

// whenObserved says how long ago etcd observed the newest round trips of the slow links, where that is a while: until
// the next ones nothing measures them.
func (r *diagnoser) whenObserved(slow []pair) string {
	var newest time.Time
	for _, p := range slow {
		if p.basis == "" && p.track.rttCountAt.After(newest) {
			newest = p.track.rttCountAt
		}
	}
	age := r.now.Sub(newest)
	if newest.IsZero() || age < roundTripInterval/3 || r.settings.immediate || r.sweep.Dumps != nil {
		return ""
	}
	return fmt.Sprintf("no newer round trips for %s: etcd observes them every 30 s, smoothed", FormatDuration(age))
}
