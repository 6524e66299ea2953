package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestNoWayIsUnknown: a way that is gone says nothing of the members behind it: it is no outage, and no reason to
// rebuild anything.
func TestNoWayIsUnknown(t *testing.T) {
	t.Parallel()
	gone := &probe.Error{Kind: probe.ErrNoWay, Text: "the way through the API server is gone: connection refused"}
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() {})
	a := s.run(time.Minute, func() {
		for i := range s.members {
			s.members[i].down = gone
		}
	})
	if a.Level != Unknown || !a.Nowhere() || a.RebuildInQuestion() || a.Cluster.HealthyVoters != 0 {
		t.Errorf("%s: %+v", a.Level, a.Cluster)
	}
	for _, m := range a.Members {
		if m.State != StateOutOfReach || m.CanLose.Verdict != LossUnknown {
			t.Errorf("%s is %s, to lose it is %s", m.Label, m.State, m.CanLose.Verdict)
		}
	}
	for _, f := range a.Findings {
		if f.Level > Unknown {
			t.Errorf("%s: %s: %s", f.Level, f.Rule, f.Summary)
		}
	}
	if a = s.run(20*time.Second, func() { s.members[0].down = nil }); a.Nowhere() {
		t.Error("one answers")
	}
}
