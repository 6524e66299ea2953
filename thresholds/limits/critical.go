package limits

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// SetCritical returns the rules with another critical limit for one of them, from a source other than a configuration
// file. window is what the value is taken over; 0 keeps the rule's. Milder limits over the same window that the new one
// overtakes move to it: a user who wants an alarm at 50 ms does not want a warning at 100.
func SetCritical(
	rules []thresholds.Rule, id thresholds.RuleID, number string, window time.Duration, source string,
) ([]thresholds.Rule, error) {
	rules = slices.Clone(rules)
	i := slices.IndexFunc(rules, func(r thresholds.Rule) bool { return r.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("there is no rule %s", id)
	}
	r := &rules[i]
	value, ok := parseDecimal(number)
	if !ok {
		return nil, fmt.Errorf("%q: want a plain number, in %s", number, r.Unit)
	}
	if err := checkValue(r, thresholds.Critical, value); err != nil {
		return nil, err
	}
	limit := r.Critical
	if !limit.Value.IsKnown() {
		limit = inherited(r, thresholds.Critical)
	}
	limit.Value, limit.Source, limit.Configured = probe.Known(value), source, true
	if window > 0 {
		limit.Window = window
	}
	r.Critical = limit
	for _, milder := range []*thresholds.Limit{&r.Notice, &r.Warning} {
		old, known := milder.Value.Get()
		if known && milder.Window == limit.Window && old != value && r.Breached(old, value) {
			milder.Value, milder.Source, milder.Configured = limit.Value, source, true
		}
	}
	return rules, nil
}
