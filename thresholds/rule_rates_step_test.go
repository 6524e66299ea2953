package thresholds

import (
	"fmt"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestRatesAtEveryStep: rates are judged correctly however far apart the sweeps are.
func TestRatesAtEveryStep(t *testing.T) {
	t.Parallel()
	plus := func(v *probe.Value, n float64) { *v = probe.Known(v.Or(0) + n) }
	rules := map[RuleID]func(s *scene, n float64){
		HeartbeatsFailing: func(s *scene, n float64) { plus(&s.member(1).metrics.HeartbeatSendFailures, n) },
		AppliesSlow:       func(s *scene, n float64) { plus(&s.member(1).metrics.SlowApplies, n) },
		ReadIndexesSlow:   func(s *scene, n float64) { plus(&s.member(1).metrics.SlowReadIndexes, n) },
		ProposalsFailing:  func(s *scene, n float64) { plus(&s.member(1).metrics.ProposalsFailed, n) },
		PeerSendFailing:   func(s *scene, n float64) { s.peer(1, 3, failSends(n)) },
	}
	for id, fail := range rules {
		rule, _ := NewRuleSet(Rules()).Rule(id)
		for _, step := range []time.Duration{time.Second, 15 * time.Second, 30 * time.Second, time.Minute,
			5 * time.Minute} {
			for _, immediate := range []bool{false, true} {
				for _, level := range []Level{Notice, Warning} {
					limit, has := rule.Limit(level).Value.Get()
					if !has {
						continue
					}
					for share, want := range map[float64]bool{0.8: false, 1.2: true} {
						name := fmt.Sprintf("%s %v apart, immediate %v, %g of the limit of a %s", id, step, immediate,
							share, level)
						s := newScene(t, 3, Options{Immediate: immediate})
						s.interval = step
						a := s.run(max(20*step, 5*time.Minute), func() { fail(s, share*limit*step.Seconds()) })
						if got := finding(&a, id, "etcd-1"); (got.Level >= level) != want || got.Level == Unknown {
							t.Errorf("%s: %s %q", name, got.Level, got.Summary)
						}
					}
				}
			}
		}
	}
}

// TestCountsAtEveryStep: what is counted in a window is not counted twice if sweeps are far apart.
func TestCountsAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{time.Second, 15 * time.Second, time.Minute, 5 * time.Minute} {
		for _, every := range []time.Duration{6 * time.Minute, 90 * time.Second} {
			s := newScene(t, 3, Options{})
			s.interval = step
			begun := s.now
			a := s.run(40*time.Minute, func() {
				for _, m := range s.members {
					m.metrics.LeaderChanges = probe.Known(1 + float64(s.now.Sub(begun)/every))
				}
			})
			want := map[time.Duration]Level{6 * time.Minute: OK, 90 * time.Second: Critical}[every]
			if got := finding(&a, LeaderChanging, ""); got.Level != want {
				t.Errorf("a change every %v, %v apart: %s %q, want %s", every, step, got.Level, got.Summary, want)
			}
		}
	}
}
