package thresholds

import (
	"fmt"
	"slices"
)

// corruption is about a CORRUPT alarm, and about members whose data differs from the others'.
func (r *diagnoser) corruption() *diagnosis {
	alarms, mismatches := r.found("", AlarmCorrupt), r.found(anyMember, HashMismatch)
	d := newDiagnosis(CauseCorruption, slices.Concat(alarms, mismatches))
	if d == nil {
		return nil
	}
	r.inhibit(d, anyMember, VoterUnhealthy, SizesDiverging, ProposalsFailing, GRPCFailing)
	d.covered = append(d.covered, r.found("", QuorumAtRisk, TwoLeaders)...)
	if len(mismatches) > 0 {
		r.wordMismatch(d, mismatches, len(alarms) > 0)
		d.next = r.cluster.withCommitCaveat(d.next)
		return d
	}
	d.before, d.more, d.after = "Data corruption is suspected: ", 0, ". Writes are refused"
	d.beyond = "Data corruption is suspected"
	var raised someMembers
	for _, alarm := range r.cluster.Alarms {
		if alarm.Type == "CORRUPT" {
			raised = append(raised, alarm.Member.Short)
		}
	}
	d.heading(raised, func(who string) string { return "CORRUPT alarm of " + who + ": writes are refused" })
	d.step = "Compare the members' data: etcdoc check --hash"
	d.next = "Compare the members' data: etcdoc check --hash. Replace the member whose hash is alone, then " +
		etcdctl(r.otherEndpoint(""), "alarm disarm") + "."
	d.next = r.cluster.withCommitCaveat(d.next)
	return d
}

// wordMismatch words that members' hashes differ, with a CORRUPT alarm or without.
func (r *diagnoser) wordMismatch(d *diagnosis, mismatches []*Finding, alarm bool) {
	bad := r.labels(mismatches)
	d.quorum = true
	d.blamed = nil
	for _, f := range mismatches {
		d.blamed = append(d.blamed, f.Member.Key)
	}
	if first := r.place(mismatches[0].Member.Key); first < 0 || r.members[first].track.hash.undecided {
		d.heading(r.shortsAbout(mismatches), func(who string) string {
			return "Data differs on " + who + ", and no majority decides"
		})
		d.step = "Remove nobody; save each member's data: etcdctl snapshot save"
		d.beyond = "Whose is right is not known"
		d.text = fmt.Sprintf("The data of %s differs, and there is no majority to say whose is right", join(bad))
		d.next = "Remove nobody. Save what each has (" +
			etcdctl(r.endpoint(mismatches[0].Member.Key), "snapshot save FILE") +
			", one endpoint at a time), and find out from a backup, or from the keys that differ, whose is right."
		return
	}
	d.beyond = "It differed twice in a row"
	d.text = fmt.Sprintf("The data of %s is corrupt: it is not that of most members, twice in a row", join(bad))
	d.heading(r.shortsAbout(mismatches), func(who string) string {
		return "Corrupt data on " + who + ", unlike most members'"
	})
	d.stepping(r.shortsAbout(mismatches), func(who string) string {
		return "Save a snapshot of another member, then replace " + who
	})
	if alarm {
		d.further = append(d.further, "The CORRUPT alarm is raised, and writes are refused")
	}
	d.next = ""
	if leads := slices.ContainsFunc(mismatches, func(f *Finding) bool { return r.cluster.Leads(f.Member.Key) }); leads {
		d.next = "Give the leadership to another member first (etcdctl move-leader). "
		d.stepping(r.shortsAbout(mismatches), func(who string) string {
			return "Move the leadership off " + who + ", then replace that member"
		})
	}
	d.next += fmt.Sprintf("Keep a copy of the data of %s, and a snapshot of another member (%s); "+
		"then replace it: remove it, wipe its data, add it again",
		join(bad), etcdctl(r.agreeingEndpoint(bad), "snapshot save FILE"))
	if r.cluster.Tolerance().Or(0) < 1 {
		d.next += " – once all other voters are healthy: without it the quorum would be lost now"
	}
	d.next += "."
	if alarm {
		d.next += " Then: " + etcdctl(r.agreeingEndpoint(bad), "alarm disarm") + "."
	}
}

// agreeingEndpoint returns the endpoint of a member that answers and has the same data as most members.
func (r *diagnoser) agreeingEndpoint(bad []string) string {
	for i := range r.judgedMembers() {
		m := &r.members[i]
		if m.State == StateOK && r.members[i].track.hash.agrees > 0 && len(m.Endpoints) > 0 &&
			!slices.Contains(bad, m.Label) {
			return m.Endpoints[0]
		}
	}
	return anyEndpoint
}

// sameData says that the members' data was compared and is the same; empty unless at least two were compared.
func (r *diagnoser) sameData() string {
	var labels []string
	first := -1
	for i := range r.judgedMembers() {
		h := &r.members[i].track.hash
		if r.sweep.Hashes == nil || h.agrees == 0 {
			continue
		}
		if first < 0 {
			first = i
		}
		labels = append(labels, r.members[i].Label)
	}
	if len(labels) < 2 {
		return ""
	}
	hash := r.members[first].track.hash.own
	return fmt.Sprintf("the data of %s is the same: hash %08x at revision %d, compacted up to %d", join(labels),
		hash.Hash, hash.Revision, max(0, hash.CompactRevision))
}
