package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// judgeTwoLeaders judges whether several members claim to lead in one term. An endpoint of another cluster may have its
// own leader.
func judgeTwoLeaders(s *subject, _ time.Duration) measurement {
	if s.sweep.Dumps != nil {
		return s.judgeDumpedLeaders()
	}
	if len(s.claimants()) > 1 {
		return measurement{value: probe.Known(2)}
	}
	if m, missing := s.missingAnswer(); missing {
		return m
	}
	return holds(false)
}

// claimants are the members that claim to lead in the highest term that several claim.
func (s *subject) claimants() []MemberRef {
	claims := make(map[uint64][]MemberRef)
	var term uint64
	for i := range s.members {
		status := &s.members[i].probed.Status.Value
		ours := s.isMember(i) || s.sweep.InCluster(s.members[i].probed)
		if !ours || !s.answers(i) || status.Leader == 0 || status.Leader != status.MemberID {
			continue
		}
		claims[status.RaftTerm] = append(claims[status.RaftTerm], s.members[i].MemberRef)
		if len(claims[status.RaftTerm]) > 1 {
			term = max(term, status.RaftTerm)
		}
	}
	return claims[term]
}

func sayTwoLeaders(s *subject, _ measurement) statement {
	if s.sweep.Dumps != nil {
		return ofMembers(s.sayDumpedLeaders()).brieflyOfAll(
			Plural(len(s.dumpedRivals()), "dump") + " of members that each say that they lead")
	}
	var names, shorts []string
	var term uint64
	for _, claimant := range s.claimants() {
		names, shorts = append(names, claimant.Label), append(shorts, claimant.Short)
		term = s.members[s.cohort.place(claimant.Key)].probed.Status.Value.RaftTerm
	}
	lead := func(who string) string { return fmt.Sprintf("%s each say that they lead in term %d", who, term) }
	return ofMembers(lead(join(names))).brieflyOfAll(someMembers(shorts).naming(whatOfAllWidth, lead))
}

func judgeClusterIDs(s *subject, _ time.Duration) measurement {
	if s.sweep.Dumps != nil {
		return judgeDumpedClusters(s)
	}
	if len(s.clusterIDs()) > 1 {
		return measurement{value: probe.Known(2)}
	}
	if m, missing := s.missingAnswer(); missing {
		return m
	}
	return holds(false)
}

// clusterIDs maps each cluster id that answering members report to their labels.
func (s *subject) clusterIDs() map[probe.ClusterID][]string {
	ids := make(map[probe.ClusterID][]string)
	for i := range s.members {
		if id := s.members[i].probed.Cluster; s.answers(i) && id != 0 {
			ids[id] = append(ids[id], s.members[i].Label)
		}
	}
	return ids
}

// adviseClusterIDs distinguishes endpoints of two clusters from a member that was started as a new cluster: the latter
// answers at a URL that a listed member advertises.
func adviseClusterIDs(s *subject) string {
	if s.sweep.Dumps != nil {
		return "Judge the dumps of each cluster by themselves: a folder for each."
	}
	for i := range s.members {
		m := s.members[i].probed
		if m.Membership != probe.MembershipForeign || m.InPlaceOf == 0 {
			continue
		}
		replaced := s.refOf(m.InPlaceOf).Label
		return fmt.Sprintf("At %s, which %s advertises, a member of another cluster answers: "+
			"%s was started as a new cluster, or the URL leads elsewhere. "+
			"Look at its data directory and --initial-cluster-state; keep a copy before anything is wiped.",
			m.Endpoint, replaced, replaced)
	}
	return "Give the endpoints of one cluster, and look at the other by itself."
}

func sayClusterIDs(s *subject, _ measurement) statement {
	if s.sweep.Dumps != nil {
		return plain(sayDumpedClusters(s)).brieflyOfAll(
			fmt.Sprintf("the dumps are of %d clusters", len(s.cluster.dumpedClusters())))
	}
	return plain("members belong to different clusters: " + groupedByValue(s.clusterIDs(), probe.ClusterID.String)).
		brieflyOfAll(fmt.Sprintf("members belong to %d different clusters", len(s.clusterIDs())))
}
