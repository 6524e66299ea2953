package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// unstarted diagnoses voters that were added and never ran, where all other voters are up. They count towards the
// quorum and have no data to bring back.
func (r *diagnoser) unstarted() *diagnosis {
	var neverRan []int
	for i := range r.members {
		switch m := &r.members[i]; {
		case !m.Voter || m.State == StateOK:
		case m.neverStarted && m.State == StateDown:
			if with, _ := r.connectedPeers(i); len(with) > 0 {
				return nil // it runs, but has not published its name yet
			}
			neverRan = append(neverRan, i)
		default:
			return nil
		}
	}
	if len(neverRan) == 0 {
		return nil
	}
	c := r.cluster
	names := r.unstartedVoters()
	// Quorum depends on them only if too few other voters run; otherwise it is lost for another reason.
	awaited := r.cluster.AnsweringVoters < c.Quorum
	var signs []*Finding
	if awaited {
		signs = r.found("", QuorumLost)
	}
	for _, i := range neverRan {
		signs = append(signs, r.found(r.members[i].Key, MemberUnreachable)...)
	}
	if len(signs) == 0 {
		return nil
	}
	d := &diagnosis{cause: CauseMemberDown, root: signs[0], covered: signs[1:], quorum: true}
	d.states(signs...)
	d.text = fmt.Sprintf("%s %s added to the cluster and never ran: no name, no client URLs, no peer connected "+
		"with it, no data", join(names), pluralForm(len(names), "was", "were"))
	d.beyond = "No name, no client URLs, no peer connected, no data"
	d.next = r.startUnstarted(neverRan)
	fresh := r.shortsAt(neverRan)
	d.heading(fresh, func(who string) string {
		return who + pluralForm(len(fresh), " was", " were") + " added and never ran"
	})
	d.stepping(fresh, func(who string) string { return "Start etcd on " + who + ", with an empty data directory" })
	d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	if signs[0].Rule == QuorumLost {
		d.cause, d.quorum, d.countsVoters = CauseQuorumLost, false, true
		d.heading(fresh, func(who string) string {
			return "Quorum lost: " + who + pluralForm(len(fresh), " was", " were") + " added, never ran"
		})
		d.text = fmt.Sprintf("Quorum is lost because %s %s added and never ran: %s, %d are needed; no write commits",
			join(names), pluralForm(len(names), "was", "were"), c.countedVoters(), c.Quorum)
		d.beyond = "No write commits"
		r.inhibit(d, anyMember, withoutQuorum...)
		r.inhibitUnknown(d, anyMember, WALFsyncSlow, BackendCommitSlow)
	}
	return d
}

// startUnstarted advises on voters that never ran, by index. While quorum depends on them they can't be removed. A
// voter that is alone without them has all committed data.
func (r *diagnoser) startUnstarted(neverRan []int) string {
	var urls, ids []string
	for _, i := range neverRan {
		urls = append(urls, r.members[i].probed.PeerURLs...)
		ids = append(ids, r.members[i].ID.String())
	}
	at := "the peer URL it was added with"
	if len(urls) > 0 {
		at += " (" + strings.Join(urls, ", ") + ")"
	}
	c := r.cluster
	start := "Start it now at " + at + ", with --initial-cluster-state=existing and an empty data directory: it " +
		"has no data to bring back."
	if c.commits() {
		return fmt.Sprintf("%s Or take it out again: %s. Until then quorum is %d of %d.", start,
			etcdctl(r.otherEndpoint(""), "member remove "+ids[0]), c.Quorum, c.Voters)
	}
	started := slices.DeleteFunc(slices.Clone(r.members),
		func(m memberState) bool { return !m.Voter || m.neverStarted })
	if len(started) == 1 {
		return fmt.Sprintf("%s If that can't be: %s alone holds everything, and --force-new-cluster on it "+
			"loses nothing.", start, started[0].Label)
	}
	return start
}

// adviseCommitting adds to advice that needs a commit, while there is no quorum, that the quorum comes first.
func (r *diagnoser) adviseCommitting() {
	if r.cluster.commits() {
		return
	}
	for i := range r.findings {
		if f := &r.findings[i]; r.settings.rule(f.Rule).Commits && f.Level != Unknown {
			f.Advice, f.Step = r.cluster.withCommitCaveat(f.Advice), "Regain the quorum first"
		}
	}
}
