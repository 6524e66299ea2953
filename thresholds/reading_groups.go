package thresholds

import (
	"fmt"
	"iter"

	"github.com/etcdoc/etcdoc/probe"
)

// inJudgedCluster reports that the row at a place is a member of the cluster that is judged, as far as is known: what the prober has
// found out of who is who decides, also where there is no member list. Dumps have none that is: which cluster each is of is in
// Cluster.dumpedIn.
func (f *frame) inJudgedCluster(i int) bool {
	m := f.members[i].probed
	switch m.Standing {
	case probe.StandingForeign, probe.StandingForked, probe.StandingRemoved:
		return false
	}
	if m.IsStray() || !m.Listed && f.sweep.MemberList.Answered() {
		return false
	}
	return f.sweep.Dumps != nil || f.sweep.Cluster == 0 || m.Cluster == 0 || m.Cluster == f.sweep.Cluster
}

// judgedGroup is the group of the cluster that is judged: see clusterGroups.
const judgedGroup = 0

// clusterGroups groups the rows by the cluster that each is of: rows with the same number have the same data and the same peers. A row
// of which that is not known is alone in its group. Groups of dumps are those of Cluster.dumpedIn, from judged+1 on; those that
// name nobody may be of one cluster, and are in the judged group.
func (r *diagnoser) clusterGroups() []int {
	if r.groups != nil {
		return r.groups
	}
	r.groups = make([]int, len(r.members))
	foreign := make(map[probe.ClusterID]int)
	next := judgedGroup + 1
	for i := range r.members {
		m := r.members[i].probed
		group, is := foreign[m.Cluster]
		switch {
		case r.cluster.dumped:
			group = judgedGroup + 1 + r.cluster.dumpedIn[i]
		case !r.members[i].outside:
			group = judgedGroup
		case is && m.Standing == probe.StandingForeign:
		default:
			group = next
			next++
			if m.Standing == probe.StandingForeign && m.Cluster != 0 {
				foreign[m.Cluster] = group
			}
		}
		r.groups[i] = group
	}
	return r.groups
}

// groupOf is the group of the member with a key; without one that of the judged cluster, nobody's where dumps are of several.
func (r *diagnoser) groupOf(key string) int {
	if i := r.place(key); i >= 0 {
		return r.clusterGroups()[i]
	}
	switch c := r.cluster; {
	case c.dumps > 1:
		return -1
	default:
		return judgedGroup + c.dumps
	}
}

// isForeignGroup reports that a group is not of the cluster whose quorum is known.
func (r *diagnoser) isForeignGroup(group int) bool { return group != judgedGroup }

// judgedMembers are the places of the members of the cluster that is judged, all of a dump's. What a diagnosis compares, counts or
// advises goes over these: a member of another cluster is no peer of them.
func (r *diagnoser) judgedMembers() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range r.members {
			if !r.members[i].outside && !yield(i) {
				return
			}
		}
	}
}

// groupMembers are the places of the rows of a group.
func (r *diagnoser) groupMembers(group int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, in := range r.clusterGroups() {
			if in == group && !yield(i) {
				return
			}
		}
	}
}

// inDifferentClusters reports that a finding is about a row that is proven to be of another cluster than what another finding is about, so
// that neither explains the other.
func (r *diagnoser) inDifferentClusters(f, g *Finding) bool {
	return r.clusterOf(f) != r.clusterOf(g)
}

// foreign reports that a finding is about a member that is proven to be of another cluster.
func (r *diagnoser) foreign(f *Finding) bool { return r.clusterOf(f) != 0 }

// clusterOf is the other cluster that a finding's member is proven to be of; 0: it is about the judged one.
func (r *diagnoser) clusterOf(f *Finding) probe.ClusterID {
	if f.Member.IsZero() {
		return 0
	}
	if i := r.place(f.Member.Key); i >= 0 && r.members[i].probed.Standing == probe.StandingForeign {
		return r.members[i].probed.Cluster
	}
	return 0
}

// sameCluster are the places of the members of the cluster that the member with a key is of; without one, ours.
func (r *diagnoser) sameCluster(key string) iter.Seq[int] {
	if key == "" || r.cluster.dumped && r.cluster.dumps < 2 {
		return r.judgedMembers()
	}
	return r.groupMembers(r.groupOf(key))
}

func (r *diagnoser) countJudged() (n int) {
	for range r.judgedMembers() {
		n++
	}
	return n
}

// adviseForeign says at what is found about members of other clusters to look at those by themselves: of such a cluster only the
// members that were given are seen, and not what of it is needed to advise it.
func (r *diagnoser) adviseForeign() {
	for i := range r.findings {
		f := &r.findings[i]
		if cluster := r.clusterOf(f); cluster != 0 && f.Level != Unknown && f.Rule != MemberUnreachable {
			f.Advice = fmt.Sprintf("%s is a member of another cluster (%s): look at that one by itself, etcdoc check --endpoints=%s.", f.Member.Label, cluster, r.endpoint(f.Member.Key))
		}
	}
}

// otherCluster is the cluster of the row at a place where it is proven not to be the judged one, with the names that its own list
// has; nil where it is not.
func (f *frame) otherCluster(i int) *OtherCluster {
	m := f.members[i].probed
	if m.Standing != probe.StandingForked && (m.Cluster == 0 || f.sweep.Cluster == 0 || m.Cluster == f.sweep.Cluster) {
		return nil
	}
	other := &OtherCluster{ID: m.Cluster}
	if m.Peers.Answered() {
		other.Names = make([]string, 0, len(m.Peers.Value))
		for j := range m.Peers.Value {
			other.Names = append(other.Names, m.Peers.Value[j].Name)
		}
	}
	return other
}
