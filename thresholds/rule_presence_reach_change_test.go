package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestReachOfAMemberAddedAnew: a member that was removed and added again has a new id under its old name, and nothing
// of what was known about it: that it answered here once makes the new one neither reached nor long down.
func TestReachOfAMemberAddedAnew(t *testing.T) {
	t.Parallel()
	barred := &probe.Error{Kind: probe.ErrUnreachable, Text: "no route to host"}
	for name, test := range map[string]struct {
		connected float64 // of its peers with it
		want      State
	}{"its peers have it": {1, StateOutOfReach}, "its peers have lost it": {0, StateDown}} {
		s := newScene(t, 3, Options{})
		s.run(20*time.Second, func() { s.work(50, quickFsync) })
		s.member(3).down = barred
		a := s.run(20*time.Second, func() { s.work(50, quickFsync) })
		if a.Members[2].State != StateDown {
			t.Errorf("%s: it answered here, and is %s", name, a.Members[2].State)
		}
		s.members = s.members[:2]
		s.run(5*time.Second, func() { s.work(50, quickFsync) })
		again := s.add("etcd-3")
		again.id, again.status.MemberID, again.metrics.ServerID, again.down = 0xb7, 0xb7, 0xb7, barred
		added := s.now
		for _, of := range []int{1, 2} {
			s.member(of).metrics.Peers = nil
			s.peer(of, 3, active(test.connected))
		}
		a = s.run(20*time.Second, func() { s.work(50, quickFsync) })
		m := &a.Members[2]
		if m.ID != 0xb7 || m.Label != "etcd-3" || m.State != test.want {
			t.Errorf("%s: %s is %s, want %s", name, m.Label, m.State, test.want)
		}
		if m.State == StateDown && m.DownSince.Before(added) {
			t.Errorf("%s: it is down since %v, before it was added at %v", name, m.DownSince, added)
		}
		if a.Members[0].CanLose.Verdict == LossSafe {
			t.Errorf("%s: losing etcd-1 is safe: %s", name, a.Members[0].CanLose.Reason)
		}
	}
}

// TestTwoHostsSeeDifferentMembers: from each of two hosts only its own member answers. Both call the member down that
// is, and neither the one that only the other host reaches.
func TestTwoHostsSeeDifferentMembers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		host  int
		third float64 // the connections with etcd-3
		want  []State
	}{
		{1, 0, []State{StateOK, StateOutOfReach, StateDown}},
		{2, 0, []State{StateOutOfReach, StateOK, StateDown}},
		{1, 1, []State{StateOK, StateOutOfReach, StateOutOfReach}},
		{2, 1, []State{StateOutOfReach, StateOK, StateOutOfReach}},
	} {
		s := newScene(t, 3, Options{})
		for n := 1; n <= 3; n++ {
			if n != test.host {
				s.member(n).down = &probe.Error{Kind: probe.ErrUnreachable, Text: "no route to host"}
			}
		}
		s.peer(test.host, 3, active(test.third))
		links, other := s.member(test.host).metrics.Peers, s.member(3-test.host).id
		link := links[other]
		link.Active = known(1)
		links[other] = link
		a := s.run(30*time.Second, func() { s.work(50, quickFsync) })
		var got []State
		for i := range a.Members {
			got = append(got, a.Members[i].State)
			if lose := a.Members[i].CanLose; lose.Verdict == LossSafe {
				t.Errorf("from host %d losing %s is safe: %s", test.host, a.Members[i].Label, lose.Reason)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("from host %d, %v connections with etcd-3: %v, want %v", test.host, test.third, got, test.want)
		}
		if text := texts(&a); test.third == 1 && strings.Contains(text, "is down") {
			t.Errorf("from host %d: the text calls one down:\n%s", test.host, text)
		}
	}
}

// TestLateMetricsProveNothingOfTheUnreached: what the leader's metrics showed of a member out of reach counts while
// they are current. Once they are too old it is not known whether that runs, and not that it is down; what they show
// when they come again counts again.
func TestLateMetricsProveNothingOfTheUnreached(t *testing.T) {
	t.Parallel()
	late := &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
	s := newScene(t, 3, Options{})
	s.member(3).down = &probe.Error{Kind: probe.ErrUnreachable, Text: "no route to host"}
	s.member(2).blind()
	for _, step := range []struct {
		name      string
		connected float64 // of the leader with it, by its metrics
		late      *probe.Error
		want      State
	}{
		{"current", 1, nil, StateOutOfReach},
		{"late", 1, late, StateOutOfReach},
		{"current again", 1, nil, StateOutOfReach},
		{"it has lost it", 0, nil, StateDown},
		{"late since", 0, late, StateDown},
	} {
		s.peer(1, 3, active(step.connected))
		s.member(1).noMetrics = step.late
		a := s.run(time.Minute, func() { s.work(50, quickFsync) })
		m, f := &a.Members[2], finding(&a, MemberUnreachable, "etcd-3")
		if m.State != step.want || (f.Level == Unknown) != (step.want == StateOutOfReach) {
			t.Errorf("%s: %s, want %s: %s %q", step.name, m.State, step.want, f.Level, f.Summary)
		}
		for i := range a.Members {
			if lose := a.Members[i].CanLose; lose.Verdict == LossSafe {
				t.Errorf("%s: losing %s is safe: %s", step.name, a.Members[i].Label, lose.Reason)
			}
		}
	}
}
