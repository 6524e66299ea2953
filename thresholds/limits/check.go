package limits

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// checkValue returns why the level's limit can't have that value.
func checkValue(r *thresholds.Rule, level thresholds.Level, value float64) error {
	switch {
	case !(value >= 0) || value > 1e18: // also rejects NaN
		return fmt.Errorf("%v: want %s", value, wanted(r.Unit))
	case value == 0 && !r.Below && r.Limit(level).Value != probe.Known(0):
		return errors.New("0 would be breached at all times: write off to switch the level off")
	case value > 1 && r.Unit == thresholds.Ratio && r.ID != thresholds.MemoryGrowing:
		return fmt.Errorf("%s is more than the whole: want 100%% or less", write(thresholds.Ratio, value))
	}
	return nil
}

// limitKeys lists the keys of a limit of the rule.
func limitKeys(r *thresholds.Rule) string {
	switch {
	case r.Unit == thresholds.Condition:
		return "for"
	case r.LongestWindow() > 0:
		return "limit, for or window"
	default:
		return "limit or for"
	}
}

// checkOrder complains of levels that begin before milder ones. Limits over different windows don't compare.
func (c *configurer) checkOrder(r *thresholds.Rule, key *yaml.Node) {
	if r.Unit == thresholds.Condition {
		return
	}
	for i, milder := range levels {
		for _, worse := range levels[i+1:] {
			a, b := r.Limit(milder), r.Limit(worse)
			from, fromKnown := a.Value.Get()
			to, toKnown := b.Value.Get()
			if !fromKnown || !toKnown || a.Window != b.Window || from == to || !r.Breached(from, to) {
				continue
			}
			order := "notice <= warning <= critical"
			if r.Below {
				order = "notice >= warning >= critical"
			}
			c.complain(key, "%s: %s %s begins before %s %s: want %s",
				r.ID, worse, sayLimit(r, b), milder, sayLimit(r, a), order)
			return
		}
	}
}

// sayLimit is a limit's value, and whether it is the default.
func sayLimit(r *thresholds.Rule, l thresholds.Limit) string {
	text := write(r.Unit, l.Value.Or(0))
	if !l.Configured {
		text += " (the default)"
	}
	return text
}
