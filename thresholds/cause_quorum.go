package thresholds

import (
	"fmt"
	"strings"
)

// withoutQuorum lists the symptoms of a cluster that commits nothing.
var withoutQuorum = append([]RuleID{
	NoLeader, VoterUnhealthy, LeaderChanging, PeerDisconnected, PeerSendFailing, QuorumAtRisk, LearnerStuck,
	APIServerCutOff,
}, slowness[:]...)

// leaderless diagnoses enough answering voters for a quorum that elect no leader.
func (r *diagnoser) leaderless() *diagnosis {
	lost, neverRan := r.found("", QuorumLost), r.unstartedVoters()
	c, answering := r.cluster, r.cluster.AnsweringVoters
	if len(lost) == 0 && len(neverRan) > 0 && !c.QuorumSeen {
		lost = r.found(anyMember, NoLeader) // the voters that never ran are not the reason
	}
	if len(lost) == 0 || answering < c.Quorum {
		return nil
	}
	cut := r.cutLinks()
	apart := r.partitioned(cut)
	if !c.Leader.IsZero() && !apart { // a leader that is cut off steps down when its election timeout ends
		return nil
	}
	d := &diagnosis{
		cause: CauseNoLeader, root: lost[0], covered: r.found(anyMember, MemberUnreachable, MemberLate),
		text: fmt.Sprintf("There is no leader: %d of %d voters answer, enough for a quorum of %d, and elect "+
			"nobody; no write commits", answering, c.Voters, c.Quorum),
		beyond:       fmt.Sprintf("The voters that answer are enough for a quorum of %d", c.Quorum),
		countsVoters: true,
		next: "Look at the network between the members (peer port, usually 2380) and at their disks, then at " +
			"etcd's log: grep for \"election\" and \"lost leader\". Restart none before you have looked.",
		step: "Check the peer ports, disks and CPU; restart none before that",
	}
	d.states(r.found(anyMember, NoLeader)...)
	d.headline = "No leader, no write commits: the voters elect nobody"
	if silent := r.shortsAbout(d.covered); len(silent) > 0 {
		d.heading(silent, func(who string) string {
			return "No leader, and " + who + pluralForm(len(silent), " does", " do") + " not answer"
		})
	}
	if apart {
		r.wordApart(d, cut)
	}
	switch {
	case len(neverRan) == 0:
	case answering == c.Quorum:
		d.further = append(d.further, fmt.Sprintf("None of them is to spare, because %s %s added and never ran",
			join(neverRan), pluralForm(len(neverRan), "was", "were")))
	default:
		d.further = append(d.further, fmt.Sprintf("Besides, %s %s added and never ran",
			join(neverRan), pluralForm(len(neverRan), "was", "were")))
	}
	if !apart {
		r.wordLeaderless(d)
	}
	r.inhibit(d, anyMember, withoutQuorum...)
	r.inhibitUnknown(d, anyMember, WALFsyncSlow, BackendCommitSlow)
	return d
}

// wordApart words that voters elect nobody because cut links keep them apart.
func (r *diagnoser) wordApart(d *diagnosis, cut []pair) {
	c, answering := r.cluster, r.cluster.AnsweringVoters
	d.cause = CauseLinkCut
	d.blamed = r.endKeys(cut, r.cutOffMember(cut))
	r.wordCutLinks(d, cut, fmt.Sprintf("%d of %d voters answer, enough for a quorum of %d, and can't reach "+
		"each other: nobody can lead them, and no write commits",
		answering, c.Voters, c.Quorum))
	d.beyond = "Cut: " + strings.Join(r.linkNames(cut), "; ") + ". Nobody can lead them, and no write commits"
	d.heading(r.shortsAt(placesOf(cut)), func(who string) string {
		return "No leader: " + who + " can't reach each other"
	})
	d.step = "Check firewalls and routes for " + r.peerPort(placesOf(cut)...) + " between the hosts"
	for _, p := range cut {
		d.add(r.cutEvidence(p))
	}
}

// noLeader diagnoses members that know no leader where no cut link is seen.
func (r *diagnoser) noLeader() *diagnosis {
	without := r.found(anyMember, NoLeader)
	if len(without) == 0 {
		return nil
	}
	with := 0
	for i := range r.sameCluster(without[0].Member.Key) {
		m := &r.members[i]
		if m.State == StateOK && !m.Stale && m.probed.Status.Value.Leader != 0 || followsInDump(m) {
			with++
		}
	}
	root := without[0]
	d := &diagnosis{cause: CauseNoLeader, root: root, covered: without[1:]}
	d.states(without...)
	switch {
	case r.wordDumpedLeader(d):
		r.inhibit(d, root.Member.Key, withoutQuorum...)
	case with == 0 || r.cluster.Leader.IsZero():
		d.text, d.further = "There is no leader: an election is under way, or can't be won",
			[]string{"No write commits meanwhile"}
		if root.Level < Warning {
			d.text, d.further = "There is no leader at the moment: an election is under way",
				[]string{"Writes wait for it"}
		}
		d.next = "Wait for the election timeout; if it stays so, look at the network between the members."
		d.heading(r.shortsAbout(without), func(who string) string {
			return "No leader: " + who + pluralForm(len(without), " is", " are") + " electing one, or can't"
		})
		d.step = "Wait for the election timeout; then check the peer ports"
		r.wordLeaderless(d)
		r.inhibit(d, anyMember, withoutQuorum...)
	case root.Level < Warning:
		d.quorum = true
		d.text = join(r.labels(without)) + pluralForm(len(without), " has", " have") + " not learned yet who leads"
		d.next = "Wait for the election timeout."
		d.heading(r.shortsAbout(without), func(who string) string {
			return who + pluralForm(len(without), " has", " have") + " not learned yet who leads"
		})
		d.step = "Wait for the election timeout"
		r.inhibit(d, root.Member.Key, withoutQuorum...)
	default:
		d.cause, d.quorum = CauseCutOff, true
		d.text = fmt.Sprintf("%s no leader while %s: %s cut off from %s peers",
			join(r.labels(without))+pluralForm(len(without), " knows", " know"), follow(with),
			pluralForm(len(without), "it is", "they are"), pluralForm(len(without), "its", "their"))
		d.beyond = fmt.Sprintf("Members that know one: %d", with)
		d.next = r.repairNetwork(root.Member)
		d.heading(r.shortsAbout(without), func(who string) string {
			return who + pluralForm(len(without), " knows", " know") + " no leader, cut off from the peers"
		})
		r.inhibit(d, root.Member.Key, withoutQuorum...)
	}
	r.inhibitUnknown(d, root.Member.Key, WALFsyncSlow, BackendCommitSlow)
	d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	return d
}

// repairNetwork advises where to look at the network around a member.
func (r *diagnoser) repairNetwork(member MemberRef) string {
	peers := "its peer port"
	if i := r.place(member.Key); i >= 0 && len(r.members[i].probed.PeerURLs) > 0 {
		peers = "peer URL " + strings.Join(r.members[i].probed.PeerURLs, ", ")
	}
	return fmt.Sprintf("Look at the network between %s and the other members (%s).", member.Label, peers)
}

func follow(n int) string {
	if n == 1 {
		return "another one does"
	}
	return fmt.Sprintf("%d others do", n)
}

// partitioned reports whether the cut links leave no answering voter in contact with a quorum.
func (r *diagnoser) partitioned(cut []pair) bool {
	if len(cut) == 0 {
		return false
	}
	for i := range r.members {
		if m := &r.members[i]; !m.Voter || m.State != StateOK {
			continue
		}
		reached := r.cluster.AnsweringVoters
		for _, p := range cut {
			if p.has(i) && r.members[p.a].Voter && r.members[p.b].Voter {
				reached--
			}
		}
		if reached >= r.cluster.Quorum {
			return false
		}
	}
	return true
}
