package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// slowDisk compares disks: either some are slow and others fast, or all are alike.
func (r *diagnoser) slowDisk() *diagnosis {
	if d := r.hungDisk(); d != nil {
		return d
	}
	disks := r.slowDiskFindings(anyMember)
	if len(disks) == 0 || disks[0].Level < Warning {
		if d := r.slowDiskNow(); d != nil {
			return d
		}
	}
	if len(disks) == 0 {
		return nil
	}
	worst := disks[0]
	for _, g := range disks {
		if g.Rule == worst.Rule && g.Level == worst.Level && g.Value.Or(0) > worst.Value.Or(0) {
			worst = g
		}
	}
	vital := r.settings.rule(worst.Rule).Vital
	c := r.compareDisks(worst.Rule, r.place(worst.Member.Key),
		func(i int) bool { return r.finds(r.members[i].Key, worst.Rule) || r.members[i].Mark(vital).State != "" })
	f := r.steadyWorst(worst, slices.DeleteFunc(disks, func(g *Finding) bool {
		return g.Rule != worst.Rule || g.Level != worst.Level || !slices.Contains(c.slow, g.Member.Key)
	}))
	d := &diagnosis{cause: CauseSlowDisk, root: f}
	slowest, what := f.Member, f.What
	if i := c.worst; i >= 0 && r.members[i].Key != slowest.Key { // its rule does not fire yet, or at another level
		slowest, what = r.members[i].MemberRef, r.diskTimeWords(i, f.Rule)
	}
	r.wordDisks(d, &c, slowest, what)
	if f.Rule == BackendCommitSlow {
		r.wordCommits(d, &c)
	}
	for _, key := range c.slow {
		r.inhibit(d, key, WALFsyncSlow, BackendCommitSlow)
	}
	r.inhibitDiskSymptoms(d, c.slow)
	r.stalledDisk(d, &c, f.Rule)
	return d
}

// clearlyWorse is how many times another value a value must be to be called worse: etcdoc's own. Disks that are slow
// alike take the lead by turns, second by second.
const clearlyWorse = 1.5

// steadyWorst returns the finding to name of several by one rule: of those that are about as bad as the worst, the one
// that the last reading named, or else the worst.
func (r *diagnoser) steadyWorst(worst *Finding, findings []*Finding) *Finding {
	for _, f := range findings {
		if f.Value.Or(0)*clearlyWorse < worst.Value.Or(0) {
			continue
		}
		if r.named(f.Member.Key) {
			return f
		}
	}
	return worst
}

// isWorse reports whether member i with a value is worse off than another one: clearly, where the last reading named
// that one, and less than clearly if it named i.
func (r *diagnoser) isWorse(i int, value float64, than int, its float64) bool {
	switch {
	case r.named(r.members[i].Key):
		return value*clearlyWorse >= its
	case r.named(r.members[than].Key):
		return value > its*clearlyWorse
	}
	return value > its
}

// named reports whether the last reading named the member as the one that is worst off.
func (r *diagnoser) named(key string) bool { return r.previous != nil && r.previous.named == key }

// slowDiskFindings returns the findings that put the blame on the disk of a member, or of any. It leaves out what a
// healthy cluster shows once in a while.
func (r *diagnoser) slowDiskFindings(member string) []*Finding {
	return slices.DeleteFunc(r.found(member, WALFsyncSlow, BackendCommitSlow), (*Finding).provesLittle)
}

// minStalls is how many slow fsyncs in the window make a disk slow before its rule fires.
const minStalls = 3

// writesSlowly reports whether the disk of member i hangs, is slow now, or is found to be slow.
func (r *diagnoser) writesSlowly(i int) bool {
	return r.members[i].track.hang.lasted > 0 || r.slowNow(i) || len(r.slowDiskFindings(r.members[i].Key)) > 0
}

// diskSlowsReads reports whether the disk of member i may slow the reads through it: one that is only not as fast as
// recommended does not.
func (r *diagnoser) diskSlowsReads(i int) bool {
	found := r.slowDiskFindings(r.members[i].Key)
	return r.members[i].track.hang.lasted > 0 || r.slowNow(i) || len(found) > 0 && found[0].Level >= Warning
}

// slowNow reports whether the disk of member i is slow now.
func (r *diagnoser) slowNow(i int) bool {
	_, slow := r.fsyncsNow(i)
	return slow
}

// fsyncsNow returns what the fsync rule measures on member i, and whether the fsyncs are slow now. Of few fsyncs, the
// slowest one's lower bound counts.
func (r *diagnoser) fsyncsNow(i int) (m measurement, slow bool) {
	rule := r.settings.rule(WALFsyncSlow)
	limit := rule.Warning.Value.Or(math.Inf(1))
	if r.members[i].MetricsTooOld {
		return m, false
	}
	d, known := r.diskDistribution(i, WALFsyncSlow)
	if !known || d.Above(limit) < minStalls {
		return m, false
	}
	m, observed := latencyIn(&d, rule.Minimum)
	value, known := m.value.Get()
	return m, observed && known && value >= limit
}

// slowDiskNow is about disks that are slow now, but not long enough for their rule to fire, if their symptoms show
// already, and no slow link explains them.
func (r *diagnoser) slowDiskNow() *diagnosis {
	if links := &r.slow; len(links.pairs) > 0 && !links.alike {
		return nil
	}
	worst, took := -1, measurement{}
	for i := range r.judgedMembers() {
		if m, slow := r.fsyncsNow(i); slow && (worst < 0 || r.isWorse(i, m.value.Or(0), worst, took.value.Or(0))) {
			worst, took = i, m
		}
	}
	if worst < 0 {
		return nil
	}
	c := r.compareDisks(WALFsyncSlow, worst,
		func(i int) bool { return r.slowNow(i) || r.finds(r.members[i].Key, WALFsyncSlow) })
	d := &diagnosis{cause: CauseSlowDisk, symptom: true}
	everywhere := r.feltEverywhere(c.slow)
	for _, f := range r.found(anyMember, WALFsyncSlow, BackendCommitSlow, MemberLate, VoterUnhealthy, AppliesSlow,
		HeartbeatsFailing, ProposalsQueued, LinearizableReadSlow, SerializableReadSlow, ReadIndexesSlow) {
		if everywhere || slices.Contains(c.slow, f.Member.Key) {
			d.root = f
			break
		}
	}
	if d.root == nil {
		return nil
	}
	if c.worst >= 0 {
		worst = c.worst
	}
	slowest := &r.members[worst]
	d.states(r.found(slowest.Key, WALFsyncSlow)...)
	c.beyondNotice = true
	r.wordDisks(d, &c, slowest.MemberRef, r.diskTimeWords(worst, WALFsyncSlow))
	for _, key := range c.slow {
		r.inhibit(d, key, WALFsyncSlow, BackendCommitSlow)
	}
	r.inhibitDiskSymptoms(d, c.slow)
	r.stalledDisk(d, &c, WALFsyncSlow)
	return d
}

// feltEverywhere reports whether all members feel what is slow on some: one of those leads, or the others are too few
// for a quorum.
func (r *diagnoser) feltEverywhere(slow []string) bool {
	quick := 0
	for i := range r.members {
		if m := &r.members[i]; m.Healthy && !slices.Contains(slow, m.Key) {
			quick++
		}
	}
	return slices.Contains(slow, r.cluster.Leader.Key) || quick < r.cluster.Quorum
}

// inhibitDiskSymptoms inhibits the symptoms of members with slow disks: see feltEverywhere.
func (r *diagnoser) inhibitDiskSymptoms(d *diagnosis, slow []string) {
	if r.feltEverywhere(slow) {
		r.inhibit(d, anyMember, slowness[:]...)
		r.inhibit(d, anyMember, LeaderChanging)
	}
	silent := false
	for _, key := range slow {
		r.inhibit(d, key, slowness[:]...)
		r.inhibit(d, key, VoterUnhealthy, SerializableReadSlow)
		i := r.place(key)
		if i >= 0 && r.processRuns(i) {
			r.inhibit(d, key, MemberLate, MemberUnreachable)
			silent = true
		}
		silent = silent || i >= 0 && r.members[i].isUnsteady
	}
	if silent { // a silent member does not count as a voter
		d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	}
}

// adviseMoveLeader says how to move the leadership away from an impaired member: to the healthy follower that lags
// least.
func (r *diagnoser) adviseMoveLeader() string {
	to := r.leaderInstead()
	if to < 0 {
		return ""
	}
	m := &r.members[to]
	return fmt.Sprintf(" Meanwhile let %s lead: %s.", m.Label,
		etcdctl(r.endpoint(r.cluster.Leader.Key), "move-leader "+m.ID.String()))
}

// leaderInstead is the index of the member that should lead instead of an impaired one: a healthy follower that nothing
// is wrong with, if there is one, and of those rather one that does not go last in a rolling change, and the one that
// lags least, by orders of magnitude; -1 if nobody could.
func (r *diagnoser) leaderInstead() (to int) {
	to = -1
	alarmed := func(i int) bool {
		return slices.ContainsFunc(r.findings, func(f Finding) bool {
			return f.Member.Key == r.members[i].Key && f.Level >= Warning
		})
	}
	for i := range r.members {
		m := &r.members[i]
		if m.Role != RoleFollower || !m.Healthy || r.awaitsFsync(i) || r.writesSlowly(i) ||
			r.finds(m.Key, PeerRTTSlow, PeerDisconnected) {
			continue
		}
		if to < 0 || cmp.Or(falseFirst(alarmed(i), alarmed(to)), falseFirst(m.mayBeDone, r.members[to].mayBeDone),
			cmp.Compare(lagSize(m), lagSize(&r.members[to])), cmp.Compare(r.members[to].Label, m.Label)) < 0 {
			to = i
		}
	}
	return to
}
