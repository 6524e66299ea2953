package thresholds

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// overSlowLink returns the slow link that every quorum without the members of a set needs: the quickest one that will
// do. leader is who leads then: the present leader, or else whoever needs the quickest link. It returns nil if a quorum
// needs none. With orUnmeasured, links that may be as slow count as slow: see unmeasured.
func (p *commitPath) overSlowLink(without places, orUnmeasured bool) (link *pair, leader int) {
	if len(p.slowLinks.pairs) == 0 && (!orUnmeasured || !p.leftOpen) {
		return nil, -1
	}
	var voters, leaders []int
	for i, v := range p.voters {
		if v.healthy && !without.has(i) {
			voters = append(voters, i)
			if v.leads {
				leaders = []int{i}
			}
		}
	}
	if len(leaders) == 0 {
		leaders = voters
	}
	leader = -1
	for _, l := range leaders {
		var slow []*pair
		for _, i := range voters {
			s := p.slowLinks.between(l, i)
			if s == nil && orUnmeasured && p.unmeasured(l, i) {
				s = &pair{a: l, b: i}
			}
			if s != nil {
				slow = append(slow, s)
			}
		}
		needs := p.quorum - (len(voters) - len(slow))
		switch {
		case needs <= 0:
			return nil, -1
		case needs > len(slow): // they are no quorum at all
			continue
		}
		slices.SortStableFunc(slow, func(s, t *pair) int { return cmp.Compare(s.rttLower, t.rttLower) })
		if link == nil || slow[needs-1].rttLower < link.rttLower {
			link, leader = slow[needs-1], l
		}
	}
	return link, leader
}

// isLeftOpen reports whether it is not known if the link between members i and j is still slow. It is known of one that
// was quick until an end restarted, and carries what is sent: a process that starts answers late, and the smoothing
// keeps that for a minute or two.
func (p *commitPath) isLeftOpen(i, j int) bool {
	if i == j {
		return false
	}
	for _, ends := range [...][2]int{{i, j}, {j, i}} {
		seen := p.members[ends[0]].track.peers[p.members[ends[1]].ID]
		if seen != nil && seen.leftOpen && (!p.slowedByRestart(seen, i, j) || !p.carries(i, j)) {
			return true
		}
	}
	return false
}

// slowedByRestart reports that the round trips between members i and j were quick in the last round that the old
// process of one of the two took part in, and have been slow since.
func (p *commitPath) slowedByRestart(seen *peerTrack, i, j int) bool {
	return !seen.wasQuickAt.IsZero() && slices.ContainsFunc(p.restartsOf(i, j), func(r restart) bool {
		return !r.before.Before(seen.wasQuickAt) && !seen.slowSince.Before(r.before)
	})
}

// restartsOf are the restarts of two members.
func (p *commitPath) restartsOf(i, j int) []restart {
	return slices.Concat(p.members[i].track.restarts, p.members[j].track.restarts)
}

// carries reports that the link between two members that take part carries all that is sent: both have connections, no
// message could not be sent in the window, the probes are not known to fail, and both have what the leader committed.
func (p *commitPath) carries(i, j int) bool {
	for _, ends := range [...][2]int{{i, j}, {j, i}} {
		m, other := &p.members[ends[0]], &p.members[ends[1]]
		seen := m.track.peers[other.ID]
		if seen == nil || !m.takesPart() || m.catchingUp || !p.connected(ends[0], ends[1]) ||
			m.track.unanswered(other.track, other.ID, p.sweep.At) {
			return false
		}
		if failed, known := seen.sendFailures.RateSoFar(m.track.metricsAt, p.settings.window); known && failed > 0 {
			return false
		}
	}
	return true
}

// unmeasured reports whether the link between two followers may be slow: one of them has another link that is, or that
// was until lately, and no round trip has been observed between the two since. Reads show the leader's links. Where
// nothing is slow at either end, a link counts as quick whether it has been measured or not, as long as the two hear
// each other: a slow link is what raises the doubt, not that etcd observes a round trip no more often than every 30 s.
func (p *commitPath) unmeasured(i, j int) bool {
	if p.isLeftOpen(i, j) {
		return true
	}
	if i == j || p.settings.immediate || p.settings.sinceStart || p.sweep.Dumps != nil ||
		p.members[i].Role == RoleLeader || p.members[j].Role == RoleLeader {
		return false
	}
	var observed time.Time
	for _, ends := range [...][2]int{{i, j}, {j, i}} {
		peer := p.members[ends[0]].track.peers[p.members[ends[1]].ID]
		if peer != nil && peer.rttCountAt.After(observed) {
			observed = peer.rttCountAt
		}
	}
	for k, s := range p.slowLinks.pairs {
		if (s.has(i) || s.has(j)) && observed.Before(p.slowLinks.since[k]) {
			return true
		}
	}
	return false
}

// overUnmeasured reports, as a gap, that without the members of a set every quorum needs a slow link or one that may
// be; empty if that is not so.
func (p *commitPath) overUnmeasured(without places) gap {
	link, _ := p.overSlowLink(without, true)
	if link == nil {
		return gap{}
	}
	if now, _ := p.overSlowLink(nil, true); now != nil {
		return gap{}
	}
	one, other := &p.members[link.a], &p.members[link.b]
	return gap{GroundCommitLatency,
		fmt.Sprintf("how fast the link between %s and %s is now, is not known: no round trip shows it since another "+
			"one changed; etcd observes one every 30 s", one.Label, other.Label),
		fitting(VerdictWidth, "link "+one.Short+"–"+other.Short+" not measured", "links not measured")}
}

// waitOverLink is what commits would wait for without the members of a set if only then every quorum needs a slow link,
// or a clearly slower one than now; needed reports whether it does.
func (p *commitPath) waitOverLink(without places) (w wait, needed bool) {
	link, leader := p.overSlowLink(without, false)
	if link == nil {
		return wait{}, false
	}
	if now, _ := p.overSlowLink(nil, false); now != nil && link.rttLower < clearSlowdown*now.rttLower {
		return wait{}, false
	}
	far := link.a + link.b - leader
	w = wait{slowest: far, overLink: true, certain: true, brief: "link"}
	w.words = link.slowWords(p.members[leader].Label)
	return w, true
}

// slowWords describes the slow link with a member, after "whose".
func (p *pair) slowWords(with string) string {
	took := Seconds.Format(p.rttLower)
	switch p.basis {
	case BasisReads:
		return fmt.Sprintf("reads through the leader %s take %s", with, took)
	case BasisSinceStart:
		return fmt.Sprintf("median round trip with %s since its process began is %s or more", with, took)
	}
	return fmt.Sprintf("round trips with %s take %s or more", with, took)
}

// slowedBy is a link's latency l with what shows that it is slow.
func (l bounds) slowedBy(p *pair) bounds {
	l.known = true
	l.least, l.most = max(l.least, p.rttLower), max(l.most, p.rttUpper)
	return l
}
