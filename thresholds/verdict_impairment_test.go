package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestASurvivorThatCatchesUp can't help to commit: losing another voter is a risk, that voter is not fit, and nobody
// says that one more may fail, until it has what it lacks. Losing the survivor itself costs nothing more.
func TestASurvivorThatCatchesUp(t *testing.T) {
	t.Parallel()
	snapshot := func(s *scene, behind *actor) {
		s.member(1).metrics.Peers = s.links(s.member(1))
		p := s.member(1).metrics.Peers[behind.id]
		p.SnapshotSendsInflight = probe.Known(1)
		s.member(1).metrics.Peers[behind.id] = p
	}
	restarted := func(s *scene, behind *actor) { behind.restart(s.now) }
	for name, test := range map[string]struct {
		voters int
		lag    uint64
		change func(s *scene, behind *actor)
		margin string
		any    Verdict // of losing another one
	}{
		"a snapshot":                {3, 8500, snapshot, "3/3 healthy, 1 catching up", LossRisk},
		"a snapshot, hardly behind": {3, 1, snapshot, "3/3 healthy, 1 catching up", LossRisk},
		"far behind":                {3, 5000, nil, "3/3 healthy, 1 catching up", LossRisk},
		"somewhat behind":           {3, 4999, nil, "3/3 healthy, 1 may fail", LossSafe},
		"back, and behind":          {3, 100, restarted, "3/3 healthy, 1 catching up", LossRisk},
		"far behind, of five":       {5, 5000, nil, "5/5 healthy, 1 behind, 1 may fail", LossRisk},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, test.voters, Options{})
			s.commitWith(9000, nil)
			behind := s.member(3)
			s.run(time.Minute, func() { s.work(50, quickFsync); s.commitWith(10, nil) })
			if test.change != nil {
				test.change(s, behind)
			}
			s.work(50, quickFsync)
			s.commitWith(10, map[*actor]uint64{behind: test.lag})
			a := s.observe()
			impaired := test.any == LossRisk
			if got := a.Cluster.Margin; got != test.margin {
				t.Errorf("the margin is %q, want %q", got, test.margin)
			}
			if m := &a.Members[2]; m.Fit.OK == impaired || m.CanLose.Verdict == LossRisk {
				t.Errorf("etcd-3: %+v, %+v", m.CanLose, m.Fit)
			}
			for _, i := range []int{0, 1} {
				if m := &a.Members[i]; m.CanLose.Verdict != test.any {
					t.Errorf("%s: %+v, want %s", m.Label, m.CanLose, test.any)
				}
			}
			plan, err := s.evaluator.Plan([]PlanStep{{Number: 1, Verb: PlanMoveLeader, Name: "etcd-3"}},
				func(string) (string, error) { return behind.id.String(), nil })
			if err != nil || plan.Verdict != test.any ||
				plan.Steps[0].Before.Tolerance() != a.Cluster.Tolerance() {
				t.Errorf("to lead next: %v, %+v", err, plan)
			}
			if impaired {
				says(t, "", a.Members[1].CanLose.Reason)
				says(t, "in short", a.Members[1].CanLose.Headline)
				a = s.run(3*time.Second, func() {
					s.member(1).metrics.Peers = nil
					s.work(50, quickFsync)
					s.commitWith(10, map[*actor]uint64{behind: 0})
				})
				if a.Cluster.CatchingUpVoters != 0 {
					t.Errorf("it has caught up: %s", a.Cluster.Margin)
				}
			}
		})
	}
}

// TestAHeldVerdictHasNoOldFigure: for a while after a disk is quick again, losing another member is still a risk, and
// says that the disk was slow, not how slow it is.
func TestAHeldVerdictHasNoOldFigure(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(time.Minute, func() { s.work(150, quickFsync) })
	s.run(20*time.Second, func() {
		s.work(150, quickFsync)
		s.member(3).fsync(20, 200*time.Millisecond)
	})
	a := s.observe()
	says(t, "slow", a.Members[1].CanLose.Reason+"\n"+a.Members[1].CanLose.Headline)
	held := 0
	s.run(40*time.Second, func() {
		s.work(150, quickFsync)
		a := s.observe()
		lost := a.Members[1].CanLose
		if lost.Verdict != LossRisk || lost.Ground != GroundCommitLatency ||
			finding(&a, WALFsyncSlow, "etcd-3").Level >= Warning {
			return
		}
		held++
		if strings.Contains(lost.Reason, "p99") {
			t.Errorf("the disk is quick: %s", lost.Reason)
		}
		if held == 3 {
			says(t, "held", lost.Reason+"\n"+lost.Headline)
		}
	})
	if held == 0 {
		t.Error("it is not held")
	}
}
