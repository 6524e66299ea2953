package keyspace

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/etcdoc/etcdoc/probe"
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

// The kinds of fields that there are in what is read here.
const (
	bytesKind  = protowire.BytesType
	varintKind = protowire.VarintType
)

// keyTag begins the field of the key.
const keyTag = byte(keyField<<3 | bytesKind)

// fieldKinds are the kinds of these fields, by their numbers.
var fieldKinds = [...]protowire.Type{
	keyField: bytesKind, createdField: varintKind, modifiedField: varintKind, versionField: varintKind,
	valueField: bytesKind, leaseField: varintKind,
}

// parseKey returns the key in a KeyValue of etcd, which begins it.
func parseKey(message []byte) (key []byte, ok bool) {
	const oneByteLength = 0x80
	if len(message) >= 2 && message[0] == keyTag && message[1] < oneByteLength {
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
	for f := probe.FieldsOf(message); ; {
		switch number := f.Next(); {
		case number == probe.FieldsEnd:
			return key, nil, true
		case number == probe.FieldsMalformed:
			return nil, nil, false
		case f.Type != bytesKind: // as to protobuf, it is no field that is known
		case number == keyField:
			key = f.Data
		case number == valueField:
			return key, f.Data, true
		}
	}
}
