package keyspace

import (
	"bytes"
	"context"
	"crypto/sha256"
	"unsafe"
)

// A Sum says what the sum at the end of a file says of its content. etcd ends a snapshot with the SHA-256 of all before
// it (etcd server/etcdserver/api/v3rpc/maintenance.go), which only the length of the file shows.
type Sum string

// The results.
const (
	// SumNone: there is none, as in a copy of a member's file, which etcdutl restores with --skip-hash-check alone.
	SumNone Sum = "none"
	// SumMatches: the content is as it was when the snapshot was saved.
	SumMatches Sum = "matches"
	// SumDiffers: the content has changed since, or the sum.
	SumDiffers Sum = "differs"
)

// sectorBytes divides the length of a database, whatever its pages are: 32 bytes more are the sum.
const sectorBytes = 512

// sumAt returns how long the content is before its sum; ok is false if there is no sum.
func sumAt(fileBytes int64) (content int64, ok bool) {
	return fileBytes - sha256.Size, fileBytes%sectorBytes == sha256.Size
}

// checkSum compares the file with its sum.
func (db *DB) checkSum(ctx context.Context, report Progress) (Sum, error) {
	content, has := sumAt(db.fileBytes)
	switch {
	case has:
	case db.fileBytes%sectorBytes != 0:
		return SumNone, &DamagedError{Page: db.header.pages, Truncated: true, Sum: true}
	default:
		return SumNone, nil
	}
	file := unsafe.Slice(unsafe.SliceData(db.data), db.fileBytes) // the mapping is as long
	const step = 1 << 20
	of := sha256.New()
	for at := int64(0); at < content; at += step {
		if err := ctx.Err(); err != nil {
			return SumNone, err
		}
		of.Write(file[at:min(at+step, content)])
		if report != nil {
			report(uint64(at), uint64(content))
		}
	}
	if !bytes.Equal(of.Sum(nil), file[content:]) {
		return SumDiffers, &DamagedError{Sum: true}
	}
	return SumMatches, nil
}
