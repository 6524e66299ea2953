package keyspace

import (
	"cmp"
	"context"
	"slices"
)

// Options say what [DB.Read] tells apart.
type Options struct {
	// Depth is how many segments of a key are its prefix, outside Kubernetes; 0 is [probe.PrefixDepth].
	Depth int
	// Keys is how many of the most revised and of the largest keys to name, up to MaxKeys; 0 names none.
	Keys int
	// ShowSecrets names Secrets of Kubernetes, too, whose names are masked otherwise.
	ShowSecrets bool
	// Progress is told how many pages were read; nil if nobody wants to know.
	Progress Progress
}

// MaxKeys bounds Options.Keys.
const MaxKeys = 100

// The buckets that are read. What they hold is in etcd server/storage/schema.
const (
	keyBucket  = "key"
	metaBucket = "meta"

	// These are in the bucket meta.
	scheduledKey = "scheduledCompactRev"
	finishedKey  = "finishedCompactRev"
)

// Read reads the database once, from the newest revision to the oldest. It takes about 40 bytes of memory for each key.
// It tells keys apart by a hash of 64 bits: among ten million keys, two are taken for one with a chance of one in
// 300,000.
func (db *DB) Read(ctx context.Context, options Options) (u Usage, err error) {
	err = guarded(db.data, db.header.pageSize, func() error {
		u, err = db.read(ctx, options)
		return err
	})
	if err != nil {
		return Usage{}, db.wrong(err)
	}
	return u, nil
}

func (db *DB) read(ctx context.Context, options Options) (Usage, error) {
	r := newReader(ctx, db, options.Progress)
	u := Usage{
		Path: db.Path, Modified: db.Modified, FileBytes: db.fileBytes, PageBytes: int64(r.pageSize),
		DatabaseBytes: int64(r.pages * r.pageSize),
	}
	freelist, err := r.freelistPages(db.header.freelist)
	if err != nil {
		return u, err
	}
	buckets, err := r.buckets(db.header.root)
	if err != nil {
		return u, err
	}
	if !slices.ContainsFunc(buckets, func(b bucket) bool { return b.name == keyBucket }) {
		return u, errNoKeys
	}
	var t *tally
	// Beside the keys' pages, a defragmentation leaves two headers, one page with the buckets' names, and about as many
	// of the other buckets as there are.
	rest := 3 + freelist
	for i := range buckets {
		b := &buckets[i]
		if b.name == keyBucket {
			t = newTally(&u, options)
			err := r.leaves(b, func(leaf *page) error { return t.addLeaf(r, leaf) })
			if err == nil {
				err = t.addPending(r)
			}
			if err != nil {
				return u, err
			}
			continue
		}
		before := r.usedPages
		if err := u.addBucket(r, b); err != nil {
			return u, err
		}
		rest += r.usedPages - before
	}
	t.finish()
	u.FreeBytes = int64((r.pages - min(r.usedPages+2, r.pages)) * r.pageSize)
	u.OverheadBytes = u.UsedBytes() - u.Total.Bytes() - u.OtherBytes
	u.DefragmentedBytes = min(int64((rest+uint64(t.all.total()))*r.pageSize), u.DatabaseBytes)
	u.CompactedBytes = min(int64((rest+uint64(t.live.total()))*r.pageSize), u.DefragmentedBytes)
	slices.SortFunc(u.Buckets, func(a, b Bucket) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name))
	})
	return u, nil
}

// addBucket adds a bucket other than that of the keys.
func (u *Usage) addBucket(r *reader, b *bucket) error {
	is := Bucket{Name: b.name}
	var scheduled, finished revision
	err := r.elements(b, func(key, value []byte) {
		is.Items++
		is.Bytes += int64(len(key) + len(value))
		if b.name != metaBucket {
			return
		}
		switch string(key) {
		case scheduledKey:
			scheduled, _, _ = parseRevision(value)
		case finishedKey:
			finished, _, _ = parseRevision(value)
		case "storageVersion":
			u.StorageVersion = string(value[:min(len(value), 32)])
		}
	})
	if b.name == metaBucket {
		u.CompactRevision = int64(max(scheduled.main, finished.main))
		u.CompactionUnfinished = finished.main < scheduled.main
		u.Revision = max(u.Revision, u.CompactRevision)
	}
	u.OtherBytes += is.Bytes
	u.Buckets = append(u.Buckets, is)
	return err
}
