package thresholds

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Format writes a number with its unit to be read at a glance: 48 ms, 1.9 GiB, 24 %, 412/s. It writes times from a
// minute on as [FormatDuration] does.
func (u Unit) Format(number float64) string {
	switch u {
	case Seconds:
		return formatSeconds(number)
	case Bytes:
		return formatBytes(number)
	case Ratio:
		return strconv.FormatFloat(100*number, 'f', digits(100*number), 64) + " %"
	case BytesPerSecond:
		return formatBytes(number) + "/s"
	case PerSecond:
		return strconv.FormatFloat(number, 'f', digits(number), 64) + "/s"
	default:
		return strconv.FormatFloat(number, 'f', digits(number), 64)
	}
}

// digits returns how many decimals to write: none for whole numbers and from 10 up, one below 10, two below 0.1.
func digits(number float64) int {
	switch size := math.Abs(number); {
	case size >= 9.95 || number == math.Trunc(number):
		return 0
	case size >= 0.095:
		return 1
	default:
		return 2
	}
}

func formatSeconds(s float64) string {
	switch size := math.Abs(s); {
	case size >= 60:
		return FormatDuration(time.Duration(s * float64(time.Second)))
	case size >= 0.9995:
		return strconv.FormatFloat(s, 'f', digits(s), 64) + " s"
	default:
		return formatMilliseconds(s) + " ms"
	}
}

// formatMilliseconds writes seconds as a number of milliseconds, without the unit.
func formatMilliseconds(s float64) string {
	return strconv.FormatFloat(1000*s, 'f', digits(1000*s), 64)
}

func formatBytes(b float64) string {
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for math.Abs(b) >= 1023.5 && i < len(units)-1 {
		b /= 1024
		i++
	}
	return strconv.FormatFloat(b, 'f', digits(b), 64) + " " + units[i]
}

// FormatDuration writes a duration by its two largest units: 1.2 s, 40 s, 3 m 05 s, 2 h 10 m, 41 d 2 h. Below ten
// seconds it writes tenths.
func FormatDuration(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return strconv.FormatFloat(max(d, 0).Seconds(), 'f', 1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d m %02d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %02d m", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
	}
}

// ShortDuration writes a duration in the shortest form that a configuration takes: 500ms, 15s, 1h30m, 30d.
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
	switch {
	case span <= 0:
		return ""
	case span >= time.Minute && span < time.Hour && span.Round(time.Second)%time.Minute == 0:
		return fmt.Sprintf(" in the last %d m", int(span.Round(time.Minute).Minutes()))
	}
	return " in the last " + FormatDuration(span)
}

// Plural writes a count with its noun: 1 member, 2 members.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// pluralForm returns single for one thing, else several.
func pluralForm(n int, single, several string) string {
	if n == 1 {
		return single
	}
	return several
}

// inQuotes puts a text from outside in quotation marks. [probe.Printable] has escaped it already.
func inQuotes(text string) string { return `"` + text + `"` }
