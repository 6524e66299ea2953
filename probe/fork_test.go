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
	if err := dead.Kill(); err != nil {
		t.Fatal(err)
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
