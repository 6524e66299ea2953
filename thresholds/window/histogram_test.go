package window

import (
	"math"
	"testing"
	"time"
)

func histogramOf(bounds []float64, points map[float64][]float64, order ...float64) *Histogram {
	b := new(Histogram)
	for _, at := range order {
		b.Add(at0(at), Buckets{Bounds: bounds, Counts: points[at]}, time.Hour)
	}
	return b
}

func TestDistributionOverAReset(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	b := histogramOf([]float64{1, 2, inf}, map[float64][]float64{
		0: {100, 100, 100}, 10: {110, 110, 110}, 20: {0, 5, 5}, 30: {0, 7, 7},
	}, 0, 10, 20, 30)
	d, known := b.Over(at0(30), 31*time.Second)
	if !known || d.Observations != 17 || d.highest != 1 {
		t.Fatalf("got %v observations, slowest bucket %d, known %v; want 17, 1, true", d.Observations, d.highest, known)
	}
	if lower, upper, _ := d.HighestBucket(); lower != 1 || upper != 2 {
		t.Errorf("slowest between %v and %v, want 1 and 2", lower, upper)
	}
}

func TestDistributionOfOtherBuckets(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	b := histogramOf([]float64{1, inf}, map[float64][]float64{0: {5, 5}}, 0)
	b.Add(at0(10), Buckets{Bounds: []float64{2, inf}, Counts: []float64{9, 9}}, time.Hour)
	if _, known := b.Over(at0(10), time.Minute); known {
		t.Error("histograms with different buckets were compared")
	}
}

// TestMeanOfAWindow: the mean is exact, also across resets, and absent if a sum does not fit its buckets.
func TestMeanOfAWindow(t *testing.T) {
	t.Parallel()
	inf, nan := math.Inf(1), math.NaN()
	type point struct {
		counts []float64 // up to 1, 2, unbounded
		sum    float64
	}
	tests := map[string]struct {
		points           []point
		mean, sinceStart float64
	}{
		"exact":                  {[]point{{[]float64{5, 5, 5}, 3}, {[]float64{5, 9, 9}, 3 + 4*1.75}}, 1.75, 10. / 9},
		"one slow of four":       {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{3, 4, 4}, 3}}, 0.75, 0.75},
		"beyond the last bucket": {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{0, 0, 2}, 18}}, 9, 9},
		"a reset": {[]point{{[]float64{9, 9, 9}, 5}, {[]float64{9, 11, 11}, 8}, {[]float64{0, 4, 4}, 6}},
			9. / 6, 1.5},
		// as each bucket implies
		"a reset to more":       {[]point{{[]float64{2, 2, 2}, 1}, {[]float64{0, 4, 4}, 6}}, nan, 1.5},
		"no sum":                {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{0, 4, 4}, 0}}, nan, nan},
		"more than its buckets": {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{0, 4, 4}, 8.5}}, nan, nan},
		"no number":             {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{0, 4, 4}, nan}}, nan, nan},
		"no end":                {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{0, 0, 4}, inf}}, nan, nan},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var b Histogram
			for i, p := range test.points {
				b.Add(at0(float64(10*i)), Buckets{Bounds: []float64{1, 2, inf}, Counts: p.counts, Sum: p.sum},
					time.Hour)
			}
			d, known := b.Over(at0(float64(10*len(test.points))), time.Hour)
			if !known {
				t.Fatal("nothing is known")
			}
			mean, ok := d.Mean()
			wantValue(t, mean, ok, test.mean)
			since, _ := b.SinceStart()
			mean, ok = since.Mean()
			wantValue(t, mean, ok, test.sinceStart)
		})
	}
}

// TestNewestObservations are those that the newest sample with new ones shows, within the window.
func TestNewestObservations(t *testing.T) {
	var b Histogram
	counts := [][]float64{{5, 5}, {9, 9}, {9, 12}, {9, 12}, {9, 12}}
	for i, c := range counts {
		b.Add(at0(float64(10*i)), Buckets{Bounds: []float64{1, math.Inf(1)}, Counts: c, Sum: 10}, time.Hour)
	}
	for _, test := range []struct{ window, observations float64 }{{60, 3}, {30, 0}, {31, 3}, {5, 0}} {
		d, ok := b.Newest(at0(40), time.Duration(test.window)*time.Second)
		if ok != (test.observations > 0) || d.Observations != test.observations {
			t.Errorf("within %v s: %v, %t; want %v", test.window, d.Observations, ok, test.observations)
		}
	}
}
