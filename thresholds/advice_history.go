package thresholds

import (
	"fmt"
	"math"

	"github.com/etcdoc/etcdoc/probe"
)

const (
	// maxTxnOps is how many operations a transaction, which is one revision, has at most (etcd's DefaultMaxTxnOps).
	maxTxnOps = 128
	// maxRequestBytes is how large a request is at most, and so a key with its value (etcd's DefaultMaxRequestBytes).
	maxRequestBytes = 1.5 * 1024 * 1024
	// entryOverhead is about what etcd stores with a key and its value, in bytes: the revision, the numbers of the KeyValue
	// message, and what bbolt needs for an element of a page.
	entryOverhead = 64
	// wellFilled is how much larger than what it holds a database is at most: bbolt splits pages that are full in two halves.
	bboltSlack = 2
)

// A makeup is what a member's database is made up of, as far as its own numbers tell: what part of what it stores is
// history, that a compaction frees, at the least and at the most.
type composition struct {
	keys, revisions        float64 // live keys, and revisions that are not compacted
	minHistory, maxHistory float64
}

// mostlyHistory and isLive report that enough of it for a defragmentation is history, or that there can't be as much. Where neither
// holds, how much is history is not known.
func (m composition) mostlyHistory() bool { return m.minHistory >= worthFreeing }
func (m composition) mostlyLive() bool    { return m.maxHistory < worthFreeing }

// words are the numbers that it stands on.
func (m composition) words() string {
	return fmt.Sprintf("%s revisions of %s keys are not compacted", Count.Format(m.revisions), Count.Format(m.keys))
}

// compositionOf is what a member's database is made up of; not known without its metrics.
//
// What is stored are the live keys, and what the revisions since the last compaction, of one operation each or of several,
// have replaced or deleted. Of the keys that were there at that compaction it is known that they are there still only where
// nothing was deleted since: one deletion takes any number of them. So where anything was, the keys that are live must account
// for what is in use.
func (r *diagnoser) compositionOf(m *memberState) (of composition, known bool) {
	keys, knowsKeys := m.Vitals[Keys].Get()
	revisions, knowsRevisions := m.Vitals[UncompactedRevisions].Get()
	if !knowsKeys || !knowsRevisions {
		return of, false
	}
	of = composition{keys: keys, revisions: max(0, revisions), maxHistory: 1}
	history := max(0, of.revisions-keys)
	of.minHistory = history / max(1, history+keys)
	metrics, fresh := r.fresh(r.place(m.Key))
	if !fresh {
		return of, true
	}
	stored, witnessed := operations(metrics, of.revisions)
	switch compacted, knows := metrics.CompactRevision.Get(); {
	case knows && compacted <= 0: // never: all that was ever stored is among these
		history = max(history, stored-keys)
	case witnessed && metrics.Deletes.Or(1) == 0, keysFill(metrics, keys, m.Vitals[DBInUse]):
		history = stored
	default:
		return of, true
	}
	of.maxHistory = history / max(1, history+keys)
	return of, true
}

// operations is how many operations the last so many revisions had at the most; witnessed says that the process has seen all
// of them. etcd counts transactions of more than one operation apart (etcd_mvcc_txn_total).
func operations(m *probe.Metrics, revisions float64) (most float64, witnessed bool) {
	txns := m.Txns.Or(math.Inf(1))
	if m.Puts.Or(0)-maxTxnOps*txns < revisions {
		return maxTxnOps * revisions, false
	}
	return revisions + (maxTxnOps-1)*min(txns, revisions), true
}

// keysFill reports that so many keys, if they are as large as what the process has put on average, fill what is in use; where its
// metrics do not count that, if they are as large as etcd takes them. One that has put nothing tells nothing.
func keysFill(m *probe.Metrics, keys float64, inUse probe.Value) bool {
	mean := probe.Known(maxRequestBytes)
	if m.PutBytes.IsKnown() {
		mean = m.PutBytes.Per(m.Puts)
	}
	return mean.IsKnown() && inUse.IsKnown() && keys*(mean.Or(0)+entryOverhead)*bboltSlack >= inUse.Or(0)
}
