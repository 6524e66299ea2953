package keyspace

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// errNoKeys is what a database of bbolt is that is not etcd's.
var errNoKeys = fmt.Errorf("is a database of bbolt, and not etcd's: it has no bucket %q", keyBucket)

// A Revision is one write of a key. Its texts are in the file: whoever keeps them copies them.
type Revision struct {
	Main, Sub int64
	// Tombstone marks that the key was deleted: there is nothing else of it then.
	Tombstone      bool
	Key, Value     []byte
	CreateRevision int64
	Version, Lease int64
}

// Walk visits the revisions in the database from the newest to the oldest, until visit returns false. It also visits
// those of which a compaction was only scheduled.
func (db *DB) Walk(ctx context.Context, report Progress, visit func(*Revision) bool) error {
	err := guarded(db.data, db.header.pageSize, func() error { return db.walk(ctx, report, visit) })
	if err != nil && !errors.Is(err, errEnough) {
		return db.wrong(err)
	}
	return nil
}

func (db *DB) walk(ctx context.Context, report Progress, visit func(*Revision) bool) error {
	r := newReader(ctx, db, report)
	buckets, err := r.buckets(db.header.root)
	if err != nil {
		return err
	}
	keys := slices.IndexFunc(buckets, func(b bucket) bool { return b.name == keyBucket })
	if keys < 0 {
		return errNoKeys
	}
	var last revision
	begun := false
	return r.leaves(&buckets[keys], func(p *page) error {
		for i := p.count - 1; i >= 0; i-- {
			e, err := r.element(p, i)
			if err != nil {
				return err
			}
			at, tombstone, ok := parseRevision(e.key)
			switch {
			case !ok || e.isBucket:
				return r.damaged(p.id, "has a key that is no revision of etcd: %.40q", e.key)
			case begun && !at.isBefore(last):
				return r.damaged(p.id, "has revisions that are not in order")
			}
			last, begun = at, true
			w := Revision{Main: int64(at.main), Sub: int64(at.sub), Tombstone: tombstone}
			if !w.read(e.value) {
				return r.damaged(p.id, "has a value that can't be decoded, at revision %d", at.main)
			}
			if !visit(&w) {
				return errEnough
			}
		}
		return nil
	})
}

// read reads a KeyValue of etcd (api mvccpb/kv.proto).
func (w *Revision) read(message []byte) (ok bool) {
	for f := probe.FieldsOf(message); ; {
		switch f.Next() {
		case probe.FieldsEnd:
			return true
		case probe.FieldsMalformed:
			return false
		case keyField:
			w.Key = f.Data
		case createdField:
			w.CreateRevision = int64(f.Number)
		case versionField:
			w.Version = int64(f.Number)
		case valueField:
			w.Value = f.Data
		case leaseField:
			w.Lease = int64(f.Number)
		}
	}
}
