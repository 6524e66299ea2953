package probe

import (
	"context"
	"slices"
	"time"
)

// Written is what was written to a member's log lately, by the log itself.
type Written struct {
	// Member and Cluster are whose log it is, and Dir is where.
	Member  MemberID
	Cluster ClusterID
	Dir     string
	// Over is the time in which all this was written: about a minute, less while the log was not read for so long, 0 at
	// first.
	Over time.Duration
	// Puts and Deletes are those in transactions, too, and Bytes those of the keys and values of the puts.
	Puts, Deletes, Bytes int64
	// Granted and Revoked are how many leases were.
	Granted, Revoked int64
	// Prefixes are the [TopWritten] with the most writes, these first.
	Prefixes []WrittenPrefix
}

// A WrittenPrefix is what was written to the keys with a prefix.
type WrittenPrefix struct {
	// Name is the prefix with its last slash; empty for keys that have none, and if Rest.
	Name string
	// Rest means that it stands for all prefixes beyond those that are told apart.
	Rest                 bool
	Puts, Deletes, Bytes int64
}

// TopWritten is how many prefixes are named of those that are written to.
const TopWritten = 5

// Writes is how many puts and deletes there are.
func (w *Written) Writes() int64 { return w.Puts + w.Deletes }

// Writes is how many puts and deletes there are.
func (w *WrittenPrefix) Writes() int64 { return w.Puts + w.Deletes }

// askWritten reads the log of the member on etcdoc's host.
func (p *Prober) askWritten() {
	if p.cfg.Written == nil || !p.written.due(&p.round) {
		return
	}
	ask(p, &p.written, func(ctx context.Context) (a answer[Written]) {
		var err error
		if a.value, err = p.cfg.Written(ctx); err != nil {
			a.err = &Error{Kind: ErrOther, Text: err.Error()}
		}
		a.ok = err == nil
		return a
	}, p.written.record)
}

// writtenTo is what was written to a member's log; zero for a member whose log is not read.
func (p *Prober) writtenTo(m *Member) Fact[Written] {
	f := p.written.fact
	if w := &f.Value; w.Member == 0 || w.Member != m.ID || w.Cluster != m.Cluster {
		return Fact[Written]{}
	}
	return f
}

func (w *Written) makePrintable() {
	w.Dir, w.Prefixes = Printable(w.Dir), slices.Clone(w.Prefixes)
	for i := range w.Prefixes {
		w.Prefixes[i].Name = Printable(w.Prefixes[i].Name)
	}
}
