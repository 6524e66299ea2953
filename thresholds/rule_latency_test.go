package thresholds

import (
	"math"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds/window"
)

// TestLatencyOfFewObservations: with too few observations for a p99, a certain bound on the slowest one is judged:
// the lower bound of its bucket, or the mean if that is more and its sum is credible.
func TestLatencyOfFewObservations(t *testing.T) {
	t.Parallel()
	inf, nan := math.Inf(1), math.NaN()
	for name, test := range map[string]struct {
		counts []float64 // up to 1, 2, unbounded
		sum    float64
		want   float64
		atMost float64
	}{
		"mean above the bound":   {[]float64{0, 4, 4}, 7, 1.75, 2},
		"one slow of four":       {[]float64{3, 4, 4}, 3, 1, 2},
		"beyond the last bucket": {[]float64{0, 0, 2}, 18, 9, inf},
		"no sum":                 {[]float64{0, 4, 4}, 0, 1, 2},
		"more than its buckets":  {[]float64{0, 4, 4}, 8.5, 1, 2},
		"no number":              {[]float64{0, 4, 4}, nan, 1, 2},
		"no end":                 {[]float64{0, 0, 4}, inf, 2, inf},
	} {
		var h window.Histogram
		for at, b := range []window.Buckets{{Counts: []float64{0, 0, 0}}, {Counts: test.counts, Sum: test.sum}} {
			b.Bounds = []float64{1, 2, inf}
			h.Add(epoch.Add(time.Duration(at)*time.Second), b, time.Hour)
		}
		d, _ := h.Over(epoch.Add(time.Second), time.Hour)
		m, any := latencyIn(&d, 100)
		if !any || m.value.Or(nan) != test.want || m.upper.Or(inf) != test.atMost {
			t.Errorf("%s: %v, at most %v, want %v and %v", name, m.value, m.upper, test.want, test.atMost)
		}
		if m.clipped != math.IsInf(test.atMost, 1) {
			t.Errorf("%s: clipped is %v", name, m.clipped)
		}
	}
}
