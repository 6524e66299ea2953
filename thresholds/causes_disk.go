package thresholds

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// alikeWithin is the factor within which slow disks count as alike: two of the buckets of etcd's histograms. A disk that is
// found to be slow as well, but takes less than that, has its own reasons.
const alikeWithin = 4

// slowDisk compares disks: one slow among fast ones, or all alike.
func (r *reader) slowDisk() *diagnosis {
	disks := r.found(anyMember, WALFsyncSlow, BackendCommitSlow)
	if len(disks) == 0 {
		return r.slowDiskComing()
	}
	f := disks[0]
	for _, g := range disks {
		if g.Rule == f.Rule && g.Level == f.Level && g.Value.Or(0) > f.Value.Or(0) {
			f = g
		}
	}
	vital := WALFsyncP99
	if f.Rule == BackendCommitSlow {
		vital = BackendCommitP99
	}
	d := &diagnosis{cause: CauseSlowDisk, root: f}
	c := r.compareDisks(vital, f.Value.Or(0), func(m *Member, value float64) bool {
		return r.finds(m.Key, f.Rule) && value >= f.Value.Or(0)/alikeWithin
	})
	r.wordDisks(d, &c, f.Member, withoutName(f))
	for _, key := range c.slow {
		r.entail(d, key, WALFsyncSlow, BackendCommitSlow)
	}
	r.entailBySlow(d, c.slow)
	return d
}

// slowDiskComing is about disks that are slow now, and have not been for as long as it takes to call them so, where
// the symptoms of it are there already.
func (r *reader) slowDiskComing() *diagnosis {
	limit := r.options.rule(WALFsyncSlow).Warning.Value.Or(math.Inf(1))
	c := r.compareDisks(WALFsyncP99, limit, func(m *Member, _ float64) bool { return r.slowNow(m) })
	if len(c.slow) == 0 {
		return nil
	}
	d := &diagnosis{cause: CauseSlowDisk}
	everywhere := r.everywhere(c.slow)
	for _, f := range r.found(anyMember, AppliesSlow, HeartbeatsFailing, ProposalsQueued, LinearizableReadSlow, ReadIndexesSlow) {
		if everywhere || slices.Contains(c.slow, f.Member.Key) {
			d.root = f
			break
		}
	}
	if d.root == nil {
		return nil
	}
	slowest := &r.a.Members[r.at(c.slow[0])]
	for _, key := range c.slow {
		if m := &r.a.Members[r.at(key)]; m.Vitals[WALFsyncP99].Or(0) > slowest.Vitals[WALFsyncP99].Or(0) {
			slowest = m
		}
	}
	r.wordDisks(d, &c, slowest.MemberRef, "WAL fsync p99 is "+Seconds.Format(slowest.Vitals[WALFsyncP99].Or(0)))
	r.entailBySlow(d, c.slow)
	return d
}

// comparison is how the members' disks stand to each other.
type comparison struct {
	slow      []string // keys
	fast, all []string // in words
}

// compareDisks holds the disks of all members against each other: fast ones take at most half of what the slowest does.
func (r *reader) compareDisks(vital Vital, slowest float64, slow func(*Member, float64) bool) (c comparison) {
	for i := range r.a.Members {
		m := &r.a.Members[i]
		value, atMost := m.Shown(vital)
		number, known := value.Get()
		if !known || m.MetricsStale {
			continue
		}
		text := m.Label + " " + Seconds.Format(number)
		if atMost {
			text = m.Label + " ≤ " + Seconds.Format(number)
		}
		c.all = append(c.all, text)
		switch {
		case slow(m, number):
			c.slow = append(c.slow, m.Key)
		case number <= slowest/2:
			c.fast = append(c.fast, text)
		}
	}
	return c
}

// wordDisks puts in words which disks are slow. what is how slow the slowest one is, whose member is named.
func (r *reader) wordDisks(d *diagnosis, c *comparison, slowest MemberRef, what string) {
	how := "slow"
	if d.root.Level == Notice {
		how = "slower than etcd's documentation recommends"
	}
	var slow []string
	for _, key := range c.slow {
		slow = append(slow, r.a.Members[r.at(key)].Label)
	}
	d.next = fmt.Sprintf("On the host of %s: iostat -x 1 (w_await, %%util), and look for what else writes to that disk.", slowest.Label)
	switch {
	case len(c.all) < 2:
		d.text = fmt.Sprintf("The disk of %s is %s: %s; there is no other member to compare with.", slowest.Label, how, what)
	case len(c.fast) == 0 || len(c.slow) == len(c.all):
		d.cause = CauseSlowDisks
		d.text = fmt.Sprintf("The disks are %s, and alike (%s): storage that they share, or more load than they bear.", how, strings.Join(c.all, ", "))
		d.next = "On each host: iostat -x 1 (w_await, %util); then look at what the members share: storage, a hypervisor, a backup that runs now."
	case len(slow) > 1:
		d.text = fmt.Sprintf("The disks of %s are %s, the worst that of %s: %s; their peers: %s.", join(slow), how, slowest.Label, what, strings.Join(c.fast, ", "))
		d.next = fmt.Sprintf("On the hosts of %s: iostat -x 1 (w_await, %%util), and look for what else writes to those disks.", join(slow))
	default:
		d.text = fmt.Sprintf("The disk of %s is %s: %s; its peers: %s.", slowest.Label, how, what, strings.Join(c.fast, ", "))
	}
	if d.cause == CauseSlowDisk && d.root.Level >= Warning && slowest.Key == r.a.Cluster.Leader.Key {
		d.text += " It leads, so that every write waits for it."
		d.next += r.moveLeader()
	}
}

// everywhere reports that what is slow on some members is felt on all: one of them leads, or too few others are left for
// a quorum.
func (r *reader) everywhere(slow []string) bool {
	quick := 0
	for i := range r.a.Members {
		if m := &r.a.Members[i]; m.Healthy && !slices.Contains(slow, m.Key) {
			quick++
		}
	}
	return slices.Contains(slow, r.a.Cluster.Leader.Key) || quick < r.a.Cluster.Quorum
}

// entailBySlow adds the symptoms of members that write slowly: see everywhere.
func (r *reader) entailBySlow(d *diagnosis, slow []string) {
	if r.everywhere(slow) {
		r.entail(d, anyMember, slowness[:]...)
		r.entail(d, anyMember, LeaderChanging)
	}
	for _, key := range slow {
		r.entail(d, key, slowness[:]...)
		r.entail(d, key, VoterUnhealthy, SerializableReadSlow)
	}
}

// moveLeader is how to take the leadership from a member that ails: to the healthy follower that lags least.
func (r *reader) moveLeader() string {
	to := -1
	for i := range r.a.Members {
		m := &r.a.Members[i]
		if m.Role != RoleFollower || !m.Healthy || r.finds(m.Key, WALFsyncSlow, BackendCommitSlow, PeerRTTSlow, PeerDisconnected) {
			continue
		}
		if to < 0 || m.Vitals[FollowerLag].Or(0) < r.a.Members[to].Vitals[FollowerLag].Or(0) {
			to = i
		}
	}
	if to < 0 {
		return ""
	}
	m := &r.a.Members[to]
	return fmt.Sprintf(" Meanwhile let %s lead: %s.", m.Label, etcdctl(r.endpoint(r.a.Cluster.Leader.Key), "move-leader "+m.ID.String()))
}

// What tells a process that does not get to run: many of its answers are slow that need no disk and no peer, its Status
// and its metrics together, and those of its peers are not.
const (
	// starvedAnswer is slow for an answer from memory: ten times what etcd usually takes.
	starvedAnswer = 0.080
	// starvedShare is how many of the answers must be so.
	starvedShare = 0.25
	// starvedAnswers is how many there must be to judge by.
	starvedAnswers = 4
)

// answering sums up how quickly a member has answered lately.
type answering struct {
	answers, slow int
	status        []float64 // seconds, sorted
}

func (a *answering) add(status, scrape float64) {
	if !(status >= 0) { // NaN: it was not asked, or has not answered
		return
	}
	a.answers++
	a.status = append(a.status, status)
	if status >= starvedAnswer && !(scrape < starvedAnswer/2) {
		a.slow++
	}
}

func (a *answering) share() float64 {
	if a.answers == 0 {
		return 0
	}
	return float64(a.slow) / float64(a.answers)
}

// lately is how the member at a place has answered within the window that ends now.
func (r *reader) lately(i int, window time.Duration) (a answering) {
	m := &r.a.Members[i]
	if kept := r.history.members[m.Key]; kept != nil {
		for _, s := range kept.raw.within(r.a.At, window) {
			a.add(s.vitals[StatusDuration], s.vitals[ScrapeDuration])
		}
	}
	if status, known := m.Vitals[StatusDuration].Get(); known && !m.Stale {
		a.add(status, m.Vitals[ScrapeDuration].Or(status))
	}
	slices.Sort(a.status)
	return a
}

// inSlowFsyncs is for what share of the time the member at a place was in a slow fsync. A process that waits for its disk
// answers slowly as well, and then it is there that it spends the time; one that does not get to run is rarely stopped
// in an fsync.
func (r *reader) inSlowFsyncs(i int) float64 {
	t := r.tracks[i]
	d, known := t.walFsync.distribution(t.metricsAt, r.options.Window, false)
	if !known {
		return 0
	}
	spent, before := 0.0, 0.0
	for b, count := range d.monotonic() {
		if b > 0 && d.bounds[b-1] >= starvedAnswer/2 {
			spent += (count - before) * 1.5 * d.bounds[b-1] // the middle of a bucket that ends at twice its begin
		}
		before = count
	}
	return spent / r.options.Window.Seconds()
}

// starvation is about a process that does not get to run: all that it does is slow, its disk no more than the rest.
func (r *reader) starvation() *diagnosis {
	worst, share := -1, 0.0
	others := 0.0
	all := make([]answering, len(r.a.Members))
	for i := range r.a.Members {
		all[i] = r.lately(i, r.options.Window)
		if s := all[i].share(); all[i].answers >= starvedAnswers && s >= starvedShare && s > share {
			worst, share = i, s
		}
	}
	if worst < 0 {
		return r.slowAlone()
	}
	for i := range all {
		if i != worst {
			others = max(others, all[i].share())
		}
	}
	m := &r.a.Members[worst]
	mine := all[worst].status
	slowest := mine[len(mine)-1]
	disk := r.found(m.Key, WALFsyncSlow, BackendCommitSlow)
	far := mine[0] >= starvedAnswer/2 && mine[0] >= slowest/3 // it is always so: far from here
	if others > share/3 || far || r.inSlowFsyncs(worst) >= share {
		return r.slowAlone()
	}
	signs := r.found(m.Key, slices.Concat([]RuleID{HeartbeatsFailing, SerializableReadSlow, MemberLate}, slowness[:])...)
	signs = append(signs, disk...)
	if len(signs) == 0 {
		return nil
	}
	slices.SortStableFunc(signs, func(f, g *Finding) int { return int(g.Level) - int(f.Level) })
	d := &diagnosis{cause: CauseStarvation, root: signs[0]}
	d.text = fmt.Sprintf("%s does not get to run: %d of its last %d answers from memory (Status, /metrics) took %s and more, up to %s; %s. Its disk is no slower than that.",
		m.Label, all[worst].slow, all[worst].answers, Seconds.Format(starvedAnswer), Seconds.Format(slowest), r.othersAnswer(all, worst))
	for _, f := range signs[1:] {
		r.entail(d, f.Member.Key, f.Rule)
	}
	everywhere := m.Key == r.a.Cluster.Leader.Key
	if everywhere {
		r.entail(d, anyMember, slowness[:]...)
		r.entail(d, anyMember, LeaderChanging)
	}
	if cpu, known := m.Vitals[CPU].Get(); known {
		d.evidence = append(d.evidence, fmt.Sprintf("%s itself uses %s CPUs", m.Label, Count.Format(cpu)))
	}
	d.next = fmt.Sprintf("On the host of %s: top, and pressure: cat /proc/pressure/cpu; in a container: its CPU limit (cpu.stat: nr_throttled); on a virtual machine: steal.", m.Label)
	if everywhere {
		d.next += r.moveLeader()
	}
	return d
}

// othersAnswer says how quickly all but one answer.
func (r *reader) othersAnswer(all []answering, but int) string {
	var words []string
	for i := range all {
		if n := len(all[i].status); i != but && n > 0 {
			words = append(words, r.a.Members[i].Label+" "+Seconds.Format(all[i].status[n-1]))
		}
	}
	if len(words) == 0 {
		return "there is no other member to compare with"
	}
	return "the others at most: " + strings.Join(words, ", ")
}

// slowAlone is about members that answer slowly what needs nobody else, where less is known than starvation needs.
func (r *reader) slowAlone() *diagnosis {
	d := about(CauseStarvation, r.found(anyMember, SerializableReadSlow))
	if d == nil || r.finds(d.root.Member.Key, WALFsyncSlow, BackendCommitSlow, DefragRunning) {
		return nil
	}
	m := d.root.Member
	d.text = fmt.Sprintf("%s answers slowly what needs neither its disk nor its peers (%s): it is short of CPU, or far from here.", m.Label, withoutName(d.root))
	d.next = fmt.Sprintf("On the host of %s: top, and cat /proc/pressure/cpu; from here: ping it.", m.Label)
	r.entail(d, m.Key, slowness[:]...)
	d.evidence = []string{r.quickDisks()}
	return d
}
