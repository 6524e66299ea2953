package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestRebuildTakesTime: a lost quorum raises the question of a rebuild only after a time that restarts would have
// ended, and never while one of the voters that are missing is only late.
func TestRebuildTakesTime(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lose  func(*scene)
		after time.Duration // 0: never
		check bool          // a check of the same asks
	}{
		"two are down":             {func(s *scene) { s.kill(2, 3) }, rebuildAfter, true},
		"all are down":             {func(s *scene) { s.kill(1, 2, 3) }, rebuildAfter, true},
		"two are late":             {func(s *scene) { s.member(2).hung, s.member(3).hung = s.now, s.now }, 0, false},
		"one is down, one is late": {func(s *scene) { s.kill(2); s.member(3).hung = s.now }, 0, false},
	}
	for name, test := range tests {
		for _, check := range []bool{false, true} {
			s := newScene(t, 3, Options{Immediate: check})
			s.run(20*time.Second, func() { s.work(20, quickFsync) })
			test.lose(s)
			s.elect(0)
			lost := s.now
			if check {
				if a := s.run(4*time.Second, nil); a.RebuildInQuestion() != test.check {
					t.Errorf("%s, a check: %+v", name, a.Recovery)
				}
				continue
			}
			asked := time.Duration(0)
			for s.now.Sub(lost) < rebuildAfter+10*time.Second {
				if a := s.observe(); a.RebuildInQuestion() && asked == 0 {
					asked = a.At.Sub(lost)
				}
			}
			if asked != test.after {
				t.Errorf("%s: a question after %s, want %s (0: never)", name, asked, test.after)
			}
		}
	}
}

// TestNewestToRebuildFrom: what is committed goes before what is applied of that, and the term does not count.
func TestNewestToRebuildFrom(t *testing.T) {
	t.Parallel()
	member := func(committed, lag, term float64) *memberState {
		m := &memberState{Member: new(Member)}
		m.Vitals[RaftIndex], m.Vitals[RaftTerm] = probe.Known(committed), probe.Known(term)
		if lag >= 0 {
			m.Vitals[ApplyLag] = probe.Known(lag)
		}
		return m
	}
	for name, test := range map[string]struct {
		m, n *memberState
		want int
	}{
		"committed":             {member(11, 5, 2), member(10, 0, 9), 1},
		"applied":               {member(10, 5, 2), member(10, 1, 2), -1},
		"the same":              {member(10, 1, 2), member(10, 1, 3), 0},
		"applied is not known":  {member(10, -1, 2), member(10, 9, 2), -1},
		"not known of either":   {member(10, -1, 2), member(10, -1, 2), 0},
		"not known, and behind": {member(9, 0, 2), member(10, -1, 2), -1},
	} {
		if got := compareNewest(test.m, test.n); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
