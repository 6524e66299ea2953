package thresholds

import (
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestFit: a member is a fit survivor as long as it is a healthy voter, nothing impairs it and there is no incident;
// what befalls another one changes nothing for it, but for a lost quorum.
func TestFit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		befall func(s *scene)
		fit    [3]bool
		ground Ground // of etcd-3
	}{
		"nothing":          {func(*scene) {}, [3]bool{true, true, true}, ""},
		"it is down":       {func(s *scene) { s.kill(3) }, [3]bool{true, true, false}, GroundHealth},
		"no quorum":        {func(s *scene) { s.kill(1, 2) }, [3]bool{}, GroundQuorum},
		"an alarm":         {func(s *scene) { s.alarm("NOSPACE", 1) }, [3]bool{}, GroundIncident},
		"it is corrupt":    {func(s *scene) { s.alarm("CORRUPT", 3) }, [3]bool{}, GroundHealth},
		"a silent leader":  {func(s *scene) { s.member(1).noMetrics = errRefused }, [3]bool{}, GroundHealth},
		"unreadable disks": {func(s *scene) { s.member(3).noMetrics = errRefused }, [3]bool{true, true, false}, GroundSurvivors},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, 3, Options{})
			work := func() { s.work(50, quickFsync) }
			s.run(time.Minute, work)
			test.befall(s)
			a := s.run(20*time.Second, work)
			for i := range a.Members {
				if fit := a.Members[i].Fit; fit.OK != test.fit[i] {
					t.Errorf("%s: %+v", a.Members[i].Label, fit)
				}
			}
			if got := a.Members[2].Fit; got.Ground != test.ground {
				t.Errorf("etcd-3: %+v, want the ground %q", got, test.ground)
			}
		})
	}
}

// TestFitTakesASpareVoter: where no voter may be lost, nobody would carry the cluster on.
func TestFitTakesASpareVoter(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]bool{1: false, 2: false, 3: true} {
		s := newScene(t, n, Options{})
		a := s.run(time.Minute, func() { s.work(50, quickFsync) })
		if fit := a.Members[0].Fit; fit.OK != want || !want && fit.Ground != GroundQuorum {
			t.Errorf("of %d voters: %+v", n, fit)
		}
	}
}

// TestFitAlone: a member that is asked alone proves by linearizable reads that it takes part.
func TestFitAlone(t *testing.T) {
	t.Parallel()
	timeout := &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
	for name, test := range map[string]struct {
		of     int
		change func(m *probe.Member)
		fit    bool
		ground Ground
	}{
		"a follower":      {2, func(*probe.Member) {}, true, ""},
		"the leader":      {1, func(*probe.Member) {}, true, ""},
		"no read":         {2, func(m *probe.Member) { m.Linearizable = probe.Fact[probe.Read]{} }, false, GroundHealth},
		"an old read":     {2, func(m *probe.Member) { m.Linearizable.At = epoch }, false, GroundHealth},
		"a pending read":  {2, func(m *probe.Member) { m.Linearizable.Pending = m.Status.At.Add(-time.Second) }, false, GroundSurvivors},
		"a failed read":   {2, func(m *probe.Member) { m.Linearizable.Err = timeout }, false, GroundHealth},
		"it knows nobody": {2, func(m *probe.Member) { m.Status.Value.Leader = 0 }, false, GroundHealth},
		"it is a learner": {2, func(m *probe.Member) { m.Status.Value.IsLearner = true }, false, GroundIdentity},
		"it is down":      {2, func(m *probe.Member) { m.Status.Err = errRefused }, false, GroundHealth},
		"a failed list":   {2, func(m *probe.Member) { m.Peers.Err = timeout }, true, ""},
		"no list":         {2, func(m *probe.Member) { m.Peers = probe.Fact[[]probe.Peer]{} }, false, GroundMembership},
		"an old list":     {2, func(m *probe.Member) { m.Peers.At = epoch }, false, GroundMembership},
		"one of two":      {2, func(m *probe.Member) { m.Peers.Value = m.Peers.Value[:2] }, false, GroundQuorum},
		"with a learner": {2, func(m *probe.Member) {
			m.Peers.Value = slices.Clone(m.Peers.Value)
			m.Peers.Value[2].Learner = true
		}, false, GroundQuorum},
		"no metrics":       {2, func(m *probe.Member) { m.Metrics = probe.Fact[*probe.Metrics]{Err: errRefused} }, false, GroundSurvivors},
		"its disk is slow": {3, func(*probe.Member) {}, false, GroundSurvivors},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, 3, Options{})
			var a Assessment
			for ; s.now.Before(epoch.Add(2 * time.Minute)); s.now = s.now.Add(s.interval) {
				s.work(50, quickFsync)
				s.member(3).fsync(50, time.Second)
				for _, m := range s.members {
					m.reads(s.now, time.Millisecond, time.Millisecond)
				}
				sweep := s.sweep()
				m := sweep.Members[test.of-1]
				m.Listed, m.Membership = false, probe.MembershipUnknown
				test.change(&m)
				sweep.Members, sweep.MemberList = []probe.Member{m}, probe.Fact[probe.MemberList]{}
				a = s.evaluator.Observe(sweep)
			}
			if got := a.Members[0].Fit; got.OK != test.fit || got.Ground != test.ground {
				t.Errorf("%+v, want %t, %q", got, test.fit, test.ground)
			}
		})
	}
}
