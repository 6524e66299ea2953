package recovery

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// A Change is what happens to a key that is lost.
type Change string

// The changes.
const (
	Gone    Change = "gone"    // it was created, and would not be there
	Older   Change = "older"   // it would have an older value
	Back    Change = "back"    // it was deleted, and would be there again
	Passing Change = "passing" // it was created and deleted since: only its revisions are lost
)

// A LostKey is a key that a choice loses the newest state of.
type LostKey struct {
	Name   string
	Change Change
	// Revision is that of its newest state; 0 if that is not known, as of a deletion that was compacted.
	Revision int64
}

// A LostPrefix is how many such keys a prefix has.
type LostPrefix struct {
	// Name, Kubernetes and Rest are those of a prefix in package keyspace.
	Name              string
	Kubernetes, Rest  bool
	Gone, Older, Back int64
}

// Keys is how many keys it is about.
func (p *LostPrefix) Keys() int64 { return p.Gone + p.Older + p.Back }

// A Loss is what is lost from one state of the cluster to another one.
type Loss struct {
	// From is the index of the last entry that is kept, and To that of the last one of all.
	From, To uint64
	// Revisions is how many; nil if the databases do not say.
	Revisions *int64
	// Why the keys are not known, or not all of them; empty if they are.
	Why string
	// Gone, Older and Back are numbers of keys, Passing those of which only revisions are lost.
	Gone, Older, Back, Passing int64
	Prefixes                   []LostPrefix
	Keys                       []LostKey // by their names
}

// Entries is how many entries of the log are lost.
func (l *Loss) Entries() uint64 { return l.To - min(l.From, l.To) }

// maxLostKeys bounds how many keys are told apart.
const maxLostKeys = 1 << 20

// A difference compares a state that is kept with a later one.
type difference struct {
	ctx context.Context
	// kept and later are the states, of is the survivor that the first is of, and from the one that the second is of.
	kept, later *store
	of, from    *Survivor
	// changed are the keys whose newest state is later than what is kept, with that state.
	changed map[string]*keyState
	tooMany bool
}

// find finds the keys.
func (d *difference) find() error {
	if d.changed = map[string]*keyState{}; d.later.revision > d.kept.revision {
		for key, k := range d.later.keys {
			if k.changed > d.kept.revision {
				d.note(key, k)
			}
		}
		if err := d.walkLater(); err != nil {
			return err
		}
	}
	if d.later.compacted > d.kept.revision {
		return d.findDeleted()
	}
	return nil
}

func (d *difference) note(key string, k *keyState) {
	if d.tooMany = d.tooMany || len(d.changed) >= maxLostKeys; !d.tooMany {
		d.changed[key] = k
	}
}

// walkLater notes what the later database itself has of later revisions.
func (d *difference) walkLater() error {
	return d.walk(d.from, func(w *keyspace.Revision) bool {
		if w.Main <= d.kept.revision {
			return false
		}
		key := string(w.Key)
		if _, isOverlaid := d.later.keys[key]; isOverlaid {
			return true
		}
		if _, isOlder := d.changed[key]; !isOlder {
			k := stateOf(w)
			k.value = nil
			d.note(key, k)
		}
		return true
	})
}

func (d *difference) walk(s *Survivor, visit func(*keyspace.Revision) bool) error {
	return s.db.Walk(d.ctx, nil, visit)
}

// findDeleted notes keys that were deleted, and of which a compaction has removed that they were.
func (d *difference) findDeleted() error {
	seed := maphash.MakeSeed()
	there := map[uint64]struct{}{}
	for key := range d.later.keys {
		there[maphash.String(seed, key)] = struct{}{}
	}
	if err := d.walk(d.from, func(w *keyspace.Revision) bool {
		there[maphash.Bytes(seed, w.Key)] = struct{}{}
		return true
	}); err != nil {
		return err
	}
	seen := map[uint64]struct{}{}
	return d.walk(d.of, func(w *keyspace.Revision) bool {
		hash := maphash.Bytes(seed, w.Key)
		if _, isOlder := seen[hash]; isOlder {
			return true
		}
		seen[hash] = struct{}{}
		if _, isThere := there[hash]; !isThere && !w.Tombstone {
			d.note(string(w.Key), &keyState{})
		}
		return true
	})
}

// before returns the state that is kept of the changed keys: of those that exist in it.
func (d *difference) before() (map[string]bool, error) {
	exists := map[string]bool{}
	missing := 0
	for key := range d.changed {
		if k, isKnown := d.kept.keys[key]; isKnown {
			exists[key] = k.exists
		} else {
			missing++
		}
	}
	if missing == 0 {
		return exists, nil
	}
	err := d.walk(d.of, func(w *keyspace.Revision) bool {
		key := string(w.Key)
		if _, isChanged := d.changed[key]; !isChanged {
			return true
		}
		if _, isKnown := exists[key]; !isKnown {
			exists[key] = !w.Tombstone
			missing--
		}
		return missing > 0
	})
	return exists, err
}

// loss says what is lost, by prefix.
func (d *difference) loss(depth int) (*Loss, error) {
	revisions := d.later.revision - d.kept.revision
	l := &Loss{From: d.kept.applied, To: d.later.applied, Revisions: &revisions}
	if err := d.find(); err != nil {
		return nil, err
	}
	existed, err := d.before()
	if err != nil {
		return nil, err
	}
	for key, k := range d.changed {
		lost := LostKey{Name: key, Change: changeOf(existed[key], k.exists), Revision: k.changed}
		l.Keys = append(l.Keys, lost)
	}
	slices.SortFunc(l.Keys, func(a, b LostKey) int { return strings.Compare(a.Name, b.Name) })
	l.count(depth)
	if d.tooMany {
		l.Why = "there are so many that not all of them were counted"
	}
	return l, nil
}

// changeOf says what happens to a key that existed, or exists later.
func changeOf(existed, exists bool) Change {
	switch {
	case exists && existed:
		return Older
	case exists:
		return Gone
	case existed:
		return Back
	}
	return Passing
}

// count counts the keys, and by prefix.
func (l *Loss) count(depth int) {
	prefixes := map[string]*LostPrefix{}
	rest := &LostPrefix{Rest: true}
	for i := range l.Keys {
		k := &l.Keys[i]
		length, kubernetes := probe.KeyPrefix([]byte(k.Name), cmp.Or(depth, probe.PrefixDepth))
		name := k.Name[:length]
		p := prefixes[name]
		switch {
		case p != nil:
		case length > probe.MaxPrefixBytes || len(prefixes) == probe.MaxPrefixes:
			p = rest
		default:
			p = &LostPrefix{Name: name, Kubernetes: kubernetes}
			prefixes[name] = p
		}
		switch k.Change {
		case Gone:
			p.Gone, l.Gone = p.Gone+1, l.Gone+1
		case Older:
			p.Older, l.Older = p.Older+1, l.Older+1
		case Back:
			p.Back, l.Back = p.Back+1, l.Back+1
		case Passing:
			l.Passing++
		}
	}
	for _, p := range prefixes {
		if p.Keys() > 0 {
			l.Prefixes = append(l.Prefixes, *p)
		}
	}
	if rest.Keys() > 0 {
		l.Prefixes = append(l.Prefixes, *rest)
	}
	slices.SortFunc(l.Prefixes, func(a, b LostPrefix) int {
		return cmp.Or(cmp.Compare(b.Keys(), a.Keys()), strings.Compare(a.Name, b.Name))
	})
}
