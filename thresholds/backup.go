package thresholds

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A BackupFault is what is wrong with the backups in a directory.
type BackupFault string

// The faults, the worst first.
const (
	// BackupsMissing: there is no snapshot.
	BackupsMissing BackupFault = "missing"
	// BackupsCorrupt: a snapshot is damaged.
	BackupsCorrupt BackupFault = "corrupt"
	// BackupsStale: the newest that may be good is too old, or how old it is is not known.
	BackupsStale BackupFault = "stale"
	// BackupsShrunk: the newest holds far less than the one before, or an older revision.
	BackupsShrunk BackupFault = "shrunk"
	// BackupsUnread: it is not known whether there is one.
	BackupsUnread BackupFault = "unread"
	// BackupsOverdue: by the schedule that the times show, one is due.
	BackupsOverdue BackupFault = "overdue"
	// BackupsGap: some of an earlier schedule are not there.
	BackupsGap BackupFault = "gap"
	// BackupsUnsummed: the newest is a copy of a member's file, without a sum.
	BackupsUnsummed BackupFault = "no-sum"
)

const (
	// DefaultBackupAge is how old the newest backup may be: a day, and two hours for a job that starts late or takes
	// long.
	DefaultBackupAge = 26 * time.Hour
	// shrunkBelow is the share of keys, or of their bytes, below which a backup has shrunk oddly. Below leastKeys and
	// leastBytes of the one before, nothing is odd.
	shrunkBelow = 0.5
	leastKeys   = 100
	leastBytes  = 100 << 10
	// scheduleFrom is how many backups show a schedule, and scheduleOf how many of the newest it is taken from.
	scheduleFrom = 4
	scheduleOf   = 15
	// aheadBy is how far a backup's time may be in the future, as clocks differ.
	aheadBy = 5 * time.Minute
	// lateBy is how many times the usual interval passes before a backup counts as missing.
	lateBy = 1.5
)

// BackupsVerdict is whether the backups in a directory will do.
type BackupsVerdict struct {
	// Level is the worst of the problems'. A backup that is missing, corrupt, stale or shrunk is a warning.
	Level    Level
	Headline string
	Problems []BackupProblem // the worst first
	Series   []BackupSeries
	// Newest is the newest backup that is not known to be damaged; nil if there is none.
	Newest *probe.Backup
}

// A BackupProblem is one that a directory of backups has.
type BackupProblem struct {
	Fault BackupFault
	Level Level
	// Name is the file that it is about; empty if it is about none.
	Name string
	Text string
	// Taken is when that was taken; zero unless it is about a damaged one.
	Taken time.Time
}

// BackupSeries are the backups of one schedule, as their names tell.
type BackupSeries struct {
	// Name is what their names have in common; empty for names without a time.
	Name  string
	Files int
	// Newest is when the newest was taken, and Interval how long it is from one to the next mostly; 0 if too few tell.
	Newest   time.Time
	Interval time.Duration
	Gaps     []BackupGap
}

// A BackupGap is a time in which backups are missing.
type BackupGap struct {
	From, To time.Time
	Missed   int
}

// JudgeBackups judges the backups of a directory at a moment. The newest that is not damaged may be as old as maxAge.
func JudgeBackups(b *probe.Backups, now time.Time, maxAge time.Duration) BackupsVerdict {
	v := BackupsVerdict{Level: OK, Series: backupSeries(b.Files)}
	for i := range b.Files {
		if f := &b.Files[i]; f.State == probe.BackupWhole || f.State == probe.BackupUnchecked {
			v.Newest = f
			break
		}
	}
	v.judgeFiles(b)
	if v.Newest != nil {
		v.judgeAge(now, maxAge)
		v.judgeShrinking(b.Files)
		if c := v.Newest.Content; c != nil && !c.HasSum {
			v.add(BackupsUnsummed, Notice, v.Newest.Name, "it has no sum of its content, as a copy of a member's file: that "+
				"its values are as they were can't be checked, and restoring it takes --skip-hash-check")
		}
	}
	v.judgeSchedules(now)
	slices.SortStableFunc(v.Problems, func(a, b BackupProblem) int { return cmp.Compare(b.Level, a.Level) })
	v.Headline = v.headline(now)
	return v
}

func (v *BackupsVerdict) add(fault BackupFault, level Level, name, format string, arguments ...any) {
	v.Level = max(v.Level, level)
	v.Problems = append(v.Problems, BackupProblem{Fault: fault, Level: level, Name: name,
		Text: fmt.Sprintf(format, arguments...)})
}

// judgeFiles judges what the files are.
func (v *BackupsVerdict) judgeFiles(b *probe.Backups) {
	switch {
	case b.Err != nil:
		v.add(BackupsUnread, Unknown, "", "%s", b.Err.Text)
	case len(b.Files) == 0 && b.Others > 0:
		v.add(BackupsUnread, Unknown, "", "there is no snapshot of etcd that can be read; %s, such as %s, "+
			"%s something else, or packed or encrypted", Plural(b.Others, "file"), b.Other,
			pluralForm(b.Others, "is", "are"))
	case len(b.Files) == 0:
		v.add(BackupsMissing, Warning, "", "there is no snapshot of etcd")
	}
	for i := range b.Files {
		switch f := &b.Files[i]; {
		case f.State == probe.BackupDamaged:
			v.add(BackupsCorrupt, Warning, f.Name, "%s", f.Problem)
			v.Problems[len(v.Problems)-1].Taken = f.Taken
		case f.State == probe.BackupUnread && (v.Newest == nil || f.Taken.After(v.Newest.Taken)):
			v.add(BackupsUnread, Unknown, f.Name, "it could not be read: %s", f.Problem)
		}
	}
	if v.Newest == nil && len(b.Files) > 0 && v.Level >= Warning {
		v.add(BackupsMissing, Warning, "", "there is no snapshot that is not damaged")
	}
}

// IsAhead reports that a backup's time is in the future, so that its age is not known.
func IsAhead(b *probe.Backup, now time.Time) bool { return b.Taken.Sub(now) > aheadBy }

// judgeAge judges how old the newest is.
func (v *BackupsVerdict) judgeAge(now time.Time, maxAge time.Duration) {
	if IsAhead(v.Newest, now) {
		v.add(BackupsStale, Unknown, v.Newest.Name, "its time, %s, is in the future: how old it is is not known",
			v.Newest.Taken.UTC().Format(time.RFC3339))
	} else if age := now.Sub(v.Newest.Taken); age >= maxAge {
		v.add(BackupsStale, Warning, v.Newest.Name, "the newest is %s old, over %s", FormatDuration(age),
			FormatDuration(maxAge))
	}
}

// judgeShrinking compares the newest with the one before it, of those that were checked. A defragmentation makes the
// file smaller, and leaves keys and their bytes.
func (v *BackupsVerdict) judgeShrinking(files []probe.Backup) {
	var before *probe.Backup
	for i := range files {
		if f := &files[i]; f.Content != nil && f != v.Newest && f.Taken.Before(v.Newest.Taken) {
			before = f
			break
		}
	}
	if before == nil || v.Newest.Content == nil {
		return
	}
	was, is := before.Content, v.Newest.Content
	shrunk := func(was, is, least int64) bool { return was >= least && float64(is) < shrunkBelow*float64(was) }
	switch {
	case is.Revision < was.Revision:
		v.add(BackupsShrunk, Warning, v.Newest.Name, "its revision, %d, is older than that of %s before it, %d: it is of "+
			"another cluster, or of one that was restored", is.Revision, before.Name, was.Revision)
	case shrunk(was.Keys, is.Keys, leastKeys):
		v.add(BackupsShrunk, Warning, v.Newest.Name, "it has %d keys, and %s before it has %d", is.Keys, before.Name,
			was.Keys)
	case shrunk(was.LiveBytes, is.LiveBytes, leastBytes):
		v.add(BackupsShrunk, Warning, v.Newest.Name, "its keys have %s, and those of %s before it have %s",
			Bytes.Format(float64(is.LiveBytes)), before.Name, Bytes.Format(float64(was.LiveBytes)))
	}
}

// judgeSchedules says which backups are missing by the schedules.
func (v *BackupsVerdict) judgeSchedules(now time.Time) {
	for i := range v.Series {
		s := &v.Series[i]
		if s.Interval == 0 {
			continue
		}
		every := "about every " + FormatDuration(s.Interval)
		if missed, late := missedIn(now.Sub(s.Newest), s.Interval); late {
			missed = max(missed, 1)
			v.add(BackupsOverdue, Notice, "", "there was one %s%s until %s, and none since: %d %s due", every,
				s.named(len(v.Series)), s.Newest.UTC().Format(time.RFC3339), missed, pluralForm(missed, "is", "are"))
		}
		if n := len(s.Gaps); n > 0 {
			newest := &s.Gaps[0]
			text := fmt.Sprintf("there is one %s%s, and %s missing between %s and %s", every, s.named(len(v.Series)),
				pluralForm(newest.Missed, "one is", fmt.Sprintf("%d are", newest.Missed)),
				newest.From.UTC().Format(time.RFC3339), newest.To.UTC().Format(time.RFC3339))
			if n > 1 {
				text += fmt.Sprintf("; there %s before that", pluralForm(n-1, "is 1 gap more",
					fmt.Sprintf("are %d gaps more", n-1)))
			}
			v.add(BackupsGap, Notice, "", "%s", text)
		}
	}
}

// named tells a series from others.
func (s *BackupSeries) named(of int) string {
	if of < 2 || s.Name == "" {
		return ""
	}
	return " of " + s.Name
}

func (v *BackupsVerdict) headline(now time.Time) string {
	age := ""
	switch {
	case v.Newest == nil:
	case IsAhead(v.Newest, now):
		age = "of a time in the future"
	default:
		age = FormatDuration(now.Sub(v.Newest.Taken)) + " old"
	}
	has := func(fault BackupFault) bool {
		return slices.ContainsFunc(v.Problems, func(p BackupProblem) bool { return p.Fault == fault })
	}
	switch {
	case has(BackupsMissing) && has(BackupsCorrupt):
		return "every backup is damaged"
	case has(BackupsMissing):
		return "there is no backup"
	case has(BackupsStale):
		return "the newest backup is " + age
	case has(BackupsCorrupt):
		return "a backup is damaged; the newest of the others is " + age
	case has(BackupsShrunk):
		return "the newest backup has shrunk, and is " + age
	case v.Newest == nil:
		return "not known whether there is a backup"
	case has(BackupsUnread):
		return "a newer backup can't be read; the newest of the others is " + age
	case v.Newest.State == probe.BackupWhole:
		return "the newest backup is whole, and " + age
	}
	return "the newest backup is " + age + ", and was not read whole"
}

// backupSeries groups backups, of which the newest are first, by what their names have in common: the series with the
// newest backup first.
func backupSeries(files []probe.Backup) (all []BackupSeries) {
	times := map[string][]time.Time{}
	for i := range files {
		name := files[i].Series
		if times[name] == nil {
			all = append(all, BackupSeries{Name: name, Newest: files[i].Taken})
		}
		times[name] = append(times[name], files[i].Taken)
	}
	for i := range all {
		all[i].Files = len(times[all[i].Name])
		all[i].schedule(times[all[i].Name])
	}
	return all
}

// schedule says how long it is from one backup to the next mostly, and where that is too long. times are the newest
// first. Long intervals at the old end are no gaps: many jobs keep one of each week of the older ones.
func (s *BackupSeries) schedule(times []time.Time) {
	times = times[:min(len(times), scheduleOf)]
	if len(times) < scheduleFrom {
		return
	}
	var intervals []time.Duration
	for i := 1; i < len(times); i++ {
		intervals = append(intervals, times[i-1].Sub(times[i]))
	}
	s.Interval = slices.Sorted(slices.Values(intervals))[len(intervals)/2].Round(time.Second)
	if s.Interval <= 0 {
		s.Interval = 0
		return
	}
	usual := len(intervals)
	for usual > 0 && isLate(intervals[usual-1], s.Interval) {
		usual--
	}
	for i, interval := range intervals[:usual] {
		if isLate(interval, s.Interval) {
			missed := max(int(float64(interval)/float64(s.Interval)+0.5)-1, 1)
			s.Gaps = append(s.Gaps, BackupGap{From: times[i+1], To: times[i], Missed: missed})
		}
	}
}

func isLate(interval, usual time.Duration) bool { return float64(interval) > lateBy*float64(usual) }

// missedIn returns how many backups are due after a time, and whether that is late.
func missedIn(since, usual time.Duration) (missed int, late bool) {
	return int(since / usual), isLate(since, usual)
}
