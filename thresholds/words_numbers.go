package thresholds

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Notation says how numbers and their units are written. All notations round alike, so that a value has the same
// digits in a cell as in a sentence: see [Notation.Number].
type Notation struct {
	space     string // between a number and its unit
	micro     string // microseconds
	perSecond string
	base      float64 // of sizes
	sizes     [6]string
}

// InSentences is the notation of sentences: 48 ms, 3 m 05 s, 1.9 GiB, 24 %, 412/s.
func InSentences() Notation {
	return Notation{" ", "µs", "/s", 1024, [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}}
}

// InCells is the notation of cells, six wide: 48ms, 3m05s, 1.9G, 24%, 412. Their titles say which numbers are
// rates. It writes micro for microseconds, and decimal sizes by 1000: 2GB.
func InCells(micro string, decimal bool) Notation {
	if decimal {
		return Notation{"", micro, "", 1000, [...]string{"B", "kB", "MB", "GB", "TB", "PB"}}
	}
	return Notation{"", micro, "", 1024, [...]string{"B", "K", "M", "G", "T", "P"}}
}

// Format writes a number with its unit as sentences do.
func (u Unit) Format(number float64) string { return InSentences().Number(number, u) }

// FormatDuration writes a duration as sentences do.
func FormatDuration(d time.Duration) string { return InSentences().Duration(d) }

// Number writes a number with its unit, to be read at a glance. It rounds to whole numbers from ten on, to one decimal
// below ten and to two below one, and drops zeros at the end. Only zero is written as zero: what rounds to it is
// written as <0.01. A larger unit begins where a number rounds to one of it; counts and rates are written in thousands
// from ten thousand on.
func (n Notation) Number(number float64, u Unit) string {
	if number < 0 {
		return "-" + n.Number(-number, u)
	}
	switch u {
	case Seconds:
		return n.seconds(number)
	case Bytes:
		return n.size(number)
	case BytesPerSecond:
		return n.size(number) + n.perSecond
	case Ratio:
		return digits(100*number) + n.space + "%"
	case PerSecond:
		return thousands(number) + n.perSecond
	default:
		return thousands(number)
	}
}

// Duration writes a duration by its two largest units: 1.2 s, 40 s, 3 m 05 s, 2 h 10 m, 41 d 02 h; from a hundred days
// on by days only. A negative one is zero.
func (n Notation) Duration(d time.Duration) string { return n.seconds(max(d, 0).Seconds()) }

// Coarse writes a duration by the first of those units, and whole seconds: 40 s, 3 m, 2 h, 41 d.
func (n Notation) Coarse(d time.Duration) string {
	s := math.Round(max(d, 0).Seconds())
	unit := longUnits[largestIn(s)]
	return fmt.Sprintf("%.0f%s%s", math.Floor(s/unit.seconds), n.space, unit.name)
}

// longUnits are the second and the units above it.
var longUnits = [...]struct {
	seconds float64
	name    string
}{{1, "s"}, {60, "m"}, {60 * 60, "h"}, {24 * 60 * 60, "d"}}

// largestIn returns the index of the largest unit that is not longer than a time in seconds.
func largestIn(s float64) int {
	i := len(longUnits) - 1
	for i > 0 && s < longUnits[i].seconds {
		i--
	}
	return i
}

// withoutHours is the time in seconds from which on days are enough.
const withoutHours = 100 * 24 * 60 * 60

func (n Notation) seconds(s float64) string {
	switch {
	case s == 0:
		return "0" + n.space + "s"
	case s < 0.9995e-3:
		return digits(1e6*s) + n.space + n.micro
	case s < 0.9995:
		return digits(1e3*s) + n.space + "ms"
	case s < 59.5:
		return digits(s) + n.space + "s"
	}
	s = math.Round(s)
	i := largestIn(s)
	large, small := longUnits[i], longUnits[i-1]
	text := fmt.Sprintf("%.0f%s%s", math.Floor(s/large.seconds), n.space, large.name)
	if s >= withoutHours {
		return text
	}
	rest := math.Floor(math.Mod(s, large.seconds) / small.seconds)
	return fmt.Sprintf("%s%s%02.0f%s%s", text, n.space, rest, n.space, small.name)
}

// SecondsRange writes a range of seconds, with the unit once where both ends are in milliseconds: 128–256 ms.
func (n Notation) SecondsRange(low, high float64) string {
	if high >= 0.9995e-3 && high < 0.9995 {
		return digits(1e3*low) + "–" + n.seconds(high)
	}
	return n.seconds(low) + "–" + n.seconds(high)
}

func (n Notation) size(bytes float64) string {
	i := 0
	for bytes >= n.base-0.5 && i < len(n.sizes)-1 {
		bytes /= n.base
		i++
	}
	return digits(bytes) + n.space + n.sizes[i]
}

// thousands writes a number that has no unit.
func thousands(number float64) string {
	if number < 9999.5 {
		return digits(number)
	}
	prefixes := [...]string{"", "k", "M", "G", "T", "P"}
	i := 0
	for number >= 999.5 && i < len(prefixes)-1 {
		number /= 1000
		i++
	}
	return digits(number) + prefixes[i]
}

// leastWritten is the least number that [digits] writes in full.
const leastWritten = 0.01

// digits rounds a number as [Notation.Number] says.
func digits(number float64) string {
	decimals := 0
	switch {
	case number >= 9.95 || number == 0:
	case number >= 0.995:
		decimals = 1
	case number < leastWritten/2:
		return "<" + digits(leastWritten)
	default:
		decimals = 2
	}
	text := strconv.FormatFloat(number, 'f', decimals, 64)
	if decimals > 0 {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// Least returns the least number of a unit that is written in full.
func (u Unit) Least() float64 {
	switch u {
	case Seconds:
		return leastWritten * 1e-6
	case Ratio:
		return leastWritten / 100
	default:
		return leastWritten
	}
}

// ShortDuration writes a duration in the shortest form that a configuration takes: 500ms, 15s, 1h30m, 30d. It rounds
// nothing.
func ShortDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	text := d.String()
	if d%time.Minute == 0 && d >= time.Minute {
		text = text[:len(text)-len("0s")]
	}
	if d%time.Hour == 0 && d >= time.Hour {
		text = text[:len(text)-len("0m")]
	}
	return text
}

// overLast words the span of a rate or a count; empty where it is unknown.
func overLast(span time.Duration) string {
	switch whole := span.Round(time.Second); {
	case span <= 0:
		return ""
	case whole >= time.Minute && whole < time.Hour && whole%time.Minute == 0:
		return " in the last " + InSentences().Coarse(whole)
	}
	return " in the last " + FormatDuration(span)
}
