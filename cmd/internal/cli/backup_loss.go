package cli

import (
	"fmt"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/backup"
	"github.com/etcdoc/etcdoc/thresholds"
)

// printRestore writes how a restore went.
func printRestore(b *paragraphs, j *judgedFile) {
	switch r := j.restored; {
	case j.untried != "":
		b.add(lead("Restore"), "not tried: "+probe.Printable(j.untried)+".")
	case r == nil:
	case r.Problem != "":
		b.add(lead("Restore"), fmt.Sprintf("%s could not restore it: %s.", toolName(r), probe.Printable(r.Problem)))
	default:
		with := ""
		if r.SkippedSum {
			with = " with --skip-hash-check"
		}
		b.add(lead("Restore"), fmt.Sprintf("%s restored it%s in %s, to a directory that is removed: revision, keys and "+
			"bytes are those of the snapshot.", toolName(r), with, thresholds.FormatDuration(r.Took)))
	}
}

func toolName(r *backup.Restored) string {
	return strings.TrimSpace(backup.Tool + " " + probe.Printable(r.Version))
}

// printLoss writes what a restore would lose of the live cluster.
func printLoss(b *paragraphs, j *judgedFile) {
	const below = "          " // as wide as a lead
	l := j.loss
	lost := l.Revisions(j.check)
	switch {
	case l.Foreign && lost < 0:
		b.add(lead("Against"), fmt.Sprintf("the cluster is at revision %s, before that of the snapshot: it is of another "+
			"cluster, or this one was restored from an older one.", count(l.Newest)))
		return
	case l.Foreign:
		b.add(lead("Against"), "the cluster has keys from before the snapshot that are not in it: it is of another "+
			"cluster, or this one was restored since.")
		return
	}
	b.add(lead("Against"), lossWords(l, lost)+".")
	switch l.Stopped {
	case backup.StoppedAtLimit:
		b.add(below, fmt.Sprintf("Only %s of its keys were looked at (--compare-keys): more may have changed.",
			count(l.Total.Keys)))
	case backup.StoppedByCompacted:
		b.add(below, fmt.Sprintf("Only %s of its keys were looked at, until etcd compacted the revision at which they are "+
			"read: more may have changed.", count(l.Total.Keys)))
	}
	if !j.shared && len(j.check.State.Members) > 0 {
		b.add(below, "No member of the cluster is in the snapshot: is it of another one, or were all members replaced?")
	}
	printLossTable(b, l)
}

func lossWords(l *backup.Loss, lost int64) string {
	text := fmt.Sprintf("a restore would lose %s%s, up to %s", atLeast(l.AtLeast),
		counted(int(lost), "revision", "revisions"), count(l.Newest))
	t := &l.Total
	switch {
	case t.Affected() > 0:
		return text + fmt.Sprintf(": %s%s, created since, would be gone, %s would have an older value, and %s, deleted "+
			"since, would come back", atLeast(!t.Whole), counted(int(t.Created), "key", "keys"), count(t.Changed),
			count(t.Deleted))
	case t.Whole:
		return text + "; no key has changed"
	}
	return text
}

func atLeast(is bool) string {
	if is {
		return "at least "
	}
	return ""
}

// shownLosses is how many prefixes the table has.
const shownLosses = 20

func printLossTable(b *paragraphs, l *backup.Loss) {
	if len(l.Prefixes) == 0 {
		return
	}
	rows := [][]string{{"PREFIX", "CREATED", "CHANGED", "DELETED"}}
	for i := range l.Prefixes[:min(len(l.Prefixes), shownLosses)] {
		p := &l.Prefixes[i]
		deleted := count(p.Deleted)
		if !p.Whole {
			deleted = "?"
		}
		rows = append(rows, []string{prefixName(p.Name, p.Rest), count(p.Created), count(p.Changed), deleted})
	}
	b.WriteByte('\n')
	printRows(b, rows, b.width)
	if more := len(l.Prefixes) - shownLosses; more > 0 {
		b.add("", fmt.Sprintf("%s more with fewer: -o json has all.", count(int64(more))))
	}
}

type backupLossJSON struct {
	Member       string           `json:"member"`
	MemberID     string           `json:"member_id"`
	Revision     int64            `json:"revision"`
	AtLeast      bool             `json:"revision_at_least"`
	Lost         int64            `json:"lost_revisions"`
	ReadAt       int64            `json:"read_at_revision"`
	Foreign      bool             `json:"foreign"`
	SharesMember bool             `json:"shares_member"`
	KeysRead     int64            `json:"keys_read"`
	Stopped      string           `json:"stopped,omitempty"`
	Whole        bool             `json:"whole"`
	Prefixes     []prefixLossJSON `json:"losses"`
}

type prefixLossJSON struct {
	Prefix     string `json:"prefix"`
	Kubernetes bool   `json:"kubernetes"`
	Rest       bool   `json:"rest"`
	Created    int64  `json:"created"`
	Changed    int64  `json:"changed"`
	Deleted    *int64 `json:"deleted"`
}

func lossDocument(j *judgedFile) *backupLossJSON {
	l := j.loss
	if l == nil {
		return nil
	}
	d := &backupLossJSON{
		Member: probe.Printable(j.source.Label), MemberID: j.source.ID.String(), Revision: l.Newest, AtLeast: l.AtLeast,
		Lost: l.Revisions(j.check), ReadAt: l.ReadAt, Foreign: l.Foreign, SharesMember: j.shared,
		KeysRead: l.Total.Keys, Stopped: string(l.Stopped), Whole: l.Total.Whole, Prefixes: []prefixLossJSON{},
	}
	for i := range l.Prefixes {
		p := &l.Prefixes[i]
		is := prefixLossJSON{Prefix: probe.Printable(p.Name), Kubernetes: p.Kubernetes, Rest: p.Rest,
			Created: p.Created, Changed: p.Changed}
		if p.Whole {
			is.Deleted = &p.Deleted
		}
		d.Prefixes = append(d.Prefixes, is)
	}
	return d
}

type backupRestoreJSON struct {
	Restored bool     `json:"restored"`
	Tool     string   `json:"tool,omitempty"`
	Version  string   `json:"version,omitempty"`
	Skipped  bool     `json:"skipped_sum"`
	Seconds  *float64 `json:"seconds"`
	Problem  string   `json:"problem,omitempty"`
	Untried  string   `json:"untried,omitempty"`
}

func restoreDocument(j *judgedFile) *backupRestoreJSON {
	switch r := j.restored; {
	case j.untried != "":
		return &backupRestoreJSON{Untried: probe.Printable(j.untried)}
	case r != nil:
		seconds := r.Took.Seconds()
		return &backupRestoreJSON{Restored: r.Problem == "", Tool: probe.Printable(r.Tool),
			Version: probe.Printable(r.Version), Skipped: r.SkippedSum, Seconds: &seconds,
			Problem: probe.Printable(r.Problem)}
	}
	return nil
}
