package keyspace

import (
	"encoding/binary"
)

// The layout of a key in etcd's bucket of keys (etcd server/storage/mvcc/revision.go): a main revision, an underscore,
// and a number within that revision; a t behind it marks the deletion of a key.
const (
	revisionBytes  = 17
	tombstoneBytes = 18
)

// A revision is one write: that of the transaction Main, and within it the one with the number Sub.
type revision struct{ main, sub uint64 }

func (r revision) isBefore(other revision) bool {
	return r.main < other.main || r.main == other.main && r.sub < other.sub
}

// parseRevision reads a key of the bucket of keys.
func parseRevision(key []byte) (r revision, tombstone, ok bool) {
	switch {
	case len(key) == tombstoneBytes && key[revisionBytes] == 't':
		tombstone = true
	case len(key) != revisionBytes:
		return r, false, false
	}
	return revision{binary.BigEndian.Uint64(key), binary.BigEndian.Uint64(key[9:])}, tombstone, key[8] == '_'
}

// The fields of mvccpb.KeyValue that are read.
const (
	keyField      = 1
	createdField  = 2
	modifiedField = 3
	versionField  = 4
	valueField    = 5
	leaseField    = 6
)

// fieldKinds are the kinds of these fields, by their numbers.
var fieldKinds = [...]int{
	keyField: bytesKind, createdField: varintKind, modifiedField: varintKind, versionField: varintKind,
	valueField: bytesKind, leaseField: varintKind,
}

// parseKey returns the key in a KeyValue of etcd, which begins it.
func parseKey(message []byte) (key []byte, ok bool) {
	const oneByteLength, firstTag = 0x80, keyField<<3 | bytesKind
	if len(message) >= 2 && message[0] == firstTag && message[1] < oneByteLength {
		end := 2 + int(message[1])
		if end > len(message) {
			return nil, false
		}
		return message[2:end:end], true
	}
	key, _, ok = parseKeyValue(message)
	return key, ok
}

// parseKeyValue returns the key and the value in a KeyValue of etcd. It reads no further than where the value begins,
// so that the rest of a large one need not be in memory. A deleted key has no value.
func parseKeyValue(message []byte) (key, value []byte, ok bool) {
	for f := (fields{rest: message}); ; {
		switch number := f.next(); {
		case number == atEnd:
			return key, nil, true
		case number == isMalformed:
			return nil, nil, false
		case f.kind != bytesKind: // as to protobuf, it is no field that is known
		case number == keyField:
			key = f.data
		case number == valueField:
			return key, f.data, true
		}
	}
}

// The kinds of fields in protobuf's wire format.
const (
	varintKind  = 0
	fixed64Kind = 1
	bytesKind   = 2
	fixed32Kind = 5
)

// What next returns in the place of a field's number.
const (
	atEnd       = 0
	isMalformed = -1
)

// fields iterates over the fields of a protobuf message.
type fields struct {
	rest []byte
	// kind is that of the current field, data its content if it is bytesKind, number if it is varintKind, and size the
	// bytes of all of it.
	kind   int
	data   []byte
	number uint64
	size   int
}

// next moves to the next field and returns its number.
func (f *fields) next() int {
	if len(f.rest) == 0 {
		return atEnd
	}
	before := len(f.rest)
	tag, n := binary.Uvarint(f.rest)
	if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
		return isMalformed
	}
	f.rest, f.kind, f.data = f.rest[n:], int(tag&7), nil
	var skipped uint64
	switch f.kind {
	case varintKind:
		number, n := binary.Uvarint(f.rest)
		if n <= 0 {
			return isMalformed
		}
		f.number, skipped = number, uint64(n)
	case fixed64Kind:
		skipped = 8
	case fixed32Kind:
		skipped = 4
	case bytesKind:
		length, n := binary.Uvarint(f.rest)
		if n <= 0 {
			return isMalformed
		}
		f.rest, skipped = f.rest[n:], length
	default:
		return isMalformed
	}
	if skipped > uint64(len(f.rest)) {
		return isMalformed
	}
	if f.kind == bytesKind {
		f.data = f.rest[:skipped:skipped]
	}
	f.rest = f.rest[skipped:]
	f.size = before - len(f.rest)
	return int(tag >> 3)
}
