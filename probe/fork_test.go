package probe

import (
	"slices"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestForkedClusterIsNoRemoval starts a copy of a dead follower's data with --force-new-cluster. Whichever endpoints
// are given, in whichever order, the two voters with the quorum never count as removed, and the sweep settles on
// their cluster, beside that of the copy.
func TestForkedClusterIsNoRemoval(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	leader, err := cluster.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	members := slices.DeleteFunc(cluster.Members(), func(m *etcdtest.Member) bool { return m == leader })
	follower, dead := members[0], members[1]
	for !killedUpToDate(t, dead, leader) {
		if err := dead.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	fork, err := cluster.Fork(t.Context(), dead)
	if err != nil {
		t.Fatal(err)
	}
	for name, endpoints := range map[string][]string{
		"all":              {leader.ClientURL, follower.ClientURL, fork.ClientURL},
		"the copy first":   {fork.ClientURL, follower.ClientURL, leader.ClientURL},
		"one of the two":   {fork.ClientURL, follower.ClientURL},
		"the dead one too": {fork.ClientURL, dead.ClientURL, leader.ClientURL, follower.ClientURL},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, Config{Endpoints: endpoints, Cluster: true})
			settled := func(s Sweep) bool {
				for _, m := range s.Members {
					if m.Membership == MembershipRemoved {
						t.Fatalf("%s counts as removed", m.Label())
					}
				}
				return len(s.Forks) == 1 && s.Forks[0].From == MemberID(dead.ID) && s.MemberList.Value.Confirmed() &&
					!slices.Contains(s.MemberList.Value.Witnesses, MemberID(dead.ID)) &&
					rowAt(s, fork.ClientURL).Membership == MembershipForked
			}
			await(t, p, "two clusters are told apart", settled)
			for range 5 {
				if s := next(t, p); !settled(s) {
					t.Errorf("the clusters count as one again: %+v beside %+v", s.MemberList.Value, s.Forks)
				}
			}
		})
	}
}

// killedUpToDate kills a member that has applied all that its leader has committed, and reports whether nothing was
// committed meanwhile. --force-new-cluster cuts off what a member does not know to be committed; a leader that reaches
// it before it has left would tell it of more than it has, and etcd ends at that.
func killedUpToDate(t *testing.T, m, leader *etcdtest.Member) bool {
	t.Helper()
	committed := func(of *etcdtest.Member) uint64 {
		status, err := of.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if of == m && status.RaftAppliedIndex < status.RaftIndex {
			return 0
		}
		return status.RaftIndex
	}
	known := committed(m)
	for known == 0 || known != committed(leader) {
		known = committed(m)
	}
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	return committed(leader) == known
}
