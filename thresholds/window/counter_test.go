package window

import (
	"math"
	"testing"
	"time"
)

func counterOf(points ...[2]float64) *Counter {
	c := new(Counter)
	for _, p := range points {
		c.Add(at0(p[0]), p[1], time.Hour)
	}
	return c
}

// The expected values follow from Prometheus' extrapolatedRate, worked out by hand beside each row.
func TestIncreaseFollowsPrometheus(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		points     [][2]float64
		to, window float64
		want       float64 // NaN: absent
	}{
		"no sample":           {nil, 60, 60, math.NaN()},
		"one sample":          {[][2]float64{{30, 5}}, 60, 60, math.NaN()},
		"full window":         {[][2]float64{{1, 100}, {31, 130}, {60, 160}}, 60, 60, 60 * (59.0 + 1) / 59},
		"open at its old end": {[][2]float64{{0, 0}, {30, 100}, {60, 130}}, 60, 60, 30 * (30 + 30) / 30.0},
		"counter reset":       {[][2]float64{{10, 100}, {20, 110}, {30, 5}, {40, 15}}, 40, 40, 25 * (30 + 10) / 30.0},
		// never before the zero
		"starts at zero": {[][2]float64{{10, 0}, {20, 10}, {30, 20}}, 30, 30, 20},
		// half a distance
		"late start": {[][2]float64{{40, 1000}, {50, 1010}, {60, 1020}}, 60, 60, 20 * (20 + 5) / 20.0},
		"stale end":  {[][2]float64{{1, 1000}, {11, 1010}, {21, 1020}}, 60, 60, 20 * (20 + 1 + 5) / 20.0},
		"flat":       {[][2]float64{{10, 7}, {20, 7}, {30, 7}}, 30, 30, 0},
		"two resets": {[][2]float64{{10, 50}, {20, 3}, {30, 1}, {40, 2}}, 40, 40, 5 * (30 + 10) / 30.0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := counterOf(test.points...).Increase(at0(test.to), time.Duration(test.window*float64(time.Second)))
			wantValue(t, got, ok, test.want)
		})
	}
}

func TestRateOfWhatWasWatched(t *testing.T) {
	t.Parallel()
	c := counterOf([2]float64{0, 500}, [2]float64{3, 530})
	soFar, ok := c.RateSoFar(at0(3), 15*time.Second)
	wantValue(t, soFar, ok, 10)
	rate, ok := c.Rate(at0(3), 15*time.Second)
	wantValue(t, rate, ok, 30*(3+1.5)/3/15)
}

// A counter kept for long at a short interval forgets samples, but none of its growth.
func TestCounterKeptForLong(t *testing.T) {
	t.Parallel()
	for _, most := range []int{SpacedSamples, 120} {
		testCounterKeptForLong(t, most)
	}
}

func testCounterKeptForLong(t *testing.T, most int) {
	t.Helper()
	const keep = 15 * time.Minute
	var kept Counter
	var all Series[CounterSample] // the truth: value is the total count
	value, counted := 1000.0, 0.0
	at := epoch
	for i := range 20 * 60 * 10 {
		at = at.Add(100 * time.Millisecond)
		grown := float64(i * i % 7)
		if i%977 == 976 {
			value = 0 // a reset, and the count since
		}
		value, counted = value+grown, counted+grown
		kept.AddSpaced(at, value, keep, most)
		all.Add(CounterSample{since: all.Since(at), Value: counted}, keep)
	}
	if n := len(kept.spaced.samples); n > 3*most {
		t.Errorf("%d samples held for 15 minutes", n)
	}
	for _, window := range []time.Duration{time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, keep} {
		points, truth := kept.Range(at, window), all.Range(at, window)
		if window <= EverySample && len(points) != len(truth) {
			t.Errorf("%v: %d points, want all %d", window, len(points), len(truth))
		}
		if late := points[0].since - truth[0].since; late > 2*keep/time.Duration(most) {
			t.Errorf("%v: the first point is %v after the window's start", window, late)
		}
		from := all.Range(at, all.Since(at)-points[0].since+1)
		want := from[len(from)-1].Value - from[0].Value
		if got, known := kept.Growth(at, window); !known || got != want {
			t.Errorf("%v: grew by %v, want %v", window, got, want)
		}
	}
}

func BenchmarkRate(b *testing.B) {
	var c Counter
	at := epoch
	for i := range 900 {
		at = at.Add(time.Second)
		c.Add(at, float64(i), 15*time.Minute)
	}
	for _, window := range []time.Duration{15 * time.Second, 15 * time.Minute} {
		b.Run(window.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Rate(at, window)
			}
		})
	}
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		value := 0.0
		for b.Loop() {
			at, value = at.Add(time.Second), value+1
			c.Add(at, value, 15*time.Minute)
		}
	})
}
