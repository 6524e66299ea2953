package probe

import "time"

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
