package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// latency is how long something takes, in seconds: at least `least` and at most `most`. Both are the p99 where enough was
// observed for one, and what is certain of the slowest observation where it was not. The zero latency says that
// nothing was observed.
type latency struct {
	known        bool
	least, most  float64
	observations float64 // 0 for a p99
}

// latencyOf is what a rule would judge of a histogram.
func latencyOf(d distribution, minimum float64) latency {
	m, any := d.slow(minimum)
	if !any {
		return latency{}
	}
	l := latency{known: true, least: m.value.Or(0), most: m.value.Or(0)}
	if upper, few := m.upper.Get(); few {
		l.most, l.observations = upper, m.observations
	}
	if m.clipped {
		l.most = math.Inf(1)
	}
	return l
}

// words says a latency of a kind, after "whose".
func (l latency) words(what string) string {
	if l.observations > 0 {
		return fmt.Sprintf("slowest %s took %s or more (n=%.0f)", what, Seconds.Format(l.least), l.observations)
	}
	return fmt.Sprintf("%s p99 is %s", what, Seconds.Format(l.least))
}

// A pacer tells which voter the commits wait for. The leader writes its WAL while its followers get the entries over
// their links and write theirs; an entry is committed once a quorum has written it, and etcd's leader goes on to what
// is committed only after its own fsync.
type pacer struct {
	cluster *Cluster
	members []Member
	// disks are the members' fsyncs, links the round trips between each two of them, all by index in members.
	disks []latency
	links [][]latency
	// slowDisks and slowLinks say of whom it is a finding that they are slow.
	slowDisks, slowLinks []bool
}

// newPacer returns nil where no finding says that a disk or a link is slow: commits then wait for nobody in particular.
func newPacer(a *Assessment, tracks []*track, o Options) *pacer {
	if !slices.ContainsFunc(a.Members, func(m Member) bool { return m.slow }) {
		return nil
	}
	p := &pacer{cluster: &a.Cluster, members: a.Members}
	fsync, roundTrip := o.rule(WALFsyncSlow), o.rule(PeerRTTSlow)
	for i, t := range tracks {
		p.slowDisks = append(p.slowDisks, breaches(a.Findings, WALFsyncSlow, a.Members[i].Key))
		p.slowLinks = append(p.slowLinks, breaches(a.Findings, PeerRTTSlow, a.Members[i].Key))
		var disk latency
		if d, known := t.walFsync.distribution(t.metricsAt, o.Window, o.SinceStart); known && !a.Members[i].MetricsTooOld {
			disk = latencyOf(d, fsync.Minimum)
		}
		if !disk.known {
			disk.most = math.Inf(1)
		}
		p.disks = append(p.disks, disk)
		// Round trips are observed once in 30 s: one that is not known yet counts as nothing.
		links := make([]latency, len(tracks))
		for j := range tracks {
			if i != j {
				links[j] = slower(linkOf(t, tracks[j], roundTrip, o), linkOf(tracks[j], t, roundTrip, o))
			}
		}
		p.links = append(p.links, links)
	}
	return p
}

// linkOf is the round trip that one member sees with another one.
func linkOf(from, to *track, rule *Rule, o Options) latency {
	peer := from.peers[to.ref.ID]
	if peer == nil {
		return latency{}
	}
	window := rule.longestWindow()
	if window == 0 {
		window = rttWindow
	}
	d, known := peer.rtt.distribution(from.metricsAt, window, o.SinceStart)
	if !known {
		return latency{}
	}
	return latencyOf(d, rule.Minimum)
}

// slower is the slower one of two views of the same link; one that saw nothing has no say.
func slower(a, b latency) latency {
	if !a.known || b.known && b.least > a.least {
		return b
	}
	return a
}

// breaches reports that a rule is found breached for a member at this moment, be it as a notice.
func breaches(findings []Finding, rule RuleID, member string) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool {
		return f.Rule == rule && f.Member.Key == member && f.Level != Unknown && !f.Clearing && !f.anecdotal()
	})
}

// pace is how long commits take, and why.
type pace struct {
	least, most float64 // seconds
	// slowest is whom they wait for, and leader who leads then, by index.
	slowest, leader int
}

// commits is the pace of the healthy voters without the one at an index, -1: of all. Where that one leads, or nobody does
// that is healthy, the best of the others does.
func (p *pacer) commits(without int) pace {
	var voters []int
	leader := -1
	for i := range p.members {
		if m := &p.members[i]; m.Healthy && i != without {
			voters = append(voters, i)
			if m.Role == RoleLeader {
				leader = i
			}
		}
	}
	if leader >= 0 {
		return p.ledBy(leader, voters)
	}
	best := pace{slowest: -1, leader: -1}
	for _, i := range voters {
		if led := p.ledBy(i, voters); best.leader < 0 || led.least < best.least {
			best = led
		}
	}
	return best
}

func (p *pacer) ledBy(leader int, voters []int) pace {
	type written struct {
		by          int
		least, most float64
	}
	all := make([]written, 0, len(voters))
	mosts := make([]float64, 0, len(voters))
	for _, i := range voters {
		w := written{i, p.disks[i].least + p.links[leader][i].least, p.disks[i].most + p.links[leader][i].most}
		all, mosts = append(all, w), append(mosts, w.most)
	}
	last := p.cluster.Quorum - 1
	if last >= len(all) {
		return pace{slowest: -1, leader: -1}
	}
	slices.SortStableFunc(all, func(a, b written) int { return cmp.Compare(a.least, b.least) })
	slices.Sort(mosts)
	out := pace{least: all[last].least, most: max(mosts[last], p.disks[leader].most), slowest: all[last].by, leader: leader}
	if own := p.disks[leader].least; own > out.least {
		out.least, out.slowest = own, leader
	}
	return out
}

// slows says what commits would wait for without the member at an index: whom, and in words. clearly says that they take
// at least twice as long as now: etcd's buckets double, and do not tell apart what lies closer. whom is -1 where
// nothing that is found to be slow holds them up.
func (p *pacer) slows(without int) (whom int, words string, clearly bool) {
	if p == nil {
		return -1, "", false
	}
	now, then := p.commits(-1), p.commits(without)
	if then.slowest < 0 {
		return -1, "", false
	}
	disk, link := p.disks[then.slowest], p.links[then.leader][then.slowest]
	switch {
	case p.slowDisks[then.slowest] && disk.least >= link.least:
		words = disk.words("fsync")
	case then.slowest != then.leader && (p.slowLinks[then.slowest] || p.slowLinks[then.leader]) && link.least > disk.least:
		words = link.words("round trip") + " with " + p.members[then.leader].Label
	default:
		return -1, "", false
	}
	return then.slowest, words, then.least >= 2*now.most
}
