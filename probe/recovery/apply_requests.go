package recovery

import (
	"bytes"
	"cmp"
	"slices"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/etcdoc/etcdoc/probe"
)

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
