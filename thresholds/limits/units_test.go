package limits

import (
	"math"
	"testing"

	"github.com/etcdoc/etcdoc/thresholds"
)

func TestUnits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		unit thresholds.Unit
		text string
		want float64 // NaN: refused
	}{
		{thresholds.Seconds, "10ms", 0.010}, {thresholds.Seconds, "30d", 30 * 86400},
		{thresholds.Seconds, "1d1h30m", 86400 + 5400}, {thresholds.Seconds, "0.5d", 43200},
		{thresholds.Seconds, "0", 0},
		{thresholds.Seconds, "10", math.NaN()}, {thresholds.Seconds, "-1s", math.NaN()},
		{thresholds.Seconds, "1d-25h", math.NaN()}, {thresholds.Seconds, "d", math.NaN()},
		{thresholds.Seconds, "1h2d", math.NaN()}, {thresholds.Seconds, "40000d", math.NaN()},
		{thresholds.Bytes, "8GiB", 8 * gib}, {thresholds.Bytes, "8 GiB", 8 * gib},
		{thresholds.Bytes, "1.5Mi", 1.5 * mib}, {thresholds.Bytes, "500MB", 5e8}, {thresholds.Bytes, "12k", 12000},
		{thresholds.Bytes, "7B", 7}, {thresholds.Bytes, "4096", 4096},
		{thresholds.Bytes, "8 gigs", math.NaN()}, {thresholds.Bytes, "GiB", math.NaN()},
		{thresholds.Bytes, "-1", math.NaN()}, {thresholds.Bytes, "NaN", math.NaN()},
		{thresholds.BytesPerSecond, "5MiB/s", 5 * mib}, {thresholds.BytesPerSecond, "5MiB", 5 * mib},
		{thresholds.Ratio, "80%", 0.8}, {thresholds.Ratio, "80 %", 0.8}, {thresholds.Ratio, "0.8", 0.8},
		{thresholds.Ratio, "80", math.NaN()}, {thresholds.Ratio, "%", math.NaN()},
		{thresholds.Ratio, "Inf", math.NaN()},
		{thresholds.PerSecond, "5", 5}, {thresholds.PerSecond, "5/s", 5}, {thresholds.PerSecond, "5/m", math.NaN()},
		{thresholds.PerSecond, ".inf", math.NaN()},
		{thresholds.Count, "1000", 1000}, {thresholds.Count, "1e3", 1000}, {thresholds.Count, "1_000", math.NaN()},
		{thresholds.Count, "0x10", math.NaN()}, {thresholds.Count, ".nan", math.NaN()},
		{thresholds.Count, "1e999", math.NaN()}, {thresholds.Count, "-5", math.NaN()},
	} {
		got, err := parse(test.unit, test.text)
		if refused := math.IsNaN(test.want); refused != (err != nil) || !refused && got != test.want {
			t.Errorf("%s %q: %v, %v, want %v", test.unit, test.text, got, err, test.want)
		}
		if err == nil {
			if back, err := parse(test.unit, write(test.unit, got)); err != nil || back != got {
				t.Errorf("%s %q is written as %q, and read as %v, %v", test.unit, test.text, write(test.unit, got),
					back, err)
			}
		}
	}
}
