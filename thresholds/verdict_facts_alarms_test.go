package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestAlarmsOfSeveralMembersAreOneReason: an alarm that two members have raised is said once, with both.
func TestAlarmsOfSeveralMembersAreOneReason(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(10*time.Second, func() {
		s.work(50, quickFsync)
		for i := range s.members {
			s.member(i + 1).status.Alarms = []probe.Alarm{
				{Type: "NOSPACE", Member: s.member(1).id}, {Type: "NOSPACE", Member: s.member(3).id},
			}
		}
	})
	for i := range a.Members {
		reason := a.Members[i].CanLose.Reason
		if strings.Count(reason, "NOSPACE") != 1 || !strings.Contains(reason, "NOSPACE raised by etcd-1 and etcd-3") {
			t.Errorf("%s: %q", a.Members[i].Label, reason)
		}
	}
	if f := a.Finding(AlarmNoSpace, ""); f == nil || f.Summary != "NOSPACE raised by etcd-1 and etcd-3" {
		t.Errorf("the finding says %+v", f)
	}
}

// TestAlarmsInTheMembersOrder: those who raised an alarm are named in the order of the members, not of their ids.
func TestAlarmsInTheMembersOrder(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2, Options{})
	s.add("etcd-0") // with the largest id
	s.members = append(s.members[2:], s.members[:2]...)
	a := s.run(10*time.Second, func() {
		s.work(50, quickFsync)
		for _, m := range s.members {
			m.status.Alarms = []probe.Alarm{
				{Type: "NOSPACE", Member: s.member(2).id}, {Type: "NOSPACE", Member: s.member(1).id},
			}
		}
	})
	if f := a.Finding(AlarmNoSpace, ""); f == nil || f.Summary != "NOSPACE raised by etcd-0 and etcd-1" {
		t.Errorf("the finding says %+v", f)
	}
}

// TestTogether: findings of one rule leave none of their members out.
func TestTogether(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	a := s.run(30*time.Second, func() {
		s.work(50, quickFsync)
		for _, i := range []int{2, 3, 5} {
			s.member(i).down = errRefused
		}
	})
	var down []*Finding
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Rule == MemberUnreachable {
			down = append(down, f)
		}
	}
	if len(down) != 3 {
		t.Fatalf("%d members are down", len(down))
	}
	for n := range len(down) + 1 {
		text := Together(down[:n])
		if n > 2 {
			says(t, "together", text)
		}
		for i, f := range down {
			if strings.Contains(text, f.Member.Short) != (i < n) {
				t.Errorf("of %d: %q, and %s", n, text, f.Member.Short)
			}
		}
	}
}
