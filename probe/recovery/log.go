package recovery

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"sort"

	"github.com/etcdoc/etcdoc/probe/wal"
)

// maxTailBytes bounds what is kept of the entries of a log. What a database does not have yet is far less: etcd writes
// it every 100 ms, or 10,000 requests.
const maxTailBytes = 512 << 20

// A memberLog is what is kept of a member's log.
type memberLog struct {
	member   wal.Member
	state    wal.State
	snapshot wal.Snapshot // the newest one that is committed
	torn     bool
	damage   error
	// terms are those of the entries, without gaps, and sums checksums of what is in them.
	terms []termRun
	sums  []uint32
	// tail are the entries behind an index, the newest ones.
	tail      []wal.Entry
	tailBytes int

	snapshots []wal.Snapshot
	behind    uint64
}

// A termRun is a row of entries with one term.
type termRun struct{ first, last, term uint64 }

// readLog reads a log, and keeps the entries behind an index. A damaged one is kept up to the damage.
func readLog(ctx context.Context, segments []wal.Segment, behind uint64, report func(done, of uint64)) (
	l *memberLog, err error,
) {
	r, err := wal.Open(segments)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	l = &memberLog{behind: behind}
	const checkEvery = 1000
	for n := 0; ; n++ {
		if n%checkEvery == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if report != nil {
				report(r.Done())
			}
		}
		record, err := r.Next()
		var damaged *wal.DamagedError
		switch {
		case errors.Is(err, io.EOF):
			l.torn = r.Torn() != nil
		case errors.As(err, &damaged):
			l.damage = err
		case err != nil:
			return nil, err
		default:
			l.add(&record)
			continue
		}
		l.adoptSnapshot()
		return l, nil
	}
}

func (l *memberLog) add(r *wal.Record) {
	switch {
	case r.Member != nil:
		l.member = *r.Member
	case r.State != nil:
		l.state = *r.State
	case r.Snapshot != nil:
		l.snapshots = append(l.snapshots, *r.Snapshot)
	case r.Entry != nil:
		l.addEntry(r.Entry)
	}
}

// addEntry adds an entry, which takes the place of those from its index on.
func (l *memberLog) addEntry(e *wal.Entry) {
	first, last := l.span()
	switch {
	case len(l.terms) == 0 || e.Index > last+1 || e.Index <= first: // a new beginning, as behind the leader's snapshot
		l.terms, l.sums, l.tail, l.tailBytes = nil, nil, nil, 0
	case e.Index <= last:
		l.cut(e.Index, first)
	}
	if n := len(l.terms); n > 0 && l.terms[n-1].term == e.Term {
		l.terms[n-1].last = e.Index
	} else {
		l.terms = append(l.terms, termRun{e.Index, e.Index, e.Term})
	}
	l.sums = append(l.sums, crc32.ChecksumIEEE(e.Data))
	if e.Index <= l.behind {
		return
	}
	kept := *e
	kept.Data = bytes.Clone(e.Data)
	l.tail = append(l.tail, kept)
	l.tailBytes += len(kept.Data)
	for l.tailBytes > maxTailBytes {
		l.tailBytes -= len(l.tail[0].Data)
		l.tail = l.tail[1:]
	}
}

// cut drops the entries from an index on.
func (l *memberLog) cut(from, first uint64) {
	for n := len(l.terms); n > 0 && l.terms[n-1].first >= from; n-- {
		l.terms = l.terms[:n-1]
	}
	if n := len(l.terms); n > 0 {
		l.terms[n-1].last = min(l.terms[n-1].last, from-1)
	}
	l.sums = l.sums[:from-first]
	for n := len(l.tail); n > 0 && l.tail[n-1].Index >= from; n-- {
		l.tailBytes -= len(l.tail[n-1].Data)
		l.tail = l.tail[:n-1]
	}
}

// adoptSnapshot sets the newest snapshot that is committed (etcd server/storage/wal, ValidSnapshotEntries).
func (l *memberLog) adoptSnapshot() {
	for _, s := range slices.Backward(l.snapshots) {
		if s.Index <= l.state.Commit {
			l.snapshot = s
			return
		}
	}
}

// span are the indexes of the first and the last entry; 0 if there is none.
func (l *memberLog) span() (first, last uint64) {
	if len(l.terms) == 0 {
		return 0, 0
	}
	return l.terms[0].first, l.terms[len(l.terms)-1].last
}

// last is the index and the term with which the log ends.
func (l *memberLog) last() (index, term uint64) {
	if n := len(l.terms); n > 0 && l.terms[n-1].last >= l.snapshot.Index {
		return l.terms[n-1].last, l.terms[n-1].term
	}
	return l.snapshot.Index, l.snapshot.Term
}

// termAt is the term of the entry at an index, if the log has it.
func (l *memberLog) termAt(index uint64) (uint64, bool) {
	if index == l.snapshot.Index && index > 0 {
		return l.snapshot.Term, true
	}
	i := sort.Search(len(l.terms), func(i int) bool { return l.terms[i].last >= index })
	if i < len(l.terms) && l.terms[i].first <= index {
		return l.terms[i].term, true
	}
	return 0, false
}

// entries returns those from one index up to another one, as far as they were kept without a gap.
func (l *memberLog) entries(from, to uint64) []wal.Entry {
	at := sort.Search(len(l.tail), func(i int) bool { return l.tail[i].Index >= from })
	if at == len(l.tail) || l.tail[at].Index != from {
		return nil
	}
	end := at
	for end < len(l.tail) && l.tail[end].Index <= to {
		end++
	}
	return l.tail[at:end]
}

// differsFrom returns the first index up to another one at which two logs have different entries; 0 if they do not.
func (l *memberLog) differsFrom(other *memberLog, to uint64) uint64 {
	first, last := l.span()
	otherFirst, otherLast := other.span()
	if first == 0 || otherFirst == 0 {
		return 0
	}
	for i := max(first, otherFirst); i <= min(last, otherLast, to); i++ {
		a, _ := l.termAt(i)
		b, _ := other.termAt(i)
		if a != b || l.sums[i-first] != other.sums[i-otherFirst] {
			return i
		}
	}
	return 0
}
