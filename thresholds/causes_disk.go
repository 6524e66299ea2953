package thresholds

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// alikeWithin is the factor within which the bounds of slow disks are alike: less than two of the buckets of etcd's histograms.
// One that is found to be slow as well, but takes less than that, has its own reasons; so has one that takes less than half on
// average: a mean is exact, where a bound may be twice as far off.
const alikeWithin, alikeOnAverage = 4, 2

// A diskTime is how long the fsyncs of a member take, or its commits: the lower bound of the bucket that its p99 falls in, or
// the slowest of few, and the mean where it is known. Only like is compared with like.
type diskTime struct {
	bound, mean probe.Value
}

// diskTime is that of the member at a place.
func (r *reader) diskTime(i int, rule RuleID) (t diskTime) {
	of := &r.tracks[i].walFsync
	if rule == BackendCommitSlow {
		of = &r.tracks[i].backendCommit
	}
	d, known := of.distribution(r.tracks[i].metricsAt, r.options.of(r.tracks[i]).Window, r.options.SinceStart)
	if !known {
		return t
	}
	if bound, known := d.p99Bound(r.options.rule(rule).Minimum); known {
		t.bound = probe.Known(bound)
	}
	t.mean = d.mean()
	return t
}

// alike reports that it is about as slow as a slow one, as far as is known. Where the bounds are two buckets apart, its p99 is
// certainly less than half.
func (t diskTime) alike(slow diskTime) bool {
	return times(slow.bound, t.bound) < alikeWithin && times(slow.mean, t.mean) <= alikeOnAverage
}

// quick reports that it takes less than half as long as a slow one.
func (t diskTime) quick(slow diskTime) bool {
	return times(slow.bound, t.bound) > 2 || times(slow.mean, t.mean) > 2
}

// times is how many times as long one takes as another; 0 where that is not known.
func times(one, other probe.Value) float64 {
	if !one.IsKnown() || !other.IsKnown() || one.Or(0) == 0 {
		return 0
	}
	return one.Or(0) / other.Or(0)
}

// slowDisk compares disks: one slow among fast ones, or all alike.
func (r *reader) slowDisk() *diagnosis {
	if d := r.hungDisk(); d != nil {
		return d
	}
	disks := r.diskSlow(anyMember)
	if len(disks) == 0 || disks[0].Level < Warning {
		if d := r.slowDiskNow(); d != nil {
			return d
		}
	}
	if len(disks) == 0 {
		return nil
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
	c := r.compareDisks(vital, f.Rule, r.at(f.Member.Key), func(i int) bool { return r.finds(r.a.Members[i].Key, f.Rule) })
	r.wordDisks(d, &c, f.Member, withoutName(f))
	if f.Rule == BackendCommitSlow {
		r.wordCommits(d, &c)
	}
	for _, key := range c.slow {
		r.entail(d, key, WALFsyncSlow, BackendCommitSlow)
	}
	r.entailBySlow(d, c.slow)
	r.stalledDisk(d, &c, f.Rule)
	return d
}

// diskSlow are the breaches by which the disk of a member, or of any, is to blame: not what a healthy cluster shows once
// in a while.
func (r *reader) diskSlow(member string) []*Finding {
	return slices.DeleteFunc(r.found(member, WALFsyncSlow, BackendCommitSlow), (*Finding).anecdotal)
}

// stalls is how many slow fsyncs in the window make a disk slow before it has been so for as long as that takes.
const stalls = 3

// writesSlowly reports that the disk of the member at a place is found to be slow, or is so at the moment.
func (r *reader) writesSlowly(i int) bool {
	return r.tracks[i].hang.lasted > 0 || r.slowNow(i) || len(r.diskSlow(r.a.Members[i].Key)) > 0
}

// slowNow reports that the disk of the member at a place is slow at the moment.
func (r *reader) slowNow(i int) bool {
	limit := r.options.rule(WALFsyncSlow).Warning.Value.Or(math.Inf(1))
	m, t := &r.a.Members[i], r.tracks[i]
	if m.MetricsTooOld || m.Vitals[WALFsyncP99].Or(0) < limit {
		return false
	}
	d, known := t.walFsync.distribution(t.metricsAt, r.options.of(t).Window, r.options.SinceStart)
	return known && d.over(limit) >= stalls
}

// slowDiskNow is about disks that are slow now, and have not been for as long as it takes to call them so, where the
// symptoms of it are there already.
func (r *reader) slowDiskNow() *diagnosis {
	worst := -1
	for i := range r.ours() {
		if r.slowNow(i) && (worst < 0 || r.a.Members[i].Vitals[WALFsyncP99].Or(0) > r.a.Members[worst].Vitals[WALFsyncP99].Or(0)) {
			worst = i
		}
	}
	if worst < 0 {
		return nil
	}
	c := r.compareDisks(WALFsyncP99, WALFsyncSlow, worst, r.slowNow)
	d := &diagnosis{cause: CauseSlowDisk}
	everywhere := r.everywhere(c.slow)
	for _, f := range r.found(anyMember, WALFsyncSlow, BackendCommitSlow, MemberLate, AppliesSlow, HeartbeatsFailing, ProposalsQueued, LinearizableReadSlow, SerializableReadSlow, ReadIndexesSlow) {
		if everywhere || slices.Contains(c.slow, f.Member.Key) {
			d.root = f
			break
		}
	}
	if d.root == nil {
		return nil
	}
	slowest := &r.a.Members[worst]
	c.plain = true
	r.wordDisks(d, &c, slowest.MemberRef, "WAL fsync p99 is "+Seconds.Format(slowest.Vitals[WALFsyncP99].Or(0)))
	for _, key := range c.slow {
		r.entail(d, key, WALFsyncSlow, BackendCommitSlow)
	}
	r.entailBySlow(d, c.slow)
	r.stalledDisk(d, &c, WALFsyncSlow)
	return d
}

// comparison is how the members' disks stand to each other.
type comparison struct {
	slow      []string // keys
	fast, all []string // in words
	// plain says that they are slow by more than what is a notice, whatever the level of what is found.
	plain bool
}

// compareDisks holds the disks of all members of a cluster against that of the slowest one, by its place. Those that are found to be slow
// as well are, if they are alike; fast ones are not, or take less than half.
func (r *reader) compareDisks(vital Vital, rule RuleID, slowest int, found func(i int) bool) (c comparison) {
	worst := r.diskTime(slowest, rule)
	for i := range r.akin(r.a.Members[slowest].Key) {
		m := &r.a.Members[i]
		value, atMost := m.Shown(vital)
		number, known := value.Get()
		if !known || m.MetricsTooOld {
			continue
		}
		text := m.Label + " " + Seconds.Format(number)
		if atMost {
			text = m.Label + " ≤ " + Seconds.Format(number)
		}
		c.all = append(c.all, text)
		switch mine := r.diskTime(i, rule); {
		case i == slowest || found(i) && mine.alike(worst):
			c.slow = append(c.slow, m.Key)
		case mine.quick(worst):
			c.fast = append(c.fast, text)
		}
	}
	return c
}

// wordDisks puts in words which disks are slow. what is how slow the slowest one is, whose member is named.
func (r *reader) wordDisks(d *diagnosis, c *comparison, slowest MemberRef, what string) {
	how := "slow"
	if d.root.Level == Notice && !c.plain {
		how = "slower than etcd's documentation recommends"
	}
	var slow []string
	for _, key := range c.slow {
		slow = append(slow, r.a.Members[r.at(key)].Label)
	}
	d.blamed = c.slow
	d.next = fmt.Sprintf("On the host of %s: iostat -x 1 (w_await, %%util), and look for what else writes to that disk.", slowest.Label)
	switch {
	case len(c.all) < 2:
		d.text = fmt.Sprintf("The disk of %s is %s: %s; there is no other member to compare with.", slowest.Label, how, what)
	case len(c.fast) == 0 || len(c.slow) == len(c.all):
		d.cause = CauseSlowDisks
		d.text = fmt.Sprintf("The disks are %s, and alike (%s): storage that they share, or more load than they bear.", how, strings.Join(c.all, ", "))
		d.next = "On each host: iostat -x 1 (w_await, %util); then look at what the members share: storage, a hypervisor, a backup that runs now."
		if asked := r.much(); asked != nil { // they may well be as quick as they can
			r.wordDemand(d, asked)
			d.blamed = []string{}
			d.text += fmt.Sprintf(" The disks are %s meanwhile, and alike (%s).", how, strings.Join(c.all, ", "))
		}
	case len(slow) > 1:
		d.text = fmt.Sprintf("The disks of %s are %s, the worst that of %s: %s; their peers: %s.", join(slow), how, slowest.Label, what, strings.Join(c.fast, ", "))
		d.next = fmt.Sprintf("On the hosts of %s: iostat -x 1 (w_await, %%util), and look for what else writes to those disks.", join(slow))
	default:
		d.text = fmt.Sprintf("The disk of %s is %s: %s; its peers: %s.", slowest.Label, how, what, strings.Join(c.fast, ", "))
	}
	if d.cause == CauseSlowDisk && (d.root.Level >= Warning || c.plain) && slowest.Key == r.a.Cluster.Leader.Key {
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
	silent := false
	for _, key := range slow {
		r.entail(d, key, slowness[:]...)
		r.entail(d, key, VoterUnhealthy, SerializableReadSlow)
		if i := r.at(key); i >= 0 && r.runs(i) {
			r.entail(d, key, MemberLate, MemberUnreachable)
			silent = true
		}
	}
	if silent { // it does not count as a voter meanwhile
		d.told = append(d.told, r.found("", QuorumAtRisk)...)
	}
}

// moveLeader is how to take the leadership from a member that ails: to the healthy follower that lags least.
func (r *reader) moveLeader() string {
	to := -1
	for i := range r.a.Members {
		m := &r.a.Members[i]
		if m.Role != RoleFollower || !m.Healthy || len(r.diskSlow(m.Key)) > 0 || r.finds(m.Key, PeerRTTSlow, PeerDisconnected) {
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
