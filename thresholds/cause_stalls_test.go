package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// checked is a check of three members: eight sweeps in three seconds, each after act. Members answer in 10 ms unless
// act says otherwise.
func checked(t *testing.T, act func(s *scene, sweep int)) Assessment {
	t.Helper()
	s := newScene(t, 3, Options{Immediate: true, Window: 4 * time.Second})
	s.unprobed = true
	s.interval = 3 * time.Second / 7
	var a Assessment
	for sweep := range 8 {
		s.work(1, quickFsync)
		for _, m := range s.members {
			m.answersIn(10 * time.Millisecond)
		}
		act(s, sweep)
		a = s.observe()
	}
	return a
}

// wantEither wants a reading with two possible causes.
func wantEither(t *testing.T, a *Assessment, one, other Cause) {
	t.Helper()
	wantReading(t, a, CauseNotClear)
	saysReading(t, a)
	if !slices.Equal(a.Reading.Candidates, []Cause{one, other}) {
		t.Errorf("candidates %q, want %q or %q: %s", a.Reading.Candidates, one, other, a.Reading.Text)
	}
}

// TestFewSlowFsyncsOfAStalledProcess: if answers that need no disk took as long as the few fsyncs, the fsyncs say
// nothing about the disk.
func TestFewSlowFsyncsOfAStalledProcess(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := map[string]struct {
		fsyncs float64
		took   time.Duration
		// answer is how long one of the member's expositions took, others how long one of the peers' took.
		answer, others time.Duration
		unclear        bool
	}{
		"quick answers":             {2, 150 * ms, 10 * ms, 10 * ms, false},
		"an answer took as long":    {2, 150 * ms, 150 * ms, 10 * ms, true},
		"one slow fsync":            {1, 150 * ms, 150 * ms, 10 * ms, true},
		"nearly as long":            {2, 150 * ms, 86 * ms, 10 * ms, true}, // those that took 128 ms or more
		"less":                      {2, 150 * ms, 85 * ms, 10 * ms, false},
		"the peers' did, too":       {2, 150 * ms, 150 * ms, 150 * ms, false},
		"the peers' by little less": {2, 150 * ms, 150 * ms, 61 * ms, false},
		"the peers' by far less":    {2, 150 * ms, 150 * ms, 59 * ms, true},
		"many":                      {5, 150 * ms, 150 * ms, 10 * ms, false},
		"nearly many":               {4, 150 * ms, 150 * ms, 10 * ms, true},
		"far slower than answers":   {2, 600 * ms, 150 * ms, 10 * ms, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := checked(t, func(s *scene, sweep int) {
				if sweep != 5 {
					return
				}
				s.member(2).fsync(test.fsyncs, test.took)
				s.member(1).answersIn(test.others)
				s.member(2).answersIn(test.answer)
				s.member(3).answersIn(test.others)
			})
			wantBlamed(t, &a, "etcd-2")
			if f := finding(&a, WALFsyncSlow, "etcd-2"); f.Level < Notice {
				t.Errorf("the finding is %v", f.Level)
			}
			longer := strings.HasSuffix(a.Reading.Next, "Look again for longer: etcdoc check --window 30s.")
			if longer != test.unclear {
				t.Errorf("what is next: %q", a.Reading.Next)
			}
			if test.unclear {
				wantEither(t, &a, CauseSlowDisk, CauseStarvation)
			} else {
				wantReading(t, &a, CauseSlowDisk)
				saysReading(t, &a)
			}
		})
	}
}

// TestStallOfAnEndIsNoSlowLink: reads wait for a stalled leader as they do for a slow link.
func TestStallOfAnEndIsNoSlowLink(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := map[string]struct {
		stalls  int // the member with one long answer, 0: none
		answer  time.Duration
		unclear bool
	}{
		"quick answers":        {0, 0, false},
		"the leader stalls":    {1, 650 * ms, true},
		"the follower stalls":  {2, 650 * ms, true},
		"another member":       {3, 650 * ms, false},
		"for a shorter moment": {1, 200 * ms, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := checked(t, func(s *scene, sweep int) {
				for i, m := range s.members {
					m.reads(s.now, 10*ms, 5*ms)
					if i == 1 {
						m.reads(s.now, 700*ms, 5*ms)
					}
				}
				if sweep == 5 && test.stalls > 0 {
					s.member(test.stalls).answersIn(test.answer)
				}
			})
			if test.unclear {
				wantEither(t, &a, CauseSlowLink, CauseStarvation)
				wantBlamed(t, &a, fmt.Sprintf("etcd-%d", test.stalls))
			} else {
				wantReading(t, &a, CauseSlowLink)
				saysReading(t, &a)
			}
		})
	}
}

// TestLivenessThatWaitedForTheDisk: liveness answers that waited for a slow disk still count as such after it has
// become quick, if the same delay affects each exposition.
func TestLivenessThatWaitedForTheDisk(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	s := newScene(t, 3, Options{})
	slow := true
	work := func() {
		for _, m := range s.members {
			m.answersIn(10 * ms)
		}
		s.member(1).fsync(40, quickFsync)
		s.member(3).fsync(40, quickFsync)
		m := s.member(2)
		m.lastMetrics.Took = 410 * ms
		if slow {
			m.fsync(2, 240*ms)
			m.far = 180 * ms
			return
		}
		m.fsync(40, quickFsync)
	}
	s.run(20*time.Second, func() { s.work(5, quickFsync) })
	a := s.run(75*time.Second, work)
	wantReading(t, &a, CauseSlowDisk)
	slow = false
	for range 60 {
		a := s.run(time.Second, work)
		if a.Reading.Cause == CauseStarvation || a.Reading.Cause == CauseNotClear {
			t.Fatalf("%s: %s", a.At.Sub(epoch), a.Reading.Text)
		}
	}
}

// TestLivenessWaitsForTheDisk: a liveness answer may wait for the backend. It shows a stalled process only if
// expositions, which wait for no disk, take about as long.
func TestLivenessWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := map[string]struct {
		exposition time.Duration // every other one of the victim
		cause      Cause
	}{
		"expositions wait a little": {90 * ms, CauseSlowDisk},
		"expositions wait as long":  {900 * ms, CauseStarvation},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.run(20*time.Second, func() { s.work(5, quickFsync) })
			n := 0
			a := s.run(75*time.Second, func() {
				n++
				for _, m := range s.members {
					m.fsync(2, quickFsync)
					m.answersIn(10 * ms)
				}
				m := s.member(2)
				m.fsync(1, 600*ms)
				m.commit(1, 1200*ms)
				m.lastMetrics.Took = 26 * ms
				if n%2 == 0 {
					m.far, m.lastMetrics.Took = 850*ms, test.exposition
				}
			})
			wantReading(t, &a, test.cause)
			wantBlamed(t, &a, "etcd-2")
		})
	}
}
