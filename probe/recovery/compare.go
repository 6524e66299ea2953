package recovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// lose finds what each choice loses, and what is behind what is committed.
func (a *Analysis) lose(ctx context.Context, o *Options, h *history, base *Survivor, acknowledged uint64) error {
	later, err := a.laterStore(ctx, o, h, base, acknowledged)
	for err != nil {
		if !a.noteDamage(err) {
			return err
		}
		base = a.base()
		later, err = a.laterStore(ctx, o, h, base, acknowledged)
	}
	for _, s := range a.Survivors { // one that answers knows its revision, if not what is in it
		if a.Revision == nil && s.Kind == Live && s.Applied != nil && *s.Applied == a.Committed {
			a.Revision = s.Revision
		}
	}
	for _, s := range a.Survivors {
		if s.Keeps == nil {
			continue
		}
		if s.Loss, err = a.lossOf(ctx, o, s, later, base); err != nil && !a.noteDamage(err) {
			return err
		} else if err != nil {
			s.Loss = &Loss{From: *s.Keeps, To: a.Committed, Why: "a database is damaged: " + err.Error()}
		}
	}
	return nil
}

// noteDamage notes that a database turned out to be damaged, if an error says that of one.
func (a *Analysis) noteDamage(err error) bool {
	var damaged *keyspace.DamagedError
	if !errors.As(err, &damaged) {
		return false
	}
	found := false
	for _, s := range a.Survivors {
		if s.db != nil && s.db.Path == damaged.Path {
			if found = true; !s.isUnreadable {
				s.isUnreadable, s.Damaged = true, true
				s.problem("%v", err)
			}
		}
	}
	return found
}

// laterStore returns the state of the cluster at what is committed, and sets what is behind that; nil without a
// database.
func (a *Analysis) laterStore(ctx context.Context, o *Options, h *history, base *Survivor, acknowledged uint64) (
	*store, error,
) {
	if acknowledged > a.Committed {
		a.Beyond = &Loss{From: a.Committed, To: acknowledged, Why: "no database was read"}
		for _, s := range a.Survivors {
			if want, _ := h.best.log.termAt(acknowledged); s.log != nil {
				if term, has := s.log.termAt(acknowledged); has && term == want {
					a.BeyondIn = append(a.BeyondIn, s.Label())
				}
			}
		}
	}
	if base == nil {
		return nil, nil
	}
	entries := h.entries(index(base.applied())+1, acknowledged)
	later, err := newStore(ctx, base, entries)
	if err != nil {
		return nil, err
	}
	committed, _ := slices.BinarySearchFunc(entries, a.Committed+1, func(e wal.Entry, at uint64) int {
		return cmp.Compare(e.Index, at)
	})
	later.apply(entries[:committed])
	if later.applied == a.Committed {
		a.Revision = &later.revision
	}
	if a.Beyond == nil {
		return later, nil
	}
	beyond := *later
	beyond.keys, beyond.leases = maps.Clone(later.keys), maps.Clone(later.leases)
	beyond.apply(entries[committed:])
	d := difference{ctx: ctx, kept: later, later: &beyond, of: base, from: base}
	if a.Beyond, err = d.loss(o.Depth); err != nil {
		return nil, err
	}
	a.Beyond.From, a.Beyond.To = a.Committed, acknowledged
	if beyond.applied < acknowledged {
		a.Beyond.Why = gap(beyond.applied, acknowledged)
	}
	return later, nil
}

func gap(from, to uint64) string {
	return fmt.Sprintf("the entries from index %d to %d are in no log that was read", from+1, to)
}

// revisionsAfter is how many revisions there are after one, up to what is committed; nil if that is not known.
func (a *Analysis) revisionsAfter(revision int64) *int64 {
	if a.Revision == nil {
		return nil
	}
	n := *a.Revision - revision
	return &n
}

// lossOf says what is lost with a survivor.
func (a *Analysis) lossOf(ctx context.Context, o *Options, s *Survivor, later *store, base *Survivor) (*Loss, error) {
	unnamed := &Loss{From: *s.Keeps, To: a.Committed}
	switch {
	case *s.Keeps >= a.Committed:
		zero := int64(0)
		unnamed.Revisions = &zero
		return unnamed, nil
	case s.Kind == Live && s.db == nil:
		if index(s.Applied) == *s.Keeps {
			unnamed.Revisions = a.revisionsAfter(*s.Revision)
		}
		unnamed.Why = "its database was not read: --exact reads it, for which no quorum is needed"
		return unnamed, nil
	case later == nil:
		unnamed.Why = "no database was read"
		return unnamed, nil
	}
	var entries []wal.Entry
	if s.How == ForceNewCluster {
		entries = s.entries(*s.ConsistentIndex+1, *s.Keeps)
	}
	kept, err := newStore(ctx, s, entries)
	if err != nil {
		return nil, err
	}
	kept.apply(entries)
	if kept.applied < *s.Keeps {
		unnamed.Why = gap(kept.applied, *s.Keeps)
		return unnamed, nil
	}
	d := difference{ctx: ctx, kept: kept, later: later, of: s, from: base}
	l, err := d.loss(o.Depth)
	if err != nil {
		return nil, err
	}
	l.From, l.To, l.Revisions = *s.Keeps, a.Committed, a.revisionsAfter(kept.revision)
	switch {
	case later.applied < a.Committed:
		l.Why = gap(later.applied, a.Committed)
	case kept.unread+later.unread > 0:
		l.Why = "some entries are no requests that etcdoc knows"
	}
	return l, nil
}
