package recovery

import (
	"bytes"
	"context"
	"slices"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/proto"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// A keyState is a key at some revision.
type keyState struct {
	exists                 bool // else it was deleted, or never there
	create, version, lease int64
	changed                int64 // the revision at which it was written last, or deleted; 0: never
	value                  []byte
}

// A store is what a database becomes by the entries of a log: it applies them as etcd does (server/etcdserver/txn). It
// holds the keys that those entries are about, and not the others.
type store struct {
	revision, compacted int64
	keys                map[string]*keyState
	leases              map[int64]bool
	members             []probe.Peer
	alarms              []probe.Alarm
	// applied is the index of the last entry.
	applied uint64
	// unread says how many entries are no request of an etcd that is known here.
	unread int
	// isChanged says that the request being applied has changed a key.
	isChanged bool
}

// needs is what of a database the entries of a log are about.
type needs struct {
	keys   map[string]bool
	ranges []keyRange
	leases map[int64]bool // that are revoked
}

// A keyRange is a row of keys: from the first up to the end, which is not part of it; without an end, all behind.
type keyRange struct{ first, end []byte }

func (r *keyRange) has(key []byte) bool {
	return bytes.Compare(key, r.first) >= 0 && (len(r.end) == 0 || bytes.Compare(key, r.end) < 0)
}

// rangeOf returns the row of keys that a request is about; isOne says that it is about a single key.
func rangeOf(key, end []byte) (r keyRange, isOne bool) {
	switch {
	case len(end) == 0:
		return keyRange{first: key}, true
	case len(end) == 1 && end[0] == 0:
		return keyRange{first: key}, false
	}
	return keyRange{key, end}, false
}

func (n *needs) add(key, end []byte) {
	r, isOne := rangeOf(key, end)
	switch {
	case isOne:
		n.keys[string(key)] = true
	case !slices.ContainsFunc(n.ranges, func(o keyRange) bool {
		return bytes.Equal(o.first, r.first) && bytes.Equal(o.end, r.end)
	}):
		n.ranges = append(n.ranges, r)
	}
}

func (n *needs) addTxn(t *pb.TxnRequest) {
	for _, c := range t.GetCompare() {
		n.add(c.GetKey(), c.GetRangeEnd())
	}
	for _, op := range slices.Concat(t.GetSuccess(), t.GetFailure()) {
		switch {
		case op.GetRequestPut() != nil:
			n.add(op.GetRequestPut().GetKey(), nil)
		case op.GetRequestDeleteRange() != nil:
			n.add(op.GetRequestDeleteRange().GetKey(), op.GetRequestDeleteRange().GetRangeEnd())
		case op.GetRequestTxn() != nil:
			n.addTxn(op.GetRequestTxn())
		}
	}
}

// requestOf reads what an entry asks for; nil if it is a change of the membership, or empty.
func requestOf(e *wal.Entry) (*pb.InternalRaftRequest, error) {
	if e.Kind != wal.NormalEntry || len(e.Data) == 0 {
		return nil, nil
	}
	r := new(pb.InternalRaftRequest)
	return r, proto.Unmarshal(e.Data, r)
}

// needsOf returns what of a database some entries are about.
func needsOf(entries []wal.Entry) *needs {
	n := &needs{keys: map[string]bool{}, leases: map[int64]bool{}}
	for i := range entries {
		r, err := requestOf(&entries[i])
		switch {
		case err != nil, r == nil:
		case r.Put != nil:
			n.add(r.Put.Key, nil)
		case r.DeleteRange != nil:
			n.add(r.DeleteRange.Key, r.DeleteRange.RangeEnd)
		case r.Txn != nil:
			n.addTxn(r.Txn)
		case r.LeaseRevoke != nil:
			n.leases[r.LeaseRevoke.ID] = true
		}
	}
	return n
}

// newStore returns what a survivor's database has, with the keys that some entries are about.
func newStore(ctx context.Context, s *Survivor, entries []wal.Entry) (*store, error) {
	st := &store{
		revision: s.state.Revision, compacted: s.state.CompactRevision, keys: map[string]*keyState{},
		leases: map[int64]bool{}, members: s.state.Members, alarms: s.state.Alarms, applied: index(s.applied()),
	}
	for _, id := range s.state.Leases {
		st.leases[id] = true
	}
	n := needsOf(entries)
	if len(n.keys)+len(n.ranges)+len(n.leases) == 0 {
		return st, nil
	}
	return st, st.load(ctx, s.db, n)
}

// load reads the keys from a database that some entries are about.
func (st *store) load(ctx context.Context, db *keyspace.DB, n *needs) error {
	if len(n.leases) > 0 { // a key's newest revision says which lease it has, and is not known from an older one
		if err := db.Walk(ctx, nil, func(w *keyspace.Revision) bool {
			if n.leases[w.Lease] {
				n.keys[string(w.Key)] = true
			}
			return true
		}); err != nil {
			return err
		}
	}
	missing := len(n.keys)
	return db.Walk(ctx, nil, func(w *keyspace.Revision) bool {
		isNamed := n.keys[string(w.Key)]
		if !isNamed && !slices.ContainsFunc(n.ranges, func(r keyRange) bool { return r.has(w.Key) }) {
			return true
		}
		if _, isOlder := st.keys[string(w.Key)]; isOlder {
			return true
		}
		st.keys[string(w.Key)] = stateOf(w)
		if isNamed {
			missing--
		}
		return missing > 0 || len(n.ranges) > 0
	})
}

// stateOf is the state of a key by its newest revision.
func stateOf(w *keyspace.Revision) *keyState {
	if w.Tombstone {
		return &keyState{changed: w.Main}
	}
	return &keyState{exists: true, create: w.CreateRevision, version: w.Version, lease: w.Lease, changed: w.Main,
		value: bytes.Clone(w.Value)}
}

// apply applies entries, of which the first follows what is applied.
func (st *store) apply(entries []wal.Entry) {
	for i := range entries {
		e := &entries[i]
		st.applied = e.Index
		if e.Kind != wal.NormalEntry {
			st.members = changeMembers(st.members, e)
			continue
		}
		r, err := requestOf(e)
		switch {
		case err != nil:
			st.unread++
		case r != nil:
			st.request(r)
		}
	}
}
