package thresholds

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// TestQuotaOfFlags: where neither Status nor the metrics say a member's quota, its flags do; what etcd would refuse
// says nothing, and the metrics count for more.
func TestQuotaOfFlags(t *testing.T) {
	t.Parallel()
	flags := func(quota string) *probe.ServerFlags {
		return probe.NewServerFlags("etcd.yaml", map[string]string{"name": "etcd-2", "quota-backend-bytes": quota})
	}
	for name, test := range map[string]struct {
		flags   *probe.ServerFlags
		metrics probe.Value
		want    probe.Value
		level   Level
	}{
		"no flags":            {nil, probe.Value{}, probe.Value{}, Unknown},
		"set":                 {flags("1100000000"), probe.Value{}, known(1.1e9), Critical},
		"not set":             {probe.NewServerFlags("etcd.yaml", nil), probe.Value{}, known(2 << 30), OK},
		"0 is the default":    {flags("0"), probe.Value{}, known(2 << 30), OK},
		"off":                 {flags("-1"), probe.Value{}, probe.Value{}, OK},
		"refused by etcd":     {flags("much"), probe.Value{}, probe.Value{}, Unknown},
		"the metrics say":     {flags("1100000000"), known(8 << 30), known(8 << 30), OK},
		"the metrics say off": {flags("1100000000"), known(-1), probe.Value{}, OK},
	} {
		s := newScene(t, 3, Options{Immediate: true})
		m := s.member(2)
		m.flags, m.metrics.DBQuotaBytes, m.status.DBQuotaBytes = test.flags, test.metrics, 0
		a := s.observe()
		if got := a.Members[1].Vitals[DBQuota]; got != test.want {
			t.Errorf("%s: the quota is %v, want %v", name, got, test.want)
		}
		if f := finding(&a, DBQuotaNear, "etcd-2"); f.Level != test.level {
			t.Errorf("%s: %s %q, want %s", name, f.Level, f.Summary, test.level)
		}
	}
}
