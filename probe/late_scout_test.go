package probe

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestLateScout: until a given metrics endpoint has answered whose it is, its member's metrics are late, not
// unreadable. After that they have their real age.
func TestLateScout(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Metrics: true})
	var urls []string
	var slow *etcdtest.HTTPProxy
	for _, m := range c.Members() {
		p, err := etcdtest.NewHTTPProxy(m.MetricsURL)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		urls, slow = append(urls, p.URL()), p
	}
	slow.Delay(1500 * time.Millisecond)
	p, err := New(Config{
		Endpoints: c.Endpoints(), MetricsEndpoints: urls, Cluster: true, Interval: 200 * time.Millisecond,
		CommandTimeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	late := false
	for {
		s, err := p.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Members {
			m := &s.Members[i]
			if uint64(m.ID) != c.Members()[2].ID {
				continue
			}
			switch f := &m.Metrics; {
			case f.Err != nil && f.Err.Kind != ErrTimeout: // whose the others are may not be known yet
				t.Fatalf("its metrics are unreadable: %s", f.Err.Text)
			case f.Answered():
				if !late || f.At.After(s.At.Add(s.Took)) {
					t.Errorf("it was late: %v; %v at %v", late, f.At, s.At)
				}
				return
			}
			late = late || !m.Metrics.Pending.IsZero()
		}
	}
}
