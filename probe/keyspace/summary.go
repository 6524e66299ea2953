package keyspace

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
)

// A Summary is what a database says of itself without its keys.
type Summary struct {
	State
	// Revision is the newest one, 1 before the first write. CompactRevision, CompactionUnfinished, StorageVersion and
	// DatabaseBytes are those of [Usage].
	Revision, CompactRevision int64
	CompactionUnfinished      bool
	StorageVersion            string
	DatabaseBytes             int64
	// HasSum says that a sum of it is behind its pages, as in what etcd saves as a snapshot.
	HasSum bool
	// Leases are the ids of those that exist.
	Leases []int64
}

// errEnough ends a walk early.
var errEnough = errors.New("enough was read")

// Summarize reads all buckets but that of the keys, and of that the newest revision.
func (db *DB) Summarize(ctx context.Context) (s Summary, err error) {
	err = guarded(db.data, db.header.pageSize, func() error {
		s, err = db.summarize(ctx)
		return err
	})
	if err != nil {
		return Summary{}, db.wrong(err)
	}
	return s, nil
}

func (db *DB) summarize(ctx context.Context) (Summary, error) {
	r := newReader(ctx, db, nil)
	s := Summary{DatabaseBytes: int64(r.pages * r.pageSize)}
	_, s.HasSum = sumAt(db.fileBytes)
	buckets, err := r.buckets(db.header.root)
	if err != nil {
		return s, err
	}
	if !slices.ContainsFunc(buckets, func(b bucket) bool { return b.name == keyBucket }) {
		return s, errNoKeys
	}
	newest := int64(0)
	u := Usage{}
	for i := range buckets {
		b := &buckets[i]
		if b.name == keyBucket {
			newest, err = r.newestRevision(b)
		} else if err = s.addBucket(r, b); err == nil && b.name == metaBucket {
			err = u.addBucket(newReader(ctx, db, nil), b)
		}
		if err != nil {
			return s, err
		}
	}
	s.sort()
	s.CompactRevision, s.CompactionUnfinished, s.StorageVersion = u.CompactRevision, u.CompactionUnfinished,
		u.StorageVersion
	s.Revision = max(newest, u.CompactRevision, 1)
	return s, nil
}

// addBucket adds what is in a bucket other than that of the keys.
func (s *Summary) addBucket(r *reader, b *bucket) error {
	bad := false
	err := r.elements(b, func(key, value []byte) {
		bad = bad || !s.add(b.name, key, value)
		if b.name == leaseBucket && len(key) == 8 {
			s.Leases = append(s.Leases, int64(binary.BigEndian.Uint64(key)))
		}
	})
	if err == nil && bad {
		return r.damaged(max(b.root, b.on), "has an entry in the bucket %.40q that can't be decoded", b.name)
	}
	return err
}

// newestRevision returns the newest revision in the bucket of keys; 0 if there is none.
func (r *reader) newestRevision(b *bucket) (newest int64, err error) {
	err = r.leaves(b, func(p *page) error {
		if p.count == 0 {
			return nil
		}
		e, err := r.element(p, p.count-1)
		if err != nil {
			return err
		}
		at, _, ok := parseRevision(e.key)
		if !ok {
			return r.damaged(p.id, "has a key that is no revision of etcd: %.40q", e.key)
		}
		newest = int64(at.main)
		return errEnough
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return newest, err
}
