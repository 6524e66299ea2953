package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestResidualSymptoms: rates look back, so symptoms persist after their cause. Until they end they belong to that
// cause alone, and once it is over they raise no alarm.
func TestResidualSymptoms(t *testing.T) {
	t.Parallel()
	slow := 200 * time.Millisecond
	late := func(s *scene) {
		s.member(1).heartbeatsLate(3)
		for _, m := range s.members {
			m.slowApplies(2)
		}
	}
	tests := map[string]struct {
		act   func(*scene)          // while the cause lasts
		heal  func(s *scene, n int) // n sweeps after it
		cause Cause
	}{
		"slow disk of the leader": {func(s *scene) {
			late(s)
			s.member(1).fsync(5, slow)
			s.member(2).fsync(20, quickFsync)
			s.member(3).fsync(20, quickFsync)
		}, func(s *scene, _ int) { s.work(50, quickFsync) }, CauseSlowDisk},
		"slow disks, one quick before the others": {func(s *scene) {
			late(s)
			s.work(5, slow)
		}, func(s *scene, n int) {
			s.work(50, quickFsync)
			if n < 2 {
				s.member(2).fsync(3, slow)
				s.member(3).fsync(3, slow)
			}
		}, CauseSlowDisks},
		"slow disks, and answers that wait for them": {func(s *scene) {
			late(s)
			s.work(5, slow)
			s.member(1).answersIn(120 * time.Millisecond)
			s.member(2).answersIn(70 * time.Millisecond)
			s.member(3).answersIn(70 * time.Millisecond)
		}, func(s *scene, _ int) {
			s.work(50, quickFsync)
			for _, m := range s.members {
				m.answersIn(4 * time.Millisecond)
			}
		}, CauseSlowDisks},
		"a leader that is CPU-starved": {func(s *scene) {
			late(s)
			s.work(50, quickFsync)
			s.member(1).answersIn(4 * time.Millisecond)
			if s.now.Unix()%2 == 0 {
				s.member(1).answersIn(220 * time.Millisecond)
			}
		}, func(s *scene, _ int) {
			s.work(50, quickFsync)
			s.member(1).answersIn(4 * time.Millisecond)
		}, CauseStarvation},
		"a slow link": {func(s *scene) {
			s.work(50, quickFsync)
			s.member(2).slowApplies(2)
			for _, m := range s.members {
				m.reads(s.now, 10*time.Millisecond, 5*time.Millisecond)
			}
			s.member(2).reads(s.now, 700*time.Millisecond, 5*time.Millisecond)
		}, func(s *scene, _ int) {
			s.work(50, quickFsync)
			for _, m := range s.members {
				m.reads(s.now, 10*time.Millisecond, 5*time.Millisecond)
			}
		}, CauseSlowLink},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.run(20*time.Second, func() { s.work(50, quickFsync) })
			a := s.run(60*time.Second, func() { test.act(s) })
			wantReading(t, &a, test.cause)
			residual, said := 0, 0
			for n := range 90 {
				test.heal(s, n)
				a = s.observe()
				over := slices.ContainsFunc(a.Findings,
					func(f Finding) bool { return f.Resolving() && f.InhibitedBy == "" && f.PreviousLevel >= Warning })
				switch {
				case a.Level >= Warning:
					wantReading(t, &a, test.cause)
				case a.Reading.Cause != CauseHealthy && over:
					wantReading(t, &a, test.cause)
					if said++; said == 1 {
						saysReading(t, &a)
					}
				}
				if strings.HasPrefix(a.Reading.Text, "The cause is over") {
					residual++
					rows := EventRows(s.evaluator.Events(maxEvents))
					if a.Level < Warning && !slices.ContainsFunc(rows, func(e Event) bool {
						return strings.Contains(a.Reading.Headline, "after "+FormatDuration(e.AsBad)+":")
					}) {
						t.Errorf("%q, which no event says", a.Reading.Headline)
					}
				}
			}
			if residual == 0 && test.cause != CauseStarvation { // its own rule looks back as far
				t.Error("no symptom is residual")
			}
			wantReading(t, &a, CauseHealthy)
		})
	}
}

// TestNoticesAfterAnOutage: what shows in a window that looks back at a lost quorum is a consequence of that, and takes
// no headline of its own.
func TestNoticesAfterAnOutage(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.member(2).down = errRefused
	s.run(10*time.Second, func() { s.work(50, quickFsync) }) // the row begins here, and what it says later
	s.member(3).down = errRefused
	wantReading(t, ptr(s.run(20*time.Second, nil)), CauseQuorumLost)
	s.member(2).down, s.member(3).down = nil, nil
	for n := range 100 {
		s.work(50, quickFsync)
		if n < 3 {
			s.member(1).slowApplies(4)
		}
		a := s.observe()
		if n == 5 {
			saysReading(t, &a)
			row := s.oneRow(t, "after the outage", QuorumLost)
			if lasted := "after " + FormatDuration(row.AsBad) + ":"; !strings.Contains(a.Reading.Headline, lasted) {
				t.Errorf("%q, and the event lasted %s", a.Reading.Headline, row.AsBad)
			}
		}
		if strings.Contains(a.Reading.Headline+a.Reading.Step, "applies") {
			t.Errorf("%d s after: %q: %q", n, a.Reading.Headline, a.Reading.Step)
		}
	}
	a := s.run(2*time.Second, func() { s.work(50, quickFsync) })
	wantReading(t, &a, CauseHealthy)
	a = s.run(20*time.Second, func() { s.work(50, quickFsync); s.member(1).slowApplies(4) })
	if !strings.Contains(a.Reading.Headline, "applies") {
		t.Errorf("a minute later: %q", a.Reading.Headline)
	}
}

// TestBurstAfterAnOutage: nor do writes that were waiting for the quorum, which have a cause of their own else.
func TestBurstAfterAnOutage(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"an outage": true, "no outage": false} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			serve := func(n float64) {
				s.work(20, quickFsync)
				s.member(2).serves("Put", n, 100, 100)
			}
			s.run(2*time.Minute, func() { serve(20) })
			if lost {
				s.member(2).down, s.member(3).down = errRefused, errRefused
				wantReading(t, ptr(s.run(20*time.Second, nil)), CauseQuorumLost)
				s.member(2).down, s.member(3).down = nil, nil
			}
			burst := false
			for range 30 {
				serve(2000)
				s.member(1).slowApplies(1)
				a := s.observe()
				burst = burst || strings.HasPrefix(a.Reading.Headline, "Burst")
				if a.Level >= Warning && lost && a.Reading.Cause != CauseQuorumLost {
					t.Errorf("%s: %s", a.Level, a.Reading.Text)
				}
			}
			if burst == lost {
				t.Errorf("it is said to be a burst: %t", burst)
			}
		})
	}
}

// TestSnapshotAfterAnOutage: a snapshot to a member that was away is a consequence, too.
func TestSnapshotAfterAnOutage(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	receives := func(n float64) {
		s.peer(3, 1, func(p *probe.PeerMetrics) { p.SnapshotReceivesInflight = probe.Known(n) })
	}
	receives(0)
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.member(2).down, s.member(3).down = errRefused, errRefused
	wantReading(t, ptr(s.run(20*time.Second, nil)), CauseQuorumLost)
	s.member(2).down, s.member(3).down = nil, nil
	receives(1)
	for n := range 10 {
		s.work(50, quickFsync)
		a := s.observe()
		wants(t, &a, SnapshotInFlight, "etcd-3", Notice)
		if !strings.HasPrefix(a.Reading.Headline, "Over after 20s") {
			t.Errorf("%d s after: %q: %q", n, a.Reading.Headline, a.Reading.Step)
		}
	}
}

// TestNoticesBeforeAnOutage: what was so long before an outage is no consequence of it.
func TestNoticesBeforeAnOutage(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	slowly := func() {
		s.work(50, quickFsync)
		if s.now.Unix()%8 == 0 {
			s.member(1).slowApplies(1)
		}
	}
	a := s.run(3*time.Minute, slowly)
	if !strings.Contains(a.Reading.Headline, "applies") {
		t.Fatalf("before: %q", a.Reading.Headline)
	}
	s.member(2).down, s.member(3).down = errRefused, errRefused
	wantReading(t, ptr(s.run(20*time.Second, slowly)), CauseQuorumLost)
	s.member(2).down, s.member(3).down = nil, nil
	a = s.run(20*time.Second, slowly)
	if !strings.Contains(a.Reading.Headline, "applies") {
		t.Errorf("after: %q", a.Reading.Headline)
	}
}

// TestWhatComesAfter: a past cause explains its own symptoms, and no impairment that starts later.
func TestWhatComesAfter(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.run(60*time.Second, func() {
		s.member(1).fsync(5, slowFsync)
		s.member(1).heartbeatsLate(3)
		s.member(2).fsync(50, quickFsync)
		s.member(3).fsync(50, quickFsync)
	})
	s.member(3).down = errRefused
	a := s.run(20*time.Second, func() { s.work(50, quickFsync) })
	wantReading(t, &a, CauseMemberDown)
	if f := finding(&a, MemberUnreachable, "etcd-3"); f.InhibitedBy != "" {
		t.Errorf("it is inhibited: %+v", f)
	}
}

// TestSymptomsThatStayAreAnAlarm: symptoms that persist long after their cause are diagnosed on their own.
func TestSymptomsThatStayAreAnAlarm(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.run(60*time.Second, func() {
		s.member(1).fsync(50, slowFsync)
		s.member(1).heartbeatsLate(3)
	})
	a := s.run(90*time.Second, func() {
		s.work(50, quickFsync)
		s.member(1).heartbeatsLate(3)
	})
	wantReading(t, &a, CauseNotClear)
	saysReading(t, &a)
	wantAlarms(t, &a, "heartbeat-failures etcd-1")
}

// TestUnclearCauseIsOver: the headline of an unclear cause that is over says that, and names no candidates any more.
func TestUnclearCauseIsOver(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	reads := func(took time.Duration) {
		s.work(50, quickFsync)
		for _, m := range s.members {
			m.reads(s.now, took, 5*time.Millisecond)
		}
	}
	s.run(20*time.Second, func() { reads(10 * time.Millisecond) })
	a := s.run(20*time.Second, func() {
		reads(3 * time.Second)
		s.member(1).slowApplies(2)
	})
	wantReading(t, &a, CauseNotClear)
	a = s.run(10*time.Second, func() { reads(10 * time.Millisecond) })
	wantReading(t, &a, CauseNotClear)
	saysReading(t, &a)
	if !strings.HasPrefix(a.Reading.Headline, "Over after") || len(a.Reading.Candidates) > 0 {
		t.Errorf("%q, candidates %v", a.Reading.Headline, a.Reading.Candidates)
	}
}
