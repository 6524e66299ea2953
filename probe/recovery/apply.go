package recovery

import (
	"bytes"
	"cmp"
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
		leases: map[int64]bool{}, members: s.state.Members, alarms: s.state.Alarms, applied: index(s.ConsistentIndex),
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

// hasAlarm reports that some member has raised an alarm of a type.
func (st *store) hasAlarm(kind string) bool {
	return slices.ContainsFunc(st.alarms, func(a probe.Alarm) bool { return a.Type == kind })
}

// request applies a request (etcd server/etcdserver/apply).
func (st *store) request(r *pb.InternalRaftRequest) {
	full, corrupt := st.hasAlarm("NOSPACE"), st.hasAlarm("CORRUPT")
	switch {
	case r.Alarm != nil:
		st.alarms = changeAlarms(st.alarms, r.Alarm)
	case r.ClusterMemberAttrSet != nil:
		about := r.ClusterMemberAttrSet.GetMemberAttributes()
		st.members = publishMember(st.members, r.ClusterMemberAttrSet.GetMember_ID(), about.GetName(),
			about.GetClientUrls())
	case corrupt:
	case r.Put != nil && !full:
		if st.mayPut(r.Put) {
			st.change(func(revision int64) { st.put(r.Put, revision) })
		}
	case r.DeleteRange != nil:
		st.change(func(revision int64) { st.delete(r.DeleteRange, revision) })
	case r.Txn != nil && (!full || !puts(r.Txn)):
		if ops, ok := st.operations(r.Txn, maxNesting); ok {
			st.change(func(revision int64) {
				for _, op := range ops {
					if put := op.GetRequestPut(); put != nil {
						st.put(put, revision)
					} else if d := op.GetRequestDeleteRange(); d != nil {
						st.delete(d, revision)
					}
				}
			})
		}
	case r.LeaseGrant != nil && !full:
		st.leases[r.LeaseGrant.ID] = true
	case r.LeaseRevoke != nil:
		st.revoke(r.LeaseRevoke.ID)
	case r.Compaction != nil:
		if at := r.Compaction.Revision; at > st.compacted && at <= st.revision {
			st.compacted = at
		}
	}
}

// change runs what may change keys, at the next revision: that is used up if it changed any.
func (st *store) change(run func(revision int64)) {
	st.isChanged = false
	run(st.revision + 1)
	if st.isChanged {
		st.revision++
	}
}

// set sets the state of a key.
func (st *store) set(key string, k *keyState) { st.keys[key], st.isChanged = k, true }

// mayPut reports that a put is not refused: its lease exists, and the key if it is to keep its value or lease.
func (st *store) mayPut(p *pb.PutRequest) bool {
	if p.Lease != 0 && !st.leases[p.Lease] {
		return false
	}
	k := st.keys[string(p.Key)]
	return !p.IgnoreValue && !p.IgnoreLease || k != nil && k.exists
}

func (st *store) put(p *pb.PutRequest, revision int64) {
	before := st.keys[string(p.Key)]
	k := &keyState{exists: true, create: revision, version: 1, lease: p.Lease, changed: revision, value: p.Value}
	if before != nil && before.exists {
		k.create, k.version = before.create, before.version+1
		if p.IgnoreValue {
			k.value = before.value
		}
		if p.IgnoreLease {
			k.lease = before.lease
		}
	}
	st.set(string(p.Key), k)
}

func (st *store) delete(d *pb.DeleteRangeRequest, revision int64) {
	for _, key := range st.within(d.Key, d.RangeEnd) {
		st.set(key, &keyState{changed: revision})
	}
}

// within are the keys in a range that exist.
func (st *store) within(first, end []byte) (found []string) {
	r, isOne := rangeOf(first, end)
	if isOne {
		if k := st.keys[string(first)]; k != nil && k.exists {
			return []string{string(first)}
		}
		return nil
	}
	for key, k := range st.keys {
		if k.exists && r.has([]byte(key)) {
			found = append(found, key)
		}
	}
	return found
}

// revoke deletes the keys of a lease.
func (st *store) revoke(id int64) {
	if !st.leases[id] {
		return
	}
	delete(st.leases, id)
	st.change(func(revision int64) {
		for key, k := range st.keys {
			if k.exists && k.lease == id {
				st.set(key, &keyState{changed: revision})
			}
		}
	})
}

// maxNesting is how deep transactions within transactions are applied. Nothing known nests any.
const maxNesting = 32

// operations are the puts and deletes that a transaction makes, by what it compares before the first of them; ok says
// that it is not refused.
func (st *store) operations(t *pb.TxnRequest, nesting int) (ops []*pb.RequestOp, ok bool) {
	if nesting == 0 {
		return nil, false
	}
	chosen := t.GetSuccess()
	if slices.ContainsFunc(t.GetCompare(), func(c *pb.Compare) bool { return !st.holds(c) }) {
		chosen = t.GetFailure()
	}
	for _, op := range chosen {
		switch {
		case op.GetRequestPut() != nil && !st.mayPut(op.GetRequestPut()):
			return nil, false
		case op.GetRequestRange() != nil:
			at := op.GetRequestRange().Revision
			if at > st.revision || at > 0 && at < st.compacted {
				return nil, false
			}
		case op.GetRequestTxn() != nil:
			inner, ok := st.operations(op.GetRequestTxn(), nesting-1)
			if !ok {
				return nil, false
			}
			ops = append(ops, inner...)
		default:
			ops = append(ops, op)
		}
	}
	return ops, true
}

// puts reports that a transaction may put a key.
func puts(t *pb.TxnRequest) bool {
	return slices.ContainsFunc(slices.Concat(t.GetSuccess(), t.GetFailure()), func(op *pb.RequestOp) bool {
		return op.GetRequestPut() != nil || op.GetRequestTxn() != nil && puts(op.GetRequestTxn())
	})
}

// holds reports that a comparison holds of all keys that it is about; a key that does not exist has only zeros.
func (st *store) holds(c *pb.Compare) bool {
	keys := st.within(c.Key, c.RangeEnd)
	if len(keys) == 0 {
		return c.Target != pb.Compare_VALUE && compares(c, &keyState{})
	}
	return !slices.ContainsFunc(keys, func(key string) bool { return !compares(c, st.keys[key]) })
}

func compares(c *pb.Compare, k *keyState) bool {
	result := 0
	switch c.Target {
	case pb.Compare_VALUE:
		result = bytes.Compare(k.value, c.GetValue())
	case pb.Compare_CREATE:
		result = cmp.Compare(k.create, c.GetCreateRevision())
	case pb.Compare_MOD:
		mod := k.changed
		if !k.exists {
			mod = 0
		}
		result = cmp.Compare(mod, c.GetModRevision())
	case pb.Compare_VERSION:
		result = cmp.Compare(k.version, c.GetVersion())
	case pb.Compare_LEASE:
		result = cmp.Compare(k.lease, c.GetLease())
	}
	switch c.Result {
	case pb.Compare_EQUAL:
		return result == 0
	case pb.Compare_NOT_EQUAL:
		return result != 0
	case pb.Compare_GREATER:
		return result > 0
	case pb.Compare_LESS:
		return result < 0
	}
	return true
}
