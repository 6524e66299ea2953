package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAnswersSlow: if answers from memory are slow, the process is to blame, unless the network or everything is
// slow.
func TestAnswersSlow(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	// took is how long Status and the exposition of each member take in a sweep.
	type took func(sweep, member int) (status, scrape time.Duration)
	every := func(n int, slow time.Duration) took {
		return func(sweep, member int) (status, scrape time.Duration) {
			if member == 2 && sweep%n == 0 {
				return slow, slow
			}
			return 3 * ms, 10 * ms
		}
	}
	tests := map[string]struct {
		took  took
		level Level
	}{
		"quick":                 {every(1, 10*ms), OK},
		"every third at 130 ms": {every(3, 130*ms), Warning},
		"every third at 41 ms":  {every(3, 41*ms), Warning},
		"every third at 39 ms":  {every(3, 39*ms), Notice},
		"every third at 24 ms":  {every(3, 24*ms), OK},
		"every sixth at 60 ms":  {every(6, 60*ms), Warning}, // a CPU limit, under little load
		"every tenth at 900 ms": {every(10, 900*ms), OK},    // few stops
		"twice that of the quickest": {func(sweep, member int) (time.Duration, time.Duration) {
			return 3 * ms, time.Duration(40*member+10*(sweep%2)) * ms
		}, OK},
		"a slow disk: Status waits for it": {func(_, member int) (time.Duration, time.Duration) {
			if member == 2 {
				return 650 * ms, 36 * ms
			}
			return 4 * ms, 27 * ms
		}, OK},
		"a proxy of /metrics adds 400 ms to each": {func(sweep, member int) (time.Duration, time.Duration) {
			if member == 2 {
				return 3 * ms, time.Duration(400+10*(sweep%3)) * ms
			}
			return 3 * ms, 10 * ms
		}, OK},
		"a proxy of /metrics adds 400 ms to each, and the disk is slow": {func(sweep, member int) (time.Duration,
			time.Duration) {
			if member == 2 {
				return time.Duration(300*(sweep%3)) * ms, time.Duration(400+100*(sweep%3)) * ms
			}
			return 3 * ms, 10 * ms
		}, OK},
		"far away": {func(sweep, member int) (time.Duration, time.Duration) {
			if member == 2 {
				return 80 * ms, time.Duration(160+80*(sweep%3)) * ms
			}
			return 3 * ms, 10 * ms
		}, OK},
		"the observer is CPU-starved": {func(sweep, _ int) (time.Duration, time.Duration) {
			return time.Duration(100*(sweep%3)) * ms, time.Duration(150*(sweep%3)) * ms
		}, OK},
		"always slow, Status as well": {func(_, member int) (time.Duration, time.Duration) {
			if member == 2 {
				return 90 * ms, 100 * ms
			}
			return 3 * ms, 10 * ms
		}, OK}, // it may be far away
		"two of three": {func(sweep, member int) (time.Duration, time.Duration) {
			if member > 1 && sweep%2 == 0 {
				return 100 * ms, 150 * ms
			}
			return 3 * ms, 10 * ms
		}, Warning},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			sweep := 0
			a := s.run(80*time.Second, func() {
				s.work(5, quickFsync)
				if strings.HasSuffix(name, "the disk is slow") {
					s.member(2).commit(50, 900*ms)
				}
				for i, m := range s.members {
					m.far, m.lastMetrics.Took = test.took(sweep, i+1)
				}
				if strings.HasPrefix(name, "a proxy") && sweep < 30 { // when it begins
					m := s.member(2)
					m.far, m.lastMetrics.Took = 3*ms, 10*ms
				}
				sweep++
				if p := s.evaluator.previous; p != nil && test.level == OK && p.Reading.Cause == CauseStarvation {
					t.Fatalf("after %d sweeps: %s", sweep, p.Reading.Text)
				}
			})
			f := finding(&a, AnswersSlow, "etcd-2")
			if f.Level != test.level {
				t.Errorf("%s %q, want %s", f.Level, f.Summary, test.level)
			}
			if test.level >= Warning {
				wantReading(t, &a, CauseStarvation)
				saysReading(t, &a)
			}
			if f := finding(&a, AnswersSlow, "etcd-1"); f.Level != OK {
				t.Errorf("the quickest: %s %q", f.Level, f.Summary)
			}
		})
	}
}

// TestAnswersOfBusyHosts: if even the quickest other member answers too slowly to judge by, it is unknown whether a
// slower one is CPU-starved, and no member is safe to lose beside it. A far slower one is still found, and equally
// slow ones are not.
func TestAnswersOfBusyHosts(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, c := range []struct {
		name         string
		others, late time.Duration // every second answer of etcd-2 is late
		level        Level
		undecided    bool
	}{
		{"quick", 35 * ms, 900 * ms, Warning, false},
		{"just too slow to judge by", 62 * ms, 160 * ms, OK, true},
		{"not twice as slow", 62 * ms, 120 * ms, OK, true}, // its Status is late each time
		{"below two heartbeats more", 62 * ms, 255 * ms, OK, true},
		{"by two heartbeats more", 62 * ms, 275 * ms, Warning, false},
		{"below four times as slow", 100 * ms, 390 * ms, OK, true},
		{"four times as slow", 100 * ms, 410 * ms, Warning, false},
		{"stops, others at 70 ms", 70 * ms, 900 * ms, Warning, false},
		{"stops, others at 100 ms", 100 * ms, 900 * ms, Warning, false},
		{"alike", 100 * ms, 100 * ms, OK, false},
		{"alike, all late", 400 * ms, 400 * ms, OK, false},
	} {
		for _, looks := range []int{12, 60} {
			t.Run(fmt.Sprintf("%s, %d looks", c.name, looks), func(t *testing.T) {
				s := newScene(t, 3, Options{Immediate: looks == 12})
				var a Assessment
				for n := range looks {
					s.work(5, quickFsync)
					for i, m := range s.members {
						m.far, m.lastMetrics.Took = 3*ms, c.others
						if c.late == c.others && n%2 == 0 {
							m.far = c.late
						} else if i == 1 && n%2 == 0 {
							m.answersIn(c.late)
						}
					}
					a = s.observe()
				}
				if f := finding(&a, AnswersSlow, "etcd-2"); f.Level != c.level {
					t.Errorf("%v: %s", f.Level, f.Summary)
				}
				undecided := slices.ContainsFunc(a.Unmeasured,
					func(u Unmeasured) bool { return u.Rule == AnswersSlow && u.Member.Label == "etcd-2" })
				listed := slices.ContainsFunc(a.Reading.NotLookedAt,
					func(line string) bool { return strings.HasPrefix(line, `"CPU starved" of etcd-2: `) })
				if undecided != c.undecided || listed != c.undecided {
					t.Errorf("undecided %v, listed %v: %q", undecided, listed, a.Reading.NotLookedAt)
				}
				want := LossSafe
				switch {
				case c.level >= Warning:
					want = LossRisk
				case c.undecided:
					want = LossUnknown
				}
				if got := verdicts(&a); got[0] != want || got[2] != want {
					t.Errorf("losing the others: %v, want %v: %+v", got, want, a.Members[2].CanLose)
				}
			})
		}
	}
}

// TestStarvationLasts: starvation that was found while the others were quick lasts when those become busy as well.
func TestStarvationLasts(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	s := newScene(t, 3, Options{})
	n := 0
	beside := func(others time.Duration) func() {
		return func() {
			s.work(5, quickFsync)
			for i, m := range s.members {
				m.far, m.lastMetrics.Took = 3*ms, others
				if i == 1 && n%2 == 0 {
					m.answersIn(240 * ms)
				}
			}
			n++
		}
	}
	s.run(40*time.Second, beside(10*ms))
	for range 80 {
		a := s.run(time.Second, beside(80*ms))
		wantReading(t, &a, CauseStarvation)
	}
	a := s.run(90*time.Second, func() {
		s.work(5, quickFsync)
		for _, m := range s.members {
			m.far, m.lastMetrics.Took = 3*ms, 80*ms
		}
	})
	wantReading(t, &a, CauseHealthy)
}

// TestLateAnswersCount: answers that arrive after their sweep count at their own time.
func TestLateAnswersCount(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	var a Assessment
	for i := range 80 {
		s.work(5, quickFsync)
		sweep := s.sweep()
		if i >= 20 { // asked in each sweep, and answered 0.4 s later: the next sweep knows, and asks again
			m := &sweep.Members[1]
			at := s.now.Add(-600 * time.Millisecond)
			m.Status.At, m.Status.Took, m.Status.Pending = at, 300*time.Millisecond, s.now
			m.Metrics.At, m.Metrics.Took, m.Metrics.Pending = at, time.Duration(300+40*(i%5))*time.Millisecond, s.now
			m.Liveness.At, m.Liveness.Took, m.Liveness.Pending = at, 100*time.Millisecond, s.now
			sweep.Took = 250 * time.Millisecond
		}
		a = s.evaluator.Observe(sweep)
		s.now = s.now.Add(s.interval)
	}
	if f := finding(&a, AnswersSlow, "etcd-2"); f.Level != Warning ||
		!strings.Contains(f.Summary, "the slowest quarter of its answers from memory (/metrics) takes 4") {
		t.Errorf("%s %q", f.Level, f.Summary)
	}
	wantReading(t, &a, CauseStarvation)
	wantBlamed(t, &a, "etcd-2")
}

// TestStarvationExplains: a stop prolongs fsyncs, commits, heartbeats and round trips. They are no causes beside it,
// unless they are slower than answers from memory are on average; then the cause is not clear.
func TestStarvationExplains(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := map[string]struct {
		leads      bool
		commit     time.Duration
		cause      Cause
		candidates int
	}{
		"a follower":          {false, 300 * ms, CauseStarvation, 0},
		"the leader":          {true, 300 * ms, CauseStarvation, 0},
		"and its disk, maybe": {false, 3 * time.Second, CauseNotClear, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.run(20*time.Second, func() { s.work(20, quickFsync) })
			victim := s.member(2)
			if test.leads {
				s.elect(victim.id)
			}
			var a Assessment
			for i := range 90 {
				s.work(1, quickFsync)
				for _, m := range s.members {
					m.answersIn(8 * ms)
				}
				victim.answersIn(time.Duration(i%4) * 80 * ms)
				victim.commit(1, test.commit)
				if test.leads {
					victim.heartbeatsLate(4)
				}
				if s.now.Unix()%30 == 0 {
					s.rtt(1, 2, 160*ms)
					s.rtt(2, 3, 160*ms)
					s.rtt(1, 3, 3*ms)
				}
				a = s.observe()
				if a.Level >= Warning && i > 30 {
					wantReading(t, &a, test.cause)
				}
			}
			wantBlamed(t, &a, "etcd-2")
			if len(a.Reading.Candidates) != test.candidates || a.Level < Warning {
				t.Errorf("%s, candidates %q: %s", a.Level, a.Reading.Candidates, a.Reading.Text)
			}
		})
	}
}

// TestLateStatusOfASlowDisk: since etcd 3.6 Status waits for the backend, and so for a slow disk. A member that
// answers with its metrics meanwhile does not hang.
func TestLateStatusOfASlowDisk(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(5, quickFsync) })
	for i := range 60 {
		s.member(1).fsync(5, quickFsync)
		s.member(3).fsync(5, quickFsync)
		s.member(2).fsync(2, 600*time.Millisecond)
		sweep := s.sweep()
		if i%3 > 0 {
			m := &sweep.Members[1]
			m.Status.At, m.Status.Pending = s.now.Add(-3*time.Second), s.now.Add(-1500*time.Millisecond)
		}
		a := s.evaluator.Observe(sweep)
		s.now = s.now.Add(s.interval)
		if a.Level >= Warning {
			wantReading(t, &a, CauseSlowDisk)
			wantBlamed(t, &a, "etcd-2")
		}
	}
}

// TestRoundTripsAfterStarvation: etcd's smoothed round trips show a CPU starvation for minutes after it. That is no
// slow link.
func TestRoundTripsAfterStarvation(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	trips := func(d time.Duration) {
		s.work(20, quickFsync)
		for _, m := range s.members {
			m.answersIn(8 * time.Millisecond)
		}
		if s.now.Unix()%30 == 0 {
			s.rtt(1, 2, d)
			s.rtt(2, 3, d)
			s.rtt(1, 3, 2*time.Millisecond)
		}
	}
	s.run(20*time.Second, func() { trips(2 * time.Millisecond) })
	s.run(60*time.Second, func() {
		trips(110 * time.Millisecond)
		s.member(2).answersIn(time.Duration(s.now.Unix()%4) * 100 * time.Millisecond)
	})
	wantReading(t, s.evaluator.previous, CauseStarvation)
	healed := s.now
	s.run(3*time.Minute, func() {
		trips(110*time.Millisecond - s.now.Sub(healed)/3000)
		if a := s.evaluator.previous; a.Reading.Cause != CauseStarvation && a.Reading.Cause != CauseHealthy {
			t.Fatalf("%v after it: %s", s.now.Sub(healed), a.Reading.Text)
		}
	})
	wantReading(t, s.evaluator.previous, CauseHealthy)
}
