package limits

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// day is the longest unit of durations.
const day = 24 * time.Hour

// The grammar of numbers in the configuration, by unit. All of them are finite and 0 or more.
//
//	seconds            10ms  90s  15m  4h  30d  1d12h  1h30m     (a bare number only where it is 0)
//	bytes              8GiB  8Gi  500MB  500M  4096              (K, M, G, T: powers of 1000; Ki and so on: of 1024)
//	bytes per second   as bytes, with or without /s
//	ratio              0.8  80%                                  (above 10 only with its %)
//	per second         5  5/s
//	count              5

// wanted is how a number of the unit is written.
func wanted(u thresholds.Unit) string {
	switch u {
	case thresholds.Seconds:
		return "a duration such as 10ms, 90s, 15m, 4h or 30d"
	case thresholds.Bytes:
		return "a size such as 8GiB, 500MB or 4096"
	case thresholds.BytesPerSecond:
		return "a size per second such as 5MiB/s"
	case thresholds.Ratio:
		return "a share such as 80% or 0.8"
	case thresholds.PerSecond:
		return "a number per second such as 5 or 5/s"
	default:
		return "a number such as 100"
	}
}

// parse parses a number in the unit's notation.
func parse(u thresholds.Unit, text string) (float64, error) {
	var number float64
	var ok bool
	switch u {
	case thresholds.Seconds:
		var d time.Duration
		d, ok = parseDuration(text)
		number = d.Seconds()
	case thresholds.Bytes:
		number, ok = parseBytes(text)
	case thresholds.BytesPerSecond:
		number, ok = parseBytes(strings.TrimSuffix(text, "/s"))
	case thresholds.Ratio:
		percent, isPercent := strings.CutSuffix(text, "%")
		if number, ok = parseDecimal(strings.TrimRight(percent, " ")); isPercent {
			number /= 100
		} else if number > 10 {
			return 0, fmt.Errorf("%s is %.0f%%: write %s%% for a share of 100", text, 100*number, text)
		}
	case thresholds.PerSecond:
		number, ok = parseDecimal(strings.TrimRight(strings.TrimSuffix(text, "/s"), " "))
	default:
		number, ok = parseDecimal(text)
	}
	if ok && number < 0 {
		return 0, fmt.Errorf("%s is negative: want %s", text, wanted(u))
	}
	if !ok || math.IsNaN(number) || math.IsInf(number, 0) {
		return 0, fmt.Errorf("%q: want %s", text, wanted(u))
	}
	return number, nil
}

// parseDecimal parses a number of digits, a point and an exponent: no hexadecimal, no NaN, no Inf.
func parseDecimal(text string) (float64, bool) {
	if strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil
}

// parseDuration is [time.ParseDuration] with days in front.
func parseDuration(text string) (time.Duration, bool) {
	var days time.Duration
	if number, rest, hasDays := strings.Cut(text, "d"); hasDays {
		n, ok := parseDecimal(number)
		if !ok || math.Abs(n) > 36500 {
			return 0, false
		}
		if days, text = time.Duration(n*float64(day)), rest; text == "" {
			return days, true
		}
	}
	d, err := time.ParseDuration(text)
	return days + d, err == nil
}

// byteUnits are the suffixes of sizes.
var byteUnits = [...]struct {
	suffix string
	size   float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12},
	{"B", 1},
}

func parseBytes(text string) (float64, bool) {
	size := 1.0
	for _, unit := range byteUnits {
		if number, ok := strings.CutSuffix(text, unit.suffix); ok {
			text, size = strings.TrimRight(number, " "), unit.size
			break
		}
	}
	number, ok := parseDecimal(text)
	return number * size, ok
}

// write is the inverse of parse: parse(write(x)) is exactly x.
func write(u thresholds.Unit, number float64) string {
	plain := strconv.FormatFloat(number, 'f', -1, 64)
	nice := plain
	switch u {
	case thresholds.Seconds:
		d := time.Duration(math.Round(number * float64(time.Second)))
		return thresholds.ShortDuration(d)
	case thresholds.Bytes, thresholds.BytesPerSecond:
		for i := 3; i >= 0; i-- {
			if unit := byteUnits[i]; number >= unit.size && number/unit.size == math.Trunc(number/unit.size) {
				nice = strconv.FormatFloat(number/unit.size, 'f', 0, 64) + unit.suffix
				break
			}
		}
		if u == thresholds.BytesPerSecond {
			nice += "/s"
		}
	case thresholds.Ratio:
		nice = strconv.FormatFloat(100*number, 'g', 12, 64) + "%"
	case thresholds.PerSecond:
		nice += "/s"
	}
	if back, err := parse(u, nice); err != nil || back != number {
		return plain
	}
	return nice
}
