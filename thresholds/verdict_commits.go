package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/thresholds/window"
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
func latencyOf(d window.Distribution, minimum float64) latency {
	m, any := latencyIn(&d, minimum)
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

// A commitPath tells which voter the commits wait for. The leader writes its WAL while its followers get the entries over
// their links and write theirs; an entry is committed once a quorum has written it, and etcd's leader goes on to what
// is committed only after its own fsync.
type commitPath struct {
	*frame
	cluster *clusterState
	// disks are the members' fsyncs, links the round trips between each two of them, all by index in members.
	disks []latency
	links [][]latency
	// slowDisks and slowLinks say of whom it is a finding, or plain to see in the newest looks, that they are slow.
	slowDisks, slowLinks []bool
	// slow says that any is.
	slow bool
}

func newCommitPath(f *frame, c *clusterState, findings []Finding) *commitPath {
	p := &commitPath{frame: f, cluster: c}
	fsync := f.settings.rule(WALFsyncSlow)
	breached := breaches(findings)
	for i := range f.members {
		m := &f.members[i]
		disk, slow := latency{}, false
		if !m.MetricsTooOld {
			disk, slow = m.disk(fsync)
		}
		p.disks = append(p.disks, disk)
		p.slowDisks = append(p.slowDisks, slow || breached[alertKey{WALFsyncSlow, m.Key}])
		p.slowLinks = append(p.slowLinks, breached[alertKey{PeerRTTSlow, m.Key}])
		p.slow = p.slow || p.slowDisks[i] || p.slowLinks[i]
	}
	for i := range f.members {
		links := make([]latency, len(f.members))
		for j := range f.members {
			if i != j && f.members[i].Healthy && f.members[j].Healthy {
				links[j] = p.link(i, j)
			}
		}
		p.links = append(p.links, links)
	}
	return p
}

// disk is how long the member's fsyncs take: over the window, or where it had nothing to write there, since its process
// began. slow says that those in the newest looks took longer than the rule warns of, half of them or, where half is in
// the bucket below, all on average: that needs no waiting.
func (m *memberState) disk(rule *Rule) (disk latency, slow bool) {
	t, o := m.track, &m.settings
	if d, known := t.walFsync.Distribution(t.metricsAt, o.window, o.sinceStart); known {
		disk = latencyOf(d, rule.Minimum)
	}
	if !disk.known {
		if d, known := t.walFsync.SinceStart(); known && t.walFsync.EndsAt(t.metricsAt) {
			disk = latencyOf(d, rule.Minimum)
		}
	}
	limit, limited := rule.Warning.Value.Get()
	if hung := t.hang.lasted.Seconds(); limited && hung >= max(limit, disk.least) {
		return latency{known: true, least: hung, most: math.Inf(1), observations: 1}, true
	}
	d, known := t.walFsync.Over(t.metricsAt, 5*o.interval/2) // the newest two looks, and what is late
	if !known || !limited {
		return disk, false
	}
	half, _, _ := d.MedianBucket()
	mean, _ := d.Mean()
	if slow = half >= limit || mean >= limit && 2*half >= limit; slow && max(half, mean) > disk.least {
		disk = latency{known: true, least: max(half, mean), most: max(disk.most, mean), observations: d.Observations}
	}
	return disk, slow
}

// link is the round trip between two members, as the slower of their views has it. etcd observes one every 30 s
// (rafthttp's probing). Before there is one in the window, those since the processes began count; a read that a follower
// answered by the leader's word took no less than their round trip. Of a young process none is known to anybody: its
// connection must do. So it does while nothing is found to be slow, when round trips decide nothing.
func (p *commitPath) link(i, j int) latency {
	for _, end := range [...][2]int{{i, j}, {j, i}} {
		if p.members[end[0]].track.unanswered(p.members[end[1]].track, p.members[end[1]].ID, p.sweep.At) {
			return latency{} // what it is, nobody can tell
		}
	}
	rule, connected := p.settings.rule(PeerRTTSlow), p.connected(i, j) || p.connected(j, i)
	if young := isYoung(&p.members[i]) || isYoung(&p.members[j]); !p.hearEachOther(i, j) ||
		young && !connected && p.members[i].Role != RoleLeader && p.members[j].Role != RoleLeader {
		return latency{}
	}
	if connected && !p.slow {
		return latency{known: true}
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
			return latency{known: true, most: read.took.Seconds()}
		}
	}
	return latency{known: connected}
}

// hearEachOther reports that two healthy voters are known to hear each other. The leader hears whoever is healthy. Two
// others say nothing to each other until one of them leads, so that connections that were made long ago may carry
// nothing by now: only etcd's probes tell.
func (f *frame) hearEachOther(i, j int) bool {
	for _, end := range [...]int{i, j} {
		if f.members[end].Role == RoleLeader || isYoung(&f.members[end]) {
			return true
		}
	}
	return f.members[i].track.answered(f.members[j].ID) && f.members[j].track.answered(f.members[i].ID)
}

// isYoung reports that a member's process began so lately that its connections tell that they carry something both ways: each is
// made by a question and an answer. Its probers may not have looked twice.
func isYoung(m *memberState) bool {
	up, known := m.Vitals[Uptime].Get()
	return known && up < (settlingTime+probesAnswered).Seconds()
}

// connected reports that a member's newest metrics show a connection with another one.
func (p *commitPath) connected(i, j int) bool {
	return !p.members[i].MetricsTooOld && p.members[i].probed.Metrics.Value.Peers[p.members[j].ID].Active.Or(0) > 0
}

// linkOf is the round trip that one member sees with another one.
func linkOf(from, to *track, rule *Rule, sinceStart bool) latency {
	peer := from.peers[to.ref.ID]
	if peer == nil {
		return latency{}
	}
	window := rule.LongestWindow()
	if window == 0 {
		window = rttWindow
	}
	d, known := peer.rtt.Distribution(from.metricsAt, window, sinceStart)
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

// breaches are the rules that are found breached at this moment, be it as a notice, and for which member.
func breaches(findings []Finding) map[alertKey]bool {
	breached := make(map[alertKey]bool, len(findings))
	for i := range findings {
		if f := &findings[i]; f.Level != Unknown && !f.Resolving() && !f.provesLittle() {
			breached[alertKey{f.Rule, f.Member.Key}] = true
		}
	}
	return breached
}

// commitLatency is how long commits take, and why.
type commitLatency struct {
	least, most float64 // seconds
	// slowest is whom they wait for, and leader who leads then, by index; -1: nobody.
	slowest, leader int
}

// commits is the pace of the healthy voters without the one at an index, -1: of all. Where that one leads, or nobody does
// that is healthy, the best of the others does. What is not known is taken for as long as assumed.
func (p *commitPath) commits(without int, assumed float64) commitLatency {
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

// A written is when a voter has written an entry and the leader knows it.
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
			link := p.links[leader][i].or(assumed)
			w.least, w.most = disk.least+link.least, disk.most+link.most
		}
		all, mosts = append(all, w), append(mosts, w.most)
	}
	last := p.cluster.Quorum - 1
	if last >= len(all) {
		return commitLatency{slowest: -1, leader: -1}
	}
	slices.SortStableFunc(all, func(a, b ack) int { return cmp.Compare(a.least, b.least) })
	slices.Sort(mosts)
	own := p.disks[leader].or(assumed)
	out := commitLatency{least: all[last].least, most: max(mosts[last], own.most), slowest: all[last].by, leader: leader}
	if own.least > out.least {
		out.least, out.slowest = own.least, leader
	}
	return out
}

// or is the latency, or where it is not known the one assumed.
func (l latency) or(assumed float64) latency {
	if !l.known {
		return latency{least: assumed, most: assumed}
	}
	return l
}

// A wait is what commits would wait for without a member.
type wait struct {
	// whom they would wait for, by index, and words say why; -1 where nothing that is slow holds them up.
	slowest int
	words   string
	// times is how many times as long they would take as now, at least.
	factor float64
	// clearly says that this is plain, or was until just now: see steady.
	clearly bool
}

// clearSlowdown is from how many times as long on it is plain that commits would take longer: etcd's buckets double, and
// do not tell apart what lies closer. A slowdown that was plain stands until it is less than lastingSlowdown.
const (
	clearSlowdown   = 2
	lastingSlowdown = 1.5
)

// without is what commits would wait for without the member at an index. What is not known must make no difference,
// whether it is fast or slow; else the answer is not known, and missing says for want of what.
func (p *commitPath) without(at int) (w wait, missing string) {
	best, worst := p.wait(at, 0), p.wait(at, math.Inf(1))
	switch {
	case best.factor >= clearSlowdown:
		return best, ""
	case math.IsInf(worst.factor, 1) || worst.factor >= clearSlowdown:
		return best, p.unknownLatencies(at)
	default:
		return best, ""
	}
}

func (p *commitPath) wait(at int, assumed float64) wait {
	now, then := p.commits(-1, assumed), p.commits(at, assumed)
	if then.slowest < 0 {
		return wait{slowest: -1}
	}
	if math.IsInf(then.least, 1) {
		return wait{slowest: -1, factor: math.Inf(1)}
	}
	w := wait{slowest: -1}
	if now.most > 0 {
		w.factor = then.least / now.most
	}
	disk, link := p.disks[then.slowest], p.links[then.leader][then.slowest]
	switch {
	case p.slowDisks[then.slowest] && disk.least >= link.least:
		w.slowest, w.words = then.slowest, disk.words("fsync")
	case then.slowest != then.leader && (p.slowLinks[then.slowest] || p.slowLinks[then.leader]) && link.least > disk.least:
		w.slowest, w.words = then.slowest, link.words("round trip")+" with "+p.members[then.leader].Label
	default:
		w.factor = 0
	}
	return w
}

// unknownPace names what is not known of the healthy voters' pace.
func (p *commitPath) unknownLatencies(at int) string {
	var disks, ends []string
	for i := range p.members {
		if !p.members[i].Healthy {
			continue
		}
		if !p.disks[i].known {
			disks = append(disks, p.members[i].Label)
		}
		for j := i + 1; j < len(p.members); j++ {
			if p.members[j].Healthy && i != at && j != at && !p.links[i][j].known {
				for _, end := range [...]int{i, j} {
					if label := p.members[end].Label; !slices.Contains(ends, label) {
						ends = append(ends, label)
					}
				}
			}
		}
	}
	if len(disks) > 0 {
		return "how fast the disk of " + join(disks) + " is, is not known"
	}
	return "whether " + join(ends) + " hear each other, and how fast, is not known"
}

// A slowdown is that commits would clearly take longer without a member: remembered, so that the verdict on losing it
// does not change to and fro while they are about at the limit.
type slowdown struct {
	wait       wait
	slowestKey string // the key of whom they would wait for
	at         time.Time
}

// steady is what commits would wait for without the member, clearly so also where that was plain not long ago: within the
// window that quantiles look back over, or since then with less of a difference.
func (e *Evaluator) steadyWait(f *frame, at int, w wait) wait {
	key := f.members[at].Key
	was := e.slowdowns[key]
	if w.factor >= clearSlowdown || was != nil && w.slowest >= 0 && w.factor >= lastingSlowdown {
		w.clearly = true
		e.slowdowns[key] = &slowdown{wait: w, slowestKey: f.members[w.slowest].Key, at: f.now}
		return w
	}
	if was == nil {
		return w
	}
	i := f.place(was.slowestKey)
	if i < 0 || !f.members[i].Healthy || f.now.Sub(was.at) >= f.settings.window {
		delete(e.slowdowns, key)
		return w
	}
	was.wait.slowest = i
	return was.wait
}
