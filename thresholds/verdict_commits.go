package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/etcdoc/etcdoc/thresholds/window"
)

// bounds are how long something takes, in seconds: between least and most. Both are the p99 if there were enough
// observations, or else the bounds of the slowest one. The zero bounds are unknown.
type bounds struct {
	known        bool
	least, most  float64
	observations float64 // 0 for a p99
}

// boundsOf are the bounds of what a rule would judge a histogram by.
func boundsOf(d window.Distribution, minimum float64) bounds {
	m, any := latencyIn(&d, minimum)
	if !any {
		return bounds{}
	}
	l := bounds{known: true, least: m.value.Or(0), most: m.value.Or(0), observations: m.observations}
	if upper, few := m.upper.Get(); few {
		l.most = upper
	}
	if m.clipped {
		l.most = math.Inf(1)
	}
	return l
}

// words describes a latency, after "whose".
func (l bounds) words(what string) string {
	if l.observations > 0 {
		return fmt.Sprintf("slowest %s took %s or more (n=%.0f)", what, Seconds.Format(l.least), l.observations)
	}
	return fmt.Sprintf("%s p99 is %s", what, Seconds.Format(l.least))
}

// A commitPath shows which voter the commits wait for. The leader writes its WAL while the followers receive the
// entries over their links and write theirs. An entry is committed once a quorum has written it, and etcd's leader
// applies committed entries only after its own fsync.
type commitPath struct {
	*frame
	quorum int
	// voters say which members' writes count, and who leads, by index in members: a plan changes them.
	voters []pathVoter
	// disks are the members' fsyncs, links the round trips of those that take part with each other, all by index in
	// members: see between.
	disks []bounds
	links [][]bounds
	// slowDisks marks the members with a finding about it, with a value over the limit that a screen marks, or with
	// clearly slow fsyncs in the newest samples.
	slowDisks []bool
	slowLinks slowLinks
	// slow reports that a disk or a link is slow, leftOpen that of a link that is not known: see noteLeftOpen.
	slow, leftOpen bool
}

// A pathVoter is whether a member is a healthy voter, and whether it leads.
type pathVoter struct{ healthy, leads bool }

func newCommitPath(f *frame, c *clusterState, findings []Finding, slow slowLinks) *commitPath {
	p := &commitPath{frame: f, quorum: c.Quorum, voters: pathVoters(f.members), slowLinks: slow,
		slow: len(slow.pairs)+len(slow.unlocated) > 0}
	fsync := f.settings.rule(WALFsyncSlow)
	breached := breaches(findings)
	for i := range f.members {
		m := &f.members[i]
		disk, slow := bounds{}, false
		if !m.MetricsTooOld {
			disk, slow = m.disk(fsync)
		}
		p.disks = append(p.disks, disk)
		marked := !m.MetricsTooOld && m.Mark(WALFsyncP99).Level >= Warning // before the rule fires
		p.slowDisks = append(p.slowDisks, slow || marked || breached[alertKey{WALFsyncSlow, m.Key}])
		p.slow = p.slow || p.slowDisks[i]
	}
	p.links = make([][]bounds, len(f.members))
	for i := range f.members {
		takesPart := f.members[i].takesPart()
		if takesPart {
			p.links[i] = make([]bounds, len(f.members))
		}
		links := p.links[i]
		for j := range f.members {
			p.leftOpen = p.leftOpen || p.isLeftOpen(i, j)
			if i != j && takesPart && f.members[j].takesPart() {
				links[j] = p.link(i, j)
				if slow := p.slowLinks.between(i, j); slow != nil {
					links[j] = links[j].slowedBy(slow)
				}
			}
		}
	}
	return p
}

// between is the round trip between two members; unknown unless both take part.
func (p *commitPath) between(i, j int) bounds {
	if p.links[i] == nil {
		return bounds{}
	}
	return p.links[i][j]
}

// takesPart reports that a member is a healthy voter, or a learner that answers and may become one.
func (m *memberState) takesPart() bool {
	return m.Healthy || m.Role == RoleLearner && m.State == StateOK && !m.Stale
}

func pathVoters(members []memberState) []pathVoter {
	voters := make([]pathVoter, len(members))
	for i := range members {
		voters[i] = pathVoter{members[i].Healthy, members[i].Role == RoleLeader}
	}
	return voters
}

// disk is how long the member's fsyncs take over the window, or since its process started if it wrote nothing in the
// window. slow reports, without waiting for the rule to fire, that the newest samples exceed its warning limit: half of
// the fsyncs do, or their mean does and half are in the bucket below. Where they show none, the newest fsyncs of the
// window stand: nothing has shown that the disk is quicker since.
func (m *memberState) disk(rule *Rule) (disk bounds, slow bool) {
	t, o := m.track, &m.settings
	if d, known := t.walFsync.Distribution(t.metricsAt, o.window, o.sinceStart); known {
		disk = boundsOf(d, rule.Minimum)
	}
	if !disk.known {
		if d, known := t.walFsync.SinceStart(); known && t.walFsync.EndsAt(t.metricsAt) {
			disk = boundsOf(d, rule.Minimum)
		}
	}
	limit, limited := rule.Warning.Value.Get()
	if hung := t.hang.lasted.Seconds(); limited && hung >= max(limit, disk.least) {
		return bounds{known: true, least: hung, most: math.Inf(1), observations: 1}, true
	}
	d, known := t.walFsync.Over(t.metricsAt, 5*o.interval/2) // the newest two samples, and late ones
	if known && d.Observations == 0 {
		d, known = t.walFsync.Newest(t.metricsAt, o.window)
	}
	if !known || !limited {
		return disk, false
	}
	half, _, _ := d.MedianBucket()
	mean, _ := d.Mean()
	if slow = half >= limit || mean >= limit && 2*half >= limit; slow && max(half, mean) > disk.least {
		disk = bounds{known: true, least: max(half, mean), most: max(disk.most, mean), observations: d.Observations}
	}
	return disk, slow
}

// link is the round trip between two members, by the slower of their views. etcd observes one every 30 s (rafthttp's
// probing). If the window has none, those since the processes started count; failing that, a linearizable read through
// a follower took at least their round trip. A young process has no round trip at all, so its connection must do. It
// also does while no finding reports slowness, because round trips decide nothing then.
func (p *commitPath) link(i, j int) bounds {
	for _, end := range [...][2]int{{i, j}, {j, i}} {
		if p.members[end[0]].track.unanswered(p.members[end[1]].track, p.members[end[1]].ID, p.sweep.At) {
			return bounds{} // unknowable
		}
	}
	rule, connected := p.settings.rule(PeerRTTSlow), p.connected(i, j) || p.connected(j, i)
	if young := isYoung(&p.members[i]) || isYoung(&p.members[j]); !p.hearEachOther(i, j) ||
		young && !connected && p.members[i].Role != RoleLeader && p.members[j].Role != RoleLeader {
		return bounds{}
	}
	if neither := p.members[i].Role != RoleLeader && p.members[j].Role != RoleLeader; neither &&
		(p.lacksConnection(i, j) || p.lacksConnection(j, i)) { // what round trips there were, tell of before
		return bounds{}
	}
	if connected && !p.slow {
		return bounds{known: true}
	}
	if slices.Contains(p.slowLinks.unlocated, i) || slices.Contains(p.slowLinks.unlocated, j) {
		return bounds{} // it may be the slow one
	}
	one, other := p.members[i].track, p.members[j].track
	for _, sinceStart := range [...]bool{p.settings.sinceStart, true} {
		if l := slower(linkOf(one, other, rule, sinceStart), linkOf(other, one, rule, sinceStart)); l.known {
			return l
		}
	}
	for _, end := range [...][2]int{{i, j}, {j, i}} {
		read := p.members[end[1]].track.reads[0]
		if p.members[end[0]].Role == RoleLeader && !read.at.IsZero() {
			return bounds{known: true, most: read.took.Seconds()}
		}
	}
	return bounds{known: connected}
}

// hearEachOther reports that two healthy voters are known to hear each other. The leader hears every healthy voter. Two
// followers exchange nothing until one of them leads, so old connections may carry nothing by now: only etcd's probes
// show it.
func (f *frame) hearEachOther(i, j int) bool {
	for _, end := range [...]int{i, j} {
		if f.members[end].Role == RoleLeader || isYoung(&f.members[end]) {
			return true
		}
	}
	return f.showsNow(i) && f.members[i].track.answered(f.members[j].ID) &&
		f.showsNow(j) && f.members[j].track.answered(f.members[i].ID)
}

// isYoung reports that a member's process is so new that its connections prove traffic in both directions, because each
// was made by a request and an answer. Its probers may not have sampled twice.
func isYoung(m *memberState) bool {
	up, known := m.Vitals[Uptime].Get()
	return known && up < (settlingTime+probesAnswered).Seconds()
}

// showsNow reports that a member's newest metrics are recent enough for what they show of a moment.
func (f *frame) showsNow(i int) bool {
	m := &f.members[i]
	return !m.MetricsTooOld && m.MetricsAge <= maxMomentAge(m.settings.interval)
}

// connected reports that a member's newest metrics show a connection to another one.
func (p *commitPath) connected(i, j int) bool {
	return p.showsNow(i) && p.members[i].probed.Metrics.Value.Peers[p.members[j].ID].Active.Or(0) > 0
}

// linkOf is the round trip that one member sees to another one: of a link that is quick again, only since then.
func linkOf(from, to *track, rule *Rule, sinceStart bool) bounds {
	peer := from.peers[to.ref.ID]
	switch {
	case peer == nil:
		return bounds{}
	case peer.isQuickAgain():
		least, most := peer.quickTrip()
		return bounds{known: true, least: least, most: most}
	}
	window := rule.LongestWindow()
	if window == 0 {
		window = rttWindow
	}
	d, known := peer.rtt.Distribution(from.metricsAt, window, sinceStart)
	if !known {
		return bounds{}
	}
	return boundsOf(d, rule.Minimum)
}

// slower is the slower of two views of the same link; an unknown view does not count.
func slower(a, b bounds) bounds {
	if !a.known || b.known && b.least > a.least {
		return b
	}
	return a
}

// breaches are the rules with an active finding, even a notice, for each member.
func breaches(findings []Finding) map[alertKey]bool {
	breached := make(map[alertKey]bool, len(findings))
	for i := range findings {
		if f := &findings[i]; f.isBreach() && !f.provesLittle() {
			breached[alertKey{f.Rule, f.Member.Key}] = true
		}
	}
	return breached
}

// commitLatency is how long commits take, and why.
type commitLatency struct {
	least, most float64 // seconds
	// slowest is the voter that they wait for, and leader the leader then, by index; -1: nobody.
	slowest, leader int
}

// commits is the commit latency of the healthy voters without those of a set. If there is no healthy leader among them,
// the best of them leads. Unknown latencies count as assumed.
func (p *commitPath) commits(without places, assumed float64) commitLatency {
	var voters []int
	leader := -1
	for i, v := range p.voters {
		if v.healthy && !without.has(i) {
			voters = append(voters, i)
			if v.leads {
				leader = i
			}
		}
	}
	if leader >= 0 {
		return p.ledBy(leader, voters, assumed)
	}
	best := commitLatency{slowest: -1, leader: -1}
	for _, i := range voters {
		if led := p.ledBy(i, voters, assumed); best.leader < 0 || led.least < best.least {
			best = led
		}
	}
	return best
}

// An ack is when a voter has written an entry and the leader knows it.
type ack struct {
	by          int
	least, most float64
}

func (p *commitPath) ledBy(leader int, voters []int, assumed float64) commitLatency {
	all := make([]ack, 0, len(voters))
	mosts := make([]float64, 0, len(voters))
	for _, i := range voters {
		disk := p.disks[i].or(assumed)
		w := ack{by: i, least: disk.least, most: disk.most}
		if i != leader {
			link := p.between(leader, i).or(assumed)
			w.least, w.most = disk.least+link.least, disk.most+link.most
		}
		all, mosts = append(all, w), append(mosts, w.most)
	}
	last := p.quorum - 1
	if last >= len(all) {
		return commitLatency{slowest: -1, leader: -1}
	}
	slices.SortStableFunc(all, func(a, b ack) int { return cmp.Compare(a.least, b.least) })
	slices.Sort(mosts)
	leaderDisk := p.disks[leader].or(assumed)
	out := commitLatency{
		least: all[last].least, most: max(mosts[last], leaderDisk.most), slowest: all[last].by, leader: leader,
	}
	if leaderDisk.least > out.least {
		out.least, out.slowest = leaderDisk.least, leader
	}
	return out
}

// or is the latency, or assumed if it is unknown.
func (l bounds) or(assumed float64) bounds {
	if !l.known {
		return bounds{least: assumed, most: assumed}
	}
	return l
}
