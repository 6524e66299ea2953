package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// verdicts returns the can-lose verdicts in the order of the members.
func verdicts(a *Assessment) (lose []Verdict) {
	for i := range a.Members {
		lose = append(lose, a.Members[i].CanLose.Verdict)
	}
	return lose
}

// TestPromotedLearnerVotes: a learner's promotion reaches the members one after the other. It counts as a voter as
// soon as one side knows, because the quorum is larger from then on.
func TestPromotedLearnerVotes(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*actor){
		"it has not applied its promotion": func(m *actor) { m.status.IsLearner, m.learner = true, false },
		"our list is older":                func(m *actor) { m.status.IsLearner, m.learner = false, true },
	}
	for name, promote := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 4, Options{})
			promote(s.member(4))
			s.run(5*time.Second, nil)
			s.member(3).down = errRefused
			a := s.run(10*time.Second, nil)
			if c := a.Cluster; c.Voters != 4 || c.Quorum != 3 || c.HealthyVoters != 3 {
				t.Errorf("%d of %d voters healthy, quorum %d; want 3 of 4, 3", c.HealthyVoters, c.Voters, c.Quorum)
			}
			for _, i := range []int{0, 1, 3} {
				if got := a.Members[i].CanLose; got.Verdict != LossNo {
					t.Errorf("losing %s is %s (%s), want no: 3 of 4 are up", a.Members[i].Label, got.Verdict,
						got.Reason)
				}
			}
		})
	}
}

// TestStrangersSayNothingOfTheCluster: some endpoints belong to another cluster, with a leader, an index and reads of
// its own, while two of our voters are down.
func TestStrangersSayNothingOfTheCluster(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for range 2 {
		m := s.add("")
		m.unlisted = true
		m.status.ClusterID = 0xbad
		m.status.Leader = m.id
		m.status.RaftTerm = 900
		m.status.RaftIndex = 1 << 40
		m.status.RaftAppliedIndex = 1 << 40
	}
	a := s.run(20*time.Second, func() { s.member(4).read = s.now })
	if a.Cluster.ID != 0xc1 || a.Cluster.HealthyVoters != 3 || a.Members[1].Vitals[FollowerLag].Or(-1) != 0 {
		t.Errorf("cluster %s with %d healthy voters, etcd-2 lags by %v", a.Cluster.ID, a.Cluster.HealthyVoters,
			a.Members[1].Vitals[FollowerLag])
	}
	s.member(1).down, s.member(3).down = errRefused, errRefused // the remaining one still believes in its leader
	a = s.run(8*time.Second, func() { s.member(4).read, s.member(5).read = s.now, s.now })
	if a.Cluster.ID != 0xc1 || a.Cluster.QuorumSeen || a.Recovery.Warranted != WarrantIfGone {
		t.Errorf("cluster %s, quorum seen %v, recovery %s: %s", a.Cluster.ID, a.Cluster.QuorumSeen,
			a.Recovery.Warranted, a.Recovery.Text)
	}
	if got := verdicts(&a)[:3]; got[0] != LossNo || got[1] != LossNo || got[2] != LossNo {
		t.Errorf("verdicts %v, want no for all", got)
	}
}

// TestStrangersAreMany: more given endpoints of another cluster answer than listed members.
func TestStrangersAreMany(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for range 4 {
		m := s.add("")
		m.unlisted = true
		m.status.ClusterID, m.status.Leader = 0xbad, 0xa3
	}
	if a := s.run(5*time.Second, nil); a.Cluster.ID != 0xc1 || a.Cluster.HealthyVoters != 3 {
		t.Errorf("cluster %s with %d healthy voters, want that of the member list", a.Cluster.ID,
			a.Cluster.HealthyVoters)
	}
}

// TestVoterThatBecameAClusterOfItsOwn: a listed voter was wiped and started as a new cluster, which it leads.
func TestVoterThatBecameAClusterOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.observe()
	wiped := &s.member(3).status
	wiped.ClusterID = 0x1
	wiped.Leader = wiped.MemberID
	wiped.RaftTerm = 99
	wiped.RaftIndex = 1 << 30
	wiped.RaftAppliedIndex = 1 << 30
	a := s.run(20*time.Second, nil)
	if c := a.Cluster; c.Leader.Label != "etcd-1" || c.HealthyVoters != 2 || a.Members[2].Role == RoleLeader {
		t.Errorf("%s leads, %d healthy, etcd-3 is %s", c.Leader.Label, c.HealthyVoters, a.Members[2].Role)
	}
	if f := finding(&a, FollowerStuck, "etcd-2"); f.Level != OK {
		t.Errorf("etcd-2 is held against the index of another cluster's leader: %s", f.Summary)
	}
	s.member(2).down = errRefused
	s.elect(0)
	wiped.Leader = wiped.MemberID
	if a = s.run(20*time.Second, nil); a.Recovery.Warranted != WarrantIfGone || a.Recovery.Newest.Label != "etcd-1" {
		t.Errorf("its data is gone, of the others one is left: recovery is %s (%s)", a.Recovery.Warranted,
			a.Recovery.Text)
	}
}

// TestCandidateThatNobodyFollows: a voter that is cut off and asks for votes without a pre-vote (the default before
// 3.5) is in a higher term than the cluster, which continues without it.
func TestCandidateThatNobodyFollows(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.observe()
	cut := &s.member(3).status
	cut.Leader = 0
	a := s.run(30*time.Second, func() { cut.RaftTerm++ })
	if c := a.Cluster; c.Leader.Label != "etcd-1" || c.Term != 7 || c.HealthyVoters != 2 ||
		finding(&a, QuorumLost, "").Level != OK {
		t.Errorf("%q leads in term %d, %d healthy, %q", c.Leader.Label, c.Term, c.HealthyVoters,
			finding(&a, QuorumLost, "").Summary)
	}
	if got := verdicts(&a); got[0] != LossNo || got[1] != LossNo || got[2] != LossSafe {
		t.Errorf("verdicts %v, want no, no, safe", got)
	}
	s.elect(0) // now they all look for a leader
	if a = s.run(10*time.Second, nil); finding(&a, QuorumLost, "").Level != Critical {
		t.Errorf("nobody leads: %+v", finding(&a, QuorumLost, ""))
	}
}

// TestMembershipIsTheListsOwn: given endpoints come and go without a member joining or leaving. A removed member has
// left, though it still runs and its endpoint is still asked.
func TestMembershipIsTheListsOwn(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.observe()
	count := func(a Assessment) (n int) {
		for _, event := range a.Events {
			if event.Kind == EventMembership {
				n++
			}
		}
		return n
	}
	stranger := s.add("")
	stranger.unlisted, stranger.status.IsLearner = true, true
	if a := s.observe(); count(a) != 0 {
		t.Errorf("an endpoint was given: %v", a.Events)
	}
	stranger.hung = s.now.Add(-time.Minute)
	if a := s.run(5*time.Second, nil); count(a) != 0 || len(membership(s)) != 0 {
		t.Errorf("an endpoint that was a learner went silent: %v", membership(s))
	}
	s.members = s.members[:3]
	if a := s.observe(); count(a) != 0 {
		t.Errorf("an endpoint is not asked any more: %v", a.Events)
	}
	s.member(3).unlisted = true
	if a := s.observe(); count(a) != 1 {
		t.Errorf("etcd-3 was removed: %v", membership(s))
	}
	s.member(3).unlisted, s.member(3).learner, s.member(3).status.IsLearner = false, true, true
	if a := s.observe(); count(a) != 1 {
		t.Errorf("etcd-3 is listed again: %v", membership(s))
	}
	s.member(3).learner, s.member(3).status.IsLearner = false, false
	if a := s.observe(); count(a) != 1 {
		t.Errorf("etcd-3 was promoted: %v", membership(s))
	}
	for i, change := range []string{"removed", "listed again", "promoted"} {
		if e := membership(s)[i]; e.Member.Label != "etcd-3" {
			t.Errorf("%s: about %q", change, e.Member.Label)
		}
		says(t, change, membership(s)[i].Text)
	}
}

func membership(s *scene) (events []Event) {
	for _, event := range s.evaluator.Events(100) {
		if event.Kind == EventMembership {
			events = append(events, event)
		}
	}
	return events
}

// TestReplacedUnderTheSameName: the member of that name has another id, and another history.
func TestReplacedUnderTheSameName(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, 2*time.Millisecond) })
	old := s.member(3)
	old.down = errRefused
	s.run(10*time.Second, nil)
	s.members = s.members[:2]
	heir := s.add("etcd-3")
	heir.id, heir.status.MemberID, heir.metrics.ServerID = 0xbb, 0xbb, 0xbb
	heir.metrics.StartTime = probe.Known(float64(s.now.Unix()))
	a := s.run(30*time.Second, func() { s.work(50, 2*time.Millisecond) })
	if rules := alarming(&a); len(rules) > 0 || a.Cluster.HealthyVoters != 3 {
		t.Errorf("%q, %d healthy", rules, a.Cluster.HealthyVoters)
	}
	if got := membership(s); len(got) != 2 || got[0].Text != "etcd-3 joined" || got[1].Text != "etcd-3 left" {
		t.Errorf("events %v", got)
	}
	for _, event := range s.evaluator.Events(100) {
		if event.Active && event.Member.ID == old.id {
			t.Errorf("still goes on: %+v", event)
		}
	}
}

// TestNobodyIsThere: sweeps without a member, at first and in between.
func TestNobodyIsThere(t *testing.T) {
	t.Parallel()
	s := newScene(t, 0, Options{})
	for range 3 {
		if a := s.observe(); a.Level != Unknown || a.Cluster.QuorumSeen && a.Cluster.Voters > 0 {
			t.Errorf("no member: %s, %+v", a.Level, a.Cluster)
		}
	}
	s.add("etcd-1")
	s.run(5*time.Second, nil)
	s.members = nil
	if a := s.run(5*time.Second, nil); a.Level < Unknown || a.Recovery.Warranted != WarrantUnknown {
		t.Errorf("the member is gone: %s, recovery %s", a.Level, a.Recovery.Warranted)
	}
}
