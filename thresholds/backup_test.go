package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

var backupsAt = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// wholeBackups are whole ones of a series that were taken so long ago.
func wholeBackups(ages ...time.Duration) (files []probe.Backup) {
	for i, age := range ages {
		files = append(files, probe.Backup{Name: fmt.Sprintf("etcd-%d", i), Series: "etcd-*", Taken: backupsAt.Add(-age),
			State:   probe.BackupWhole,
			Content: &probe.BackupContent{HasSum: true, Revision: int64(1000 - i), Keys: 1000, LiveBytes: 1 << 20}})
	}
	return files
}

// changed returns files of which the newest was changed.
func changed(files []probe.Backup, change func(newest *probe.Backup)) []probe.Backup {
	change(&files[0])
	return files
}

func faultsOf(v *BackupsVerdict) (faults []string) {
	for _, p := range v.Problems {
		faults = append(faults, string(p.Fault))
	}
	slices.Sort(faults)
	return faults
}

// TestJudgeBackups has each fault just below, at and above its limit.
func TestJudgeBackups(t *testing.T) {
	const hour = time.Hour
	content := func(change func(c *probe.BackupContent)) func(*probe.Backup) {
		return func(b *probe.Backup) { change(b.Content) }
	}
	for name, test := range map[string]struct {
		files    []probe.Backup
		others   int
		err      *probe.Error
		level    Level
		faults   string
		headline string
	}{
		"none":           {level: Warning, faults: "missing", headline: "there is no backup"},
		"something else": {others: 3, level: Unknown, faults: "unread", headline: "not known whether there is a backup"},
		"no permission": {err: &probe.Error{Text: "permission denied"}, level: Unknown, faults: "unread",
			headline: "not known whether there is a backup"},
		"young enough": {files: wholeBackups(26*hour - time.Second), headline: "the newest backup is whole, and 1d01h old"},
		"in the future": {files: wholeBackups(-hour), level: Unknown, faults: "stale",
			headline: "the newest backup is of a time in the future"},
		"too old": {files: wholeBackups(26 * hour), level: Warning, faults: "stale",
			headline: "the newest backup is 1d02h old"},
		"damaged": {files: changed(wholeBackups(hour, 2*hour), func(b *probe.Backup) { b.State = probe.BackupDamaged }),
			level: Warning, faults: "corrupt", headline: "a backup is damaged; the newest of the others is 2h00m old"},
		"all damaged": {files: changed(wholeBackups(hour), func(b *probe.Backup) { b.State = probe.BackupDamaged }),
			level: Warning, faults: "corrupt missing", headline: "every backup is damaged"},
		"the newest may not be read": {files: changed(wholeBackups(hour, 2*hour), func(b *probe.Backup) {
			b.State, b.Content = probe.BackupUnread, nil
		}), level: Unknown, faults: "unread", headline: "a newer backup can't be read; the newest of the others is 2h00m old"},
		"none may be read": {files: changed(wholeBackups(hour), func(b *probe.Backup) {
			b.State, b.Content = probe.BackupUnread, nil
		}), level: Unknown, faults: "unread", headline: "not known whether there is a backup"},
		"not checked": {files: changed(wholeBackups(hour, 2*hour), func(b *probe.Backup) {
			b.State, b.Content = probe.BackupUnchecked, nil
		}), headline: "the newest backup is 1h00m old, and was not read whole"},
		"half of the keys": {files: changed(wholeBackups(hour, 2*hour),
			content(func(c *probe.BackupContent) { c.Keys = 500 })), headline: "the newest backup is whole, and 1h00m old"},
		"less than half": {files: changed(wholeBackups(hour, 2*hour),
			content(func(c *probe.BackupContent) { c.Keys = 499 })), level: Warning, faults: "shrunk",
			headline: "the newest backup has shrunk, and is 1h00m old"},
		"half of the bytes": {files: changed(wholeBackups(hour, 2*hour),
			content(func(c *probe.BackupContent) { c.LiveBytes = 1 << 19 })),
			headline: "the newest backup is whole, and 1h00m old"},
		"less than half of them": {files: changed(wholeBackups(hour, 2*hour),
			content(func(c *probe.BackupContent) { c.LiveBytes = 1<<19 - 1 })), level: Warning, faults: "shrunk",
			headline: "the newest backup has shrunk, and is 1h00m old"},
		"an older revision": {files: changed(wholeBackups(hour, 2*hour),
			content(func(c *probe.BackupContent) { c.Revision = 998 })), level: Warning, faults: "shrunk",
			headline: "the newest backup has shrunk, and is 1h00m old"},
		"the same revision": {files: changed(wholeBackups(hour, 2*hour),
			content(func(c *probe.BackupContent) { c.Revision = 999 })), headline: "the newest backup is whole, and 1h00m old"},
		"no sum": {files: changed(wholeBackups(hour), content(func(c *probe.BackupContent) { c.HasSum = false })),
			level: Notice, faults: "no-sum", headline: "the newest backup is whole, and 1h00m old"},
		"on schedule": {files: wholeBackups(3*hour, 5*hour, 7*hour, 9*hour),
			headline: "the newest backup is whole, and 3h00m old"},
		"overdue": {files: wholeBackups(3*hour+time.Second, 5*hour, 7*hour, 9*hour+time.Second), level: Notice,
			faults: "overdue", headline: "the newest backup is whole, and 3h00m old"},
		"a gap": {files: wholeBackups(hour, 3*hour, 9*hour, 11*hour, 13*hour), level: Notice, faults: "gap",
			headline: "the newest backup is whole, and 1h00m old"},
		"thinned out": {files: wholeBackups(hour, 3*hour, 5*hour, 7*hour, 9*hour, 48*hour, 24*7*hour),
			headline: "the newest backup is whole, and 1h00m old"},
		"too few for a schedule": {files: wholeBackups(20*hour, 21*hour, 22*hour),
			headline: "the newest backup is whole, and 20h00m old"},
	} {
		b := probe.Backups{Files: test.files, Others: test.others, Other: "x.gpg", Err: test.err}
		v := JudgeBackups(&b, backupsAt, DefaultBackupAge)
		if faults := strings.Join(faultsOf(&v), " "); v.Level != test.level || faults != test.faults ||
			v.Headline != test.headline {
			t.Errorf("%s: %s, faults %q, %q: %+v", name, v.Level, faults, v.Headline, v.Problems)
		}
	}
}

// TestBackupGaps: a gap says how many backups are missing in it, and schedules are of the names' series.
func TestBackupGaps(t *testing.T) {
	const hour = time.Hour
	files := wholeBackups(hour, 3*hour, 9*hour, 11*hour, 13*hour)
	for i, age := range []time.Duration{hour / 2, 100 * hour} {
		files = append(files, probe.Backup{Name: fmt.Sprintf("on-demand-%d", i), Series: "on-demand-*",
			Taken: backupsAt.Add(-age), State: probe.BackupUnchecked})
	}
	slices.SortFunc(files, func(a, b probe.Backup) int { return b.Taken.Compare(a.Taken) })
	v := JudgeBackups(&probe.Backups{Files: files}, backupsAt, DefaultBackupAge)
	if len(v.Series) != 2 || v.Series[0].Name != "on-demand-*" || v.Series[0].Interval != 0 {
		t.Fatalf("%+v", v.Series)
	}
	s := v.Series[1]
	want := BackupGap{From: backupsAt.Add(-9 * hour), To: backupsAt.Add(-3 * hour), Missed: 2}
	if s.Interval != 2*hour || s.Files != 5 || len(s.Gaps) != 1 || s.Gaps[0] != want {
		t.Errorf("%+v", s)
	}
	if text := v.Problems[0].Text; text != "there is one about every 2h00m of etcd-*, and 2 are missing between "+
		"2026-11-28T03:00:00Z and 2026-11-28T09:00:00Z" {
		t.Error(text)
	}
}
