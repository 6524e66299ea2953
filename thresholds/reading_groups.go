package thresholds

import (
	"fmt"
	"iter"

	"github.com/etcdoc/etcdoc/probe"
)

// inJudgedCluster reports whether row i is a member of the judged cluster. The prober's Membership
// decides, also without a member list. Among dumps no cluster is the judged one: Cluster.dumpedIn holds the cluster
// of each.
func (f *frame) inJudgedCluster(i int) bool {
	m := f.members[i].probed
	switch m.Membership {
	case probe.MembershipForeign, probe.MembershipForked, probe.MembershipRemoved:
		return false
	}
	if m.IsStray() || !m.Listed && f.sweep.MemberList.Answered() {
		return false
	}
	return f.sweep.Dumps != nil || f.sweep.Cluster == 0 || m.Cluster == 0 || m.Cluster == f.sweep.Cluster
}

// judgedGroup is the group of the judged cluster: see clusterGroups.
const judgedGroup = 0

// clusterGroups groups the rows by cluster: those with the same number share their data and peers. A row of an
// unknown cluster is alone in its group. Dumps have the groups of Cluster.dumpedIn, from judgedGroup+1 on; dumps that
// name nobody may be of one cluster, and are in judgedGroup.
func (r *diagnoser) clusterGroups() []int {
	if r.groups != nil {
		return r.groups
	}
	r.groups = make([]int, len(r.members))
	foreign := make(map[probe.ClusterID]int)
	next := judgedGroup + 1
	for i := range r.members {
		m := r.members[i].probed
		group, known := foreign[m.Cluster]
		switch {
		case r.cluster.dumped:
			group = judgedGroup + 1 + r.cluster.dumpedIn[i]
		case !r.members[i].outside:
			group = judgedGroup
		case known && m.Membership == probe.MembershipForeign:
		default:
			group = next
			next++
			if m.Membership == probe.MembershipForeign && m.Cluster != 0 {
				foreign[m.Cluster] = group
			}
		}
		r.groups[i] = group
	}
	return r.groups
}

// groupOf returns the group of the member with a key. Without a key it is the judged cluster's, or -1 where dumps are
// of several clusters.
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

// isForeignGroup reports whether a group is not of the cluster whose quorum is known.
func (r *diagnoser) isForeignGroup(group int) bool { return group != judgedGroup }

// judgedMembers yields the indices of the members of the judged cluster, of dumps all. Diagnoses compare, count and
// advise these only: a member of another cluster is no peer of theirs.
func (r *diagnoser) judgedMembers() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range r.members {
			if !r.members[i].outside && !yield(i) {
				return
			}
		}
	}
}

// groupMembers yields the indices of the rows of a group.
func (r *diagnoser) groupMembers(group int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, g := range r.clusterGroups() {
			if g == group && !yield(i) {
				return
			}
		}
	}
}

// inDifferentClusters reports whether two findings are about members of different clusters, so that neither explains
// the other.
func (r *diagnoser) inDifferentClusters(f, g *Finding) bool {
	return r.clusterOf(f) != r.clusterOf(g)
}

// foreign reports whether a finding is about a member that is proven to be of another cluster.
func (r *diagnoser) foreign(f *Finding) bool { return r.clusterOf(f) != 0 }

// clusterOf returns the other cluster that a finding's member is proven to be of; 0 for the judged one.
func (r *diagnoser) clusterOf(f *Finding) probe.ClusterID {
	if f.Member.IsZero() {
		return 0
	}
	if i := r.place(f.Member.Key); i >= 0 && r.members[i].probed.Membership == probe.MembershipForeign {
		return r.members[i].probed.Cluster
	}
	return 0
}

// sameCluster yields the indices of the members in the cluster of the member with a key; without a key, in the judged
// one.
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

// adviseForeign advises to check other clusters by themselves. etcdoc sees only those of their members that it was
// given, too little to advise on.
func (r *diagnoser) adviseForeign() {
	for i := range r.findings {
		f := &r.findings[i]
		if cluster := r.clusterOf(f); cluster != 0 && f.Level != Unknown && f.Rule != MemberUnreachable {
			f.Advice = fmt.Sprintf("%s is a member of another cluster (%s): look at that one by itself, etcdoc "+
				"check --endpoints=%s.", f.Member.Label, cluster, r.endpoint(f.Member.Key))
			f.Step = "Look at its own cluster by itself: etcdoc check"
		}
	}
}

// otherCluster returns the cluster of row i where it is proven not to be the judged one, with the names in its own
// member list; nil elsewhere.
func (f *frame) otherCluster(i int) *OtherCluster {
	m := f.members[i].probed
	if m.Membership != probe.MembershipForked &&
		(m.Cluster == 0 || f.sweep.Cluster == 0 || m.Cluster == f.sweep.Cluster) {
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
