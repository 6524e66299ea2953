package window

import (
	"math"
	"testing"
	"time"
)

func gaugeOf(points ...[2]float64) *Gauge {
	g := new(Gauge)
	for _, p := range points {
		g.Add(at0(p[0]), p[1], time.Hour)
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
			slope, ok := g.Deriv(to, time.Minute)
			wantValue(t, slope, ok, test.slope)
			if span := g.Span(to, time.Minute); span.Seconds() != test.span {
				t.Errorf("the samples span %v, want %v s", span, test.span)
			}
			oldest, at, known := g.Oldest(to, time.Minute)
			if known == math.IsNaN(test.oldest) || known && (oldest != test.oldest || !at.After(at0(0))) {
				t.Errorf("the oldest is %v at %v (known: %v), want %v", oldest, at, known, test.oldest)
			}
		})
	}
}

func TestGaugeNear(t *testing.T) {
	t.Parallel()
	g := gaugeOf([2]float64{10, 7}, [2]float64{20, 3}, [2]float64{40, 5})
	for at, want := range map[float64]float64{0: 7, 10: 7, 15: 5, 30: 4, 40: 5, 99: 5} {
		if got := g.Near(at0(at)); got != want {
			t.Errorf("%v at %v s, want %v", got, at, want)
		}
	}
	if got := new(Gauge).Near(at0(0)); got != 0 {
		t.Errorf("%v of an empty gauge, want 0", got)
	}
	lowest, ok := g.Min(at0(40), 30*time.Second)
	wantValue(t, lowest, ok, 3)
	lowest, ok = g.Min(at0(40), 20*time.Second)
	wantValue(t, lowest, ok, 5)
	lowest, ok = g.Min(at0(90), 20*time.Second)
	wantValue(t, lowest, ok, math.NaN())
}

// However short the interval, the slope is that of all the samples: no minute weighs more than another.
func TestGaugeKeptForLong(t *testing.T) {
	t.Parallel()
	const keep = 4 * time.Hour
	var kept, every Gauge
	at := epoch
	for i := range int(keep / (100 * time.Millisecond)) {
		at = at.Add(100 * time.Millisecond)
		seconds := at.Sub(epoch).Seconds()
		value := 4e9 + 1000*seconds + 5e5*math.Sin(seconds/600)
		if seconds > keep.Seconds()-60 {
			value += 1e7 // a burst in the last minute
		}
		kept.Add(at, value, keep)
		if i%100 == 0 {
			every.Series.Add(GaugeSample{every.Since(at), value}, keep)
		}
	}
	got, _ := kept.Deriv(at, keep)
	want, _ := every.Deriv(at, keep)
	if math.Abs(got-want) > 0.005*math.Abs(want) {
		t.Errorf("slope %v, want %v", got, want)
	}
}

func BenchmarkGauge(b *testing.B) {
	const keep = 4 * time.Hour
	var g Gauge
	at := epoch
	for i := range int(keep / time.Second) {
		at = at.Add(time.Second)
		g.Add(at, float64(i), keep)
	}
	b.Run("slope", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.Deriv(at, keep)
		}
	})
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			at = at.Add(time.Second)
			g.Add(at, 1, keep)
		}
	})
}
