package keyspace

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// A tally counts the writes in the bucket of keys, from the newest to the oldest.
type tally struct {
	u       *Usage
	options Options
	// last is the revision that was counted last, and begun whether there was one.
	last  revision
	begun bool
	seen  *seenTable
	seed  maphash.Seed
	// prefixes are in the order in which they were met, the first being for what is beyond [probe.MaxPrefixes], and
	// numbers has their places by name.
	prefixes []Prefix
	numbers  map[string]uint32
	// pending are the writes that were read, and are not counted yet.
	pending []pending
	// mostRevised and largest are what Usage will hold.
	mostRevised, largest topKeys
	// all and live estimate what a defragmentation makes of the bucket, now and after a compaction.
	all, live packer
}

func newTally(u *Usage, options Options) *tally {
	options.Depth = cmp.Or(options.Depth, probe.PrefixDepth)
	keys := min(options.Keys, MaxKeys)
	return &tally{
		u: u, options: options, seen: newSeenTable(), seed: maphash.MakeSeed(),
		prefixes: []Prefix{{Rest: true}}, numbers: map[string]uint32{},
		mostRevised: topKeys{most: keys}, largest: topKeys{most: keys},
		all: packer{pageSize: int(u.PageBytes)}, live: packer{pageSize: int(u.PageBytes)},
	}
}

// A pending write was read from a page, and is to be counted.
type pending struct {
	key, message []byte
	hash, page   uint64
	size         int
	tombstone    bool
}

// pendingWrites is how many writes are gathered before they are counted, so that the processor waits for the slots of
// all their keys at once.
const pendingWrites = 64

// addLeaf counts the writes on a page, or puts them off.
func (t *tally) addLeaf(r *reader, p *page) error {
	if p.count > elementsAhead {
		r.touchElements(p.data, p.count)
	}
	for i := p.count - 1; i >= 0; i-- {
		e, err := r.element(p, i)
		if err != nil {
			return err
		}
		at, tombstone, ok := parseRevision(e.key)
		switch {
		case !ok || e.isBucket:
			return r.damaged(p.id, "has a key that is no revision of etcd: %.40q", e.key)
		case !t.begun:
			t.begun, t.u.Revision = true, max(t.u.Revision, int64(at.main))
		case !at.isBefore(t.last):
			return r.damaged(p.id, "has revisions that are not in order")
		}
		t.last = at
		key, ok := parseKey(e.value)
		if !ok {
			return r.damaged(p.id, "has a value that can't be decoded, at revision %d", at.main)
		}
		t.pending = append(t.pending, pending{
			key: key, message: e.value, hash: maphash.Bytes(t.seed, key), page: p.id,
			size: len(e.key) + len(e.value), tombstone: tombstone,
		})
	}
	if len(t.pending) < pendingWrites {
		return nil
	}
	return t.addPending(r)
}

// addPending counts the writes that were put off.
func (t *tally) addPending(r *reader) error {
	t.seen.touch(t.pending)
	for i := range t.pending {
		if w := &t.pending[i]; !t.add(w) {
			return r.damaged(w.page, "has a value that can't be decoded")
		}
	}
	t.pending = t.pending[:0]
	return nil
}

// add counts a write, and reports whether it can be decoded.
func (t *tally) add(w *pending) (ok bool) {
	s := t.seen.find(w.hash)
	if s.revisions++; s.revisions == 1 {
		s.hash, s.prefix = w.hash, t.prefix(w.key)
	}
	revisions, p := s.revisions, &t.prefixes[s.prefix]
	if revisions == 1 {
		t.seen.added()
	}
	t.all.add(w.size)
	if p.count(revisions, w.tombstone, int64(w.size)) {
		t.live.add(w.size)
		if p.Kubernetes {
			_, value, ok := parseKeyValue(w.message)
			if !ok {
				return false
			}
			p.measure(value)
		}
	}
	if t.options.Keys > 0 {
		t.mostRevised.offer(w.hash, w.key, int64(revisions))
		t.largest.offer(w.hash, w.key, int64(w.size))
	}
	return true
}

// count adds a write, of which it is the so many-th from the newest on of its key, and reports whether it is live.
func (a *Amounts) count(revisions uint32, tombstone bool, size int64) (isLive bool) {
	switch newest := revisions == 1; {
	case tombstone:
		a.Tombstones++
		a.TombstoneBytes += size
		if newest {
			a.DeletedKeys++
		}
	case newest:
		a.Keys++
		a.LiveBytes += size
		isLive = true
	default:
		a.History++
		a.HistoryBytes += size
	}
	a.LargestBytes = max(a.LargestBytes, size)
	a.MostRevisions = max(a.MostRevisions, int64(revisions))
	return isLive
}

// measure adds the metadata of an object of Kubernetes.
func (a *Amounts) measure(value []byte) {
	m, coded := readMetadata(value)
	switch coded {
	case readable:
		a.KeysRead++
		a.ManagedFieldsBytes += int64(m.managedFields)
		a.AnnotationsBytes += int64(m.annotations)
	case encrypted:
		a.KeysEncrypted++
	}
}

// prefix returns the number of the prefix that a key belongs to.
func (t *tally) prefix(key []byte) uint32 {
	length, kubernetes := probe.KeyPrefix(key, t.options.Depth)
	if n, is := t.numbers[string(key[:length])]; is {
		return n
	}
	if length > probe.MaxPrefixBytes || len(t.numbers) >= probe.MaxPrefixes {
		return 0
	}
	n := uint32(len(t.prefixes))
	p := Prefix{Name: string(key[:length]), Kubernetes: kubernetes}
	t.prefixes, t.numbers[p.Name] = append(t.prefixes, p), n
	return n
}

// finish writes what was counted to the usage.
func (t *tally) finish() {
	if t.u.Prefixes = t.prefixes; t.prefixes[0].Writes() == 0 {
		t.u.Prefixes = t.prefixes[1:]
	}
	slices.SortFunc(t.u.Prefixes, func(a, b Prefix) int {
		return cmp.Or(cmp.Compare(b.Bytes(), a.Bytes()), strings.Compare(a.Name, b.Name))
	})
	for i := range t.u.Prefixes {
		t.u.Total.plus(&t.u.Prefixes[i].Amounts)
	}
	t.u.MostRevised = t.mostRevised.keys(t.seen, t.options.ShowSecrets, false)
	t.u.Largest = t.largest.keys(t.seen, t.options.ShowSecrets, true)
}

// plus adds the amounts of another.
func (a *Amounts) plus(b *Amounts) {
	a.Keys += b.Keys
	a.DeletedKeys += b.DeletedKeys
	a.LiveBytes += b.LiveBytes
	a.HistoryBytes += b.HistoryBytes
	a.TombstoneBytes += b.TombstoneBytes
	a.History += b.History
	a.Tombstones += b.Tombstones
	a.LargestBytes = max(a.LargestBytes, b.LargestBytes)
	a.MostRevisions = max(a.MostRevisions, b.MostRevisions)
	a.ManagedFieldsBytes += b.ManagedFieldsBytes
	a.AnnotationsBytes += b.AnnotationsBytes
	a.KeysRead += b.KeysRead
	a.KeysEncrypted += b.KeysEncrypted
}
