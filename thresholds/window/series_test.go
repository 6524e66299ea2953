package window

import (
	"math"
	"testing"
	"time"
)

// epoch is when every series begins.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at0(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

// wantValue compares got with want; NaN wants it not to be ok.
func wantValue(t *testing.T, got float64, ok bool, want float64) {
	t.Helper()
	if ok == math.IsNaN(want) || ok && math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
		t.Fatalf("got %v (ok: %v), want %v", got, ok, want)
	}
}

func TestSeriesForgets(t *testing.T) {
	t.Parallel()
	var c Counter
	for i := range 1000 {
		c.Add(at0(float64(i)), float64(i), 30*time.Second)
	}
	for name, kept := range map[string]Series[CounterSample]{"fine": c.fine, "spaced": c.spaced} {
		if n := len(kept.samples) - kept.head; n != 31 {
			t.Errorf("%s: %d samples kept of 30 s at 1 s, want 31", name, n)
		}
		if len(kept.samples) > 200 {
			t.Errorf("%s: %d samples held in memory for 31 that count", name, len(kept.samples))
		}
	}
	c.Add(at0(999), 5, 30*time.Second)
	if last := c.spaced.samples[len(c.spaced.samples)-1]; last.Value != 999 {
		t.Errorf("the same moment was taken twice: %v", last)
	}
}

func TestRange(t *testing.T) {
	t.Parallel()
	var kept Series[CounterSample]
	for i := range 10 {
		kept.Add(CounterSample{since: kept.Since(at0(float64(i))), Value: float64(i)}, 7*time.Second)
	}
	tests := map[string]struct {
		to, window  float64
		first, last float64 // -1: none
	}{
		"open at its old end":     {9, 4, 6, 9},
		"a nanosecond more":       {9, 4.000000001, 5, 9},
		"closed at its new end":   {5, 2, 4, 5},
		"just before a point":     {4.999999999, 2, 3, 4},
		"more than there is":      {20, 60, 2, 9},
		"between two points":      {5.7, 0.5, -1, -1},
		"before the first point":  {1, 5, -1, -1},
		"after the last point":    {60, 5, -1, -1},
		"no window":               {5, 0, -1, -1},
		"what it has forgotten":   {3, 60, 2, 3},
		"all of it to the oldest": {9, 8, 2, 9},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			points := kept.Range(at0(test.to), time.Duration(test.window*float64(time.Second)))
			first, last := -1.0, -1.0
			if len(points) > 0 {
				first, last = points[0].Value, points[len(points)-1].Value
			}
			if first != test.first || last != test.last {
				t.Errorf("got %v to %v, want %v to %v", first, last, test.first, test.last)
			}
		})
	}
	if points := new(Series[CounterSample]).Range(at0(5), time.Minute); len(points) != 0 {
		t.Errorf("an empty series has %v", points)
	}
}

// Whatever the interval, a long series is bounded, evenly spaced, and ends in the newest point.
func TestSpacedSeries(t *testing.T) {
	t.Parallel()
	const keep = 4 * time.Hour
	for _, interval := range []time.Duration{
		100 * time.Millisecond, time.Second, 7300 * time.Millisecond, keep/SpacedSamples - 1, keep / SpacedSamples,
		15 * time.Second, time.Minute,
	} {
		t.Run(interval.String(), func(t *testing.T) {
			var kept Series[CounterSample]
			at, sweeps := epoch, int(2*keep/interval)
			for i := range sweeps {
				at = at.Add(interval)
				kept.AddSpaced(CounterSample{since: kept.Since(at), Value: float64(i)}, keep, SpacedSamples)
			}
			kept.AddSpaced(CounterSample{since: kept.Since(at), Value: -1}, keep, SpacedSamples)
			points := kept.samples[kept.head:]
			if n := len(points); n > 2*SpacedSamples || len(kept.samples) > 3*SpacedSamples {
				t.Errorf("%d samples kept, %d held in memory, want at most %d", n, len(kept.samples), 2*SpacedSamples)
			}
			if newest := points[len(points)-1]; !kept.At(newest).Equal(at) || newest.Value != float64(sweeps-1) {
				t.Errorf("the newest point is %v, want the last one added", newest)
			}
			if reach := kept.Since(at) - points[0].since; reach > keep || reach < keep-keep/SpacedSamples-interval {
				t.Errorf("the samples reach back %v, want %v", reach, keep)
			}
			for i := range points[:len(points)-2] {
				gap := points[i+1].since - points[i].since
				if gap < interval || gap > max(interval, keep/SpacedSamples) || gap < keep/SpacedSamples-interval {
					t.Fatalf("samples %d and %d are %v apart", i, i+1, gap)
				}
			}
		})
	}
}
