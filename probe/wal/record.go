package wal

import (
	"errors"

	"github.com/etcdoc/etcdoc/probe"
)

// The kinds of records in a log (etcd server/storage/wal/wal.go).
const (
	metadataRecord = iota + 1
	entryRecord
	stateRecord
	crcRecord
	snapshotRecord
)

// A Record is one in a log: an entry, a state, whose log it is, or where a snapshot was taken; the others are nil.
type Record struct {
	Entry    *Entry
	State    *State
	Member   *Member
	Snapshot *Snapshot
}

// A Snapshot says that what the log has up to an index is elsewhere. etcd begins with the entry behind the newest one
// that is committed.
type Snapshot struct{ Index, Term uint64 }

// An Entry is one of raft's. It takes the place of one with the same index before it, and of those after that one: they
// were never committed.
type Entry struct {
	Term, Index uint64
	Kind        EntryKind
	// Data is the request of a NormalEntry, or the change of the membership. It is valid until the next record is read.
	Data []byte
}

// An EntryKind says what an entry holds.
type EntryKind uint64

// The kinds of entries (raft raftpb/raft.proto).
const (
	NormalEntry EntryKind = iota
	ConfChangeEntry
	ConfChangeV2Entry
)

// A State is raft's: the term, and the index up to which entries are committed as far as this member knew.
type State struct{ Term, Commit uint64 }

// A Member is whose log it is.
type Member struct{ ID, ClusterID uint64 }

// errMalformed is what a message lacks that is none.
var errMalformed = errors.New("it is no message of etcd's")

// eachField calls visit with the fields of a protobuf message. number is that of a varint, data the bytes of others;
// both are empty for kinds that etcd's messages here do not have. visit returns false to stop.
func eachField(message []byte, visit func(field int, number uint64, data []byte) bool) error {
	for f := probe.FieldsOf(message); ; {
		switch field := f.Next(); {
		case field == probe.FieldsEnd:
			return nil
		case field == probe.FieldsMalformed:
			return errMalformed
		case !visit(field, f.Number, f.Data):
			return nil
		}
	}
}

// frame is a record as it is in the file (walpb.Record).
type frame struct {
	kind uint64
	crc  uint32
	data []byte
}

func parseFrame(message []byte) (f frame, err error) {
	err = eachField(message, func(field int, number uint64, data []byte) bool {
		switch field {
		case 1:
			f.kind = number
		case 2:
			f.crc = uint32(number)
		case 3:
			f.data = data
		}
		return true
	})
	return f, err
}

// record reads what a frame holds; it is empty for a checksum.
func (f *frame) record() (r Record, err error) {
	switch f.kind {
	case entryRecord:
		e := new(Entry)
		r.Entry, err = e, eachField(f.data, func(field int, number uint64, data []byte) bool {
			switch field {
			case 1:
				e.Kind = EntryKind(number)
			case 2:
				e.Term = number
			case 3:
				e.Index = number
			case 4:
				e.Data = data
			}
			return true
		})
	case stateRecord:
		s := new(State)
		r.State, err = s, eachField(f.data, pair(&s.Term, 3, &s.Commit))
	case snapshotRecord:
		s := new(Snapshot)
		r.Snapshot, err = s, eachField(f.data, pair(&s.Index, 2, &s.Term))
	case metadataRecord:
		m := new(Member)
		r.Member, err = m, eachField(f.data, pair(&m.ID, 2, &m.ClusterID))
	}
	return r, err
}

// pair reads the first field of a message and another one, which are numbers.
func pair(first *uint64, other int, number *uint64) func(int, uint64, []byte) bool {
	return func(field int, n uint64, _ []byte) bool {
		switch field {
		case 1:
			*first = n
		case other:
			*number = n
		}
		return true
	}
}
