package thresholds

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// TestLeadership: a cluster is leaderless only if a voter's Status shows it and too few voters for a quorum may follow
// a leader. A member that answers without its state shows nothing.
func TestLeadership(t *testing.T) {
	t.Parallel()
	down := func(err *probe.Error) func(*scene) {
		return func(s *scene) {
			for _, m := range s.members {
				m.down, m.noMetrics = err, err
			}
		}
	}
	denied := &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}
	for name, test := range map[string]struct {
		change    func(*scene)
		want      Leadership
		answering int
		check     CheckStatus
	}{
		"one of three says so, the others hang": {func(s *scene) {
			s.member(1).status.Leader = 0
			s.member(2).hung, s.member(3).hung = s.now, s.now
		}, LeadershipUnknown, 1, CheckUnknown},
		"one of three says so, the others are denied": {func(s *scene) {
			s.member(1).status.Leader = 0
			s.member(2).down, s.member(3).down = denied, denied
		}, LeadershipUnknown, 3, CheckUnknown},
		"one of three says so, the others are down": {func(s *scene) {
			s.member(1).status.Leader = 0
			s.member(2).down, s.member(3).down = errRefused, errRefused
		}, Leaderless, 1, CheckFailed},
		"two follow one that is down": {func(s *scene) { s.member(1).down = errRefused }, Leaderless, 2, CheckFailed},
		"two follow one that hangs": {func(s *scene) { s.member(1).hung = s.now }, LeadershipUnknown, 2,
			CheckUnknown},
		"led":                    {func(*scene) {}, Led, 3, CheckOK},
		"leaderless":             {func(s *scene) { s.elect(0) }, Leaderless, 3, CheckFailed},
		"nothing answers":        {down(errRefused), LeadershipUnknown, 0, CheckUnknown},
		"permission denied":      {down(denied), LeadershipUnknown, 3, CheckUnknown},
		"only a learner says so": {onlyLearnerAnswers, LeadershipUnknown, 1, CheckUnknown},
		"one voter of three denied": {func(s *scene) { s.elect(0); s.member(3).down = denied }, Leaderless, 3,
			CheckFailed},
	} {
		s := newScene(t, 3, Options{})
		test.change(s)
		a := s.observe()
		session := Session{}.With(&a)
		if a.Cluster.Leadership != test.want || a.Answering() != test.answering ||
			session.IsLeaderless() != (test.want == Leaderless) {
			t.Errorf("%s: %d with %d answering, in the session leaderless %t", name, a.Cluster.Leadership,
				a.Answering(), session.IsLeaderless())
		}
		for _, c := range a.Rolling.Checks {
			if c.Name == CheckLeader && c.Status != test.check {
				t.Errorf("%s: the check before a step says %q", name, c.Text)
			}
		}
	}
}

// onlyLearnerAnswers adds a learner that knows no leader, and takes all voters down.
func onlyLearnerAnswers(s *scene) {
	m := s.add("etcd-4")
	m.learner, m.status.IsLearner, m.status.Leader = true, true, 0
	for _, m := range s.members[:3] {
		m.down = errRefused
	}
}

// TestLacks: a member lacks only what it would have said just now.
func TestLacks(t *testing.T) {
	t.Parallel()
	known := probe.Known(1)
	for name, test := range map[string]struct {
		m    Member
		v    Vital
		want bool
	}{
		"reported":              {Member{State: StateOK, Vitals: Vitals{OpenFDs: known}}, OpenFDs, false},
		"not reported":          {Member{State: StateOK}, OpenFDs, true},
		"down":                  {Member{State: StateDown}, OpenFDs, false},
		"late":                  {Member{State: StateLate}, OpenFDs, false},
		"stale metrics":         {Member{State: StateOK, MetricsStale: true}, OpenFDs, false},
		"stale Status":          {Member{State: StateOK, Stale: true}, RaftTerm, false},
		"stale Status, metrics": {Member{State: StateOK, Stale: true}, OpenFDs, true},
		"slowest of too few": {Member{State: StateOK, Vitals: Vitals{WALFsyncWorst: known},
			TooFewSamples: VitalSet{1 << WALFsyncP99}}, WALFsyncP99, false},
	} {
		if test.m.Lacks(test.v) != test.want {
			t.Errorf("%s: %t", name, !test.want)
		}
	}
}

// TestLostAlready: only a member that is down is lost already: one that is proven to be, or that could be lost.
func TestLostAlready(t *testing.T) {
	t.Parallel()
	for _, state := range []State{StateOK, StateLate, StateDown, StateOutOfReach} {
		for _, verdict := range []Verdict{LossSafe, LossRisk, LossNo, LossUnknown} {
			for _, proven := range []bool{false, true} {
				m := Member{State: state, CanLose: CanLose{Verdict: verdict}, DownProven: proven}
				want := state == StateDown && (proven || verdict == LossSafe || verdict == LossRisk)
				if m.LostAlready() != want {
					t.Errorf("%s, %s, proven %t: %t", state, verdict, proven, !want)
				}
			}
		}
	}
}
