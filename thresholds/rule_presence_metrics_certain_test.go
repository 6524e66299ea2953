package thresholds

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// TestMetricsServedElsewhereAreANoticeAtOnce: where nothing has ever served metrics, that is known after one sweep, and
// what they lack is no question of its own; where they were read before, a failure has to last.
func TestMetricsServedElsewhereAreANoticeAtOnce(t *testing.T) {
	t.Parallel()
	refuse := func(s *scene) {
		for _, m := range s.members {
			m.noMetrics = &probe.Error{Kind: probe.ErrUnsupported, Text: "HTTP 415: a gRPC-only port"}
		}
	}
	s := newScene(t, 3, Options{})
	refuse(s)
	for sweep := range 20 {
		a := s.observe()
		if a.Level != Notice {
			t.Errorf("sweep %d: %s, %s", sweep, a.Level, a.Reading.Text)
		}
		for i := range a.Members {
			if c := a.Members[i].Condition; c.Level == Unknown {
				t.Errorf("sweep %d: the state of %s is %+v", sweep, a.Members[i].Label, c)
			}
		}
	}
	s = newScene(t, 3, Options{})
	s.run(3*s.interval, func() { s.work(50, quickFsync) })
	refuse(s)
	if a := s.observe(); a.Finding(MetricsUnavailable, key(s, 1)) != nil {
		t.Error("one scrape that fails is a finding")
	}
}
