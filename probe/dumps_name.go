package probe

import (
	"strconv"
	"strings"
	"time"
)

// timestampFormats describes the valid names, for messages to whoever has to rename a file.
const timestampFormats = "unix time (1732150800, also with a fraction, or in ms, µs or ns) " +
	"or RFC 3339 (2024-11-21T01:00:00Z, also 2024-11-21T01-00-00Z)"

// dumpEndings are the endings of dumps, besides none; each may be followed by gzipEnding.
var dumpEndings = [...]string{".prom", ".txt", ".metrics"}

const gzipEnding = ".gz"

// dumpStem returns the name of a dump without its endings, and whether it had one.
func dumpStem(name string) (stem string, ended bool) {
	stem = strings.TrimSuffix(name, gzipEnding)
	ended = stem != name
	for _, ending := range dumpEndings {
		if cut, found := strings.CutSuffix(stem, ending); found {
			return cut, true
		}
	}
	return stem, ended
}

// isDumpName reports whether only a dump has such a name: many other files end in .txt or in nothing.
func isDumpName(name string) bool {
	stem, packed := strings.CutSuffix(name, gzipEnding)
	return packed || strings.HasSuffix(stem, ".prom") || strings.HasSuffix(stem, ".metrics")
}

// parseTimestamp parses the stem of a dump's name: see timestampFormats.
func parseTimestamp(stem string) (time.Time, bool) {
	if at, ok := parseUnix(stem); ok {
		return at, true
	}
	return parseRFC3339(stem)
}

// parseUnix parses a unix time. The number of digits gives the unit: from 2001 to 2286 seconds have ten.
func parseUnix(stem string) (time.Time, bool) {
	whole, fraction, fractional := strings.Cut(stem, ".")
	if !isDigits(whole) || whole[0] == '0' || fractional &&
		(len(whole) != 10 || !isDigits(fraction) || len(fraction) > 9) {
		return time.Time{}, false
	}
	number, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	switch len(whole) {
	case 10:
		nanos, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64) // nine digits always parse
		return time.Unix(number, nanos).UTC(), true
	case 13:
		return time.UnixMilli(number).UTC(), true
	case 16:
		return time.UnixMicro(number).UTC(), true
	case 19:
		return time.Unix(0, number).UTC(), true
	default:
		return time.Time{}, false
	}
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// parseRFC3339 parses RFC 3339, also with - or _ for the colons, which file systems and copying tools forbid.
func parseRFC3339(stem string) (time.Time, bool) {
	b := []byte(stem)
	n := len(b)
	if n < len("2006-01-02T15:04:05Z") {
		return time.Time{}, false
	}
	colons := []int{13, 16}
	if zone := n - len("+00:00"); b[zone] == '+' || b[zone] == '-' && b[n-1] != 'Z' {
		colons = append(colons, n-3)
	}
	for _, i := range colons {
		if b[i] == '-' || b[i] == '_' {
			b[i] = ':'
		}
	}
	at, err := time.Parse(time.RFC3339Nano, string(b))
	// The years that parseUnix accepts, so that differences between times don't overflow.
	if err != nil || at.Unix() < 1e9 || at.Unix() >= 1e10 {
		return time.Time{}, false
	}
	return at.UTC(), true
}
