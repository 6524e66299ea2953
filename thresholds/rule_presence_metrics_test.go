package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestMetricsOnLoopbackOnly: the flags of the member on this host show why the others' metrics can't be read from here.
func TestMetricsOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		urls string
		kind probe.ErrorKind
		want bool
	}{
		"as here":         {"http://127.0.0.1:2381", probe.ErrRefused, true},
		"here by name":    {"http://localhost:2381,http://[::1]:2381", probe.ErrUnreachable, true},
		"here for others": {"http://127.0.0.1:2381,http://10.0.0.1:2381", probe.ErrRefused, false},
		"here for all":    {"http://0.0.0.0:2381", probe.ErrRefused, false},
		"here not at all": {"", probe.ErrRefused, false},
		"another fault":   {"http://127.0.0.1:2381", probe.ErrMalformed, false},
	} {
		s := newScene(t, 3, Options{Immediate: true})
		s.member(1).flags = probe.NewServerFlags("/data/config", map[string]string{"listen-metrics-urls": test.urls})
		sweep := s.sweep()
		sweep.Members[1].Metrics = probe.Fact[*probe.Metrics]{
			Err: &probe.Error{Kind: test.kind, Text: "http://etcd-2:2381/metrics: it failed"}}
		a := s.evaluator.Observe(sweep)
		f := finding(&a, MetricsUnavailable, "etcd-2")
		named := strings.Contains(f.Advice, "etcd-1, on this host") && strings.Contains(f.Advice, "/data/config")
		if named != test.want {
			t.Errorf("%s: %s: %q", name, f.Level, f.Advice)
		}
		says(t, name, f.Advice)
	}
}

// TestMetricsForOtherNames: the advice about a port for metrics whose certificate is for other names is about these.
func TestMetricsForOtherNames(t *testing.T) {
	t.Parallel()
	const want = "with --metrics-endpoints, by a name that the certificate there is for."
	for kind, named := range map[probe.ErrorKind]bool{probe.ErrTLSName: true, probe.ErrTLSAuthority: false} {
		s := newScene(t, 3, Options{Immediate: true})
		sweep := s.sweep()
		sweep.Members[1].Metrics = probe.Fact[*probe.Metrics]{Err: &probe.Error{Kind: kind, Text: "it failed"}}
		a := s.evaluator.Observe(sweep)
		if f := finding(&a, MetricsUnavailable, "etcd-2"); strings.HasSuffix(f.Advice, want) != named {
			t.Errorf("%s: %q", kind, f.Advice)
		}
	}
}

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
