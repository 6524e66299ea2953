package window

import (
	"math"
	"testing"
)

func TestQuantileFollowsPrometheus(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	bounds := []float64{1, 2, 4, inf}
	tests := map[string]struct {
		increase []float64
		q, want  float64
	}{
		"inside a bucket":     {[]float64{10, 20, 20, 20}, 0.75, 1.5},
		"lowest bucket":       {[]float64{10, 20, 20, 20}, 0.25, 0.5},
		"on a bound":          {[]float64{10, 20, 20, 20}, 0.5, 1},
		"top bucket clips":    {[]float64{0, 0, 0, 20}, 0.99, 4},
		"nothing observed":    {[]float64{0, 0, 0, 0}, 0.99, math.NaN()},
		"empty lower buckets": {[]float64{0, 0, 10, 10}, 0.5, 3},
		"dip evened out":      {[]float64{10, 9.999, 20, 20}, 0.75, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := Distribution{Bounds: bounds, increase: test.increase}
			got, ok := d.Quantile(test.q)
			wantValue(t, got, ok, test.want)
		})
	}
	d := Distribution{Bounds: []float64{1, 2}, increase: []float64{1, 2}}
	got, ok := d.Quantile(0.5)
	wantValue(t, got, ok, math.NaN()) // no +Inf bucket
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for want, values := range map[float64][]float64{3: {9, 1, 3}, 2.5: {4, 1, 2, 3}, 7: {7}} {
		if got, ok := Median(values); !ok || got != want {
			t.Errorf("the median is %v (ok: %v), want %v", got, ok, want)
		}
	}
	if _, ok := Median(nil); ok {
		t.Error("the median of nothing is ok")
	}
}

func TestBuckets(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	d, ok := histogramOf([]float64{1, 2, 4, inf}, map[float64][]float64{0: {2, 6, 9, 10}}, 0).SinceStart()
	if !ok {
		t.Fatal("nothing is known")
	}
	for value, want := range map[float64][2]float64{0: {0, 1}, 1: {0, 1}, 1.5: {1, 2}, 4: {2, 4}, 4.1: {4, inf}} {
		if lower, upper := d.BucketOf(value); lower != want[0] || upper != want[1] {
			t.Errorf("%v is between %v and %v, want %v", value, lower, upper, want)
		}
	}
	if lower, upper, ok := d.MedianBucket(); !ok || lower != 1 || upper != 2 {
		t.Errorf("the median is between %v and %v (ok: %v), want 1 and 2", lower, upper, ok)
	}
	for limit, want := range map[float64]float64{0.5: 10, 1: 8, 1.5: 8, 2: 4, 4: 1, 100: 1} {
		if got := d.Above(limit); got != want {
			t.Errorf("%v above %v, want %v", got, limit, want)
		}
	}
	var none Distribution
	if _, _, ok := none.MedianBucket(); ok {
		t.Error("the median of nothing is ok")
	}
	if _, _, ok := none.HighestBucket(); ok {
		t.Error("the highest of nothing is ok")
	}
}
