package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestMetricsThatTakeLong: an exposition that takes longer than an election timeout is worth a notice if Status is
// quick meanwhile. If Status is slow too, the process is.
func TestMetricsThatTakeLong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		took, status time.Duration
		want         Level
	}{
		"slow metrics":   {3 * time.Second, time.Millisecond, Notice},
		"at the limit":   {electionTimeout, time.Millisecond, Notice},
		"below it":       {electionTimeout - time.Millisecond, time.Millisecond, OK},
		"a slow process": {3 * time.Second, 2 * time.Second, OK},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			var a Assessment
			for range 3 {
				sweep := s.sweep()
				m := &sweep.Members[1]
				m.Metrics.Took = test.took
				m.Liveness = probe.Fact[struct{}]{At: s.now, Took: test.status}
				a = s.evaluator.Observe(sweep)
				s.now = s.now.Add(s.interval)
			}
			wants(t, &a, MetricsUnavailable, "etcd-2", test.want)
			wants(t, &a, MetricsUnavailable, "etcd-1", OK)
			if test.want == Notice {
				wantReading(t, &a, CauseHealthy)
				saysReading(t, &a)
			}
		})
	}
}
