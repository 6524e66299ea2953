package thresholds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// quorumLost diagnoses too few healthy voters for a quorum.
func (r *diagnoser) quorumLost() *diagnosis {
	lost := r.found("", QuorumLost)
	if len(lost) == 0 {
		return nil
	}
	against, _ := r.cluster.againstQuorum()
	unanswering := slices.DeleteFunc(r.found(anyMember, MemberUnreachable, MemberLate), func(f *Finding) bool {
		i := r.place(f.Member.Key)
		return i < 0 || !r.members[i].Voter // it is not to blame
	})
	d := &diagnosis{
		cause: CauseQuorumLost, root: lost[0], covered: unanswering,
		text: fmt.Sprintf("Quorum is lost: %s; no write commits (%s)", against,
			strings.Join(r.unhealthyVoters(false), "; ")),
		beyond:       strings.Join(append([]string{"No write commits"}, r.unhealthyVoters(true)...), "; "),
		next:         r.regainQuorum(),
		countsVoters: true,
	}
	r.headQuorumLost(d)
	for _, f := range unanswering {
		if i := r.place(f.Member.Key); i >= 0 && r.members[i].startingWords() != "" {
			d.states(f)
		}
	}
	for _, f := range r.found(anyMember, NoLeader, VoterUnhealthy) { // the text lists all unhealthy voters
		if i := r.place(f.Member.Key); i >= 0 && r.members[i].Voter &&
			(f.Rule == VoterUnhealthy || r.members[i].unhealthyRule == NoLeader) {
			d.states(f)
		}
	}
	r.inhibit(d, anyMember, withoutQuorum...)
	r.inhibitUnknown(d, anyMember, WALFsyncSlow, BackendCommitSlow)
	return d
}

// mayHang reports that a voter that is down does not refuse: its process may be stopped, or out of reach.
func (m *memberState) mayHang() bool { return m.State == StateDown && m.downError == probe.ErrTimeout }

// regainQuorum advises how to regain the quorum. Voters that are down have data to come back with, voters that never
// ran have none, those that may hang are looked at first, and those that answer need no restart.
func (r *diagnoser) regainQuorum() string {
	c := r.cluster
	down, neverRan, missing := r.votersDown(), r.unstartedVoters(), r.missingVoters(c)
	defragmented, starting := r.busyVoters()
	silent := r.labelsWhere(func(m *memberState) bool {
		return m.Voter && m.busyWords() == "" &&
			(m.State == StateLate || m.State == StateOutOfReach || m.mayHang() && !m.neverStarted)
	})
	neverServed := r.labelsWhere(func(m *memberState) bool { return m.Voter && m.neverServed })
	down = minus(down, slices.Concat(neverRan, neverServed, silent, defragmented, starting))
	var next []string
	switch {
	case missing == 0 || r.cluster.AnsweringVoters >= c.Quorum:
		return "Enough voters answer for a quorum: look at what keeps them from counting, the network between them " +
			"(peer port, usually 2380), their disks and their CPU. Restart none before you have looked."
	case len(down) > 0:
		least := ""
		if n := max(missing-len(neverRan)-len(neverServed), 1); len(silent) == 0 && n <= len(down) {
			least = fmt.Sprintf(", %d at least", n)
		}
		next = append(next, fmt.Sprintf("Bring back %s with the old data%s (%s).", join(down), least,
			r.unit().log()))
	}
	if len(defragmented) > 0 {
		next = append(next, "Wait until the defragmentation of "+join(defragmented)+
			" ends, and defragment no other member meanwhile.")
	}
	if len(starting) > 0 {
		next = append(next, "Wait until "+join(starting)+pluralForm(len(starting), " serves.", " serve."))
	}
	if len(silent) > 0 {
		next = append(next, fmt.Sprintf("Look at the %s of %s, and at the way there: whether etcd runs, "+
			"and gets CPU and disk.", pluralForm(len(silent), "host", "hosts"), join(silent)))
	}
	if len(neverServed) > 0 {
		next = append(next, fmt.Sprintf("%s %s never served: start etcd there.",
			join(neverServed), pluralForm(len(neverServed), "has", "have")))
	}
	if len(neverRan) > 0 {
		next = append(next, fmt.Sprintf("%s never ran: %s can be started, and %s no data to bring back.",
			join(neverRan), pluralForm(len(neverRan), "it", "they"), pluralForm(len(neverRan), "has", "have")))
	}
	if len(down)+len(silent) > 0 {
		next = append(next, "Rebuild (--force-new-cluster, restore) only if a quorum of voters is gone for good.")
	}
	return strings.Join(next, " ")
}

// headQuorumLost words a lost quorum by the voters that are missing, those that the reading blames first. Where those
// that do not answer are enough to lose it, the others only follow from that.
func (r *diagnoser) headQuorumLost(d *diagnosis) {
	blamed := keysOf(append([]*Finding{d.root}, d.covered...))
	var missing someMembers // all, and those for some reasons
	var down, silent, fresh, defragmented, starting someMembers
	allDown, added := true, true
	silence := r.cluster.AnsweringVoters < r.cluster.Quorum
	for _, first := range []bool{true, false} {
		for i := range r.members {
			m := &r.members[i]
			if !m.Voter || m.Healthy || blamed[m.Key] != first || silence && m.State == StateOK {
				continue
			}
			missing = append(missing, m.Short)
			allDown = allDown && m.State == StateDown && !m.neverUp() && m.busyWords() == ""
			switch {
			case m.defragmentedSilently():
				defragmented = append(defragmented, m.Short)
			case m.busyWords() != "":
				starting = append(starting, m.Short)
			case m.State != StateOK && m.neverUp():
				fresh = append(fresh, m.Short)
				added = added && m.neverStarted
			case m.State == StateDown && !m.mayHang():
				down = append(down, m.Short)
			case m.State != StateOK:
				silent = append(silent, m.Short)
			}
		}
	}
	verb := ""
	switch n := len(missing); {
	case allDown:
		verb = pluralForm(n, " is down", " are down")
	case len(fresh) == n && added:
		verb = pluralForm(n, " was added, never ran", " were added, never ran")
	case len(fresh) == n:
		verb = pluralForm(n, " has never served", " have never served")
	case len(defragmented) == n:
		verb = pluralForm(n, " is being defragmented", " are being defragmented")
	case len(starting) == n:
		verb = pluralForm(n, " does not serve yet", " do not serve yet")
	case len(down)+len(silent)+len(fresh)+len(defragmented)+len(starting) == n:
		verb = pluralForm(n, " does not answer", " do not answer")
	default:
		verb = pluralForm(n, " does not count", " do not count")
	}
	d.heading(missing, func(who string) string { return "Quorum lost: " + who + verb })
	if len(down) > 0 && len(fresh) > 0 && len(down)+len(fresh) == len(missing) {
		d.headline = fitting(HeadlineWidth, "Quorum lost: "+down.forms()[0]+
			pluralForm(len(down), " is down, ", " are down, ")+fresh.forms()[0]+newWords(added), d.headline)
	}
	switch {
	case r.cluster.AnsweringVoters >= r.cluster.Quorum:
		d.step = "Check the peer ports, disks and CPU; restart none before that"
	case len(defragmented) > 0:
		d.stepping(defragmented, func(who string) string {
			return "Wait until the defragmentation of " + who + " ends, start no other"
		})
	case len(starting) > 0 && len(starting) >= r.missingVoters(r.cluster):
		d.stepping(starting, func(who string) string {
			return "Wait until " + who + pluralForm(len(starting), " serves", " serve")
		})
	case len(down)+len(fresh) > r.missingVoters(r.cluster) && len(down) > 0 && !added:
		d.step = startAny(append(down, fresh...), r.missingVoters(r.cluster))
	case len(down) > r.missingVoters(r.cluster):
		d.step = startSome(down, r.missingVoters(r.cluster))
	case len(down) > 0:
		d.stepping(down, func(who string) string { return "Start etcd on " + who + " again, with the old data" })
	case len(silent) > 0:
		d.stepping(silent, func(who string) string {
			return "Check whether etcd runs on " + who + " and can be reached"
		})
	case len(fresh) > 0 && added:
		d.stepping(fresh, func(who string) string { return "Start etcd on " + who + ", with an empty data directory" })
	case len(fresh) > 0:
		d.stepping(fresh, func(who string) string { return "Start etcd on " + who })
	}
}

// newWords say behind their names that some voters have not served yet; added reports that they never ran.
func newWords(added bool) string {
	if added {
		return " never ran"
	}
	return " never served"
}

// startAny is to start n of more members, some of which have data and some none.
func startAny(members someMembers, n int) string {
	must := fmt.Sprintf("%d must come back", n)
	return fitting(StepWidth, "Start etcd on "+either(members)+": "+must,
		fmt.Sprintf("Start etcd on %d of the %s", n, Plural(len(members), "member")))
}

// startSome is to start n of more members that are down, which is enough for a quorum.
func startSome(down someMembers, n int) string {
	must := fmt.Sprintf("%d must come back", n)
	who := either(down)
	return fitting(StepWidth, "Start etcd on "+who+", with the old data: "+must, "Start etcd on "+who+": "+must,
		fmt.Sprintf("Start etcd on %d of the %s, with the old data", n, Plural(len(down), "member")))
}
