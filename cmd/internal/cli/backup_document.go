package cli

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// The documents of etcdoc backup are described in assets/schema.

type backupJSON struct {
	Schema  string             `json:"schema"`
	At      time.Time          `json:"at"`
	Backup  string             `json:"backup"`
	Level   string             `json:"level"`
	State   string             `json:"state"`
	Problem string             `json:"problem,omitempty"`
	Bytes   int64              `json:"file_bytes"`
	Taken   time.Time          `json:"taken"`
	ByName  bool               `json:"taken_by_name"`
	Age     float64            `json:"age_seconds"`
	MaxAge  *float64           `json:"max_age_seconds"`
	Stale   bool               `json:"stale"`
	Content *backupContentJSON `json:"content"`
	Against *backupLossJSON    `json:"against,omitempty"`
	Restore *backupRestoreJSON `json:"restore,omitempty"`
}

type backupContentJSON struct {
	Sum             string               `json:"sum"`
	Revision        int64                `json:"revision"`
	CompactRevision int64                `json:"compact_revision"`
	Unfinished      bool                 `json:"compaction_unfinished"`
	Keys            int64                `json:"keys"`
	Revisions       int64                `json:"revisions"`
	LiveBytes       int64                `json:"live_bytes"`
	DatabaseBytes   int64                `json:"database_bytes"`
	UsedPages       int64                `json:"used_pages"`
	Pages           int64                `json:"pages"`
	ClusterVersion  string               `json:"cluster_version,omitempty"`
	StorageVersion  string               `json:"storage_version,omitempty"`
	ConsistentIndex *uint64              `json:"consistent_index,omitempty"`
	Members         []databaseMemberJSON `json:"members"`
	Removed         []string             `json:"removed_members"`
	Alarms          []databaseAlarmJSON  `json:"alarms"`
	Auth            bool                 `json:"auth"`
}

func backupDocument(j *judgedFile) backupJSON {
	d := backupJSON{
		Schema: thresholds.Schema, At: j.at.UTC(), Backup: probe.Printable(j.path), Level: j.level().String(),
		State: string(j.file.State), Problem: probe.Printable(j.file.Problem), Bytes: j.file.Bytes,
		Taken: j.file.Taken.UTC(), ByName: j.file.ByName, Age: j.at.Sub(j.file.Taken).Seconds(), Stale: j.stale(),
		Against: lossDocument(j), Restore: restoreDocument(j),
	}
	if j.maxAge > 0 {
		seconds := j.maxAge.Seconds()
		d.MaxAge = &seconds
	}
	if c := j.check; c != nil {
		u := &c.Usage
		content := &backupContentJSON{
			Sum: string(c.Sum), Revision: u.Revision, CompactRevision: u.CompactRevision,
			Unfinished: u.CompactionUnfinished, Keys: u.Total.Keys, Revisions: u.Total.Writes(),
			LiveBytes: u.Total.LiveBytes, DatabaseBytes: u.DatabaseBytes, UsedPages: c.Pages,
			Pages: u.DatabaseBytes / max(u.PageBytes, 1), ClusterVersion: probe.Printable(c.State.ClusterVersion),
			StorageVersion: probe.Printable(u.StorageVersion), ConsistentIndex: c.State.ConsistentIndex,
			Members: databaseMembers(c.State.Members), Removed: printables(ids(c.State.Removed)),
			Alarms: databaseAlarms(c.State.Alarms), Auth: c.State.Auth,
		}
		d.Content = content
	}
	return d
}

type backupsJSON struct {
	Schema     string              `json:"schema"`
	At         time.Time           `json:"at"`
	Directory  string              `json:"backup_directory"`
	Level      string              `json:"level"`
	Headline   string              `json:"headline"`
	Problems   []backupProblemJSON `json:"problems"`
	Series     []backupSeriesJSON  `json:"series"`
	Unfinished int                 `json:"unfinished_files"`
	Others     int                 `json:"other_files"`
	Backups    []backupFileJSON    `json:"backups"`
}

type backupProblemJSON struct {
	Fault  string `json:"fault"`
	Level  string `json:"level"`
	Backup string `json:"backup,omitempty"`
	Text   string `json:"text"`
}

type backupSeriesJSON struct {
	Name     string          `json:"name"`
	Backups  int             `json:"backups"`
	Newest   time.Time       `json:"newest"`
	Interval *float64        `json:"interval_seconds"`
	Gaps     []backupGapJSON `json:"gaps"`
}

type backupGapJSON struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Missed int       `json:"missed"`
}

type backupFileJSON struct {
	Backup    string    `json:"backup"`
	Bytes     int64     `json:"file_bytes"`
	Taken     time.Time `json:"taken"`
	ByName    bool      `json:"taken_by_name"`
	State     string    `json:"state"`
	Problem   string    `json:"problem,omitempty"`
	Sum       *bool     `json:"sum_matches,omitempty"`
	Revision  *int64    `json:"revision,omitempty"`
	Keys      *int64    `json:"keys,omitempty"`
	LiveBytes *int64    `json:"live_bytes,omitempty"`
}

func backupsDocument(j *judgedDir) backupsJSON {
	d := backupsJSON{
		Schema: thresholds.Schema, At: j.At.UTC(), Directory: probe.Printable(j.Dir), Level: j.verdict.Level.String(),
		Headline: probe.Printable(j.verdict.Headline), Problems: []backupProblemJSON{}, Series: []backupSeriesJSON{},
		Unfinished: j.Unfinished, Others: j.Others, Backups: []backupFileJSON{},
	}
	for _, p := range j.verdict.Problems {
		d.Problems = append(d.Problems, backupProblemJSON{string(p.Fault), p.Level.String(), probe.Printable(p.Name),
			probe.Printable(p.Text)})
	}
	for _, s := range j.verdict.Series {
		is := backupSeriesJSON{Name: probe.Printable(s.Name), Backups: s.Files, Newest: s.Newest.UTC(),
			Gaps: []backupGapJSON{}}
		if s.Interval > 0 {
			seconds := s.Interval.Seconds()
			is.Interval = &seconds
		}
		for _, gap := range s.Gaps {
			is.Gaps = append(is.Gaps, backupGapJSON{gap.From.UTC(), gap.To.UTC(), gap.Missed})
		}
		d.Series = append(d.Series, is)
	}
	for i := range j.Files {
		f := &j.Files[i]
		is := backupFileJSON{Backup: probe.Printable(f.Name), Bytes: f.Bytes, Taken: f.Taken.UTC(), ByName: f.ByName,
			State: string(f.State), Problem: probe.Printable(f.Problem)}
		if c := f.Content; c != nil {
			is.Sum, is.Revision, is.Keys, is.LiveBytes = &c.HasSum, &c.Revision, &c.Keys, &c.LiveBytes
		}
		d.Backups = append(d.Backups, is)
	}
	return d
}
