package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestUnsteadyMember: a member that answers about as late as requests time out is no voter to count on, whether it has
// answered the newest one or not: the margin and the verdicts stay, and nothing says that it never answered.
func TestUnsteadyMember(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(40*time.Second, func() { s.work(50, quickFsync) })
	failed := 0
	for n := range 40 {
		s.work(50, quickFsync)
		if s.member(3).down = nil; n%5 == 0 {
			s.member(3).down = &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 1s"}
			failed++
		}
		a := s.observe()
		if slices.ContainsFunc(a.Reading.NotLookedAt, func(s string) bool { return strings.Contains(s, "answered yet") }) {
			t.Errorf("sweep %d: %q", n, a.Reading.NotLookedAt)
		}
		if failed < 2 {
			continue
		}
		for _, m := range a.Members[:2] {
			if a.Cluster.Margin != "2/3 healthy, none to spare" || m.CanLose.Verdict != LossNo || a.Level < Warning {
				t.Errorf("sweep %d: %s, %q, %s is %s to lose: %s", n, a.Level, a.Cluster.Margin, m.Label,
					m.CanLose.Verdict, m.CanLose.Reason)
			}
		}
	}
	a := s.run(steadyAfter+2*time.Second, func() { s.work(50, quickFsync) })
	if a.Cluster.Margin != "3/3 healthy, 1 may fail" || a.Members[0].CanLose.Verdict != LossSafe {
		t.Errorf("%q, %+v", a.Cluster.Margin, a.Members[0].CanLose)
	}
}

// TestUnsteadyMembersHoldTheQuorum: voters that answer only now and then are no reason to call a quorum lost.
func TestUnsteadyMembersHoldTheQuorum(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.kill(2)
	for n := range 12 {
		s.work(50, quickFsync)
		if s.member(3).down = nil; n%3 == 0 {
			s.member(3).down = &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 1s"}
		}
		if a := s.observe(); n%3 > 0 && a.Cluster.Margin != "2/3 healthy, none to spare" {
			t.Errorf("sweep %d: %q", n, a.Cluster.Margin)
		}
	}
}
