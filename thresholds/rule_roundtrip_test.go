package thresholds

import (
	"testing"
	"time"
)

// TestLinkGrown: a link that takes 60 ms more is named long before etcd's smoothed round trips exceed 50 ms for over
// a minute, if the others are quicker and it was quicker before.
func TestLinkGrown(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	around := func(long time.Duration) map[[2]int]time.Duration {
		return map[[2]int]time.Duration{{1, 2}: long, {2, 3}: long, {1, 3}: 3 * ms}
	}
	tests := map[string]struct {
		before, now map[[2]int]time.Duration
		lasts       time.Duration // before
		level       Level
		cause       Cause
	}{
		"longer, round one": {around(3 * ms), around(38 * ms), time.Minute, Notice, CauseSlowLink},
		"not long":          {around(3 * ms), around(24 * ms), time.Minute, OK, CauseHealthy},
		"at the limit":      {around(3 * ms), around(25 * ms), time.Minute, Notice, CauseSlowLink},
		"the others are as long": {around(3 * ms),
			map[[2]int]time.Duration{{1, 2}: 38 * ms, {2, 3}: 38 * ms, {1, 3}: 10 * ms}, time.Minute, OK, CauseHealthy},
		"all are": {around(3 * ms),
			map[[2]int]time.Duration{{1, 2}: 38 * ms, {2, 3}: 38 * ms, {1, 3}: 38 * ms}, time.Minute, OK, CauseHealthy},
		"by design":                 {around(30 * ms), around(38 * ms), 10 * time.Minute, OK, CauseHealthy},
		"by design, and long since": {around(12 * ms), around(38 * ms), 10 * time.Minute, Notice, CauseSlowLink},
		"of two followers": {around(3 * ms), map[[2]int]time.Duration{{1, 2}: 3 * ms, {2, 3}: 40 * ms, {1, 3}: 3 * ms},
			time.Minute, Notice, CauseSlowLink},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.unprobed = true
			links := test.before
			act := func() {
				s.work(20, quickFsync)
				if s.now.Unix()%30 == 0 {
					for pair, took := range links {
						s.rtt(pair[0], pair[1], took)
					}
				}
			}
			s.run(test.lasts, act)
			links = test.now
			a := s.run(35*time.Second, act)
			if f := finding(&a, LinkGrown, "etcd-2"); f.Level != test.level {
				t.Errorf("%s %q, want %s", f.Level, f.Summary, test.level)
			}
			wantReading(t, &a, test.cause)
			if a.Level > Notice {
				t.Errorf("%s: %q", a.Level, alarming(&a))
			}
		})
	}
}

// TestNoticeBeforeWarning: a link that takes 60 ms is a notice, and never a warning; one of 200 ms is critical only
// after ten round trips that slow.
func TestNoticeBeforeWarning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		took  time.Duration
		worst Level
		// at is when it may first be critical.
		at time.Duration
	}{{60 * time.Millisecond, Notice, 0}, {120 * time.Millisecond, Warning, 0},
		{200 * time.Millisecond, Critical, 5 * 30 * time.Second}} {
		s := newScene(t, 3, Options{})
		worst, critical := OK, time.Duration(0)
		began := s.now
		s.run(5*time.Minute, func() {
			s.work(20, quickFsync)
			if s.now.Unix()%30 == 0 {
				s.rtt(1, 2, test.took)
				s.rtt(1, 3, 2*time.Millisecond)
				s.rtt(2, 3, 2*time.Millisecond)
			}
			if p := s.evaluator.previous; p != nil && p.Level != Unknown {
				worst = max(worst, p.Level)
				if p.Level == Critical && critical == 0 {
					critical = p.At.Sub(began)
				}
			}
		})
		if worst != test.worst || critical != 0 && critical < test.at-30*time.Second {
			t.Errorf("%v: %s at worst, critical after %v", test.took, worst, critical)
		}
	}
}

// TestLinksGrowOneAfterTheOther: all links become longer at once, and etcd observes each at another time. None has
// grown while the others merely lack a new observation; one that grows alone is found as soon as another one has been
// observed since.
func TestLinksGrowOneAfterTheOther(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	phases := map[[2]int]int64{{1, 2}: 1, {1, 3}: 11, {2, 3}: 21}
	for _, alone := range []bool{false, true} {
		s := newScene(t, 3, Options{})
		long := 3 * ms
		act := func() {
			s.work(20, quickFsync)
			for pair, phase := range phases {
				took := 3 * ms
				if pair == [2]int{1, 2} || !alone {
					took = long
				}
				if s.now.Unix()%30 == phase {
					s.rtt(pair[0], pair[1], took)
				}
			}
		}
		s.run(2*time.Minute, act)
		long = 40 * ms
		found := time.Duration(0)
		for began := s.now; s.now.Sub(began) < 2*time.Minute; {
			act()
			a := s.observe()
			if f := finding(&a, LinkGrown, "etcd-1"); f.Level == Notice && found == 0 {
				found = s.now.Sub(began)
			}
			if !alone && (found > 0 || a.Reading.Cause != CauseHealthy) {
				t.Fatalf("after %v, all: %s: %s", s.now.Sub(began), a.Reading.Cause, a.Reading.Text)
			}
		}
		if alone && (found == 0 || found > 45*time.Second) {
			t.Errorf("alone: found after %v", found)
		}
	}
}
