package thresholds

import (
	"strings"
	"testing"
	"time"

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

// TestCompactionNamesItsFlags: whether a member compacts by itself, its flags say, as etcd reads them.
func TestCompactionNamesItsFlags(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mode, retention string
		says            []string // in the finding and in its advice
	}{
		"hours":     {"", "8", []string{"mode=periodic --auto-compaction-retention=8"}},
		"duration":  {"periodic", "30m", []string{"retention=30m", "the leader compacts"}},
		"revisions": {"revision", "1000", []string{"mode=revision"}},
		"nought":    {"", "0", []string{"nothing by itself", "as in 1h"}},
		"0s":        {"", "0s", []string{"nothing by itself"}},
		"not set":   {"", "", []string{"nothing by itself"}},
	} {
		s := newScene(t, 3, Options{})
		m := s.member(2)
		m.flags = probe.NewServerFlags("/etc/etcd.env", map[string]string{
			"auto-compaction-mode": test.mode, "auto-compaction-retention": test.retention})
		m.metrics.CurrentRevision, m.metrics.CompactRevision = known(1e6), known(0)
		m.metrics.LastCompaction = known(float64(s.now.Add(-time.Hour).Unix()))
		a := s.run(2*time.Second, nil)
		f := finding(&a, CompactionStalled, "etcd-2")
		for _, part := range append(test.says, "/etc/etcd.env") {
			if !strings.Contains(f.Summary+" "+f.Advice, part) {
				t.Errorf("%s: %s: %q: %q, without %q", name, f.Level, f.Summary, f.Advice, part)
			}
		}
		says(t, name, f.Summary+"\n"+f.Advice)
	}
}

// TestTimeoutsShort: the timeouts that the flags set are judged by the farthest peer, and only those; a link must have
// been as long since the process started, and must still be.
func TestTimeoutsShort(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	always := func(d time.Duration) [2]time.Duration { return [2]time.Duration{d, d} }
	for name, test := range map[string]struct {
		election, heartbeat string
		trips               [2]time.Duration // for 12 minutes, and then for 3
		level               Level
	}{
		"election, just below":   {"1000", "100", always(99 * ms), OK},
		"election, at 10":        {"1000", "100", always(100 * ms), OK},
		"election, just above":   {"1000", "100", always(101 * ms), Notice},
		"heartbeat, just below":  {"5000", "100", always(199 * ms), OK},
		"heartbeat, at a half":   {"5000", "100", always(200 * ms), OK},
		"heartbeat, just above":  {"5000", "100", always(201 * ms), Notice},
		"election not set":       {"", "100", always(150 * ms), OK},
		"nothing set":            {"", "", always(300 * ms), OK},
		"refused by etcd":        {"1s", "-1", always(300 * ms), OK},
		"the link was quick":     {"1000", "100", [2]time.Duration{3 * ms, 150 * ms}, OK},
		"the link is quick now":  {"1000", "100", [2]time.Duration{150 * ms, 3 * ms}, OK},
		"long, and longer still": {"1000", "100", [2]time.Duration{120 * ms, 150 * ms}, Notice},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.unprobed = true
			flags := map[string]string{"name": "etcd-2"}
			if test.election != "" {
				flags["election-timeout"] = test.election
			}
			if test.heartbeat != "" {
				flags["heartbeat-interval"] = test.heartbeat
			}
			s.member(2).flags = probe.NewServerFlags("etcd.yaml", flags)
			var a Assessment
			for i, lasts := range [...]time.Duration{12 * time.Minute, 3 * time.Minute} {
				a = s.run(lasts, func() {
					s.work(20, quickFsync)
					if s.now.Unix()%30 == 0 {
						s.rtt(1, 2, test.trips[i])
						s.rtt(2, 3, 2*ms)
						s.rtt(1, 3, test.trips[i])
					}
				})
			}
			wants(t, &a, TimeoutsShort, "etcd-2", test.level)
			wants(t, &a, TimeoutsShort, "etcd-1", OK) // whose flags are not known
			saysFinding(t, &a, TimeoutsShort, "etcd-2")
		})
	}
}
