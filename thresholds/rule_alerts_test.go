package thresholds

import (
	"slices"
	"testing"
)

// TestAlerts compares others' alerts with the rules that stand for them: each has a rule or says why not, and if it
// has a number its closest rule fires no later.
func TestAlerts(t *testing.T) {
	t.Parallel()
	rules := make(map[RuleID]Rule)
	for _, r := range Rules() {
		rules[r.ID] = r
	}
	var seen []string
	for _, alert := range Alerts() {
		name := alert.Of + " " + alert.Name + " " + alert.Severity
		if slices.Contains(seen, name) {
			t.Errorf("%s is there twice", name)
		}
		seen = append(seen, name)
		if len(alert.Rules) == 0 && alert.Differs == "" {
			t.Errorf("%s has no rule, and does not say why", name)
		}
		for _, id := range alert.Rules {
			if r, has := rules[id]; !has || r.IsOff() {
				t.Errorf("%s is mapped to %s, which is no rule, or off", name, id)
			}
		}
		limit, has := alert.Limit.Get()
		if !has {
			continue
		}
		for _, id := range alert.Rules {
			r := rules[id]
			if r.Unit == Condition {
				continue
			}
			found := false
			for _, level := range graded {
				if l, has := r.Limit(level).Value.Get(); has && (l <= limit && !r.Below || l >= limit && r.Below) {
					found = true
				}
			}
			if !found {
				t.Errorf("%s begins at %v: %s says nothing then", name, limit, id)
			}
		}
	}
}
