package agent

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestAPIServerMetrics: what is not known of an API server has no series.
func TestAPIServerMetrics(t *testing.T) {
	t.Parallel()
	d := newDescriptions()
	names := map[*prometheus.Desc]string{d.apiServer: "reaches", d.apiServerP99: "p99"}
	got := make(map[string]float64)
	for _, s := range []thresholds.APIServer{
		{URL: "https://a:6443", Reaches: thresholds.Reaches, Operations: []thresholds.APIServerOperation{
			{Operation: "get", Latency: thresholds.Latency{P99: probe.Known(0.25)}}, {Operation: "list"},
		}},
		{URL: "https://b:6443", Reaches: thresholds.ReachesNot},
		{URL: "https://c:6443", Reaches: thresholds.ReachUnknown},
	} {
		d.collectAPIServer(&s, func(desc *prometheus.Desc, value float64, labels ...string) {
			got[names[desc]+" "+strings.Join(labels, " ")] = value
		})
	}
	want := map[string]float64{
		"reaches https://a:6443": 1, "p99 https://a:6443 get": 0.25, "reaches https://b:6443": 0,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	page, err := os.ReadFile("../../../assets/docs/agent.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{"| `etcdoc_apiserver_reaches_etcd` |", "| `etcdoc_apiserver_etcd_p99_seconds` |"} {
		if !strings.Contains(string(page), row) {
			t.Errorf("agent.md lacks %s", row)
		}
	}
}
