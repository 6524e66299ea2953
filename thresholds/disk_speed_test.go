package thresholds

import (
	"strings"
	"testing"
	"time"
)

// TestJudgeDisk: by the limits on the log of a member, and too few writes prove something only where all agree.
func TestJudgeDisk(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	rules := NewRuleSet(Rules())
	for name, test := range map[string]struct {
		times         DiskTimes
		level         Level
		says, serving string
	}{
		"fast":          {DiskTimes{10000, ms, 9999 * time.Microsecond, 40 * ms, 800}, OK, "below 10 ms (etcd FAQ)", "a heavy load"},
		"at the limit":  {DiskTimes{10000, 2 * ms, 10 * ms, 40 * ms, 300}, Notice, "not below 10 ms", "not for a heavy one"},
		"slow":          {DiskTimes{1000, 50 * ms, 100 * ms, 400 * ms, 20}, Warning, "not below 100 ms", "less than etcd needs"},
		"hopeless":      {DiskTimes{100, 300 * ms, 501 * ms, time.Second, 3}, Critical, "not below 500 ms", "less than"},
		"few, all fast": {DiskTimes{50, ms, 3 * ms, 3 * ms, 0}, OK, "50 writes took 3 ms at most", ""},
		"few, all slow": {DiskTimes{50, 20 * ms, 30 * ms, 30 * ms, 0}, Notice, "not below 10 ms", ""},
		"few, unlike":   {DiskTimes{50, ms, 30 * ms, 30 * ms, 0}, Unknown, "a p99 takes 100 writes, and there were 50", ""},
		"none":          {DiskTimes{}, Unknown, "there were 0", ""},
	} {
		d := JudgeDisk(test.times, rules)
		if d.Level != test.level || !strings.Contains(d.Text, test.says) || !strings.Contains(d.Serves, test.serving) ||
			test.serving == "" && d.Serves != "" {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
