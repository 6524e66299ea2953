package probe

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestMetricsOnTheClientPort: etcd serves them there also if it has a port for them alone.
func TestMetricsOnTheClientPort(t *testing.T) {
	t.Parallel()
	member := etcdtest.New(t, etcdtest.Config{Size: 1, Metrics: true}).Members()[0]
	s := await(t, start(t, Config{Endpoints: []string{member.ClientURL}, Cluster: true}), "its metrics are known",
		func(s Sweep) bool { return s.Members[0].Metrics.Answered() })
	if at := s.Members[0].MetricsEndpoint; at != member.ClientURL+"/metrics" || member.MetricsURL == at {
		t.Errorf("read at %s, and the port for metrics is at %s", at, member.MetricsURL)
	}
}

// TestLiveness: while an exposition is late, a Status sent in the meantime shows whether the process runs.
func TestLiveness(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1, Metrics: true})
	slow, err := etcdtest.NewHTTPProxy(c.Members()[0].MetricsURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(slow.Close)
	p, err := New(Config{
		Endpoints: c.Endpoints(), MetricsEndpoints: []string{slow.URL()}, Interval: 500 * time.Millisecond,
		CommandTimeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	until := func(what string, holds func(*Member) bool) Member {
		t.Helper()
		for {
			s, err := p.Next(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if m := &s.Members[0]; holds(m) {
				return *m
			}
		}
	}
	until("its metrics are known", func(m *Member) bool { return m.Metrics.Answered() })
	slow.Delay(2 * time.Second)
	asked := time.Now()
	m := until("late metrics", func(m *Member) bool {
		return m.Metrics.At.After(asked) && m.Metrics.Took > time.Second
	})
	if !m.Liveness.At.After(asked) || m.Liveness.Err != nil || m.Liveness.Took >= m.Metrics.Took {
		t.Errorf("metrics took %v, the Status meanwhile %v (%v)", m.Metrics.Took, m.Liveness.Took, m.Liveness.Err)
	}
	if err := c.Members()[0].Pause(); err != nil {
		t.Fatal(err)
	}
	until("a process that stands still",
		func(m *Member) bool { return !m.Metrics.Pending.IsZero() && !m.Liveness.Pending.IsZero() })
}
