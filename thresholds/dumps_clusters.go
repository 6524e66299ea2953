package thresholds

import (
	"fmt"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// dumpedIn assigns each member of the dumps to a cluster, numbered from 0. Members share a cluster if they name each
// other, or the same other member, among their peers. A member that names nobody and that nobody names is -1: it may be
// alone, or its dump was filtered.
func dumpedIn(members []probe.Member) (in []int, clusters int) {
	first := make(map[probe.MemberID]int) // the first member known to share a cluster with this id
	root := make([]int, len(members))
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	named := make([]bool, len(members))
	for i := range members {
		root[i] = i
		join := func(id probe.MemberID) {
			if id == 0 {
				return
			}
			if other, known := first[id]; known {
				root[find(i)] = find(other)
			} else {
				first[id] = i
			}
		}
		join(members[i].ID)
		if members[i].Metrics.Answered() {
			for id := range members[i].Metrics.Value.Peers {
				join(id)
				named[i] = true
			}
		}
	}
	number := make(map[int]int)
	for i := range members {
		if named[i] {
			if _, numbered := number[find(i)]; !numbered {
				number[find(i)] = len(number)
			}
		}
	}
	in = make([]int, len(members))
	for i := range members {
		if n, numbered := number[find(i)]; numbered {
			in[i] = n
		} else {
			in[i] = -1
		}
	}
	return in, len(number)
}

// dumpedClusters are the places of each dumped cluster's members: see dumpedIn.
func (c *clusterState) dumpedClusters() [][]int {
	clusters := make([][]int, c.dumps)
	for i, of := range c.dumpedIn {
		if of >= 0 {
			clusters[of] = append(clusters[of], i)
		}
	}
	return clusters
}

// differentClusters reports that the members at two places belong to different clusters, or that their dumps don't show
// a common one: nothing is known about the link between them.
func (c *clusterState) differentClusters(members []memberState, i, j int) bool {
	if c.dumped {
		return c.dumpedIn[i] != c.dumpedIn[j]
	}
	return (members[i].Other == nil) != (members[j].Other == nil) // of two other clusters' neither is a member
}

// judgeDumpedClusters is judgeClusterIDs for dumps: dumping two clusters is no fault.
func judgeDumpedClusters(s *subject) measurement {
	return holds(s.cluster.dumps > 1)
}

func sayDumpedClusters(s *subject) string {
	clusters := s.cluster.dumpedClusters()
	groups := make([]string, 0, len(clusters))
	for _, cluster := range clusters {
		groups = append(groups, join(s.labelsAt(cluster)))
	}
	const most = 4
	text := fmt.Sprintf("the dumps are of %d clusters, whose members do not know each other", len(clusters))
	for i, group := range groups[:min(len(groups), most)] {
		text += map[bool]string{true: ": ", false: "; "}[i == 0] + group
	}
	return text + andMore(len(groups)-most, "cluster")
}

// dumpedRivals are the places of the members that claim leadership and may share a cluster; none if there is only one.
func (s *subject) dumpedRivals() []int {
	leaders := make(map[int][]int) // by cluster
	for i := range s.members {
		if s.members[i].Role == RoleLeader {
			of := s.cluster.dumpedIn[i]
			leaders[of] = append(leaders[of], i)
		}
	}
	alone := leaders[-1]
	for of := range s.cluster.dumps {
		if len(leaders[of]) > 1 {
			return leaders[of]
		}
	}
	if s.cluster.dumps == 1 && len(leaders[0]) > 0 { // who is alone may be of the one cluster that there is, or not
		alone = slices.Concat(leaders[0], alone)
	}
	if len(alone) > 1 {
		return alone
	}
	return nil
}

// judgeDumpedLeaders is judgeTwoLeaders for dumps, which lack the term. Dumps are taken one after the other, so those
// of one moment may come from before and after an election. A leader that lost its quorum steps down within an election
// timeout (raft's CheckQuorum, which etcd sets), so two members that claim leadership at two consecutive moments are no
// such pair.
func (s *subject) judgeDumpedLeaders() measurement {
	rivals := s.dumpedRivals()
	lasting := 0
	for _, i := range rivals {
		if since := s.members[i].track.dumpedLead; !since.IsZero() && s.now.Sub(since) >= longElectionTimeout {
			lasting++
		}
	}
	m := holds(len(rivals) > 1)
	if m.maxLevel = Notice; lasting > 1 {
		m.maxLevel = Warning
	}
	return m
}

func (s *subject) sayDumpedLeaders() string {
	return join(s.labelsAt(s.dumpedRivals())) + " each say that they lead: their dumps are of different moments or " +
		"clusters, or one has not heard that it no longer does"
}

// adviseTwoLeaders asks for better evidence if there are only dumps.
func adviseTwoLeaders(s *subject) string {
	if s.sweep.Dumps == nil {
		return ""
	}
	return "Nothing is proven by this. Dump the metrics of all members again, at the same moment, or ask the live " +
		"cluster, which knows the term: etcdoc --once."
}
