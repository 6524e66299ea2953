package etcdtest

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/protobuf/proto"
)

const (
	// keyBucket holds every revision in a backend under its number, big-endian, so that the newest one is last: etcd's
	// server/storage/schema, server/storage/mvcc/revision.go. tombstoneBytes is the length of a deletion's key.
	keyBucket      = "key"
	tombstoneBytes = 18
	// openTimeout bounds how long a process that has just ended may still lock its backend.
	openTimeout = 10 * time.Second
)

// CorruptValue flips every bit of a key's newest value in the backend of a stopped member, like a lying disk. The file
// stays well-formed: etcd starts on it and raises no alarm unless it is configured to compare. Only its HashKV differs.
func (m *Member) CorruptValue(key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.alive() {
		return fmt.Errorf("corrupting %s: it is running", m.Name)
	}
	db, err := bolt.Open(filepath.Join(m.DataDir, "member", "snap", "db"), 0o600, &bolt.Options{Timeout: openTimeout})
	if err != nil {
		return fmt.Errorf("corrupting %s: %w", m.Name, err)
	}
	err = db.Update(func(tx *bolt.Tx) error { return corrupt(tx.Bucket([]byte(keyBucket)), key) })
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("corrupting the value of %q on %s: %w", key, m.Name, err)
	}
	return nil
}

func corrupt(bucket *bolt.Bucket, key string) error {
	if bucket == nil {
		return fmt.Errorf("the backend has no bucket %q", keyBucket)
	}
	cursor := bucket.Cursor()
	for revision, value := cursor.Last(); revision != nil; revision, value = cursor.Prev() {
		var kv mvccpb.KeyValue
		if len(revision) == tombstoneBytes {
			continue
		}
		if err := proto.Unmarshal(value, &kv); err != nil {
			return err
		}
		if string(kv.Key) != key || len(kv.Value) == 0 {
			continue
		}
		kv.Value = slices.Clone(kv.Value)
		for i := range kv.Value {
			kv.Value[i] = ^kv.Value[i]
		}
		flipped, err := proto.Marshal(&kv)
		if err != nil {
			return err
		}
		return bucket.Put(slices.Clone(revision), flipped)
	}
	return errors.New("the backend has no value of it")
}
