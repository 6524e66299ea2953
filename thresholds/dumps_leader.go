package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// dumpedVoters are the possible voters of one dumped cluster, by what their dumps of this moment say of a leader.
type dumpedVoters struct {
	// leaderless are the places of those without a leader, led of those with one.
	leaderless, led []int
	// unknown counts the other named peers, which have no dump of this moment. Some may be learners or removed: etcd
	// names those until the naming process restarts.
	unknown int
	// named reports that they name each other; otherwise they may belong to several clusters.
	named bool
}

// maxVoters is how many voters there are at most.
func (v *dumpedVoters) maxVoters() int { return len(v.leaderless) + len(v.led) + v.unknown }

// noneLeads reports that so many have no leader that no quorum can have one, however many of the others vote: N - n <
// N/2 + 1 while n is at least half of N.
func (v *dumpedVoters) noneLeads() bool { return v.named && 2*len(v.leaderless) >= v.maxVoters() }

// quorumHasLeader reports that those with a leader are a quorum, however many of the others vote.
func (v *dumpedVoters) quorumHasLeader() bool { return v.named && 2*len(v.led) > v.maxVoters() }

// dumpedVoters are the voters of each dumped cluster, and of the members that name nobody.
func (r *diagnoser) dumpedVoters() (all []dumpedVoters) {
	clusters := r.cluster.dumpedClusters()
	named := len(clusters)
	var alone []int
	for i := range r.members {
		if !slices.ContainsFunc(clusters, func(cluster []int) bool { return slices.Contains(cluster, i) }) {
			alone = append(alone, i)
		}
	}
	if len(alone) > 0 {
		clusters = append(clusters, alone)
	}
	for at, cluster := range clusters {
		v := dumpedVoters{named: at < named || len(r.members) == 1}
		known := make(map[probe.MemberID]bool) // voters counted above, and learners
		for _, i := range cluster {
			m := &r.members[i]
			switch metrics := r.members[i].probed.Metrics.Value; {
			case m.MetricsStale || metrics == nil || !metrics.HasLeader.IsKnown():
				continue
			case m.Role == RoleLearner:
			case metrics.HasLeader.Or(0) > 0:
				v.led = append(v.led, i)
			default:
				v.leaderless = append(v.leaderless, i)
			}
			known[m.ID] = true
		}
		others := make(map[probe.MemberID]bool)
		for _, i := range cluster {
			others[r.members[i].ID] = true
			if metrics := r.members[i].probed.Metrics.Value; metrics != nil {
				for id := range metrics.Peers {
					others[id] = true
				}
			}
		}
		for id := range others {
			if !known[id] {
				v.unknown++
			}
		}
		all = append(all, v)
	}
	return all
}

// votersAround are the voters of a member's cluster.
func (r *diagnoser) votersAround(i int) (of dumpedVoters) {
	for _, v := range r.dumpedVoters() {
		if slices.Contains(v.leaderless, i) {
			return v
		}
	}
	return of
}

// atOnce reports that members had no leader at the same time: their dumps are at most an election apart, or they have
// had none for longer than that. The times are those of the files.
func (r *diagnoser) atOnce(members []int) bool {
	var first, last time.Time
	lasted := true
	for _, i := range members {
		at := r.members[i].probed.Metrics.At
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	for _, i := range members {
		found := r.found(r.members[i].Key, NoLeader)
		lasted = lasted && len(found) > 0 && r.now.Sub(found[0].Since) >= last.Sub(first)
	}
	return last.Sub(first) <= longElectionTimeout || lasted
}

// dumpedQuorumLost diagnoses dumps with so many members without a leader that no quorum can have one, whatever the
// others say.
func (r *diagnoser) dumpedQuorumLost() *diagnosis {
	if r.sweep.Dumps == nil {
		return nil
	}
	for _, v := range r.dumpedVoters() {
		without := r.withoutLeader(v.leaderless)
		if len(without) == 0 || !v.noneLeads() || !r.atOnce(v.leaderless) {
			continue
		}
		d := &diagnosis{cause: CauseQuorumLost, root: without[0], covered: without[1:]}
		d.states(without...)
		lost, what, none := "Quorum lost: ", "Quorum is lost", "no leader"
		if len(v.led) == 0 {
			d.cause, lost, what, none = CauseNoLeader, "No leader: ", "There is no leader", "none"
		} else {
			d.add("a leader without a quorum steps down within an election timeout: that " +
				haveWords(r.labelsAt(v.led)) + " one is older, or about to end")
		}
		if r.now.Sub(without[0].Since) < longElectionTimeout {
			what += ", or an election is under way"
		}
		labels := r.labels(without)
		d.text = fmt.Sprintf("%s: %s %s, %d of at most %s, so that no quorum can have one; no write commits",
			what, haveWords(labels), none, len(labels), Plural(v.maxVoters(), "voter"))
		d.beyond = fmt.Sprintf("These are %d of at most %s, so that no quorum can have one; no write commits",
			len(labels), Plural(v.maxVoters(), "voter"))
		for _, p := range r.cutLinks() {
			d.add(r.cutEvidence(p))
		}
		d.heading(r.shortsAbout(without), func(who string) string {
			return lost + haveNone(who, len(without))
		})
		d.step = "Check the peer ports; search the logs for \"lost leader\""
		d.next = "Look at the network between the members (peer port, usually 2380), and at etcd's log: grep for " +
			"\"election\" and \"lost leader\"; then ask the live cluster: etcdoc --once."
		if v.unknown > 0 {
			d.next = fmt.Sprintf("Find out whether what has no dump runs (%s). ", Plural(v.unknown, "member")) + d.next
		}
		r.inhibit(d, anyMember, withoutQuorum...)
		r.inhibitUnknown(d, anyMember, WALFsyncSlow, BackendCommitSlow)
		return d
	}
	return nil
}

// withoutLeader are the findings that members know no leader, worst first.
func (r *diagnoser) withoutLeader(members []int) []*Finding {
	var all []*Finding
	for _, i := range members {
		all = append(all, r.found(r.members[i].Key, NoLeader)...)
	}
	slices.SortStableFunc(all, severestFirst)
	return all
}

// wordDumpedLeader words the diagnosis of a dumped member without a leader, unless its cluster's quorum has one. It
// reports whether it did.
func (r *diagnoser) wordDumpedLeader(d *diagnosis) bool {
	i := r.place(d.root.Member.Key)
	if r.sweep.Dumps == nil || i < 0 || r.members[i].Role == RoleLearner {
		return false
	}
	v := r.votersAround(i)
	switch {
	case len(v.leaderless) == 0, v.quorumHasLeader():
		return false
	case len(v.led) == 0 && (v.unknown == 0 || v.noneLeads()):
		return false // there is no leader
	}
	d.cause, d.candidates = CauseNotClear, []Cause{CauseCutOff, CauseQuorumLost}
	why := fmt.Sprintf("%d of at most %s have a leader", len(v.led), Plural(v.maxVoters(), "voter"))
	switch {
	case !v.named:
		why = "their dumps name no peers, so that they may be of several clusters"
	case v.noneLeads():
		why += ", and the dumps are so far apart that an election may lie between"
	case v.unknown > 0:
		why += fmt.Sprintf(", and %d %s no dump", v.unknown, pluralForm(v.unknown, "has", "have"))
	}
	d.text = fmt.Sprintf("Cause not clear: %s no leader, cut off from the others, or there is no quorum: %s",
		haveWords(r.labelsAt(v.leaderless)), why)
	d.beyond = "Because " + why
	d.next = "Dump the metrics of all members at the same moment, or ask the live cluster: etcdoc --once."
	d.step = "Dump the metrics of all members at once, or run etcdoc --once"
	return true
}

// haveNone says that some members have no leader.
func haveNone(who string, n int) string { return who + pluralForm(n, " has", " have") + " no leader" }
