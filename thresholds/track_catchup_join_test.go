package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestAJoiningMemberIsNotDown: a member that was added and starts for the first time joins until it serves, and then is
// up; before that it can't be down, out of reach, or back. Without its first answer for long it is down after all.
func TestAJoiningMemberIsNotDown(t *testing.T) {
	t.Parallel()
	timeout := &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
	for _, learner := range []bool{false, true} {
		s := newScene(t, 3, Options{})
		work := func() { s.work(50, quickFsync) }
		s.run(20*time.Second, work)
		m := s.add("")
		m.membership, m.learner, m.status.IsLearner = probe.MembershipNeverStarted, learner, learner
		m.down = &probe.Error{Kind: probe.ErrUnreachable, Text: "it has no client URL"}
		for i := range 3 {
			s.peer(i+1, 4, active(0))
		}
		if a := s.run(10*time.Second, work); a.Members[3].Condition.Word != ConditionNeverUp {
			t.Fatalf("it never ran: %+v", a.Members[3].Condition)
		}
		m.name, m.membership = "etcd-4", probe.MembershipUnknown
		for i := range 3 {
			s.peer(i+1, 4, active(2))
		}
		join := func(when string, d time.Duration) {
			s.run(d, func() {
				work()
				a := s.evaluator.previous
				if at := a.Member("a3"); at.Label == "etcd-4" && (at.Condition.Word != ConditionJoining ||
					strings.Contains(at.Condition.Progress, "again") || at.State == StateOutOfReach ||
					strings.Contains(a.Reading.Text+a.Reading.Headline, "down") ||
					strings.Contains(a.Reading.Headline, "reached")) {
					t.Errorf("learner %v, %s: %+v\n%s\n%s", learner, when, at.Condition, a.Reading.Headline,
						a.Reading.Text)
				}
			})
		}
		join("before the first attempt to ask it ends", 6*time.Second) // it listens, and answers nobody yet
		m.down = errRefused
		join("before it listens", 4*time.Second)
		m.down = timeout
		join("before it serves", 4*time.Second)
		m.down = nil
		s.run(3*time.Second, work)
		for _, e := range s.evaluator.Events(maxEvents) {
			if e.Kind == EventMembership && (!strings.HasPrefix(e.Text, "etcd-4 joined") ||
				!strings.HasPrefix(e.Headline, "etcd-4 joined") || e.Member.Label != "etcd-4") {
				t.Errorf("learner %v, it has a name by now: %q, %q", learner, e.Text, e.Headline)
			}
		}
		for _, row := range EventRows(s.evaluator.Events(maxEvents)) {
			if row.Rule == MemberUnreachable && (row.Over != "up, caught up" || strings.Contains(row.Text, "is down")) {
				t.Errorf("learner %v: %+v", learner, row)
			}
		}
		m.down = errRefused
		if a := s.run(3*time.Second, work); a.Members[3].Condition.Word != ConditionDown {
			t.Errorf("learner %v, it was up: %+v", learner, a.Members[3].Condition)
		}
	}
}

// TestHowLongAMemberJoins: while it is sent a snapshot, and a while longer; not where requests show that the way to it
// is barred from here, nor where it was refused here already when watching began: it may have served before.
func TestHowLongAMemberJoins(t *testing.T) {
	t.Parallel()
	barred := &probe.Error{Kind: probe.ErrUnreachable, Text: "no route to host"}
	for name, test := range map[string]struct {
		seen  bool // getting its name
		sends float64
		down  *probe.Error
		lasts time.Duration
		joins bool
		then  State
	}{
		"refused":                 {true, 0, errRefused, time.Minute, true, StateDown},
		"refused for long":        {true, 0, errRefused, 2 * startedLately, false, StateOutOfReach},
		"refused, and a snapshot": {true, 1, errRefused, 2 * startedLately, true, StateDown},
		"barred":                  {true, 0, barred, 3 * time.Second, false, StateOutOfReach},
		"barred, and a snapshot":  {true, 1, barred, 3 * time.Second, false, StateOutOfReach},
		"not seen to join":        {false, 0, errRefused, 3 * time.Second, false, StateOutOfReach},
	} {
		s := newScene(t, 3, Options{})
		work := func() { s.work(50, quickFsync) }
		m := s.add("etcd-4")
		m.learner, m.status.IsLearner = true, true
		if m.down = test.down; test.seen {
			m.name, m.membership = "", probe.MembershipNeverStarted
			m.down = &probe.Error{Kind: probe.ErrUnreachable, Text: "it has no client URL"}
			s.run(10*time.Second, work)
			m.name, m.membership, m.down = "etcd-4", probe.MembershipUnknown, test.down
		}
		for i := range 3 {
			s.peer(i+1, 4, func(p *probe.PeerMetrics) {
				p.Active, p.SnapshotSendsInflight = probe.Known(2), probe.Known(test.sends)
			})
		}
		a := s.run(test.lasts, work)
		if at := a.Members[3]; at.State != test.then || (at.Condition.Word == ConditionJoining) != test.joins {
			t.Errorf("%s: %s, %+v", name, at.State, at.Condition)
		}
	}
}

// TestAJoiningMemberMakesNothingUnknown of a cluster that is watched: the first sweep of a new member shows no rates
// yet. Who would rely on a new voter is not told that the others may be lost, though.
func TestAJoiningMemberMakesNothingUnknown(t *testing.T) {
	t.Parallel()
	for _, learner := range []bool{true, false} {
		s := newScene(t, 3, Options{})
		s.run(30*time.Second, func() { s.work(20, quickFsync) })
		m := s.add("")
		m.learner, m.status.IsLearner = learner, learner
		m.down = &probe.Error{Kind: probe.ErrUnreachable, Text: "it has no client URL"}
		m.membership = probe.MembershipNeverStarted
		s.run(3*time.Second, func() { s.work(20, quickFsync) })
		m.down, m.name, m.membership = nil, "etcd-4", probe.MembershipListed
		for i := range 5 {
			s.work(20, quickFsync)
			a := s.observe()
			if a.Level == Unknown || a.Reading.Cause == CauseFirstSweep {
				t.Errorf("learner %t, sweep %d: %s, %q", learner, i+1, a.Level, a.Reading.Headline)
			}
			if verdict := a.Members[0].CanLose.Verdict; !learner && i == 0 && verdict == LossSafe {
				t.Error("SAFE beside a voter of which nothing is known yet")
			}
		}
	}
}
