package keyspace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
)

// The layout of bbolt's pages (bbolt internal/common: page.go, meta.go). Numbers are in the byte order of the host that
// wrote the file.
const (
	pageHeaderBytes = 16
	elementBytes    = 16
	metaBytes       = 64
	boltMagic       = 0xED0CDAED
	boltVersion     = 2
	// noFreelist is in the header of a database that does not keep its free pages, as etcd's.
	noFreelist = ^uint64(0)

	minPageBytes = 1 << 10
	maxPageBytes = 16 << 20
)

// order is the byte order of bbolt's own numbers; those in etcd's keys are big endian.
var order = binary.NativeEndian

// A header is one of the two first pages: the newer one that is whole counts.
type header struct {
	pageSize uint64
	root     uint64 // the page of the bucket of buckets
	freelist uint64
	pages    uint64 // of the database; the file may be longer
	txid     uint64
}

// parseHeader returns the header in the page that begins a text, if it is whole.
func parseHeader(page []byte) (h header, ok bool) {
	if len(page) < pageHeaderBytes+metaBytes {
		return h, false
	}
	m := page[pageHeaderBytes:]
	sum := fnv.New64a()
	sum.Write(m[:metaBytes-8])
	if order.Uint32(m) != boltMagic || order.Uint32(m[4:]) != boltVersion || order.Uint64(m[56:]) != sum.Sum64() {
		return h, false
	}
	return header{
		pageSize: uint64(order.Uint32(m[8:])), root: order.Uint64(m[16:]), freelist: order.Uint64(m[32:]),
		pages: order.Uint64(m[40:]), txid: order.Uint64(m[48:]),
	}, true
}

// hasMagic reports whether a page begins as a header of bbolt does, whole or not.
func hasMagic(page []byte) bool {
	return len(page) >= pageHeaderBytes+4 && order.Uint32(page[pageHeaderBytes:]) == boltMagic
}

// A KindError says that a file is no database of etcd, and what else it is.
type KindError struct{ what string }

func (e *KindError) Error() string { return e.what }

// checkKind returns an error if a file can't be a database of bbolt. It says nothing about one that is being written.
func checkKind(file io.ReaderAt, size int64) error {
	first, err := readAt(file, 0, pageHeaderBytes+metaBytes)
	switch {
	case err != nil:
		return err
	case size == 0:
		return &KindError{"is empty: copy it again"}
	case bytes.HasPrefix(first, []byte("SQLite format 3\x00")):
		return &KindError{"is a database of SQLite, which k3s uses in the place of etcd on a single server"}
	}
	if h, whole := parseHeader(first); whole {
		return h.check(size)
	}
	if !hasMagic(first) && findSecond(file, size) == nil {
		return &KindError{"is no database of etcd: it does not begin as one. A member's is " + DataFile("DATA-DIR") +
			", and a snapshot is what etcdctl snapshot save writes"}
	}
	return nil
}

// findSecond returns the second page, whose place depends on the size of pages; nil if there is no header at any.
func findSecond(file io.ReaderAt, size int64) []byte {
	for at := int64(minPageBytes); at <= maxPageBytes && at < size; at *= 2 {
		page, err := readAt(file, at, pageHeaderBytes+metaBytes)
		if err == nil && hasMagic(page) {
			return page
		}
	}
	return nil
}

// readHeader reads the header that counts, and checks that the file is as long as it says.
func (db *DB) readHeader(file io.ReaderAt) error {
	first, err := readAt(file, 0, pageHeaderBytes+metaBytes)
	if err != nil {
		return err
	}
	h, whole := parseHeader(first)
	second := findSecond(file, db.fileBytes)
	if whole {
		if second, err = readAt(file, int64(h.pageSize), pageHeaderBytes+metaBytes); err != nil {
			return err
		}
	}
	other, otherWhole := parseHeader(second)
	switch {
	case !whole && !otherWhole:
		return &DamagedError{Page: 0, What: "is no whole header, and neither is page 1"}
	case !whole || otherWhole && other.txid > h.txid:
		h = other
	}
	db.header = h
	return h.check(db.fileBytes)
}

// check returns an error if a header can't be that of a file of so many bytes.
func (h *header) check(size int64) error {
	if h.pageSize < minPageBytes || h.pageSize > maxPageBytes || h.pageSize&(h.pageSize-1) != 0 {
		return &DamagedError{Page: 0, What: fmt.Sprintf("says that pages have %d bytes", h.pageSize)}
	}
	there := uint64(size) / h.pageSize
	if h.pages < 2 {
		return &DamagedError{Page: 0, What: fmt.Sprintf("says that there are %d pages", h.pages)}
	}
	if there < max(h.pages, 2) {
		return &DamagedError{Page: there, Pages: h.pages, At: there * h.pageSize, Truncated: true,
			What: fmt.Sprintf("is missing: the file ends after %d bytes", size)}
	}
	return nil
}
