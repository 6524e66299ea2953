package probe

import (
	"context"
	"slices"
	"time"
)

// Backups are the snapshots of etcd in a directory of etcdoc's own host.
type Backups struct {
	Dir string
	// At is when the directory was looked at.
	At time.Time
	// Err is why it could not be; nil if it was.
	Err *Error
	// Files are the snapshots, the newest first.
	Files []Backup
	// Unfinished are those that are being written, or never were: etcdctl renames a snapshot once it is whole.
	Unfinished int
	// Others is how many files are something else, and Other the name of one of them.
	Others int
	Other  string
	// More says that the newest are still to be read whole, which the next look does: it may come at once.
	More bool
}

// A Backup is a file that is a snapshot of etcd, or was to be one.
type Backup struct {
	// Name is its path below the directory.
	Name string
	// Bytes is its length, compressed if it is.
	Bytes      int64
	Compressed bool
	// Modified is when the file was last written to, and Taken when the snapshot was, as far as the name and that tell:
	// ByName says that the name does.
	Modified, Taken time.Time
	ByName          bool
	// Series is what its name has in common with the others of a schedule; empty for names without a time.
	Series string
	State  BackupState
	// Problem is what is wrong with it, or why it was not read; empty for others.
	Problem string
	// Content is known of a whole one.
	Content *BackupContent
}

// BackupState is what is known of a snapshot's content.
type BackupState string

// The states.
const (
	// BackupUnchecked begins as a snapshot does; nobody has read the rest.
	BackupUnchecked BackupState = "unchecked"
	BackupWhole     BackupState = "whole"
	BackupDamaged   BackupState = "damaged"
	// BackupUnread could not be read, for lack of permission or of space to unpack it.
	BackupUnread BackupState = "unread"
)

// BackupContent is what a whole snapshot holds.
type BackupContent struct {
	// HasSum says that it ends in a sum of its content, which matches.
	HasSum bool
	// Revision is the newest one, Keys how many keys exist, LiveBytes the bytes of these, and DatabaseBytes its size
	// when it is not compressed.
	Revision, Keys, LiveBytes, DatabaseBytes int64
}

const (
	// backupsEvery is how often [Config.Backups] is called, and backupsTimeout how long it may take: it reads snapshots
	// slowly.
	backupsEvery   = 30 * time.Second
	backupsTimeout = 6 * time.Hour
)

// askBackups looks at the backups on etcdoc's host.
func (p *Prober) askBackups() {
	q := &p.backups
	more := q.fact.Value.More && q.fact.Err == nil && !q.busy() && q.sweep != p.round.number
	if p.cfg.Backups == nil || !more && !q.due(&p.round) {
		return
	}
	ask(p, q, func(ctx context.Context) (a answer[Backups]) {
		var err error
		if a.value, err = p.cfg.Backups(ctx); err != nil {
			a.err = &Error{Kind: ErrOther, Text: err.Error()}
		}
		a.ok = err == nil
		return a
	}, q.record)
}

// currentBackups is what is known of the backups; nil if nobody looks at any.
func (p *Prober) currentBackups() *Fact[Backups] {
	if p.cfg.Backups == nil {
		return nil
	}
	f := p.backups.fact
	return &f
}

// printableBackups returns the fact with printable texts only.
func printableBackups(f *Fact[Backups]) *Fact[Backups] {
	if f == nil {
		return nil
	}
	own := *f
	own.Err = f.Err.printable()
	b := &own.Value
	b.Dir, b.Other, b.Err = Printable(b.Dir), Printable(b.Other), b.Err.printable()
	b.Files = slices.Clone(b.Files)
	for i := range b.Files {
		file := &b.Files[i]
		file.Name, file.Series = Printable(file.Name), Printable(file.Series)
		file.Problem = truncate(Printable(file.Problem), maxErrorBytes)
	}
	return &own
}
