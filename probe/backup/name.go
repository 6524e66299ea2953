package backup

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The times in names. RKE2 and k3s end them in seconds since 1970 (k3s pkg/etcd/snapshot.go); cron jobs, OpenShift and
// RKE1 have a date, mostly with a time of day, and rarely with a zone.
var (
	secondsInName = regexp.MustCompile(`(?:^|[^0-9])(1[0-9]{9})(?:[^0-9]|$)`)
	dateInName    = regexp.MustCompile(`(?:^|[^0-9])(20[0-9]{2})[-_.]?([01][0-9])[-_.]?([0-3][0-9])` +
		`(?:[-T_. ]*([0-2][0-9])[-:_.h]?([0-5][0-9])(?:[-:_.m]?([0-5][0-9]))?)?(?:[-_.]?(Z|UTC))?(?:[^0-9]|$)`)
)

// A namedTime is a time that a file's name has.
type namedTime struct {
	at time.Time
	// exact means that its zone is known: it is not a date in some zone.
	exact bool
	// begin and end are where it is in the name.
	begin, end int
}

// timeIn returns the time in a name; ok is false if it has none.
func timeIn(name string) (t namedTime, ok bool) {
	if m := secondsInName.FindStringSubmatchIndex(name); m != nil {
		seconds, err := strconv.ParseInt(name[m[2]:m[3]], 10, 64)
		return namedTime{time.Unix(seconds, 0).UTC(), true, m[2], m[3]}, err == nil
	}
	m := dateInName.FindStringSubmatchIndex(name)
	if m == nil {
		return t, false
	}
	part := func(i int) (n int) {
		if m[2*i] >= 0 {
			n, _ = strconv.Atoi(name[m[2*i]:m[2*i+1]]) // two or four digits
		}
		return n
	}
	year, month, day := part(1), time.Month(part(2)), part(3)
	at := time.Date(year, month, day, part(4), part(5), part(6), 0, time.UTC)
	if y, mo, d := at.Date(); y != year || mo != month || d != day {
		return t, false // such as month 13
	}
	end := m[7]
	for i := 4; i <= 7; i++ {
		if m[2*i] >= 0 {
			end = m[2*i+1]
		}
	}
	return namedTime{at, m[14] >= 0, m[2], end}, true
}

// widestZone is by how much the local time of a name may differ from UTC, and a little more for how long a snapshot
// takes.
const widestZone = 15 * time.Hour

// taken returns when a snapshot was taken, by its name and by when the file was last written to. The time of a file is
// that of its copy, mostly; a time in a name is that of the snapshot, but for its zone. It is never later than the
// file's.
func taken(name string, modified time.Time) (at time.Time, byName bool) {
	t, ok := timeIn(name)
	switch {
	case !ok, t.at.After(modified):
		return modified, false
	case t.exact, modified.Sub(t.at) > widestZone:
		return t.at, true
	}
	return modified, false
}

// endings are what says of which kind a file is, and not of which schedule.
var endings = [...]string{".zip", ".gz", ".db", ".snapshot", ".snap", ".backup", ".bak"}

// seriesOf returns what a name has in common with those of the same schedule: all but its time, and how it ends. It is
// empty for a name without a time.
func seriesOf(name string) string {
	t, ok := timeIn(name)
	if !ok {
		return ""
	}
	rest := name[t.end:]
	for trimmed := true; trimmed; {
		trimmed = false
		for _, ending := range endings {
			if shorter, has := strings.CutSuffix(rest, ending); has {
				rest, trimmed = shorter, true
			}
		}
	}
	return name[:t.begin] + "*" + rest
}

// isUnfinished reports whether a name is that of a file that is being written.
func isUnfinished(name string) bool {
	for _, ending := range [...]string{".part", ".tmp", ".partial", ".download"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}
