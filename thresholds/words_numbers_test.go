package thresholds

import (
	"slices"
	"testing"
	"time"
	"unicode/utf8"
)

// TestNumbers holds the sentence and the cell of a number side by side, on both sides of where its form changes.
func TestNumbers(t *testing.T) {
	t.Parallel()
	sentences, cells := InSentences(), InCells(true, false)
	for _, test := range []struct {
		unit           Unit
		number         float64
		sentence, cell string
	}{
		{Seconds, 0, "0 s", "0s"}, {Seconds, 1e-9, "<0.01 µs", "<0.01us"}, {Seconds, 2.5e-6, "2.5 µs", "2.5us"},
		{Seconds, 0.0004, "400 µs", "400us"}, {Seconds, 0.0009994, "999 µs", "999us"},
		{Seconds, 0.0009996, "1 ms", "1ms"}, {Seconds, 0.00304, "3 ms", "3ms"}, {Seconds, 0.0033, "3.3 ms", "3.3ms"},
		{Seconds, 0.00994, "9.9 ms", "9.9ms"}, {Seconds, 0.00996, "10 ms", "10ms"}, {Seconds, 0.048, "48 ms", "48ms"},
		{Seconds, 0.9994, "999 ms", "999ms"}, {Seconds, 0.9996, "1 s", "1s"}, {Seconds, 1.25, "1.2 s", "1.2s"},
		{Seconds, 8, "8 s", "8s"}, {Seconds, 9.96, "10 s", "10s"}, {Seconds, 12.7, "13 s", "13s"},
		{Seconds, 59.4, "59 s", "59s"}, {Seconds, 59.6, "1 m 00 s", "1m00s"}, {Seconds, 185, "3 m 05 s", "3m05s"},
		{Seconds, 3599.4, "59 m 59 s", "59m59s"}, {Seconds, 3599.6, "1 h 00 m", "1h00m"},
		{Seconds, 86399, "23 h 59 m", "23h59m"}, {Seconds, 86400, "1 d 00 h", "1d00h"},
		{Seconds, 100*86400 - 1, "99 d 23 h", "99d23h"}, {Seconds, 100 * 86400, "100 d", "100d"},
		{Seconds, 1e12, "11574074 d", "11574074d"}, {Seconds, -0.003, "-3 ms", "-3ms"},
		{Seconds, -90, "-1 m 30 s", "-1m30s"},

		{Bytes, 0, "0 B", "0B"}, {Bytes, 1023, "1023 B", "1023B"}, {Bytes, 1024, "1 KiB", "1K"},
		{Bytes, 9.94 * mib, "9.9 MiB", "9.9M"}, {Bytes, 9.96 * mib, "10 MiB", "10M"},
		{Bytes, 1023.4 * mib, "1023 MiB", "1023M"}, {Bytes, 1023.6 * mib, "1 GiB", "1G"},
		{Bytes, 2.04e9, "1.9 GiB", "1.9G"}, {Bytes, 8 * gib, "8 GiB", "8G"}, {Bytes, 1 << 50, "1 PiB", "1P"},
		{BytesPerSecond, 1.5 * mib, "1.5 MiB/s", "1.5M"},

		{Ratio, 0, "0%", "0%"}, {Ratio, 0.00004, "<0.01%", "<0.01%"}, {Ratio, 0.0025, "0.25%", "0.25%"},
		{Ratio, 0.00996, "1%", "1%"}, {Ratio, 0.015, "1.5%", "1.5%"}, {Ratio, 0.0996, "10%", "10%"},
		{Ratio, 0.238, "24%", "24%"}, {Ratio, 1, "100%", "100%"},

		{PerSecond, 0, "0/s", "0"}, {PerSecond, 0.0049, "<0.01/s", "<0.01"}, {PerSecond, 0.0051, "0.01/s", "0.01"},
		{PerSecond, 0.2, "0.2/s", "0.2"}, {PerSecond, 0.25, "0.25/s", "0.25"}, {PerSecond, 0.994, "0.99/s", "0.99"},
		{PerSecond, 0.996, "1/s", "1"}, {PerSecond, 2.4, "2.4/s", "2.4"}, {PerSecond, 412, "412/s", "412"},
		{PerSecond, 12345, "12k/s", "12k"},

		{Count, 3, "3", "3"}, {Count, 1234, "1234", "1234"}, {Count, 9999, "9999", "9999"},
		{Count, 9999.6, "10k", "10k"},
		{Count, 999400, "999k", "999k"}, {Count, 999600, "1M", "1M"}, {Count, 8.1e6, "8.1M", "8.1M"},
	} {
		sentence, cell := sentences.Number(test.number, test.unit), cells.Number(test.number, test.unit)
		if sentence != test.sentence || cell != test.cell {
			t.Errorf("%v %s: %q and %q, want %q and %q", test.number, test.unit, sentence, cell, test.sentence,
				test.cell)
		}
		if got := test.unit.Format(test.number); got != sentence {
			t.Errorf("%v %s: Format returns %q, not %q", test.number, test.unit, got, sentence)
		}
	}
}

func TestDecimalSizes(t *testing.T) {
	t.Parallel()
	for number, want := range map[float64]string{
		0: "0B", 999: "999B", 999.6: "1kB", 1e3: "1kB", 1.5e6: "1.5MB", 8 << 30: "8.6GB", 2e12: "2TB",
	} {
		if got := InCells(true, true).Number(number, Bytes); got != want {
			t.Errorf("%v bytes: %q, want %q", number, got, want)
		}
	}
}

// TestDurations: in a sentence and in a cell, in one unit, and in the configuration's notation.
func TestDurations(t *testing.T) {
	t.Parallel()
	cells := InCells(true, false)
	for _, test := range []struct {
		d                    time.Duration
		cell, coarse, config string
	}{
		{0, "0s", "0s", "0s"},
		{400 * time.Millisecond, "400ms", "0s", "400ms"},
		{940 * time.Millisecond, "940ms", "1s", "940ms"},
		{997 * time.Millisecond, "1s", "1s", "997ms"},
		{1200 * time.Millisecond, "1s", "1s", "1.2s"},
		{7200 * time.Millisecond, "7s", "7s", "7.2s"},
		{10 * time.Second, "10s", "10s", "10s"},
		{59600 * time.Millisecond, "1m00s", "1m", "59.6s"},
		{65 * time.Second, "1m05s", "1m", "1m5s"},
		{5 * time.Minute, "5m00s", "5m", "5m"},
		{time.Hour, "1h00m", "1h", "1h"},
		{90 * time.Minute, "1h30m", "1h", "1h30m"},
		{3*time.Hour + time.Second, "3h00m", "3h", "3h0m1s"},
		{52 * time.Hour, "2d04h", "2d", "52h"},
		{30 * day, "30d00h", "30d", "30d"},
		{365 * day, "365d", "365d", "365d"},
	} {
		got := []string{FormatDuration(test.d), cells.Duration(test.d), cells.Coarse(test.d), ShortDuration(test.d)}
		if want := []string{test.cell, test.cell, test.coarse, test.config}; !slices.Equal(got, want) {
			t.Errorf("%v: %q, want %q", test.d, got, want)
		}
	}
	if got := cells.Duration(-time.Minute) + cells.Coarse(-time.Minute); got != "0s0s" {
		t.Errorf("negative durations are %s", got)
	}
}

// TestCellsAreNarrow: six cells, whatever etcd reports.
func TestCellsAreNarrow(t *testing.T) {
	t.Parallel()
	for _, decimal := range []bool{false, true} {
		cells := InCells(false, decimal)
		for number := 1e-6; number < 1e9; number *= 1.001 {
			for _, unit := range []Unit{Seconds, Bytes, Ratio, PerSecond, BytesPerSecond, Count} {
				if unit == Ratio && number > 1000 || unit == Seconds && number > 1e8 {
					continue
				}
				if text := cells.Number(number, unit); utf8.RuneCountInString(text) > 6 {
					t.Fatalf("%v %s: %q", number, unit, text)
				}
			}
		}
	}
}

// TestEstimate pretends to no exactness.
func TestEstimate(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{
		0.1: "1s", 3.4: "3s", 9.4: "9s", 12: "10s", 41: "40s", 94: "1m35s", 118: "2m00s", 130: "2m",
		2000: "33m",
	} {
		if got := InSentences().Estimate(time.Duration(seconds * float64(time.Second))); got != want {
			t.Errorf("%v s: about %s, want %s", seconds, got, want)
		}
	}
}

// TestSecondsRange writes the unit once where both ends have it.
func TestSecondsRange(t *testing.T) {
	t.Parallel()
	for ends, want := range map[[2]float64][2]string{
		{0.128, 0.256}:     {"128–256 ms", "128-256ms"},
		{0.000512, 0.001}:  {"0.51–1 ms", "0.51-1ms"},
		{0.00001, 0.00002}: {"10–20 µs", "10-20us"},
		{0, 0.001}:         {"0–1 ms", "0-1ms"},
		{1.024, 2.048}:     {"1–2 s", "1-2s"},
		{0.512, 1.024}:     {"512 ms–1 s", "512ms-1s"},
		{20, 100}:          {"20 s–1 m 40 s", "20s-1m40s"},
		{60, 120}:          {"1 m 00 s–2 m 00 s", "1m00s-2m00s"},
		{0.0121, 0.0122}:   {"12 ms", "12ms"},
	} {
		sentence := InSentences().SecondsRange(ends[0], ends[1])
		cell := InCells(true, false).SecondsRange(ends[0], ends[1])
		if got := [2]string{sentence, cell}; got != want {
			t.Errorf("%v: %q, want %q", ends, got, want)
		}
	}
}

func TestCoarseCount(t *testing.T) {
	t.Parallel()
	for number, want := range map[float64]string{0: "0", 999: "999", 1000: "1k", 1499: "1k", 12_345: "12k",
		999_400: "999k", 999_600: "1M", 5_000_000: "5M"} {
		if got := CoarseCount(number); got != want {
			t.Errorf("%v: %q, want %q", number, got, want)
		}
	}
}
