package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// noSpace is about a cluster that refuses puts for want of space.
func (r *reader) noSpace() *diagnosis {
	alarms := r.found("", AlarmNoSpace)
	if len(alarms) == 0 {
		return nil
	}
	d := &diagnosis{cause: CauseNoSpace, root: alarms[0]}
	d.text = "The database is full: " + d.root.Summary + ". Puts are refused; reads and deletes work."
	full := r.fullest()
	if full != nil {
		d.text += " " + r.filledBy(full)
		d.evidence = r.spaceOf(full)
	}
	d.next = r.makeRoom(full) + ", then lift the alarm: " + etcdctl(r.another(""), "alarm disarm") + ". Then look for what fills it: etcdoc can't see keys here."
	r.entail(d, anyMember, DBQuotaNear, DBGrowing, DBLarge, DBFragmented, CompactionStalled, GRPCFailing, ProposalsFailing)
	return d
}

// fullest is the member whose database is nearest to its quota, else the largest; nil where no size is known.
func (r *reader) fullest() *Member {
	var fullest *Member
	for i := range r.a.Members {
		m := &r.a.Members[i]
		if !m.Vitals[DBSize].IsKnown() || m.IsStale(DBSize) {
			continue
		}
		if fullest == nil || m.Vitals[DBQuotaUsed].Or(0) > fullest.Vitals[DBQuotaUsed].Or(0) ||
			m.Vitals[DBQuotaUsed].Or(0) == fullest.Vitals[DBQuotaUsed].Or(0) && m.Vitals[DBSize].Or(0) > fullest.Vitals[DBSize].Or(0) {
			fullest = m
		}
	}
	return fullest
}

// What makes the size of a database mostly of one kind.
const (
	mostlyFree    = 0.5 // in use of what is on disk, below which a defragmentation frees most
	manyRevisions = 2.0 // revisions not compacted for each key, above which history fills it
)

// filledBy says what fills a database, as far as its own numbers tell: which keys they are, no metric says.
func (r *reader) filledBy(m *Member) string {
	inUse, known := m.Vitals[DBInUseShare].Get()
	switch {
	case !known:
		return ""
	case inUse < mostlyFree:
		return fmt.Sprintf("Only %s of %s is in use: a defragmentation gives back %s.", Ratio.Format(inUse), Bytes.Format(m.Vitals[DBSize].Or(0)),
			Bytes.Format(m.Vitals[DBSize].Or(0)-m.Vitals[DBInUse].Or(0)))
	case r.fullOfHistory(m):
		return fmt.Sprintf("Much of it is history: %s revisions of %s keys are not compacted.", Count.Format(m.Vitals[UncompactedRevisions].Or(0)), Count.Format(m.Vitals[Keys].Or(0)))
	default:
		return fmt.Sprintf("Most of it (%s) is in use: live keys, that only deleting makes fewer.", Ratio.Format(inUse))
	}
}

// fullOfHistory reports that there are many more revisions that are not compacted than keys.
func (r *reader) fullOfHistory(m *Member) bool {
	revisions, known := m.Vitals[UncompactedRevisions].Get()
	keys, knows := m.Vitals[Keys].Get()
	return known && knows && revisions >= manyRevisions*max(keys, 1)
}

// spaceOf are the numbers of a database.
func (r *reader) spaceOf(m *Member) []string {
	line := fmt.Sprintf("%s: %s on disk", m.Label, Bytes.Format(m.Vitals[DBSize].Or(0)))
	if value, known := m.Vitals[DBInUse].Get(); known {
		line += ", " + Bytes.Format(value) + " of it in use"
	}
	if value, known := m.Vitals[DBQuota].Get(); known {
		line += ", quota " + Bytes.Format(value)
	}
	lines := []string{line}
	var held []string
	for _, v := range []struct {
		vital  Vital
		format string
	}{{Keys, "%s keys"}, {UncompactedRevisions, "%s revisions not compacted"}, {WritesRate, "%s puts, deletes and transactions"}} {
		if value, known := m.Vitals[v.vital].Get(); known && !m.IsStale(v.vital) {
			held = append(held, fmt.Sprintf(v.format, v.vital.Unit().Format(value)))
		}
	}
	if len(held) > 0 {
		lines = append(lines, m.Label+": "+strings.Join(held, ", "))
	}
	return lines
}

// makeRoom is what gives back space, in order: compact, unless little is history, then defragment, the leader last.
func (r *reader) makeRoom(m *Member) string {
	defragment := etcdctl(r.leaderLast(), "defrag") + " (one after the other, the leader last; each is blocked meanwhile)"
	if m != nil && m.Vitals[DBInUseShare].Or(1) < mostlyFree && !r.fullOfHistory(m) {
		return "Defragment: " + defragment
	}
	revision := "REVISION"
	for i := range r.a.Members {
		if metrics, fresh := r.fresh(i); fresh {
			if current, known := metrics.CurrentRevision.Get(); known {
				revision = fmt.Sprintf("%.0f", current)
				break
			}
		}
	}
	return "Compact: " + etcdctl(r.another(""), "compact "+revision) + ", then defragment: " + defragment
}

// quota is about a database that is near its quota, or will be.
func (r *reader) quota() *diagnosis {
	near, growing := r.found(anyMember, DBQuotaNear), r.found(anyMember, DBGrowing)
	all := slices.Concat(near, growing)
	slices.SortStableFunc(all, func(f, g *Finding) int { return int(g.Level) - int(f.Level) })
	if len(all) == 0 {
		return nil
	}
	d := &diagnosis{cause: CauseQuotaNear, root: all[0]}
	if d.root.Rule == DBGrowing {
		d.cause = CauseQuotaGrowing
	}
	d.text = d.root.Summary
	if d.cause == CauseQuotaNear && len(growing) > 0 {
		d.text += "; " + withoutName(growing[0])
	}
	d.text += "; at the quota etcd refuses writes."
	for _, f := range all[1:] {
		r.entail(d, f.Member.Key, f.Rule)
	}
	if i := r.at(d.root.Member.Key); i >= 0 {
		m := &r.a.Members[i]
		d.text += " " + r.filledBy(m)
		d.text = strings.TrimSpace(d.text)
		d.evidence = r.spaceOf(m)
		d.next = r.makeRoom(m) + ". Find who writes, before it grows again."
	}
	r.entail(d, anyMember, DBLarge, DBFragmented, CompactionStalled)
	return d
}

func (r *reader) fragmentation() *diagnosis {
	d := about(CauseFragmentation, r.found(anyMember, DBFragmented))
	if d != nil {
		d.next = "When it is calm: " + etcdctl(r.leaderLast(), "defrag") + " (one after the other, the leader last; each is blocked meanwhile)."
		r.entail(d, anyMember, DBLarge)
	}
	return d
}

// defragmentation is about members that answer slowly, or not, because they are being defragmented.
func (r *reader) defragmentation() *diagnosis {
	d := about(CauseDefragRunning, r.found(anyMember, DefragRunning))
	if d == nil {
		return nil
	}
	m := d.root.Member
	d.text = d.root.Summary + also(len(d.told)) + ": until it ends it applies nothing and answers late. It counts again when it is done"
	d.quorum = true
	// What is worse than the notice that this is stays an alarm, and is explained.
	d.entailed = r.found(m.Key, slices.Concat([]RuleID{VoterUnhealthy, MemberLate, MemberUnreachable, SerializableReadSlow, WALFsyncSlow, BackendCommitSlow}, slowness[:])...)
	d.told = append(d.told, r.found("", QuorumAtRisk)...)
	return d
}

func (r *reader) compaction() *diagnosis {
	d := about(CauseCompaction, r.found(anyMember, CompactionStalled))
	if d == nil {
		return nil
	}
	if full := r.fullest(); full != nil {
		d.evidence = r.spaceOf(full)
	}
	d.next = "Under Kubernetes look at kube-apiserver (it compacts every 5 minutes; grep its log for \"compact\"); elsewhere set --auto-compaction-retention. By hand: " +
		strings.TrimPrefix(strings.SplitN(r.makeRoom(nil), ", then", 2)[0], "Compact: ") + "."
	return d
}
