package limits

import (
	"fmt"

	"github.com/etcdoc/etcdoc/thresholds"
)

// Describe says where a level of a rule begins, exactly as a configuration has the limit: see
// [thresholds.Rule.LimitWords].
func Describe(r *thresholds.Rule, level thresholds.Level) string { return r.LimitWords(level, write) }

// DescribeMinimum says how much of what a rule needs before it judges, as "100 observations"; empty if it needs
// nothing.
func DescribeMinimum(r *thresholds.Rule) string {
	switch {
	case r.MinimumOf == "":
		return ""
	case r.MinimumUnit == thresholds.PerSecond: // MinimumOf has the unit
		return fmt.Sprintf("%g %s", r.Minimum, r.MinimumOf)
	default:
		return r.MinimumUnit.Format(r.Minimum) + " " + r.MinimumOf
	}
}
