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
	dash      string  // between the ends of a range
	base      float64 // of sizes
	sizes     [6]string
}

// InSentences is the notation of sentences: 48 ms, 3 m 05 s, 1.9 GiB, 24%, 412/s.
func InSentences() Notation {
	return Notation{" ", "µs", "/s", "–", 1024, [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}}
}

// InCells is the notation of cells, six wide: 48ms, 3m05s, 1.9G, 24%, 412. Their titles say which numbers are
// rates. With ascii it writes us for µs; decimal sizes go by 1000: 2GB.
func InCells(ascii, decimal bool) Notation {
	n := Notation{"", "µs", "", "–", 1024, [...]string{"B", "K", "M", "G", "T", "P"}}
	if ascii {
		n.micro, n.dash = "us", "-"
	}
	if decimal {
		n.base, n.sizes = 1000, [...]string{"B", "kB", "MB", "GB", "TB", "PB"}
	}
	return n
}

// Format writes a number with its unit as sentences do.
func (u Unit) Format(number float64) string { return InSentences().Number(number, u) }

// FormatDuration writes a duration: see [Notation.Duration].
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
		return digits(100*number) + "%"
	case PerSecond:
		return thousands(number) + n.perSecond
	default:
		return thousands(number)
	}
}

// Duration writes for how long something goes on, by its two largest units, as Go and kubectl do, and alike in
// sentences and cells: 400ms, 7s, 40s, 3m05s, 2h10m, 41d02h; from a hundred days on by days only. From a second on it
// counts whole ones. A negative one is zero.
func (n Notation) Duration(d time.Duration) string {
	n.space = ""
	s := max(d, 0).Seconds()
	if whole := math.RoundToEven(s); s >= almostSecond {
		s = whole
	}
	return n.seconds(s)
}

// agoWords says how long ago something was: sweeps and expositions bound it by about a second.
func agoWords(d time.Duration) string {
	if d < time.Second {
		return "less than a second ago"
	}
	return FormatDuration(d) + " ago"
}

// almostSecond is from how many seconds on a duration counts as a second.
const almostSecond = 0.95

// Coarse writes a duration by the first of those units, and whole seconds: 40s, 3m, 2h, 41d.
func (n Notation) Coarse(d time.Duration) string {
	s := math.Round(max(d, 0).Seconds())
	unit := longUnits[largestIn(s)]
	return fmt.Sprintf("%.0f%s", math.Floor(s/unit.seconds), unit.name)
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

// A smallUnit is the second, or a unit below it that is perSecond of them.
type smallUnit struct {
	perSecond float64
	name      string
}

// smallUnit is the unit of a time in seconds below a minute.
func (n Notation) smallUnit(s float64) smallUnit {
	switch {
	case s > 0 && s < 0.9995e-3:
		return smallUnit{1e6, n.micro}
	case s > 0 && s < 0.9995:
		return smallUnit{1e3, "ms"}
	}
	return smallUnit{1, "s"}
}

// belowMinute reports that a time in seconds is written by one unit.
func belowMinute(s float64) bool { return s < 59.5 }

func (n Notation) seconds(s float64) string {
	if belowMinute(s) {
		u := n.smallUnit(s)
		return digits(u.perSecond*s) + n.space + u.name
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

// SecondsRange writes a range of seconds, both ends in the unit of the higher one where that is milliseconds or less:
// 128–256 ms, 0.5–1 ms, 1–2 s, 512 ms–1 s. Ends that are written alike are one number.
func (n Notation) SecondsRange(low, high float64) string {
	from, to := n.seconds(low), n.seconds(high)
	if from == to {
		return to
	}
	u := n.smallUnit(high)
	if belowMinute(high) && (u.perSecond > 1 || n.smallUnit(low) == u) {
		from = digits(u.perSecond * low)
	}
	return from + n.dash + to
}

// Estimate writes a duration as exactly as an estimate deserves: in steps of 1 s, of 5 s from 10 s on, of a minute from
// 2 minutes on.
func (n Notation) Estimate(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return n.Coarse(max(time.Second, d.Round(time.Second)))
	case d < 2*time.Minute:
		return n.Duration(d.Round(5 * time.Second))
	}
	return n.Coarse(d.Round(time.Minute))
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
	scaled, prefix := inThousands(number)
	return digits(scaled) + prefix
}

// CoarseCount writes a count as whole thousands or millions of it: 950, 1k, 12k, 5M.
func CoarseCount(number float64) string {
	scaled, prefix := inThousands(number)
	return strconv.FormatFloat(scaled, 'f', 0, 64) + prefix
}

// inThousands scales a number to less than a thousand.
func inThousands(number float64) (scaled float64, prefix string) {
	prefixes := [...]string{"", "k", "M", "G", "T", "P"}
	i := 0
	for number >= 999.5 && i < len(prefixes)-1 {
		number /= 1000
		i++
	}
	return number, prefixes[i]
}

// leastWritten is the least number that [digits] writes in full.
const leastWritten = 0.01

// Rounded returns the number that [Notation.Number] writes for a number, for differences between numbers as written.
func (n Notation) Rounded(number float64, u Unit) float64 {
	scale := 1.0
	switch {
	case u == Seconds && belowMinute(number):
		scale = n.smallUnit(number).perSecond
	case u == Ratio:
		scale = 100
	case u == Bytes, u == BytesPerSecond:
		for i := 1; number*scale >= n.base-0.5 && i < len(n.sizes); i++ {
			scale /= n.base
		}
	case u != Seconds && number >= 9999.5:
		scaled, _ := inThousands(number)
		scale = scaled / number
	}
	digit := math.Pow10(decimalsOf(number * scale))
	return math.Round(number*scale*digit) / digit / scale
}

// decimalsOf is how many decimals a number is written with.
func decimalsOf(number float64) int {
	switch {
	case number >= 9.95 || number == 0:
		return 0
	case number >= 0.995:
		return 1
	}
	return 2
}

// digits rounds a number as [Notation.Number] says.
func digits(number float64) string {
	if number != 0 && number < leastWritten/2 {
		return "<" + digits(leastWritten)
	}
	decimals := decimalsOf(number)
	text := strconv.FormatFloat(number, 'f', decimals, 64)
	if decimals > 0 {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
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
