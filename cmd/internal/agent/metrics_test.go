package agent

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestSweepErrorsBeginAtZero: every kind of a known member's errors has a series before its first error, since
// Prometheus' increase() does not see one begin; those of a member that is gone have none.
func TestSweepErrorsBeginAtZero(t *testing.T) {
	t.Parallel()
	c, kinds := newCounts(nil), 2*len(probe.ErrorKinds())
	sweepOf := func(labels ...string) {
		var s probe.Sweep
		var a thresholds.Assessment
		for _, label := range labels {
			s.Members = append(s.Members, probe.Member{})
			a.Members = append(a.Members, thresholds.Member{MemberRef: thresholds.MemberRef{Label: label}})
		}
		c.add(&s, &a)
	}
	for _, labels := range [][]string{{"etcd-1"}, {"etcd-1", "etcd-2"}, {"etcd-2"}, {}, {"etcd-2"}} {
		sweepOf(labels...)
		if n := testutil.CollectAndCount(c.sweepErrors); n != len(labels)*kinds {
			t.Errorf("%d series with members %q, want %d each", n, labels, kinds)
		}
	}
	counter := c.sweepErrors.WithLabelValues("etcd-2", metricsPrefix+string(probe.ErrTimeout))
	before, late := testutil.ToFloat64(counter), probe.Fact[*probe.Metrics]{Err: &probe.Error{Kind: probe.ErrTimeout}}
	c.add(&probe.Sweep{Members: []probe.Member{{Metrics: late}}},
		&thresholds.Assessment{Members: []thresholds.Member{{MemberRef: thresholds.MemberRef{Label: "etcd-2"}}}})
	after := testutil.ToFloat64(counter)
	if n := testutil.CollectAndCount(c.sweepErrors); before != 0 || after != 1 || n != kinds {
		t.Errorf("an error is counted from %v to %v, in %d series", before, after, n)
	}
}

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
