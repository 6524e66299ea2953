package keyspace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/etcdoc/etcdoc/probe"
)

// lockTimeout is how long to wait for the lock on a database, which a running etcd holds all the time.
const lockTimeout = time.Second

// ErrLocked means that a process, most likely etcd, has the database open for writing.
var ErrLocked = errors.New("etcd is running on it, and it must not be read meanwhile: save a snapshot of the member " +
	"(etcdctl snapshot save FILE) and read that, or stop the member")

// A DB is an open database file.
type DB struct {
	// Path is the file as it was named, and Modified when it was last written.
	Path     string
	Modified time.Time

	bolt *bbolt.DB
	// file is what bolt has open and locked.
	file *os.File
	// held is the temporary file that a compressed snapshot was unpacked to, or that a member sent its database to; nil
	// if there is none.
	held *temporary
	// data are the pages, in a mapping of the file that is read only.
	data   []byte
	header header
	// fileBytes is the length of the database's file, unpacked if it was compressed.
	fileBytes int64
}

// Progress is told now and then how much is done, of what in all.
type Progress func(done, of uint64)

// DataFile returns the database file of a member's data directory.
func DataFile(dir string) string { return filepath.Join(dir, "member", "snap", "db") }

// OpenDataDir opens the database of a member that is not running, by its data directory.
func OpenDataDir(ctx context.Context, dir string, report Progress) (*DB, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%q is a file, and not the data directory of a member: is it a snapshot "+
			"(--snapshot FILE)?", dir)
	}
	db, err := Open(ctx, DataFile(dir), report)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: is %q what etcd has as its --data-dir?", err, dir)
	}
	return db, err
}

// Open opens a database file: a snapshot, plain or compressed by gzip or in a zip archive, or a member's db. What is
// compressed is unpacked to a temporary file, of which [DB.Close] leaves nothing. An error is [ErrLocked], a
// [DamagedError], or says what else the file is.
func Open(ctx context.Context, path string, report Progress) (*DB, error) {
	file, err := probe.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	db := &DB{Path: path, Modified: info.ModTime()}
	plain := file
	if unpack := unpackerOf(file); unpack != nil {
		if db.held, err = unpackFile(ctx, file, info.Size(), unpack, report); err != nil {
			var damaged *DamagedError
			if errors.As(err, &damaged) {
				return nil, db.wrong(err)
			}
			return nil, fmt.Errorf("unpacking %q: %w", path, err)
		}
		plain = db.held.File
	}
	if err := db.open(plain); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// open opens the database in a file that is not compressed. It does not close it.
func (db *DB) open(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	db.fileBytes = info.Size()
	if err := checkKind(file, db.fileBytes); err != nil {
		return db.wrong(err)
	}
	err = guarded(nil, 0, func() (err error) {
		// Without PreLoadFreelist bbolt reads nothing but the headers.
		db.bolt, err = bbolt.Open(file.Name(), 0, &bbolt.Options{
			ReadOnly: true, Timeout: lockTimeout, NoStatistics: true,
			OpenFile: func(string, int, os.FileMode) (opened *os.File, err error) {
				db.file, err = reopen(file)
				return db.file, err
			},
		})
		return err
	})
	if errors.Is(err, berrors.ErrTimeout) {
		return fmt.Errorf("%q: %w", db.Path, ErrLocked)
	}
	headerErr := db.readHeader(file)
	switch {
	case headerErr != nil:
		return db.wrong(headerErr)
	case err != nil:
		return fmt.Errorf("opening %q: %w", db.Path, err)
	}
	at := db.bolt.Info().Data
	// The mapping is at least as long as the file, and readHeader has seen that the file has all pages.
	db.data = unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), db.header.pages*db.header.pageSize)
	willReadAll(db.data)
	return nil
}

// Unlock gives up the lock on the file, for which an etcd that is started would wait. Whoever reads on asks
// [DB.Changed] in the end.
func (db *DB) Unlock() error { return unlock(db.file) }

// Changed reports that the database was written to since it was opened: what was read of it may be of two states.
func (db *DB) Changed() bool {
	opened := db.header
	now := DB{fileBytes: db.fileBytes}
	return now.readHeader(db.file) != nil || now.header != opened
}

// wrong adds the file's name to an error about its content.
func (db *DB) wrong(err error) error {
	var damaged *DamagedError
	if errors.As(err, &damaged) {
		damaged.Path = db.Path
		return err
	}
	return fmt.Errorf("%q %w", db.Path, err)
}

// Close closes the database, and removes the temporary file of a compressed one.
func (db *DB) Close() error {
	var errs []error
	db.data = nil
	if db.bolt != nil {
		errs = append(errs, db.bolt.Close())
		db.bolt = nil
	}
	if db.held != nil {
		errs = append(errs, db.held.discard())
		db.held = nil
	}
	return errors.Join(errs...)
}

// readAt reads up to so many bytes of a file; fewer if it ends before.
func readAt(file io.ReaderAt, at int64, bytes int) ([]byte, error) {
	read := make([]byte, bytes)
	n, err := file.ReadAt(read, at)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return read[:n], err
}
