package wal

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// What is told apart. What is beyond that is counted together, or not named.
const (
	maxKeys     = 1 << 18 // of maxKeyBytes each at most
	maxKeyBytes = 1 << 10
	maxLeases   = 1 << 18
	maxChanges  = 1000
)

// A Tally counts what is in a log.
type Tally struct {
	options  Options
	writes   Writes
	prefixes map[string]*Prefix
	rest     Prefix
	keys     map[string]*Counts
	fewest   int64 // keys with so many writes at most were forgotten
	leases   map[int64]*Lease
	sizes    [len(sizeLimits) + 1]Size
	changes  []ClusterChange
	pending  []Entry // the newest ones, not known to be committed
}

// NewTally returns a tally of nothing.
func NewTally(o Options) *Tally {
	o.Depth = cmp.Or(o.Depth, probe.PrefixDepth)
	t := &Tally{options: o, rest: Prefix{Rest: true}, prefixes: map[string]*Prefix{}, keys: map[string]*Counts{},
		leases: map[int64]*Lease{}}
	t.writes.Requests = map[RequestKind]int64{}
	for i, limit := range sizeLimits {
		t.sizes[i].AtMost = limit
	}
	return t
}

// Add counts a record. An entry counts once it is known to be committed, or once the log has ended: see End.
func (t *Tally) Add(r Record) {
	switch {
	case r.Member != nil:
		t.writes.Member, t.writes.Cluster = r.Member.ID, r.Member.ClusterID
	case r.State != nil:
		t.commit(r.State.Commit)
	case r.Entry != nil:
		t.replace(r.Entry.Index)
		e := *r.Entry
		e.Data = bytes.Clone(e.Data)
		t.pending = append(t.pending, e)
	}
}

// replace drops the entries from an index on, which another leader's take the place of.
func (t *Tally) replace(from uint64) {
	for len(t.pending) > 0 && t.pending[len(t.pending)-1].Index >= from {
		t.pending = t.pending[:len(t.pending)-1]
		t.writes.Replaced++
	}
}

// commit counts the entries up to an index.
func (t *Tally) commit(index uint64) {
	n := 0
	for n < len(t.pending) && t.pending[n].Index <= index {
		t.count(&t.pending[n])
		n++
	}
	t.pending = slices.Delete(t.pending, 0, n)
	t.writes.Committed = max(t.writes.Committed, index)
}

// count counts an entry.
func (t *Tally) count(e *Entry) {
	w := &t.writes
	if e.Index < t.options.From || t.options.To > 0 && e.Index > t.options.To {
		return
	}
	if w.Entries == 0 {
		w.First, w.FirstTerm = e.Index, e.Term
	}
	w.Last, w.LastTerm = e.Index, e.Term
	w.Entries++
	w.EntryBytes += int64(len(e.Data))
	request, err := e.Request()
	if err != nil {
		w.Unread++
		return
	}
	w.Requests[request.Kind]++
	switch request.Kind {
	case Compaction, Change:
		t.addChange(ClusterChange{e.Index, request.What})
	case Grant:
		t.lease(request.Lease).Granted = true
	case Revoke:
		t.lease(request.Lease).Revoked = true
	case Put, Delete, Txn:
		t.addSize(int64(len(e.Data)))
	}
	for i := range request.Writes {
		t.addWrite(&request.Writes[i], request.Compares)
	}
}

func (t *Tally) addWrite(w *Write, conditional bool) {
	t.writes.Total.add(w, conditional)
	t.prefix(w.Key).add(w, conditional)
	if t.options.Top > 0 {
		t.key(w.Key).add(w, conditional)
	}
	if w.Lease != 0 {
		t.lease(w.Lease).add(w, conditional)
	}
}

// prefix returns the counts of a key's prefix.
func (t *Tally) prefix(key []byte) *Prefix {
	length, kubernetes := probe.KeyPrefix(key, t.options.Depth)
	if p := t.prefixes[string(key[:length])]; p != nil {
		return p
	}
	if length > probe.MaxPrefixBytes || len(t.prefixes) == probe.MaxPrefixes {
		return &t.rest
	}
	p := &Prefix{Name: string(key[:length]), Kubernetes: kubernetes}
	t.prefixes[p.Name] = p
	return p
}

// key returns the counts of a key; those of one that is too long are lost. Where there are too many keys, those with
// the fewest writes are forgotten.
func (t *Tally) key(key []byte) *Counts {
	if len(key) > maxKeyBytes {
		return new(Counts)
	}
	if c := t.keys[string(key)]; c != nil {
		return c
	}
	for len(t.keys) >= maxKeys {
		t.fewest++
		maps.DeleteFunc(t.keys, func(_ string, c *Counts) bool { return c.Writes() <= t.fewest })
	}
	c := new(Counts)
	t.keys[string(key)] = c
	return c
}

// lease returns the counts of a lease; those of one too many are lost.
func (t *Tally) lease(id int64) *Lease {
	if l := t.leases[id]; l != nil {
		return l
	}
	l := &Lease{ID: id}
	if len(t.leases) < maxLeases {
		t.leases[id] = l
		t.writes.LeasesSeen++
	}
	return l
}

func (t *Tally) addSize(bytes int64) {
	at := 0
	for at < len(sizeLimits) && bytes > sizeLimits[at] {
		at++
	}
	t.sizes[at].Entries++
	t.sizes[at].Bytes += bytes
}

func (t *Tally) addChange(c ClusterChange) {
	if len(t.changes) == 2*maxChanges {
		t.changes = slices.Delete(t.changes, 0, maxChanges)
		t.writes.ChangesBefore += maxChanges
	}
	t.changes = append(t.changes, c)
}

// End returns what was counted, at the end of what is read: with what is not known to be committed.
func (t *Tally) End() Writes {
	before := t.writes.Entries
	for i := range t.pending {
		t.count(&t.pending[i])
	}
	t.pending = nil
	t.writes.Uncommitted = t.writes.Entries - before
	return t.Take()
}

// Take returns what was counted, and begins anew with what is not known to be committed.
func (t *Tally) Take() Writes {
	w := t.writes
	for _, p := range t.prefixes {
		w.Prefixes = append(w.Prefixes, *p)
	}
	if t.rest.Writes() > 0 {
		w.Prefixes = append(w.Prefixes, t.rest)
	}
	slices.SortFunc(w.Prefixes, func(a, b Prefix) int { return busiest(&a.Counts, &b.Counts, a.Name, b.Name) })
	w.Keys, w.KeysAtLeast = t.topKeys(), t.fewest > 0
	for _, l := range t.leases {
		w.Leases = append(w.Leases, *l)
	}
	slices.SortFunc(w.Leases, func(a, b Lease) int {
		return cmp.Or(cmp.Compare(b.Writes(), a.Writes()), cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.ID, b.ID))
	})
	w.Leases = w.Leases[:min(len(w.Leases), t.options.Top)]
	w.Sizes = slices.Clone(t.sizes[:])
	before := max(len(t.changes)-maxChanges, 0)
	w.Changes, w.ChangesBefore = t.changes[before:], w.ChangesBefore+int64(before)
	next := NewTally(t.options)
	next.pending = t.pending
	next.writes.Member, next.writes.Cluster, next.writes.Committed = w.Member, w.Cluster, w.Committed
	*t = *next
	return w
}

// busiest orders what was written by how often, and how much.
func busiest(a, b *Counts, nameOfA, nameOfB string) int {
	return cmp.Or(cmp.Compare(b.Writes(), a.Writes()), cmp.Compare(b.Bytes, a.Bytes), strings.Compare(nameOfA, nameOfB))
}

// topKeys are the keys that were written most.
func (t *Tally) topKeys() []Key {
	all := make([]Key, 0, len(t.keys))
	for name, c := range t.keys {
		all = append(all, Key{name, *c})
	}
	slices.SortFunc(all, func(a, b Key) int { return busiest(&a.Counts, &b.Counts, a.Name, b.Name) })
	top := slices.Clone(all[:min(len(all), t.options.Top)])
	for i := range top {
		if !t.options.ShowSecrets {
			top[i].Name = probe.MaskSecret([]byte(top[i].Name))
		}
	}
	return top
}

// Progress is told how many bytes of how many were read.
type Progress func(done, of uint64)

// Count counts all that is in a log, from the first of some of its segments on. With an error it returns what is before
// that. report may be nil.
func Count(ctx context.Context, segments []Segment, o Options, report Progress) (w Writes, torn *Torn, err error) {
	r, err := Open(segments)
	if err != nil {
		return w, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	t := NewTally(o)
	for n := 0; ; n++ {
		if n%checkEvery == 0 {
			if err := ctx.Err(); err != nil {
				return w, nil, err
			}
			if report != nil {
				report(r.Done())
			}
		}
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return t.End(), r.Torn(), nil
		}
		if err != nil {
			return t.End(), nil, err
		}
		t.Add(record)
	}
}

// checkEvery is after how many records it is checked whether to go on.
const checkEvery = 1000
