package agent

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestParseMute rejects what names no rule or no time.
func TestParseMute(t *testing.T) {
	t.Parallel()
	rules := thresholds.NewRuleSet(thresholds.Rules())
	for _, text := range []string{"", "db-fragmentation", "nothing=1h", "db-fragmentation=", "db-fragmentation=soon", "db-fragmentation=-1h"} {
		if m, err := ParseMute(text, rules, time.Now()); err == nil {
			t.Errorf("%q is %+v", text, m)
		}
	}
	m, err := ParseMute("db-fragmentation=2026-11-27T18:00:00Z", rules, time.Now())
	if err != nil || m.Member != "" || m.Until.Hour() != 18 {
		t.Errorf("%+v, %v", m, err)
	}
}
