package thresholds

import (
	"testing"
	"time"
)

// TestDurations: in a sentence, and in the configuration's notation.
func TestDurations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		d           time.Duration
		span, short string
	}{
		{0, "0.0 s", "0s"}, {500 * time.Millisecond, "0.5 s", "500ms"}, {1200 * time.Millisecond, "1.2 s", "1.2s"},
		{10 * time.Second, "10 s", "10s"}, {65 * time.Second, "1 m 05 s", "1m5s"}, {5 * time.Minute, "5 m 00 s", "5m"},
		{time.Hour, "1 h 00 m", "1h"}, {90 * time.Minute, "1 h 30 m", "1h30m"},
		{3*time.Hour + time.Second, "3 h 00 m", "3h0m1s"},
		{30 * day, "30 d 0 h", "30d"}, {52 * time.Hour, "2 d 4 h", "52h"},
	} {
		if span, short := FormatDuration(test.d), ShortDuration(test.d); span != test.span || short != test.short {
			t.Errorf("%v: %q and %q, want %q and %q", test.d, span, short, test.span, test.short)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		unit   Unit
		number float64
		want   string
	}{
		{Seconds, 0, "0 ms"}, {Seconds, 0.00005, "0.05 ms"}, {Seconds, 0.0012, "1.2 ms"}, {Seconds, 0.048, "48 ms"},
		{Seconds, 1.25, "1.2 s"}, {Seconds, 90, "1 m 30 s"},
		{Bytes, 1023, "1023 B"}, {Bytes, 2 << 30, "2 GiB"}, {Bytes, 2.04e9, "1.9 GiB"},
		{BytesPerSecond, 1.5 * mib, "1.5 MiB/s"},
		{Ratio, 0.238, "24 %"}, {Ratio, 0.015, "1.5 %"}, {PerSecond, 412, "412/s"}, {PerSecond, 0.05, "0.05/s"},
		{Count, 3, "3"},
	} {
		if got := test.unit.Format(test.number); got != test.want {
			t.Errorf("%v %s: %q, want %q", test.number, test.unit, got, test.want)
		}
	}
}
