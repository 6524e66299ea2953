package probe

// Membership is a row's relation to the observed cluster, by what the answers prove.
type Membership uint8

// The kinds of membership.
const (
	// MembershipUnknown: no answer shows it.
	MembershipUnknown Membership = iota
	// MembershipListed: the member list contains it.
	MembershipListed
	// MembershipNeverStarted: the member list contains it without a name and client URLs, which a member publishes when
	// it first starts. It has no data.
	MembershipNeverStarted
	// MembershipUnlisted: it answers as a member of this cluster, but the member list lacks it. It may have been
	// removed, or the list may lag.
	MembershipUnlisted
	// MembershipRemoved: it answers as a member of this cluster, but the cluster provably removed it. A quorum of the
	// listed voters has returned lists without it after applying everything that it has committed, and no list that
	// contains it can have a quorum without those voters.
	MembershipRemoved
	// MembershipForeign: it is a member of another cluster: see Member.Cluster.
	MembershipForeign
	// MembershipForked: it is a member of another cluster with the same id: see Sweep.Forks. The member list may still
	// contain it, or the member whose data it started with.
	MembershipForked
	// MembershipProxy: this endpoint answers for a cluster, not for one member: a load balancer, a virtual IP, or
	// etcd's own grpc-proxy.
	MembershipProxy
	// MembershipPeerPort: this given endpoint is a member's peer port, which serves no clients.
	MembershipPeerPort
	// MembershipGone: nobody answers at this given endpoint, and no member list advertises it.
	MembershipGone
	// MembershipStranger: what answers at this given endpoint, which no member list advertises, is not known to be a
	// member: Status.Err says what it is.
	MembershipStranger
)

// InCluster reports whether the row last answered as a member of the observed cluster, and not of a fork with the same
// id.
func (s *Sweep) InCluster(m *Member) bool {
	return m.Status.Answered() && m.Cluster == s.Cluster && m.Membership != MembershipForked
}

// IsStray reports whether the row is an endpoint that leads to no member.
func (m *Member) IsStray() bool { return m.Membership.distance() == noMember }

const noMember = 2

// distance sorts the rows of a sweep: first members and possible members, then members of other clusters and removed
// ones, then endpoints that lead to no member.
func (s Membership) distance() int {
	switch s {
	case MembershipRemoved, MembershipForeign:
		return 1
	case MembershipProxy, MembershipPeerPort, MembershipGone, MembershipStranger:
		return noMember
	}
	return 0
}
