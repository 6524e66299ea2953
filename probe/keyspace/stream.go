package keyspace

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A Streamer is a live member that sends its database: a [probe.MemberReader].
type Streamer interface {
	Status(ctx context.Context) (probe.Status, error)
	Snapshot(ctx context.Context, to io.Writer, report func(done, of uint64)) (databaseBytes uint64, err error)
}

// A SpaceError says that a file system has too little room for a member's database.
type SpaceError struct {
	Dir          string
	Free, Needed int64
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("%s has %d MB free, and the member's database takes %d MB", e.Dir, e.Free/1e6, e.Needed/1e6)
}

// errChecksum is about a database that has not arrived as the member has sent it.
var errChecksum = errors.New("what has arrived of the database does not have the checksum that the member sent with it: " +
	"try again")

// Stream opens the database of a live member, which sends all of it to a temporary file: in a directory, or where
// temporary files are if that is empty. It makes sure that there is room for the file, and that all of it has arrived.
// [DB.Close] leaves nothing of it. name is what to call the database.
func Stream(ctx context.Context, from Streamer, name, dir string, report Progress) (*DB, error) {
	status, err := from.Status(ctx)
	if err != nil {
		return nil, err
	}
	dir = cmp.Or(dir, os.TempDir())
	needed := status.DBSizeBytes + sha256.Size
	if free, known := probe.FreeBytes(dir); known && free < needed+needed/16 { // it grows meanwhile
		return nil, &SpaceError{dir, free, needed}
	}
	to, err := newTemporary(dir)
	if err != nil {
		return nil, err
	}
	db := &DB{Path: name, Modified: time.Now(), held: to}
	sum := &checksum{hash: sha256.New()}
	bytes, err := from.Snapshot(ctx, io.MultiWriter(to, sum), report)
	if err == nil && (bytes+sha256.Size != sum.written || !sum.matches()) {
		err = errChecksum
	}
	if err == nil {
		err = db.open(to.File)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// A checksum computes that of what is written to it, but for the end, which is one itself.
type checksum struct {
	hash    hash.Hash
	end     []byte
	written uint64
}

func (c *checksum) Write(p []byte) (int, error) {
	c.written += uint64(len(p))
	c.end = append(c.end, p...)
	if n := len(c.end) - sha256.Size; n > 0 {
		c.hash.Write(c.end[:n])
		c.end = append(c.end[:0], c.end[n:]...)
	}
	return len(p), nil
}

// matches reports whether the end is the checksum of what is before it.
func (c *checksum) matches() bool { return bytes.Equal(c.hash.Sum(nil), c.end) }
