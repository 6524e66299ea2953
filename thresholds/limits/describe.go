package limits

import (
	"fmt"

	"github.com/etcdoc/etcdoc/thresholds"
)

// Describe says where a level of a rule begins, as "10ms for 15s" or "≤ 4h in 1h for 1m"; of a condition "yes", and
// "severe" for the more severe of two. It is empty if the rule does not have the level.
func Describe(r *thresholds.Rule, level thresholds.Level) string {
	l := r.Limit(level)
	value, has := l.Value.Get()
	if !has {
		return ""
	}
	text := "yes"
	switch {
	case r.Unit == thresholds.Condition && value > 1:
		text = "severe"
	case r.Unit != thresholds.Condition:
		text = write(r.Unit, value)
		if r.Below {
			text = "≤ " + text
		}
	}
	if l.Window > 0 {
		text += " in " + thresholds.ShortDuration(l.Window)
	}
	if l.For > 0 {
		text += " for " + thresholds.ShortDuration(l.For)
	}
	return text
}

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
