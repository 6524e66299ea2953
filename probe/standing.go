package probe

// Standing is a row's relation to the observed cluster, by what the answers prove.
type Standing uint8

// The standings.
const (
	// StandingUnknown: no answer shows it.
	StandingUnknown Standing = iota
	// StandingMember: the member list contains it.
	StandingMember
	// StandingNeverStarted: the member list contains it without a name and client URLs, which a member publishes when
	// it first starts. It has no data.
	StandingNeverStarted
	// StandingUnlisted: it answers as a member of this cluster, but the member list lacks it. It may have been removed,
	// or the list may lag.
	StandingUnlisted
	// StandingRemoved: it answers as a member of this cluster, but the cluster provably removed it. A quorum of the
	// listed voters has returned lists without it after applying everything that it has committed, and no list that
	// contains it can have a quorum without those voters.
	StandingRemoved
	// StandingForeign: it is a member of another cluster: see Member.Cluster.
	StandingForeign
	// StandingForked: it is a member of another cluster with the same id: see Sweep.Forks. The member list may still
	// contain it, or the member whose data it started with.
	StandingForked
	// StandingProxy: this endpoint answers for a cluster, not for one member: a load balancer, a virtual IP, or etcd's
	// own grpc-proxy.
	StandingProxy
	// StandingPeerPort: this given endpoint is a member's peer port, which serves no clients.
	StandingPeerPort
	// StandingGone: nobody answers at this given endpoint, and no member list advertises it.
	StandingGone
)

// InCluster reports whether the row last answered as a member of the observed cluster, and not of a fork with the same
// id.
func (s *Sweep) InCluster(m *Member) bool {
	return m.Status.Answered() && m.Cluster == s.Cluster && m.Standing != StandingForked
}

// IsStray reports whether the row is an endpoint that leads to no member.
func (m *Member) IsStray() bool { return m.Standing.distance() == noMember }

const noMember = 2

// distance sorts the rows of a sweep: first members and possible members, then members of other clusters and removed
// ones, then endpoints that lead to no member.
func (s Standing) distance() int {
	switch s {
	case StandingRemoved, StandingForeign:
		return 1
	case StandingProxy, StandingPeerPort, StandingGone:
		return noMember
	}
	return 0
}
