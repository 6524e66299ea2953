package thresholds

import (
	"math"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func gaugeOf(points ...[2]float64) *gauge {
	g := new(gauge)
	for _, p := range points {
		g.add(at0(p[0]), probe.Known(p[1]), time.Hour)
	}
	return g
}

func TestGauge(t *testing.T) {
	t.Parallel()
	absent := math.NaN()
	tests := map[string]struct {
		points              [][2]float64
		slope, span, oldest float64 // over the 60 s that end at 60 s
	}{
		"nothing":           {nil, absent, 0, absent},
		"before the window": {[][2]float64{{-10, 3}, {0, 4}}, absent, 0, absent},
		"one point":         {[][2]float64{{0, 4}, {50, 5}}, absent, 0, 5},
		"two points":        {[][2]float64{{40, 5}, {50, 8}}, 0.3, 10, 5},
		"constant":          {[][2]float64{{10, 7}, {30, 7}, {60, 7}}, 0, 50, 7},
		"falling":           {[][2]float64{{20, 80}, {40, 60}, {60, 40}}, -1, 40, 80},
		"least squares":     {[][2]float64{{0, 1e9}, {20, 2}, {40, 0}, {60, 4}}, 0.05, 40, 2},
		"large and slow":    {[][2]float64{{10, 8e9}, {35, 8e9 + 1}, {60, 8e9 + 2}}, 0.04, 50, 8e9},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g, to := gaugeOf(test.points...), at0(60)
			wantValue(t, g.slope(to, time.Minute), test.slope)
			if span := g.span(to, time.Minute); span.Seconds() != test.span {
				t.Errorf("the points span %v, want %v s", span, test.span)
			}
			oldest, at, known := g.oldest(to, time.Minute)
			if known == math.IsNaN(test.oldest) || known && (oldest != test.oldest || !at.After(at0(0))) {
				t.Errorf("the oldest is %v at %v (known: %v), want %v", oldest, at, known, test.oldest)
			}
		})
	}
}

func TestGaugeSkipsWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	g := gaugeOf([2]float64{0, 1})
	g.add(at0(10), probe.Value{}, time.Hour)
	if n := len(g.within(at0(10), time.Minute)); n != 1 {
		t.Errorf("%d points, want 1", n)
	}
}

// However short the interval, the slope is that of all the points: no minute weighs more than another.
func TestGaugeKeptForLong(t *testing.T) {
	t.Parallel()
	const keep = 4 * time.Hour
	var kept, every gauge
	at := epoch
	for i := range int(keep / (100 * time.Millisecond)) {
		at = at.Add(100 * time.Millisecond)
		seconds := at.Sub(epoch).Seconds()
		value := 4e9 + 1000*seconds + 5e5*math.Sin(seconds/600)
		if seconds > keep.Seconds()-60 {
			value += 1e7 // a burst in the last minute
		}
		kept.add(at, probe.Known(value), keep)
		if i%100 == 0 {
			every.trail.add(gaugePoint{at, at.Sub(epoch), value}, keep)
		}
	}
	got, want := kept.slope(at, keep).Or(0), every.slope(at, keep).Or(0)
	if math.Abs(got-want) > 0.005*math.Abs(want) {
		t.Errorf("slope %v, want %v", got, want)
	}
}

func BenchmarkRate(b *testing.B) {
	var c counter
	at := epoch
	for i := range 900 {
		at = at.Add(time.Second)
		c.add(at, probe.Known(float64(i)), 15*time.Minute)
	}
	for _, window := range []time.Duration{15 * time.Second, 15 * time.Minute} {
		b.Run(window.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.rate(at, window)
			}
		})
	}
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		value := 0.0
		for b.Loop() {
			at, value = at.Add(time.Second), value+1
			c.add(at, probe.Known(value), 15*time.Minute)
		}
	})
}

func BenchmarkGauge(b *testing.B) {
	const keep = 4 * time.Hour
	var g gauge
	at := epoch
	for i := range int(keep / time.Second) {
		at = at.Add(time.Second)
		g.add(at, probe.Known(float64(i)), keep)
	}
	b.Run("slope", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.slope(at, keep)
		}
	})
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			at = at.Add(time.Second)
			g.add(at, probe.Known(1), keep)
		}
	})
}
