package thresholds

import (
	"fmt"
	"slices"
)

// impaired diagnoses a voter that answers but does not count towards the quorum.
func (r *diagnoser) impaired() *diagnosis {
	d := newDiagnosis(CauseVoterUnhealthy, r.found(anyMember, VoterUnhealthy, FollowerStuck))
	if d == nil {
		return newDiagnosis(CauseVoterUnhealthy, r.found("", QuorumAtRisk))
	}
	d.quorum = true
	d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	d.covered = append(d.covered, r.found(d.root.Member.Key, WALFsyncSlow, BackendCommitSlow)...)
	r.inhibit(d, d.root.Member.Key, slowness[:]...)
	r.inhibitUnknown(d, d.root.Member.Key, WALFsyncSlow, BackendCommitSlow)
	return d
}

// restarting diagnoses processes that start again and again.
func (r *diagnoser) restarting() *diagnosis {
	starts := slices.DeleteFunc(r.found(anyMember, MemberRestarted), func(f *Finding) bool { return f.Level < Warning })
	d := newDiagnosis(CauseRestarts, starts)
	if d == nil {
		return nil
	}
	member := d.root.Member
	d.text = member.Label + " starts again and again: " + d.root.What + andMore(len(d.covered), "member")
	d.beyond = "It " + d.root.What
	d.headline = fitting(HeadlineWidth, member.Short+" starts again and again: "+d.root.HeadlineWhat,
		member.Short+" starts again and again")
	if len(d.covered) > 0 {
		d.heading(r.shortsAbout(starts), func(who string) string { return who + " start again and again" })
	}
	d.step = "On " + member.Short + ": journalctl -u etcd -n 100; dmesg (OOM?)"
	d.next = fmt.Sprintf("On the host of %s: journalctl -u etcd -n 100 (under Kubernetes: crictl logs of the "+
		"container before), and dmesg for the out-of-memory killer.", member.Label)
	r.inhibit(d, member.Key, withoutQuorum...)
	d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	return d
}

// unexplained diagnoses an alarm that no other diagnoser explains.
func (r *diagnoser) unexplained() *diagnosis {
	for _, level := range []Level{Critical, Warning} {
		if f := r.worst(level); f != nil {
			return newDiagnosis(CauseUndetermined, []*Finding{f})
		}
	}
	return nil
}
