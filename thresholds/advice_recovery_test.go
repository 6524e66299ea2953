package thresholds

import (
	"testing"
	"time"
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
