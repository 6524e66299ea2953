package tui

import (
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// withAPIServers is a healthy cluster with three API servers, the second of which no longer reaches etcd.
func withAPIServers() scenario {
	return scenario{members: 3, sweeps: 60, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		for i, host := range []string{"10.0.3.11", "10.0.3.12", "10.0.3.13"} {
			v := apiServerView(host, s.At, 200*math.Floor(61-ago.Seconds()))
			if i == 1 && ago <= 25*time.Second {
				v.Ready.Value = probe.EtcdCheck{Reason: "error getting data from etcd: context deadline exceeded"}
			}
			if i == 2 {
				v.Metrics = probe.Fact[*probe.APIServerMetrics]{Err: &probe.Error{Kind: probe.ErrPermission,
					Text: v.URL + ": it takes the right to get /metrics (HTTP 403)"}}
			}
			s.APIServers = append(s.APIServers, v)
		}
	}}
}

// apiServerView is that of an API server that has made n gets and updates.
func apiServerView(host string, at time.Time, n float64) probe.APIServerView {
	h := func(quick float64) probe.Histogram {
		return probe.Histogram{
			Bounds: []float64{0.005, 0.025, 0.05, 0.1, math.Inf(1)}, Counts: []float64{quick * n, n, n, n, n},
			Sum: 0.004 * n,
		}
	}
	get, update := probe.EtcdRequest{Operation: "get", Resource: "pods"},
		probe.EtcdRequest{Operation: "update", Resource: "leases.coordination.k8s.io"}
	ok := probe.Fact[probe.EtcdCheck]{Value: probe.EtcdCheck{OK: true}, At: at}
	return probe.APIServerView{
		URL: "https://" + host + ":6443", Ready: ok, Live: ok, MetricsEvery: 5 * time.Second,
		Metrics: probe.Fact[*probe.APIServerMetrics]{At: at, Value: &probe.APIServerMetrics{
			Requests:   map[probe.EtcdRequest]probe.Histogram{get: h(0.999), update: h(0.5)},
			Operations: map[string]probe.Histogram{"get": h(0.999), "update": h(0.5)}, CountsErrors: true,
			StartTime:     probe.Known(float64(epoch.Add(-time.Hour).Unix())),
			Databases:     []probe.APIServerDatabase{{Name: "etcd-0", Bytes: 2_040_109_466}},
			ResourceBytes: map[string]float64{"events": 900 << 20, "pods": 210 << 20, "secrets": 12 << 20},
		}},
	}
}
