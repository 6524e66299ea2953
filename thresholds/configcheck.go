package thresholds

import (
	"errors"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"
)

// allows says why the level's limit can't have that value.
func (r *Rule) allows(level Level, value float64) error {
	switch {
	case !(value >= 0) || value > 1e18: // NaN is neither
		return fmt.Errorf("%v: want %s", value, r.Unit.wanted())
	case value == 0 && !r.Below && r.Limit(level).Value != known(0):
		return errors.New("0 would be breached at all times: write off to switch the level off")
	case value > 1 && r.Unit == Ratio && r.ID != MemoryGrowing:
		return fmt.Errorf("%s is more than the whole: want 100%% or less", Ratio.write(value))
	}
	return nil
}

// limitKeys are the keys of a limit of the rule.
func (r *Rule) limitKeys() string {
	switch {
	case r.Unit == Condition:
		return "for"
	case r.LongestWindow() > 0:
		return "limit, for or window"
	default:
		return "limit or for"
	}
}

// windowKept is how far back the rule can look.
func (r *Rule) windowKept() time.Duration {
	switch r.ID {
	case DBGrowing:
		return sizeKept
	case MemoryGrowing:
		return memoryKept
	case PeerRTTSlow:
		return rttWindow
	case GRPCSlow, GRPCRangeSlow, GRPCTxnSlow:
		return handlingKept
	default:
		return longestWindow
	}
}

// order complains of levels that begin before milder ones. Limits over different windows can't be compared.
func (c *configurer) order(r *Rule, key *yaml.Node) {
	if r.Unit == Condition {
		return
	}
	for i, milder := range graded {
		for _, worse := range graded[i+1:] {
			a, b := r.Limit(milder), r.Limit(worse)
			from, has := a.Value.Get()
			to, hasToo := b.Value.Get()
			if !has || !hasToo || a.Window != b.Window || from == to || !r.breached(from, to) {
				continue
			}
			order := "notice <= warning <= critical"
			if r.Below {
				order = "notice >= warning >= critical"
			}
			c.complain(key, "%s: %s %s begins before %s %s: want %s", r.ID, worse, r.sayLimit(b), milder, r.sayLimit(a), order)
			return
		}
	}
}

// sayLimit writes a limit's value, and whether it was there before.
func (r *Rule) sayLimit(l Limit) string {
	text := r.Unit.write(l.Value.Or(0))
	if !l.Configured {
		text += " (the default)"
	}
	return text
}
