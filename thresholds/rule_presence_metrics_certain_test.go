package thresholds

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// TestWhatIsNoExpositionIsServedElsewhere: whatever else answers where metrics are expected is no fault of the member,
// while no answer in time may be.
func TestWhatIsNoExpositionIsServedElsewhere(t *testing.T) {
	t.Parallel()
	for kind, want := range map[probe.ErrorKind]Level{
		probe.ErrMalformed: Notice, probe.ErrUnsupported: Notice, probe.ErrTLS: Notice, probe.ErrClosed: Notice,
		probe.ErrTimeout: Warning,
	} {
		s := newScene(t, 3, Options{Immediate: true})
		s.member(2).noMetrics = &probe.Error{Kind: kind, Text: "it failed"}
		a := s.observe()
		if f := finding(&a, MetricsUnavailable, "etcd-2"); f.Level != want {
			t.Errorf("%s: %s", kind, f.Level)
		}
	}
}

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
