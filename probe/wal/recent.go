package wal

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A Recent says what was written to a log in the last minute. Its method is not safe for use by several at once.
type Recent struct {
	dir      string
	follower *Follower // nil before it is first read, and after an error
	// member and cluster are whose log it is.
	member, cluster uint64
	// parts are what was written since it was followed, the oldest first.
	parts []part
}

// A part is what was written in a few seconds.
type part struct {
	began, ended     time.Time
	total            Counts
	granted, revoked int64
	prefixes         map[string]*Prefix
	rest             Prefix
}

const (
	// recentOver is how long ago what counts as recent was written, to one part exactly.
	recentOver = time.Minute
	partOver   = 5 * time.Second
)

// NewRecent is of the log in a directory, which need not be there yet.
func NewRecent(dir string) *Recent { return &Recent{dir: dir} }

// Read reads what has been written since it was last called, and returns what that makes by now. After an error it
// begins anew.
func (r *Recent) Read(ctx context.Context, now time.Time) (probe.Written, error) {
	if err := r.readOn(ctx, now); err != nil {
		if ctx.Err() == nil { // else what is there is long, and is read on the next time
			err = errors.Join(err, r.Close())
		}
		return probe.Written{}, err
	}
	return r.sum(now), nil
}

// Close closes the log, if it is open.
func (r *Recent) Close() error {
	if r.follower == nil {
		return nil
	}
	err := r.follower.Close()
	*r = Recent{dir: r.dir}
	return err
}

// readOn adds what was written since the last time.
func (r *Recent) readOn(ctx context.Context, now time.Time) error {
	if r.follower == nil {
		segments, err := Segments(r.dir)
		if err != nil {
			return err
		}
		if r.follower, err = Follow(segments, Options{}); err != nil {
			return err
		}
	}
	began := r.follower.began
	w, err := r.follower.Next(ctx)
	if err != nil {
		return err
	}
	r.member, r.cluster = w.Member, w.Cluster
	r.parts = slices.DeleteFunc(r.parts, func(p part) bool { return now.Sub(p.ended) >= recentOver })
	last := len(r.parts) - 1
	switch {
	case !began, last < 0: // or it was not read for so long that nothing of that is recent
		r.parts = []part{newPart(now)}
		return nil
	case now.Sub(r.parts[last].began) > partOver:
		r.parts = append(r.parts, newPart(r.parts[last].ended))
		last++
	}
	r.parts[last].add(now, &w)
	return nil
}

func newPart(began time.Time) part {
	return part{began: began, ended: began, rest: Prefix{Rest: true}, prefixes: map[string]*Prefix{}}
}

// add adds what was written until now.
func (p *part) add(now time.Time, w *Writes) {
	p.ended = now
	p.total.sum(&w.Total)
	p.granted += w.Requests[Grant]
	p.revoked += w.Requests[Revoke]
	for i := range w.Prefixes {
		p.prefix(&w.Prefixes[i]).sum(&w.Prefixes[i].Counts)
	}
}

// prefix returns the counts of the same prefix as another's.
func (p *part) prefix(other *Prefix) *Prefix {
	if other.Rest {
		return &p.rest
	}
	if own := p.prefixes[other.Name]; own != nil {
		return own
	}
	if len(p.prefixes) == probe.MaxPrefixes {
		return &p.rest
	}
	own := &Prefix{Name: other.Name, Kubernetes: other.Kubernetes}
	p.prefixes[own.Name] = own
	return own
}

// sum is all that was written in the parts.
func (r *Recent) sum(now time.Time) probe.Written {
	all := newPart(now)
	for i := range r.parts {
		p := &r.parts[i]
		all.total.sum(&p.total)
		all.granted += p.granted
		all.revoked += p.revoked
		for _, one := range p.prefixes {
			all.prefix(one).sum(&one.Counts)
		}
		all.rest.sum(&p.rest.Counts)
	}
	w := probe.Written{Member: probe.MemberID(r.member), Cluster: probe.ClusterID(r.cluster), Dir: r.dir,
		Puts: all.total.Puts, Deletes: all.total.Deletes, Bytes: all.total.Bytes, Granted: all.granted,
		Revoked: all.revoked}
	if len(r.parts) > 0 {
		w.Over = r.parts[len(r.parts)-1].ended.Sub(r.parts[0].began)
	}
	prefixes := []probe.WrittenPrefix{}
	for _, one := range all.prefixes {
		prefixes = append(prefixes, written(one))
	}
	if all.rest.Writes() > 0 {
		prefixes = append(prefixes, written(&all.rest))
	}
	slices.SortFunc(prefixes, func(a, b probe.WrittenPrefix) int {
		return cmp.Or(cmp.Compare(b.Writes(), a.Writes()), cmp.Compare(b.Bytes, a.Bytes),
			strings.Compare(a.Name, b.Name))
	})
	w.Prefixes = slices.Clone(prefixes[:min(len(prefixes), probe.TopWritten)])
	return w
}

func written(p *Prefix) probe.WrittenPrefix {
	return probe.WrittenPrefix{Name: p.Name, Rest: p.Rest, Puts: p.Puts, Deletes: p.Deletes, Bytes: p.Bytes}
}
