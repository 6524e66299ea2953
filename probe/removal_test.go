package probe

import (
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// followerOf returns a member that does not lead.
func followerOf(t *testing.T, c *etcdtest.Cluster) *etcdtest.Member {
	t.Helper()
	leader, err := c.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.Members()[slices.IndexFunc(c.Members(), func(m *etcdtest.Member) bool { return m != leader })]
}

// TestRemovalIsProvenAtOnce: a member that was removed while it was cut off still runs. The others' lists prove the
// removal as soon as Status shows how far their logs are, without waiting for the next round of member lists: the
// clock stands still.
func TestRemovalIsProvenAtOnce(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{PeerProxies: true})
	removed := followerOf(t, cluster)
	if err := cluster.RemoveIsolated(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, Now: func() time.Time { return noon }})
	await(t, p, "it is known to be removed", func(s Sweep) bool {
		m := rowAt(s, removed.ClientURL)
		return m.Membership == MembershipRemoved && !m.RemovalUnproven && s.MemberList.Value.Voters == 2
	})
}

// TestFirstGivenClusterIsSwept: of two equally large clusters the first given one is swept, even if its members answer
// last.
func TestFirstGivenClusterIsSwept(t *testing.T) {
	t.Parallel()
	one, other := etcdtest.New(t, etcdtest.Config{Size: 1}), etcdtest.New(t, etcdtest.Config{Size: 1})
	late := one.Members()[0]
	if err := late.Pause(); err != nil {
		t.Fatal(err)
	}
	p := start(t, Config{Endpoints: slices.Concat(one.Endpoints(), other.Endpoints()), Cluster: true})
	first := await(t, p, "the second one answers", func(s Sweep) bool {
		m := rowAt(s, other.Endpoints()[0])
		return m.Status.Fresh()
	})
	if err := late.Resume(); err != nil {
		t.Fatal(err)
	}
	s := await(t, p, "both answer", func(s Sweep) bool {
		m := rowAt(s, one.Endpoints()[0])
		return m.Status.Fresh()
	})
	if got := rowAt(s, one.Endpoints()[0]); s.Cluster == first.Cluster || s.Cluster != got.Cluster ||
		got.Membership != MembershipListed {
		t.Errorf("the sweep is of cluster %s, after %s; the first endpoint is of %s, %s", s.Cluster, first.Cluster,
			got.Cluster, membershipWords[got.Membership])
	}
}
