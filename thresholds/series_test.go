package thresholds

import (
	"math"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func at0(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

func counterOf(points ...[2]float64) *counter {
	c := new(counter)
	for _, p := range points {
		c.add(at0(p[0]), probe.Known(p[1]), time.Hour)
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
		"starts at zero":      {[][2]float64{{10, 0}, {20, 10}, {30, 20}}, 30, 30, 20},                          // never before the zero
		"late start":          {[][2]float64{{40, 1000}, {50, 1010}, {60, 1020}}, 60, 60, 20 * (20 + 5) / 20.0}, // half a distance
		"stale end":           {[][2]float64{{1, 1000}, {11, 1010}, {21, 1020}}, 60, 60, 20 * (20 + 1 + 5) / 20.0},
		"flat":                {[][2]float64{{10, 7}, {20, 7}, {30, 7}}, 30, 30, 0},
		"two resets":          {[][2]float64{{10, 50}, {20, 3}, {30, 1}, {40, 2}}, 40, 40, 5 * (30 + 10) / 30.0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := counterOf(test.points...).increase(at0(test.to), time.Duration(test.window*float64(time.Second)))
			wantValue(t, got, test.want)
		})
	}
}

func wantValue(t *testing.T, got probe.Value, want float64) {
	t.Helper()
	number, known := got.Get()
	if math.IsNaN(want) {
		if known {
			t.Fatalf("got %v, want nothing", number)
		}
		return
	}
	if !known || math.Abs(number-want) > 1e-9*math.Max(1, math.Abs(want)) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestRateOfWhatWasWatched(t *testing.T) {
	t.Parallel()
	c := counterOf([2]float64{0, 500}, [2]float64{3, 530})
	wantValue(t, c.recent(at0(3), 15*time.Second), 10)
	wantValue(t, c.rate(at0(3), 15*time.Second), 30*(3+1.5)/3/15)
}

func TestTrailForgets(t *testing.T) {
	t.Parallel()
	var c counter
	for i := range 1000 {
		c.add(at0(float64(i)), probe.Known(float64(i)), 30*time.Second)
	}
	for name, kept := range map[string]trail[counterPoint]{"fine": c.fine, "spaced": c.spaced} {
		if n := len(kept.points) - kept.head; n != 31 {
			t.Errorf("%s: %d points kept of 30 s at 1 s, want 31", name, n)
		}
		if len(kept.points) > 200 {
			t.Errorf("%s: %d points held in memory for 31 that count", name, len(kept.points))
		}
	}
	c.add(at0(999), probe.Known(5), 30*time.Second)
	if last := c.spaced.points[len(c.spaced.points)-1]; last.value != 999 {
		t.Errorf("the same moment was taken twice: %v", last)
	}
}

func TestTrailWithin(t *testing.T) {
	t.Parallel()
	var kept trail[counterPoint]
	for i := range 10 {
		kept.add(counterPoint{at: at0(float64(i)), value: float64(i)}, 7*time.Second)
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
			points := kept.within(at0(test.to), time.Duration(test.window*float64(time.Second)))
			first, last := -1.0, -1.0
			if len(points) > 0 {
				first, last = points[0].value, points[len(points)-1].value
			}
			if first != test.first || last != test.last {
				t.Errorf("got %v to %v, want %v to %v", first, last, test.first, test.last)
			}
		})
	}
	if points := new(trail[counterPoint]).within(at0(5), time.Minute); len(points) != 0 {
		t.Errorf("an empty trail has %v", points)
	}
}

// Whatever the interval, a long trail is bounded, evenly spaced, and ends in the newest point.
func TestSpacedTrail(t *testing.T) {
	t.Parallel()
	const keep = 4 * time.Hour
	for _, interval := range []time.Duration{
		100 * time.Millisecond, time.Second, 7300 * time.Millisecond, keep/spacedPoints - 1, keep / spacedPoints, 15 * time.Second, time.Minute,
	} {
		t.Run(interval.String(), func(t *testing.T) {
			var kept trail[counterPoint]
			at, sweeps := epoch, int(2*keep/interval)
			for i := range sweeps {
				at = at.Add(interval)
				kept.addSpaced(counterPoint{at: at, value: float64(i)}, keep, spacedPoints)
			}
			kept.addSpaced(counterPoint{at: at, value: -1}, keep, spacedPoints)
			points := kept.points[kept.head:]
			if n := len(points); n > 2*spacedPoints || len(kept.points) > 3*spacedPoints {
				t.Errorf("%d points kept, %d held in memory, want at most %d", n, len(kept.points), 2*spacedPoints)
			}
			if newest := points[len(points)-1]; !newest.at.Equal(at) || newest.value != float64(sweeps-1) {
				t.Errorf("the newest point is %v, want the last one added", newest)
			}
			if reach := at.Sub(points[0].at); reach > keep || reach < keep-keep/spacedPoints-interval {
				t.Errorf("the points reach back %v, want %v", reach, keep)
			}
			for i := range points[:len(points)-2] {
				gap := points[i+1].at.Sub(points[i].at)
				if gap < interval || gap > max(interval, keep/spacedPoints) || gap < keep/spacedPoints-interval {
					t.Fatalf("points %d and %d are %v apart", i, i+1, gap)
				}
			}
		})
	}
}

// A counter kept for long at a short interval forgets points, but nothing of how much it grew.
func TestCounterKeptForLong(t *testing.T) {
	t.Parallel()
	for _, most := range []int{spacedPoints, crowdPoints} {
		testCounterKeptForLong(t, most)
	}
}

func testCounterKeptForLong(t *testing.T, most int) {
	t.Helper()
	const keep = 15 * time.Minute
	var kept counter
	var all trail[counterPoint] // the truth: value is what was counted in all
	value, counted := 1000.0, 0.0
	at := epoch
	for i := range 20 * 60 * 10 {
		at = at.Add(100 * time.Millisecond)
		grown := float64(i * i % 7)
		if i%977 == 976 {
			value = 0 // a reset, and then what was counted since
		}
		value, counted = value+grown, counted+grown
		kept.addSpaced(at, probe.Known(value), keep, most)
		all.add(counterPoint{at: at, value: counted}, keep)
	}
	if n := len(kept.spaced.points); n > 3*most {
		t.Errorf("%d points held for 15 minutes", n)
	}
	for _, window := range []time.Duration{time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, keep} {
		points, truth := kept.within(at, window), all.within(at, window)
		if window <= allKept && len(points) != len(truth) {
			t.Errorf("%v: %d points, want all %d", window, len(points), len(truth))
		}
		if first := points[0].at; first.Sub(truth[0].at) > 2*keep/time.Duration(most) {
			t.Errorf("%v: the first point is %v after the window's start", window, first.Sub(truth[0].at))
		}
		from := all.within(at, at.Sub(points[0].at)+1)
		want := from[len(from)-1].value - from[0].value
		if got, known := kept.growth(at, window); !known || got != want {
			t.Errorf("%v: grew by %v, want %v", window, got, want)
		}
	}
}

func histogramOf(bounds []float64, points map[float64][]float64, order ...float64) *buckets {
	b := new(buckets)
	for _, at := range order {
		b.add(at0(at), probe.Histogram{Bounds: bounds, Counts: points[at]}, time.Hour)
	}
	return b
}

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
			d := distribution{bounds: bounds, increase: test.increase}
			wantValue(t, d.quantile(test.q), test.want)
		})
	}
	d := distribution{bounds: []float64{1, 2}, increase: []float64{1, 2}}
	wantValue(t, d.quantile(0.5), math.NaN()) // no +Inf bucket
}

func TestDistributionOverAReset(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	b := histogramOf([]float64{1, 2, inf}, map[float64][]float64{
		0: {100, 100, 100}, 10: {110, 110, 110}, 20: {0, 5, 5}, 30: {0, 7, 7},
	}, 0, 10, 20, 30)
	d, known := b.over(at0(30), 31*time.Second)
	if !known || d.observations != 17 || d.slowest != 1 {
		t.Fatalf("got %v observations, slowest bucket %d, known %v; want 17, 1, true", d.observations, d.slowest, known)
	}
	if lower, upper, _ := d.slowestBucket(); lower != 1 || upper != 2 {
		t.Errorf("slowest between %v and %v, want 1 and 2", lower, upper)
	}
}

func TestDistributionOfOtherBuckets(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	b := histogramOf([]float64{1, inf}, map[float64][]float64{0: {5, 5}}, 0)
	b.add(at0(10), probe.Histogram{Bounds: []float64{2, inf}, Counts: []float64{9, 9}}, time.Hour)
	if _, known := b.over(at0(10), time.Minute); known {
		t.Error("histograms with different buckets were compared")
	}
}

// TestMeanOfAWindow: the mean is exact, through resets too, and absent where a sum does not fit its buckets.
func TestMeanOfAWindow(t *testing.T) {
	t.Parallel()
	inf, nan := math.Inf(1), math.NaN()
	type point struct {
		counts []float64 // up to 1, 2, without end
		sum    float64
	}
	tests := map[string]struct {
		points           []point
		mean, sinceStart float64
		slow             float64 // of fewer than 100
	}{
		"exact":                  {[]point{{[]float64{5, 5, 5}, 3}, {[]float64{5, 9, 9}, 3 + 4*1.75}}, 1.75, 10. / 9, 1.75},
		"one slow of four":       {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{3, 4, 4}, 3}}, 0.75, 0.75, 1},
		"beyond the last bucket": {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{0, 0, 2}, 18}}, 9, 9, 9},
		"a reset":                {[]point{{[]float64{9, 9, 9}, 5}, {[]float64{9, 11, 11}, 8}, {[]float64{0, 4, 4}, 6}}, 9. / 6, 1.5, 1.5},
		"a reset to more":        {[]point{{[]float64{2, 2, 2}, 1}, {[]float64{0, 4, 4}, 6}}, nan, 1.5, 1}, // as each bucket tells
		"no sum":                 {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{0, 4, 4}, 0}}, nan, nan, 1},
		"more than its buckets":  {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{0, 4, 4}, 8.5}}, nan, nan, 1},
		"no number":              {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{0, 4, 4}, nan}}, nan, nan, 1},
		"no end":                 {[]point{{[]float64{0, 0, 0}, 0}, {[]float64{0, 0, 4}, inf}}, nan, nan, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var b buckets
			for i, p := range test.points {
				b.add(at0(float64(10*i)), probe.Histogram{Bounds: []float64{1, 2, inf}, Counts: p.counts, Sum: p.sum}, time.Hour)
			}
			d, known := b.over(at0(float64(10*len(test.points))), time.Hour)
			if !known {
				t.Fatal("nothing is known")
			}
			wantValue(t, d.mean(), test.mean)
			m, _ := d.slow(100)
			wantValue(t, m.value, test.slow)
			since, _ := b.sinceStart()
			wantValue(t, since.mean(), test.sinceStart)
		})
	}
}
