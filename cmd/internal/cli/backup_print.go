package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A backupFace writes what was found out about a backup, or about a directory of them, in a format.
type backupFace struct {
	file func(w io.Writer, j *judgedFile) error
	dir  func(w io.Writer, j *judgedDir) error
}

func backupFaceOf(f *backupFlags, width int) (backupFace, error) {
	written := func(write func(io.Writer, any) error) backupFace {
		return backupFace{
			file: func(w io.Writer, j *judgedFile) error { return write(w, backupDocument(j)) },
			dir:  func(w io.Writer, j *judgedDir) error { return write(w, backupsDocument(j)) },
		}
	}
	switch f.output {
	case "table", "simple", "wide":
		return backupFace{
			file: func(w io.Writer, j *judgedFile) error { return printBackup(w, j, width) },
			dir:  func(w io.Writer, j *judgedDir) error { return printBackups(w, j, width) },
		}, nil
	case "json":
		return written(writeJSON), nil
	case "yaml":
		return written(writeYAML), nil
	}
	return backupFace{}, notOneOf("output", f.output, []string{"table", "json", "yaml"})
}

// printBackup writes what was found out about a snapshot for people.
func printBackup(w io.Writer, j *judgedFile, width int) error {
	b := &paragraphs{width: width}
	name := probe.Printable(j.path)
	if c := j.check; c == nil {
		b.add(lead("DAMAGED"), name+" is "+probe.Printable(j.file.Problem)+". It must not be relied on: copy it again "+
			"from where it came, or save a new one of a healthy member (etcdctl snapshot save FILE).")
	} else {
		b.add(lead(strings.ToUpper(j.level().String())), name+" is whole: "+wholeWords(c)+".")
		if c.Sum == keyspace.SumNone {
			b.add(lead("Sum"), "none, as of a copy of a member's file: that its values are as they were can't be checked. "+
				"Restoring it takes --skip-hash-check.")
		}
	}
	b.add(lead("Age"), ageWords(j))
	if j.check != nil {
		printBackupContent(b, j.check)
	}
	printRestore(b, j)
	if j.loss != nil {
		printLoss(b, j)
	}
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// wholeWords say what was checked.
func wholeWords(c *keyspace.Check) string {
	text := ""
	if c.Sum == keyspace.SumMatches {
		text = "its sum matches (SHA-256), and "
	}
	return text + fmt.Sprintf("its %s in use, of %s, and %s can be read",
		counted(int(c.Pages), "page", "pages"), count(c.Usage.DatabaseBytes/max(c.Usage.PageBytes, 1)),
		counted(int(c.Usage.Total.Writes()), "revision", "revisions"))
}

// ageWords say how old a snapshot is, and by what.
func ageWords(j *judgedFile) string {
	if j.isAhead() {
		return "not known: its time, " + j.file.Taken.UTC().Format(time.RFC3339) + ", is in the future."
	}
	text := fmt.Sprintf("%s, by the file's time, %s: it was taken then or earlier",
		thresholds.FormatDuration(j.at.Sub(j.file.Taken)), j.file.Taken.UTC().Format(time.RFC3339))
	if j.file.ByName {
		text = fmt.Sprintf("%s, by its name, which says %s",
			thresholds.FormatDuration(j.at.Sub(j.file.Taken)), j.file.Taken.UTC().Format(time.RFC3339))
	}
	if j.stale() {
		text += ". That is over " + thresholds.FormatDuration(j.maxAge)
	}
	return text + "."
}

// printBackupContent writes what is in a snapshot.
func printBackupContent(b *paragraphs, c *keyspace.Check) {
	u := &c.Usage
	text := fmt.Sprintf("revision %s, %s, %s with %s, in a database of %s", count(u.Revision), compactedWords(u),
		counted(int(u.Total.Keys), "key", "keys"), size(u.Total.LiveBytes), size(u.DatabaseBytes))
	if u.CompactionUnfinished {
		text += "; a compaction was begun and not finished: etcd goes on with it when it starts"
	}
	b.add(lead("Content"), text+".")
	b.add(lead("Cluster"), clusterWords(c)+".")
	if u.Total.Keys == 0 {
		b.add(lead("Note"), "There is no key in it: is it of the cluster that it is meant to be of?")
	}
	for _, a := range c.State.Alarms {
		b.add(lead("Alarm"), fmt.Sprintf("%s was active, of member %s. It is in the snapshot: a cluster that is restored from "+
			"it has the alarm, too.", probe.Printable(a.Type), memberName(c.State.Members, a.Member)))
	}
}

func compactedWords(u *keyspace.Usage) string {
	if u.CompactRevision > 0 {
		return "compacted at " + count(u.CompactRevision)
	}
	return "never compacted"
}

func memberName(members []probe.Peer, id probe.MemberID) string {
	i := slices.IndexFunc(members, func(m probe.Peer) bool { return m.ID == id && m.Name != "" })
	if i < 0 {
		return id.String()
	}
	return probe.Printable(members[i].Name)
}

// shownMembers is how many members are named.
const shownMembers = 9

// clusterWords say which cluster a snapshot is of.
func clusterWords(c *keyspace.Check) string {
	var words []string
	if v := c.State.ClusterVersion; v != "" {
		words = append(words, "version "+probe.Printable(v))
	}
	if v := c.Usage.StorageVersion; v != "" {
		words = append(words, "storage version "+probe.Printable(v))
	}
	var names []string
	for _, m := range c.State.Members[:min(len(c.State.Members), shownMembers)] {
		name := memberName(c.State.Members, m.ID)
		if m.Learner {
			name += " (learner)"
		}
		names = append(names, name)
	}
	if more := len(c.State.Members) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	if len(names) == 0 {
		words = append(words, "no member in it, as after a restore")
	} else {
		words = append(words, thresholds.Plural(len(c.State.Members), "member")+": "+strings.Join(names, ", "))
	}
	if n := len(c.State.Removed); n > 0 {
		words = append(words, fmt.Sprintf("%d removed", n))
	}
	if c.State.Auth {
		words = append(words, "authentication is on")
	}
	return strings.Join(words, "; ")
}

// shownBackups is how many backups of a directory the table has.
const shownBackups = 20

// printBackups writes what was found out about a directory for people.
func printBackups(w io.Writer, j *judgedDir, width int) error {
	b := &paragraphs{width: width}
	b.add(lead(strings.ToUpper(j.verdict.Level.String())), probe.Printable(j.Dir)+": "+
		probe.Printable(j.verdict.Headline)+".")
	for _, p := range j.verdict.Problems {
		text := p.Text
		if p.Name != "" {
			text = p.Name + ": " + text
		}
		b.add(lead(p.Level.Word()), probe.Printable(text)+".")
	}
	for i := range j.verdict.Series {
		b.add(lead("Schedule"), seriesWords(&j.verdict.Series[i]))
	}
	if j.Unfinished > 0 {
		b.add(lead("Note"), fmt.Sprintf("%s not finished: being written, or left behind.",
			counted(j.Unfinished, "file is", "files are")))
	}
	if j.Others > 0 && len(j.Files) > 0 {
		b.add(lead("Note"), fmt.Sprintf("%s no snapshot of etcd, such as %s.",
			counted(j.Others, "file is", "files are"), probe.Printable(j.Other)))
	}
	if len(j.Files) > 0 {
		b.WriteByte('\n')
		j.printFiles(b, width)
	}
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// counted is a number of things, or that and what they do.
func counted(n int, single, several string) string {
	if n == 1 {
		return "1 " + single
	}
	return count(int64(n)) + " " + several
}

// seriesWords say on which schedule backups come.
func seriesWords(s *thresholds.BackupSeries) string {
	name := probe.Printable(s.Name)
	if name == "" {
		name = "names without a time"
	}
	text := fmt.Sprintf("%s: %s", name, thresholds.Plural(s.Files, "backup"))
	if s.Interval == 0 {
		return text + "; too few to show a schedule."
	}
	missed := 0
	for _, gap := range s.Gaps {
		missed += gap.Missed
	}
	text += ", about every " + thresholds.FormatDuration(s.Interval)
	if missed > 0 {
		text += fmt.Sprintf("; %d missing in %s", missed, thresholds.Plural(len(s.Gaps), "gap"))
	}
	return text + "."
}

func (j *judgedDir) printFiles(b *paragraphs, width int) {
	rows := [][]string{{"BACKUP", "TAKEN", "AGE", "SIZE", "REVISION", "KEYS", "STATE"}}
	shown := j.Files[:min(len(j.Files), shownBackups)]
	byFile := false
	for i := range shown {
		f := &shown[i]
		at := f.Taken.UTC().Format("2006-01-02 15:04")
		if !f.ByName && f.State != probe.BackupUnread {
			at, byFile = at+"*", true
		}
		row := []string{probe.Printable(f.Name), at, thresholds.FormatDuration(j.At.Sub(f.Taken)), size(f.Bytes), "-", "-",
			string(f.State)}
		if f.State == probe.BackupUnread && f.Modified.IsZero() {
			row[1], row[2], row[3] = "-", "-", "-"
		}
		if c := f.Content; c != nil {
			row[4], row[5] = count(c.Revision), count(c.Keys)
		}
		rows = append(rows, row)
	}
	printRows(b, rows, width, "TAKEN", "KEYS", "REVISION")
	if byFile {
		b.add("", "* by the file's time: it was taken then or earlier.")
	}
	if more := len(j.Files) - len(shown); more > 0 {
		b.add("", fmt.Sprintf("%s more: -o json has all.", count(int64(more))))
	}
}
