package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestCanLose(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		voters  int
		direct  func(*scene)
		member  int
		want    Verdict
		because Ground
	}{
		"one voter":                   {1, nil, 1, LossNo, GroundQuorum},
		"two voters":                  {2, nil, 2, LossNo, GroundQuorum},
		"three healthy":               {3, nil, 2, LossSafe, ""},
		"three, another down":         {3, func(s *scene) { s.kill(3) }, 1, LossNo, GroundQuorum},
		"three, itself down":          {3, func(s *scene) { s.kill(3) }, 3, LossSafe, ""},
		"three, two down":             {3, func(s *scene) { s.kill(2, 3) }, 1, LossNo, GroundQuorum},
		"three, two down, down one":   {3, func(s *scene) { s.kill(2, 3) }, 3, LossNo, GroundQuorum},
		"four healthy":                {4, nil, 1, LossSafe, ""},
		"five healthy":                {5, nil, 1, LossSafe, ""},
		"five, one down":              {5, func(s *scene) { s.kill(4) }, 1, LossRisk, GroundHealth},
		"five, the down one":          {5, func(s *scene) { s.kill(4) }, 4, LossSafe, ""},
		"five, two down":              {5, func(s *scene) { s.kill(4, 5) }, 1, LossNo, GroundQuorum},
		"seven, one down":             {7, func(s *scene) { s.kill(4) }, 1, LossRisk, GroundHealth},
		"no leader":                   {3, func(s *scene) { s.elect(0) }, 1, LossNo, GroundQuorum},
		"one without a leader":        {3, func(s *scene) { s.member(3).status.Leader = 0 }, 1, LossNo, GroundQuorum},
		"the one without a leader":    {3, func(s *scene) { s.member(3).status.Leader = 0 }, 3, LossSafe, ""},
		"the leader steps down":       {3, func(s *scene) { s.member(1).status.Leader = 0 }, 3, LossNo, GroundQuorum},
		"five, the leader steps down": {5, func(s *scene) { s.member(1).status.Leader = 0 }, 3, LossNo, GroundQuorum},
		"the leader follows another one": {3, func(s *scene) {
			s.member(1).status.Leader, s.member(1).status.RaftTerm = s.member(2).id, s.member(1).status.RaftTerm+1
		}, 3, LossNo, GroundQuorum},
		"another cluster's member": {3, func(s *scene) { s.member(3).status.ClusterID = 0xdead }, 1, LossNo,
			GroundQuorum},
		"a survivor lags":        {3, func(s *scene) { lag(s, 3, 1000) }, 1, LossNo, GroundQuorum},
		"a survivor nearly lags": {3, func(s *scene) { lag(s, 3, 999) }, 1, LossSafe, ""},
		"a survivor defragments": {3, func(s *scene) { s.member(3).metrics.DefragInflight = probe.Known(1) }, 1,
			LossNo, GroundQuorum},
		"a survivor's queue is long": {3, func(s *scene) { s.member(3).metrics.ProposalsPending = probe.Known(200) },
			1, LossRisk, GroundSurvivors},
		"its own queue is long": {3, func(s *scene) { s.member(1).metrics.ProposalsPending = probe.Known(200) },
			1, LossSafe, ""},
		"five, two down, one of them": {5, func(s *scene) { s.kill(4, 5) }, 4, LossSafe, ""},
		"down, a survivor degraded": {3, func(s *scene) {
			s.kill(2)
			s.member(3).metrics.ProposalsPending = probe.Known(200)
		}, 2, LossSafe, ""},
		"nobody answers":         {3, func(s *scene) { s.kill(1, 2, 3) }, 1, LossUnknown, GroundHealth},
		"not in the member list": {4, func(s *scene) { s.member(4).unlisted = true; s.kill(4) }, 1, LossSafe, ""},
		"the one not in it": {4, func(s *scene) { s.member(4).unlisted = true; s.kill(4) }, 4, LossUnknown,
			GroundIdentity},
		"removed": {4, func(s *scene) {
			s.member(4).unlisted, s.member(4).membership = true, probe.MembershipRemoved
		}, 4, LossSafe, ""},
		"removed, by a minority": {4, func(s *scene) {
			s.member(4).unlisted, s.member(4).membership = true,
				probe.MembershipRemoved
			s.mute(1, 2)
		}, 4, LossUnknown, GroundMembership},
		"another cluster's, given": {4, func(s *scene) {
			s.member(4).unlisted = true
			s.member(4).status.ClusterID = 0xdead
		}, 4, LossUnknown, GroundIdentity},
		"a proxy": {4, func(s *scene) {
			s.member(4).unlisted, s.member(4).membership = true, probe.MembershipProxy
		}, 4, LossUnknown, GroundIdentity},
		"nobody confirms the list":    {3, func(s *scene) { s.mute(1, 2, 3) }, 1, LossUnknown, GroundMembership},
		"the list of another cluster": {3, func(s *scene) { s.listOf = 0xdead }, 1, LossUnknown, GroundMembership},
		"never started":               {4, func(s *scene) { s.neverStarted(4) }, 4, LossSafe, ""},
		"beside one never started":    {4, func(s *scene) { s.neverStarted(4) }, 3, LossNo, GroundQuorum},
		"out of reach":                {3, func(s *scene) { s.elsewhere(2, 3) }, 2, LossUnknown, GroundHealth},
		"beside one out of reach":     {3, func(s *scene) { s.elsewhere(3) }, 2, LossUnknown, GroundHealth},
		"five, one out of reach":      {5, func(s *scene) { s.elsewhere(5) }, 2, LossUnknown, GroundHealth},
		"down from here alone": {3, func(s *scene) { s.member(3).down = errTimeout; s.connect(3) }, 3, LossSafe,
			""},
		"NOSPACE": {3, func(s *scene) { s.alarm("NOSPACE", 1) }, 2, LossRisk, GroundIncident},
		"CORRUPT": {5, func(s *scene) { s.alarm("CORRUPT", 1) }, 1, LossRisk, GroundIncident},
		"NOSPACE, the down one": {3, func(s *scene) { s.alarm("NOSPACE", 1); s.kill(3) }, 3, LossRisk,
			GroundIncident},
		"a survivor without metrics": {3, func(s *scene) { s.member(3).blind() }, 2, LossUnknown, GroundSurvivors},
		"five, one without metrics":  {5, func(s *scene) { s.member(3).blind() }, 2, LossUnknown, GroundSurvivors},
		"itself without metrics":     {3, func(s *scene) { s.member(3).blind() }, 3, LossSafe, ""},
		"a known fault decides": {3, func(s *scene) {
			s.member(3).blind()
			s.member(2).metrics.ProposalsPending = probe.Known(200)
		}, 1, LossRisk, GroundSurvivors},
		"no member list": {3, func(s *scene) { s.noMemberList = true }, 1, LossUnknown, GroundMembership},
		"no permission": {3, func(s *scene) {
			s.member(3).down = &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}
		}, 1, LossUnknown, GroundHealth},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, test.voters, Options{Immediate: true})
			s.run(10*time.Second, nil)
			if test.direct != nil {
				test.direct(s)
			}
			s.observe()
			a := s.observe()
			got := a.Members[test.member-1].CanLose
			if got.Verdict != test.want || got.Ground != test.because {
				t.Errorf("got %s for %q (%s), want %s for %q", got.Verdict, got.Ground, got.Reason, test.want,
					test.because)
			}
			says(t, "", got.Reason)
		})
	}
}

var errTimeout = &probe.Error{Kind: probe.ErrTimeout, Text: "no answer"}

// mute lets members give no member list.
func (s *scene) mute(members ...int) {
	for _, i := range members {
		s.member(i).noList = errTimeout
	}
}

// neverStarted makes a member one that was added and has never run.
func (s *scene) neverStarted(i int) {
	m := s.member(i)
	m.membership, m.down = probe.MembershipNeverStarted, errRefused
	m.lastStatus, m.lastMetrics = probe.Fact[probe.Status]{}, probe.Fact[*probe.Metrics]{}
}

// elsewhere makes all advertised URLs of the members lead to others.
func (s *scene) elsewhere(members ...int) {
	for _, i := range members {
		s.member(i).down = &probe.Error{Kind: probe.ErrElsewhere, Text: "all that it advertises leads to etcd-1"}
		s.connect(i)
	}
	s.member(1).read = s.now
}

// blind makes a member's metrics unreadable, as if they had never been read.
func (m *actor) blind() { m.noMetrics, m.lastMetrics = errRefused, probe.Fact[*probe.Metrics]{} }

// connect lets the metrics of all that answer show a connection with a member.
func (s *scene) connect(with int) {
	for _, m := range s.members {
		peers := m.metrics.Peers
		if peers == nil {
			peers = s.links(m)
		}
		peers[s.member(with).id] = probe.PeerMetrics{Active: probe.Known(1), Disconnected: probe.Known(0)}
		m.metrics.Peers = peers
	}
}

// alarm raises an alarm of a member.
func (s *scene) alarm(kind string, by int) {
	for _, m := range s.members {
		m.status.Alarms = []probe.Alarm{{Type: kind, Member: s.member(by).id}}
	}
}

// lag gives every member n entries; one member has yet to apply them.
func lag(s *scene, member int, n uint64) {
	for i, m := range s.members {
		m.status.RaftIndex, m.status.RaftAppliedIndex = 10_000, 10_000
		if i == member-1 {
			m.status.RaftAppliedIndex -= n
		}
	}
}

func TestLearners(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	learner := s.add("etcd-4")
	learner.learner, learner.status.IsLearner = true, true
	a := s.run(10*time.Second, nil)
	if a.Cluster.Voters != 3 || a.Cluster.Learners != 1 || a.Cluster.Quorum != 2 || a.Members[3].Role != RoleLearner {
		t.Errorf("three voters and a learner: %+v, role %s", a.Cluster, a.Members[3].Role)
	}
	if got := a.Members[3].CanLose; got.Verdict != LossSafe {
		t.Errorf("losing a learner: %+v, want safe", got)
	}
	learner.down = errRefused
	a = s.observe()
	if a.Cluster.Voters != 3 || a.Members[3].Role != RoleLearner || finding(&a, QuorumAtRisk, "").Level != OK {
		t.Errorf("a learner that is down stays a learner and risks no quorum: %+v", a.Cluster)
	}
	if got := a.Members[0].CanLose; got.Verdict != LossSafe {
		t.Errorf("losing a voter while a learner is down: %+v, want safe", got)
	}
}

func TestQuorumFindings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		voters, down int
		lost, atRisk Level
		cause        Cause
	}{
		"three":           {3, 0, OK, OK, CauseHealthy},
		"three, one down": {3, 1, OK, Warning, CauseMemberDown},
		"three, two down": {3, 2, Critical, Warning, CauseQuorumLost},
		"five, one down":  {5, 1, OK, OK, CauseMemberDown},
		"five, two down":  {5, 2, OK, Warning, CauseMemberDown},
		"five, all down":  {5, 5, Unknown, Unknown, CauseUnreachable},
		"one":             {1, 0, OK, OK, CauseHealthy},
		"two":             {2, 0, OK, OK, CauseHealthy},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, test.voters, Options{})
			s.observe()
			s.observe()
			for i := range test.down {
				s.member(test.voters - i).down = errRefused
			}
			a := s.observe() // members that are down settle it at once
			if got := finding(&a, QuorumLost, "").Level; got != test.lost {
				t.Errorf("quorum-lost is %s, want %s", got, test.lost)
			}
			because := map[Level]RuleID{Critical: QuorumLost, Unknown: ClusterUnreachable}[test.lost]
			if got := finding(&a, QuorumAtRisk, ""); got.Level != test.atRisk || got.InhibitedBy != because {
				t.Errorf("quorum-at-risk is %s because of %q, want %s, explained by quorum-lost where that is found",
					got.Level, got.InhibitedBy, test.atRisk)
			}
			if a.Reading.Cause != test.cause {
				t.Errorf("reading blames %s (%s), want %s", a.Reading.Cause, a.Reading.Text, test.cause)
			}
		})
	}
}

// TestElectionIsNoQuorumLoss: during an election no member has a leader for a moment, which is no lost quorum yet.
func TestElectionIsNoQuorumLoss(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	s.elect(0)
	if a := s.run(4*time.Second, nil); finding(&a, QuorumLost, "").Level != OK {
		t.Error("an election of 4 s counts as a lost quorum")
	}
	if a := s.run(3*time.Second, nil); finding(&a, QuorumLost, "").Level != Critical {
		t.Error("7 s without any leader do not count as a lost quorum")
	}
	s.elect(s.member(2).id)
	if a := s.observe(); finding(&a, QuorumLost, "").Level != OK || a.Cluster.Leader.Label != "etcd-2" {
		t.Errorf("a leader is there again: %+v", alarming(&a))
	}
}

func TestUnknownBecauseDownIsInhibited(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	s.member(2).down = errRefused
	a := s.observe()
	inhibited := 0
	for _, f := range a.Findings {
		if f.Member.Label != "etcd-2" || f.Rule == MemberUnreachable {
			continue
		}
		inhibited++
		if f.Level != Unknown || f.InhibitedBy != MemberUnreachable {
			t.Errorf("%s: %s because of %q, want unknown because of member-unreachable", f.Rule, f.Level, f.InhibitedBy)
		}
	}
	if inhibited < 5 {
		t.Errorf("only %d rules say that they can't be judged", inhibited)
	}
	if a.Members[1].Level != Warning {
		t.Errorf("etcd-2 is %s, want warning", a.Members[1].Level)
	}
}

// TestDisksThatAreAllSlow: each survivor is degraded, whichever finding inhibits which.
func TestDisksThatAreAllSlow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(time.Minute, func() {
		for _, m := range s.members {
			m.fsync(50, 300*time.Millisecond)
		}
	})
	a := s.observe()
	if a.Reading.Cause != CauseSlowDisks {
		t.Fatalf("the cause is %s: %s", a.Reading.Cause, a.Reading.Text)
	}
	for i := range a.Members {
		if m := &a.Members[i]; m.CanLose.Verdict != LossRisk {
			t.Errorf("%s: %s, %s; want risk", m.Label, m.CanLose.Verdict, m.CanLose.Reason)
		}
	}
}
