package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestLimitWords: all faces say in the same words where a level begins, and tell the severe case of a condition apart.
func TestLimitWords(t *testing.T) {
	t.Parallel()
	limit := func(value float64, window, lasts time.Duration) Limit {
		return Limit{Value: probe.Known(value), Window: window, For: lasts}
	}
	for want, r := range map[string]Rule{
		"":                                  {Unit: Seconds},
		"from 10 ms on":                     {Unit: Seconds, Warning: limit(0.01, 0, 0)},
		"from 10 ms on, for 15s":            {Unit: Seconds, Warning: limit(0.01, 0, 15*time.Second)},
		"from 5 on in 15m":                  {Unit: Count, Warning: limit(5, 15*time.Minute, 0)},
		"at 4 h 00 m or less in 1h, for 1m": {Unit: Seconds, Below: true, Warning: limit(4*3600, time.Hour, time.Minute)},
		"when it holds, for 5s":             {Unit: Condition, Warning: limit(1, 0, 5*time.Second)},
		"when the severe case holds":        {Unit: Condition, Warning: limit(2, 0, 0)},
	} {
		if got := r.LimitWords(Warning, Unit.Format); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, r := range Rules() {
		severe := r.Warning.Value.Or(0) > 1 || r.Critical.Value.Or(0) > 1
		if r.Unit == Condition && severe && r.LimitWords(Warning, Unit.Format) == r.LimitWords(Notice, Unit.Format) {
			t.Errorf("%s: its notice and its warning begin alike", r.ID)
		}
		for _, l := range []Limit{r.Warning, r.Critical} {
			if r.Unit == Condition && l.Value.Or(0) > 1 && l.holds == "" {
				t.Errorf("%s: nothing says which is the severe case", r.ID)
			}
		}
	}
}
