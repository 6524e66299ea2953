package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestTallies: rates over a minute end once their counters have stood still for the evaluator's window.
func TestTallies(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	late := func(n float64) func() {
		return func() {
			s.work(50, 2*time.Millisecond)
			m := &s.member(1).metrics
			m.HeartbeatSendFailures = m.HeartbeatSendFailures.Plus(probe.Known(n))
		}
	}
	level := func(a Assessment) Level { return finding(&a, HeartbeatsFailing, "etcd-1").Level }

	s.run(10*time.Second, late(0))
	if got := level(s.run(time.Second, late(1))); got != OK {
		t.Errorf("a single one within 11 s: %s, want ok: that is no rate yet", got)
	}
	s.run(time.Minute, late(0))
	if got := level(s.run(20*time.Second, late(0.2))); got != Notice {
		t.Errorf("one in 5 s, four times: %s, want notice", got)
	}
	s.run(time.Minute, late(0))
	s.run(10*time.Second, late(15))
	if got := level(s.run(time.Second, late(15))); got != Notice {
		t.Errorf("15/s for 11 s: %s, want notice: what causes it may need as long to be found", got)
	}
	if got := level(s.run(30*time.Second, late(15))); got != Warning {
		t.Errorf("15/s for 41 s: %s, want warning", got)
	}
	if got := level(s.run(10*time.Second, late(0))); got != Warning {
		t.Errorf("10 s after the last: %s, want warning: it may come back", got)
	}
	a := s.run(8*time.Second, late(0))
	if f := finding(&a, HeartbeatsFailing, "etcd-1"); !f.Resolving() {
		t.Errorf("18 s after the last: %s, want it to be resolving", f.Level)
	}
	if got := level(s.run(31*time.Second, late(0))); got != OK {
		t.Errorf("49 s after the last: %s, want ok", got)
	}
}
