package thresholds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestLateStatusOfALeader: a leader with a slow disk answers Status late and keeps leading, as its metrics show. If
// those are late as well, older than the request, or contradict it, its leadership is unknown.
func TestLateStatusOfALeader(t *testing.T) {
	t.Parallel()
	const late = 1100 * time.Millisecond
	tests := map[string]struct {
		metrics func(m *probe.Member, now time.Time)
		lost    bool
	}{
		"its metrics say that it leads": {func(*probe.Member, time.Time) {}, false},
		"that it does not": {func(m *probe.Member, _ time.Time) {
			m.Metrics.Value.IsLeader = probe.Known(0)
		}, true},
		"nothing of it": {func(m *probe.Member, _ time.Time) {
			m.Metrics.Value.IsLeader = probe.Value{}
		}, true},
		"late as well": {func(m *probe.Member, now time.Time) {
			m.Metrics.At, m.Metrics.Pending = now.Add(-late-time.Millisecond), now.Add(-late)
		}, true},
		"can't be read": {func(m *probe.Member, _ time.Time) { m.Metrics.Err = errRefused }, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true, Window: 4 * time.Second})
			s.member(1).metrics.IsLeader = probe.Known(1)
			s.run(3*time.Second, func() {
				s.member(1).fsync(2, 600*time.Millisecond)
				s.member(2).fsync(2, quickFsync)
				s.member(3).fsync(2, quickFsync)
			})
			sweep := s.sweep()
			m := &sweep.Members[0]
			m.Status.At, m.Status.Pending = s.now.Add(-late-time.Millisecond), s.now.Add(-late)
			test.metrics(m, s.now)
			a := s.evaluator.Observe(sweep)
			if lost := finding(&a, QuorumLost, "").Level == Critical; lost != test.lost ||
				a.Cluster.Leader.IsZero() != test.lost {
				t.Errorf("quorum lost: %v, leader %q: %s", lost, a.Cluster.Leader.Label, a.Reading.Text)
			}
			if !test.lost {
				wantReading(t, &a, CauseSlowDisk)
				saysReading(t, &a)
				wantBlamed(t, &a, "etcd-1")
			}
			for i := range a.Members {
				if m := &a.Members[i]; i > 0 && m.CanLose.Verdict == LossSafe {
					t.Errorf("%s is safe to lose: %s", m.Label, m.CanLose.Reason)
				}
			}
		})
	}
}

// TestTimedOutStatusOfASlowDisk: with a disk that takes seconds Status may time out. The metrics show that the
// process runs, and that its disk is slow; without metrics the member is down.
func TestTimedOutStatusOfASlowDisk(t *testing.T) {
	t.Parallel()
	timedOut := &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
	for cause, metrics := range map[Cause]*probe.Error{CauseSlowDisk: nil, CauseMemberDown: timedOut} {
		s := newScene(t, 3, Options{Immediate: true, Window: 14 * time.Second})
		s.run(6*time.Second, func() {
			s.member(1).fsync(2, quickFsync)
			s.member(2).fsync(1, 3*time.Second)
			s.member(3).fsync(2, quickFsync)
		})
		sweep := s.sweep()
		m := &sweep.Members[1]
		m.Status.At, m.Status.Pending, m.Status.Err = s.now.Add(-6*time.Second), s.now.Add(-time.Second), timedOut
		if m.Metrics.Err = metrics; metrics != nil {
			m.Metrics.At = m.Status.At
		}
		a := s.evaluator.Observe(sweep)
		wantReading(t, &a, cause)
		wantBlamed(t, &a, "etcd-2")
		if verdict := a.Members[0].CanLose.Verdict; verdict == LossSafe {
			t.Errorf("%s: etcd-1 is safe to lose: %s", cause, a.Members[0].CanLose.Reason)
		}
	}
}

// TestNoLeaderBecause: there is no leader, and the last one has a slow disk or is CPU-starved, or so many voters are
// that they leave no quorum. A slow disk of another member explains nothing.
func TestNoLeaderBecause(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		slow    []int // the members with slow disks
		starved int
	}{
		"the last leader's disk":     {[]int{1}, 0},
		"another disk":               {[]int{2}, 0},
		"two other disks":            {[]int{2, 3}, 0},
		"the last leader is starved": {nil, 1},
		"nothing is slow":            {nil, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, immediate := range []bool{true, false} {
				s := newScene(t, 3, Options{Immediate: immediate, Window: 30 * time.Second})
				n := 0
				act := func() {
					n++
					for i, m := range s.members {
						took := quickFsync
						for _, slow := range test.slow {
							if slow == i+1 {
								took = 600 * time.Millisecond
							}
						}
						m.fsync(1, took)
						m.answersIn(10 * time.Millisecond)
					}
					if test.starved > 0 && n%2 == 0 {
						s.member(test.starved).answersIn(300 * time.Millisecond)
					}
				}
				s.run(16*time.Second, act)
				s.elect(0)
				a := s.run(12*time.Second, act)
				wantReading(t, &a, CauseNoLeader)
				says(t, fmt.Sprintf("immediate %t", immediate), a.Reading.Text)
			}
		})
	}
}

// TestWhoHangsIsNotStarted: a voter that does not refuse may be stopped, or out of reach: the step is to look.
func TestWhoHangsIsNotStarted(t *testing.T) {
	t.Parallel()
	hangs := &probe.Error{Kind: probe.ErrTimeout, Text: "timed out"}
	for _, test := range []struct {
		one, other *probe.Error
		step       string
	}{
		{errRefused, errRefused, "Start etcd on etcd-2 or etcd-3: 1 must come back"},
		{hangs, errRefused, "Start etcd on etcd-3 again, with the old data"},
		{hangs, hangs, "Check whether etcd runs on etcd-2 and etcd-3 and can be reached"},
	} {
		s := newScene(t, 3, Options{})
		s.run(20*time.Second, nil)
		s.member(2).down, s.member(3).down = test.one, test.other
		a := s.run(30*time.Second, nil)
		wantReading(t, &a, CauseQuorumLost)
		if r := &a.Reading; r.Step != test.step || !strings.Contains(r.Headline, "are down") {
			t.Errorf("%s. %s; want %s", r.Headline, r.Step, test.step)
		}
		if says := strings.Contains(a.Reading.Next, "Look at the host"); says != (test.one == hangs) {
			t.Errorf("next: %s", a.Reading.Next)
		}
	}
}

// TestALostQuorumRestsOnCauses: while too few voters are left, slow applies and the like are no evidence of it, and all
// voters that are down have the same verdict.
func TestALostQuorumRestsOnCauses(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]*probe.Error{
		"refused": errRefused, "unreachable": {Kind: probe.ErrUnreachable, Text: "no route to host"},
		"silent": {Kind: probe.ErrTimeout, Text: "no answer within 5s"},
	} {
		s := newScene(t, 3, Options{})
		s.run(60*time.Second, func() { s.work(20, quickFsync); s.member(2).slowApplies(3) })
		s.member(1).down, s.member(3).down = first, errRefused
		s.elect(0)
		for range 20 {
			a := s.observe()
			if a.Reading.Cause != CauseQuorumLost {
				continue
			}
			for _, e := range a.Reading.Evidence {
				if e.Rule == AppliesSlow {
					t.Errorf("%s: because %s", name, e.Text)
				}
			}
			if f := finding(&a, AppliesSlow, "etcd-2"); f.IsAlarm() {
				t.Errorf("%s: %+v", name, f)
			}
			if one, other := a.Members[0].CanLose, a.Members[2].CanLose; one.Verdict != other.Verdict {
				t.Errorf("%s: %+v, %+v", name, one, other)
			}
		}
	}
}

// TestALostQuorumWithOneThatNeverServed: a voter from the cluster's beginning that never served is neither down nor one
// with old data to come back with.
func TestALostQuorumWithOneThatNeverServed(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(3).down = &probe.Error{Kind: probe.ErrUnreachable, Text: "the member list has no client URL for it"}
	var a Assessment
	for i := range 40 {
		if i == 10 {
			s.member(2).down = errRefused
		}
		sweep := s.sweep()
		m := &sweep.Members[2]
		m.Endpoint, m.ClientURLs, m.Status.At, m.Status.Value = "", nil, time.Time{}, probe.Status{}
		a = s.evaluator.Observe(sweep)
		s.now = s.now.Add(s.interval)
	}
	wantReading(t, &a, CauseQuorumLost)
	r := &a.Reading
	if r.Headline != "Quorum lost: etcd-2 is down, etcd-3 never served" ||
		r.Step != "Start etcd on etcd-2 or etcd-3: 1 must come back" ||
		!strings.Contains(r.Next, "etcd-3 has never served: start etcd there.") ||
		strings.Contains(r.Next, "etcd-3 with the old data") {
		t.Errorf("%s. %s. %s", r.Headline, r.Step, r.Next)
	}
}
