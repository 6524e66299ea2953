package thresholds

import (
	"strings"
	"testing"
	"time"
)

// TestCauseDoesNotFlap: alternating symptoms keep one cause; another one replaces it only after it has lasted longer.
func TestCauseDoesNotFlap(t *testing.T) {
	t.Parallel()
	linkSlow := func(s *scene) {
		for _, m := range s.members {
			m.reads(s.now, 10*time.Millisecond, 5*time.Millisecond)
		}
		s.member(2).reads(s.now, 700*time.Millisecond, 5*time.Millisecond)
	}
	diskSlow := func(s *scene) {
		for _, m := range s.members {
			m.reads(s.now, 10*time.Millisecond, 5*time.Millisecond)
		}
		s.member(2).fsync(5, 150*time.Millisecond)
	}
	for _, turn := range []int{3, 5, 8} {
		s := newScene(t, 3, Options{})
		s.run(20*time.Second, func() { s.work(20, quickFsync) })
		var causes []Cause
		for i := range 120 {
			s.work(20, quickFsync)
			s.member(2).slowApplies(2)
			if i/turn%2 == 0 {
				linkSlow(s)
			} else {
				diskSlow(s)
			}
			a := s.observe()
			if n := len(causes); a.Level >= Warning && (n == 0 || causes[n-1] != a.Reading.Cause) {
				causes = append(causes, a.Reading.Cause)
			}
		}
		if len(causes) > 3 {
			t.Errorf("in turns of %d s: %q", turn, causes)
		}
	}
}

// TestAnotherCauseIsReadInTheEnd: a cause that has replaced another one is diagnosed within seconds, a more severe
// one at once.
func TestAnotherCauseIsReadInTheEnd(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	a := s.run(60*time.Second, func() {
		s.member(1).fsync(50, quickFsync)
		s.member(3).fsync(50, quickFsync)
		s.member(2).fsync(50, 200*time.Millisecond)
		s.member(2).slowApplies(2)
	})
	wantReading(t, &a, CauseSlowDisk)
	for i := range 60 {
		s.work(50, quickFsync)
		s.member(2).slowApplies(2)
		for _, m := range s.members {
			m.answersIn(8 * time.Millisecond)
		}
		s.member(2).answersIn(time.Duration(i%4) * 120 * time.Millisecond)
		a = s.observe()
	}
	wantReading(t, &a, CauseStarvation)
	s.member(3).down = errRefused
	a = s.observe()
	wantReading(t, &a, CauseMemberDown)
}

// TestHeldCauseNamesTheWorst: a cause that is held while its findings go on names the member that is worst off now, and
// is not over.
func TestHeldCauseNamesTheWorst(t *testing.T) {
	t.Parallel()
	const usual = 25 * time.Millisecond
	s := newScene(t, 3, Options{})
	learner := s.add("etcd-4")
	learner.learner, learner.status.IsLearner = true, true
	write := func() {
		for _, m := range s.members[:3] {
			m.fsync(50, usual)
			m.commit(50, usual)
		}
	}
	s.run(40*time.Second, func() {
		write()
		learner.fsync(20, usual)
	})
	held := 0
	for i := range 20 {
		write()
		if i%2 > 0 {
			learner.fsync(2, 700*time.Millisecond)
		}
		a := s.observe()
		if a.Reading.Cause == CauseSlowDisks && strings.HasPrefix(a.Reading.Headline, "Slow disks") {
			if held++; held == 1 {
				says(t, "", a.Reading.Text)
			}
			if !strings.HasPrefix(a.Reading.Headline, "Slow disks, worst etcd-4: ") ||
				strings.Contains(a.Reading.Text, "seen until") {
				t.Errorf("%q: %q", a.Reading.Headline, a.Reading.Text)
			}
		}
	}
	if held == 0 {
		t.Error("it is never held")
	}
}
