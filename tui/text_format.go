package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// number writes a value in a readable unit, in at most six cells; "" where it is not known.
func (t *theme) number(v probe.Value, unit thresholds.Unit) string {
	n, known := v.Get()
	if !known {
		return ""
	}
	switch unit {
	case thresholds.Seconds:
		return t.seconds(n)
	case thresholds.Bytes:
		return t.bytes(n)
	case thresholds.Ratio:
		return strconv.FormatFloat(100*n, 'f', 0, 64) + "%"
	case thresholds.PerSecond:
		return rate(n)
	}
	return formatCount(n)
}

// leastShown is the value of a unit up to which it is written as zero, or as less than something.
func leastShown(unit thresholds.Unit) float64 {
	switch unit {
	case thresholds.Seconds:
		return 0.5e-6
	case thresholds.Ratio:
		return 0.005
	case thresholds.PerSecond:
		return leastRate / 2
	}
	return 0.5
}

func (t *theme) seconds(s float64) string {
	switch ms := s * 1000; {
	case s < 0:
		return "-" + t.seconds(-s)
	case s == 0:
		return "0ms"
	case ms < 0.1:
		return strconv.FormatFloat(ms*1000, 'f', 0, 64) + t.pick("µs", "us")
	case ms < 999.5:
		return significant(ms) + "ms"
	case s < 99.5:
		return significant(s) + "s"
	}
	return short(time.Duration(s * float64(time.Second)))
}

// rate writes two decimals below one, as a few a minute can be worth a notice.
func rate(n float64) string {
	switch {
	case n > 0 && n < leastRate/2:
		return "<" + rate(leastRate)
	case n > 0 && n < 0.995:
		return strings.TrimRight(strconv.FormatFloat(n, 'f', 2, 64), "0")
	case n > 0 && n < 10:
		return significant(n)
	}
	return formatCount(n)
}

// leastRate is the least rate that is written in full.
const leastRate = 0.01

// significant writes one decimal below ten, none above.
func significant(n float64) string {
	if n < 9.95 {
		return trimZero(strconv.FormatFloat(n, 'f', 1, 64))
	}
	return strconv.FormatFloat(n, 'f', 0, 64)
}

func trimZero(s string) string {
	if len(s) > 2 && s[len(s)-2:] == ".0" {
		return s[:len(s)-2]
	}
	return s
}

// bytes writes a size: 1.9G by 1024, 2GB by 1000.
func (t *theme) bytes(n float64) string {
	if t.units == Units1000 {
		return scaled(n, 1000, "B", "kB", "MB", "GB", "TB", "PB")
	}
	return scaled(n, 1024, "B", "K", "M", "G", "T", "P")
}

func formatCount(n float64) string { return scaled(n, 1000, "", "k", "M", "G", "T", "P") }

func scaled(n, base float64, units ...string) string {
	if n < 0 {
		return "-" + scaled(-n, base, units...)
	}
	i := 0
	for n >= 999.5 && i < len(units)-1 {
		n /= base
		i++
	}
	if i == 0 {
		return strconv.FormatFloat(n, 'f', 0, 64) + units[0]
	}
	return significant(n) + units[i]
}

// short writes a duration in one unit: 58s, 12m, 3h, 2d.
func short(d time.Duration) string {
	switch d = max(d, 0).Round(time.Second); {
	case d < 100*time.Second:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < 100*time.Minute:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + "d"
}

// long writes a duration in two units: 1.2s, 58s, 3m12s, 3h12m, 2d04h.
func long(d time.Duration) string {
	switch {
	case d <= 0:
		return "0s"
	case d < 10*time.Second:
		return significant(d.Seconds()) + "s"
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d/time.Minute), int(d/time.Second)%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d/time.Hour), int(d/time.Minute)%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d/(24*time.Hour)), int(d/time.Hour)%24)
}

// zoned is a time in the zone that was chosen.
func (a appearance) zoned(at time.Time) time.Time {
	if a.local {
		return at.Local()
	}
	return at.UTC()
}

// clock writes the time of day, in UTC (with its Z) or in local time.
func clock(at time.Time, local bool) string {
	if at.IsZero() {
		return "--:--:--"
	}
	if local {
		return at.Local().Format("15:04:05")
	}
	return at.UTC().Format("15:04:05Z")
}

// clock is the time of day as the screen shows it.
func (m model) clock(at time.Time) string { return clock(at, m.appearance.local) }

// stamp is the time of day, with the day where it differs from that of the moment shown.
func (m model) stamp(at time.Time) string {
	const day = "01-02"
	if d := m.appearance.zoned(at).Format(day); d != m.appearance.zoned(m.asOf()).Format(day) {
		return d + " " + m.clock(at)
	}
	return m.clock(at)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// worstText writes a worst value.
func (t *theme) worstText(w thresholds.ShownValue, unit thresholds.Unit) string {
	text := t.number(w.Value, unit)
	switch {
	case text == "":
		return "?"
	case w.AtMost:
		return t.atMost() + text
	}
	return text
}
