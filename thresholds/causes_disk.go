package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// slowDisk compares disks: one slow among fast ones, or all alike.
func (r *reader) slowDisk() *diagnosis {
	disks := r.found(anyMember, WALFsyncSlow, BackendCommitSlow)
	if len(disks) == 0 {
		return nil
	}
	f := disks[0]
	vital := WALFsyncP99
	if f.Rule == BackendCommitSlow {
		vital = BackendCommitP99
	}
	for _, g := range disks {
		if g.Rule == f.Rule && g.Level == f.Level && g.Value.Or(0) > f.Value.Or(0) {
			f = g
		}
	}
	d := &diagnosis{cause: CauseSlowDisk, root: f}
	var slow, fast, all []string
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
		all = append(all, text)
		switch {
		case r.finds(m.Key, f.Rule):
			slow = append(slow, m.Label)
		case number <= f.Value.Or(0)/2:
			fast = append(fast, text)
		}
	}
	how := "slow"
	if f.Level == Notice {
		how = "slower than etcd's documentation recommends"
	}
	d.next = fmt.Sprintf("On the host of %s: iostat -x 1 (w_await, %%util), and look for what else writes to that disk; etcd wants an SSD of its own.", f.Member.Label)
	switch {
	case len(all) < 2:
		d.text = fmt.Sprintf("The disk of %s is %s: %s; there is no other member to compare with.", f.Member.Label, how, withoutName(f))
	case len(fast) == 0 || len(slow) == len(all):
		d.cause = CauseSlowDisks
		d.text = fmt.Sprintf("The disks are %s, and alike (%s): storage that they share, or more load than they bear. The slowest: %s.", how, strings.Join(all, ", "), f.Summary)
		d.next = "On each host: iostat -x 1 (w_await, %util); then at what the members share: a storage system, a hypervisor, a backup that runs now."
	case len(slow) > 1:
		d.text = fmt.Sprintf("The disks of %s are %s: %s; their peers: %s.", enumerate(slow), how, f.Summary, strings.Join(fast, ", "))
		d.next = fmt.Sprintf("On the hosts of %s: iostat -x 1 (w_await, %%util), and look for what else writes to those disks.", enumerate(slow))
	default:
		d.text = fmt.Sprintf("The disk of %s is %s: %s; its peers: %s.", f.Member.Label, how, withoutName(f), strings.Join(fast, ", "))
	}
	r.entail(d, anyMember, WALFsyncSlow, BackendCommitSlow)
	r.entailBySlow(d, r.labelled(slow))
	if d.cause == CauseSlowDisk && f.Level >= Warning && f.Member.Key == r.a.Cluster.Leader.Key {
		d.text = strings.TrimSuffix(d.text, ".") + ". It leads, so that every write waits for it."
		d.next += r.moveLeader()
	}
	return d
}

// labelled are the keys of members by their labels.
func (r *reader) labelled(labels []string) (keys []string) {
	for i := range r.a.Members {
		if slices.Contains(labels, r.a.Members[i].Label) {
			keys = append(keys, r.a.Members[i].Key)
		}
	}
	return keys
}

// entailBySlow adds the symptoms of members that write slowly. They are their own alone, unless one leads, or too few
// others are left for a quorum.
func (r *reader) entailBySlow(d *diagnosis, slow []string) {
	quick := 0
	everywhere := slices.Contains(slow, r.a.Cluster.Leader.Key)
	for i := range r.a.Members {
		if m := &r.a.Members[i]; m.Healthy && !slices.Contains(slow, m.Key) {
			quick++
		}
	}
	if everywhere || quick < r.a.Cluster.Quorum {
		r.entail(d, anyMember, slowness[:]...)
		r.entail(d, anyMember, LeaderChanging)
		return
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
	starvedWindow = 30 * time.Second
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

// starvation is about a process that does not get to run: all that it does is slow, its disk no more than the rest.
func (r *reader) starvation() *diagnosis {
	worst, share := -1, 0.0
	others := 0.0
	all := make([]answering, len(r.a.Members))
	for i := range r.a.Members {
		all[i] = r.lately(i, starvedWindow)
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
	slowest, median := mine[len(mine)-1], mine[len(mine)/2]
	disk := r.found(m.Key, WALFsyncSlow, BackendCommitSlow)
	far := mine[0] >= starvedAnswer/2 && mine[0] >= slowest/3 // it is always so: far from here
	if others > share/3 || far || m.Vitals[WALFsyncP50].Or(0) > median || m.Vitals[WALFsyncP99].Or(0) > 3*slowest {
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
