package keyspace

import "time"

// Amounts are how much of a database something takes. A write is one revision of a key: a value, or a tombstone, which
// marks that the key was deleted. Bytes are those of etcd's own keys and values on disk: of the 17 or 18 of a revision,
// and of the key, the value and what etcd keeps with them.
type Amounts struct {
	// Keys is how many keys exist, and DeletedKeys how many were deleted and have revisions left.
	Keys, DeletedKeys int64
	// Live are the newest values of the keys that exist. History is what is superseded, or of keys that were deleted.
	// Tombstones are the marks of deletions. Each write is in exactly one of the three.
	LiveBytes, HistoryBytes, TombstoneBytes int64
	History, Tombstones                     int64 // counts; those of Live are Keys
	// LargestBytes is the size of the largest write, and MostRevisions how many one key has.
	LargestBytes, MostRevisions int64
	// ManagedFieldsBytes and AnnotationsBytes are what these metadata of Kubernetes objects take of LiveBytes. They
	// are known of KeysRead keys. KeysEncrypted have values that the API server has encrypted.
	ManagedFieldsBytes, AnnotationsBytes int64
	KeysRead, KeysEncrypted              int64
}

// Writes is how many revisions there are.
func (a *Amounts) Writes() int64 { return a.Keys + a.History + a.Tombstones }

// Bytes is the size of all revisions.
func (a *Amounts) Bytes() int64 { return a.LiveBytes + a.HistoryBytes + a.TombstoneBytes }

// RevisionsPerKey is how many revisions a key has on average; 0 if there are no keys.
func (a *Amounts) RevisionsPerKey() float64 {
	if keys := a.Keys + a.DeletedKeys; keys > 0 {
		return float64(a.Writes()) / float64(keys)
	}
	return 0
}

// A Prefix is what the keys with a prefix take.
type Prefix struct {
	// Name is the prefix with its last slash; empty for keys that have none, and if Rest.
	Name string
	// Kubernetes means that it is that of a resource of Kubernetes.
	Kubernetes bool
	// Rest means that it stands for all prefixes beyond those that are told apart.
	Rest bool
	Amounts
}

// A Key is one of those with the most revisions, or with the largest writes.
type Key struct {
	Name      string
	Revisions int64
	// Bytes is the size of its largest write; known of the largest keys.
	Bytes int64
}

// A Bucket is a part of the database other than the keys: leases, users, members.
type Bucket struct {
	Name  string
	Items int64
	Bytes int64
}

// Usage says what fills a database.
type Usage struct {
	Path     string
	Modified time.Time // of the file
	// Revision is the newest one, and CompactRevision the one that the database was compacted at last, 0 if never.
	Revision, CompactRevision int64
	// CompactionUnfinished means that etcd has begun to compact and not ended; it goes on once it is started.
	CompactionUnfinished bool
	// StorageVersion is that of the format, 3.6 or newer; empty for older ones.
	StorageVersion string

	// FileBytes is the length of the file, unpacked. DatabaseBytes are all its pages: what etcd calls the size of the
	// database, and compares with the quota. They are Total.Bytes, OtherBytes, OverheadBytes and FreeBytes.
	FileBytes, DatabaseBytes int64
	PageBytes                int64
	// OtherBytes are in other buckets than that of the keys. OverheadBytes is what the trees of pages take: headers,
	// branches, and room in pages that is not filled. FreeBytes are in pages that hold nothing.
	OtherBytes, OverheadBytes, FreeBytes int64

	// DefragmentedBytes estimates DatabaseBytes after a defragmentation, and CompactedBytes after a compaction of all
	// history and a defragmentation.
	DefragmentedBytes, CompactedBytes int64

	Total    Amounts
	Prefixes []Prefix // the largest first
	Buckets  []Bucket // the largest first
	// MostRevised and Largest are empty unless asked for.
	MostRevised, Largest []Key
}

// UsedBytes is the size without the pages that hold nothing.
func (u *Usage) UsedBytes() int64 { return u.DatabaseBytes - u.FreeBytes }

// CompactionBytes is what a compaction turns into free pages: history and tombstones.
func (u *Usage) CompactionBytes() int64 { return u.Total.HistoryBytes + u.Total.TombstoneBytes }
