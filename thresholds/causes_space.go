package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// noSpace is about a cluster that refuses puts for want of space, or would not have to any more.
func (r *reader) noSpace() *diagnosis {
	alarms := r.found("", AlarmNoSpace)
	if len(alarms) == 0 {
		return nil
	}
	d := &diagnosis{cause: CauseNoSpace, root: alarms[0]}
	full := r.fullest()
	if full == nil { // of no database it is known how full it is
		d.text = "The database is full: " + d.root.Summary + ". Puts are refused; reads and deletes work."
		d.steps = []Step{StepCompact, StepDefragment}
	} else {
		d.steps, d.evidence = r.roomFor(full), r.spaceOf(full)
		d.text = "The database is full: " + d.root.Summary + ". Puts are refused; reads and deletes work. " + r.filledBy(full)
		if len(d.steps) == 0 {
			d.text = fmt.Sprintf("The alarm is still raised (%s), though there is room again: %s of the quota of %s is used. Puts are refused until it is lifted.",
				d.root.Summary, Ratio.Format(full.Vitals[DBQuotaUsed].Or(0)), full.Label)
		}
	}
	needed := len(d.steps) > 0
	d.steps = append(d.steps, StepDisarm)
	if d.next = r.stepWords(full, d.steps); needed {
		d.next += " Then look for what fills it: etcdoc can't see keys here."
	}
	d.root.Advice = d.next
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
		d.steps = r.roomFor(m)
		d.next = strings.TrimSpace(r.stepWords(m, d.steps) + " Find who writes, before it grows on.")
		d.root.Advice = d.next
	}
	r.entail(d, anyMember, DBLarge, DBFragmented, CompactionStalled)
	return d
}

func (r *reader) fragmentation() *diagnosis {
	d := about(CauseFragmentation, r.found(anyMember, DBFragmented))
	if d != nil {
		d.next = "When it is calm: " + r.defragCommand() + "."
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
	var stalled *Member
	if i := r.at(d.root.Member.Key); i >= 0 {
		stalled = &r.a.Members[i]
	}
	d.next = "Under Kubernetes look at kube-apiserver (it compacts every 5 minutes; grep its log for \"compact\"); elsewhere set --auto-compaction-retention. By hand: " +
		r.compactCommand(stalled) + "."
	return d
}
