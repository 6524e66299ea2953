package thresholds

import (
	"fmt"
	"math"

	"github.com/etcdoc/etcdoc/probe"
)

const (
	// maxTxnOps is the maximum number of operations in a transaction, which is one revision (etcd's
	// DefaultMaxTxnOps).
	maxTxnOps = 128
	// maxRequestBytes is the maximum size of a request, and so of a key with its value (etcd's
	// DefaultMaxRequestBytes).
	maxRequestBytes = 1.5 * 1024 * 1024
	// entryOverhead is about what etcd stores besides a key and its value, in bytes: the revision, the numbers of the
	// KeyValue message, and bbolt's page element.
	entryOverhead = 64
	// bboltSlack is how many times larger than its content a database is at most: bbolt splits full pages in half.
	bboltSlack = 2
)

// A composition is what a member's metrics show of its database: live keys, and history, which a compaction frees.
// minHistory and maxHistory bound the share of history.
type composition struct {
	keys, revisions        float64 // live keys, and uncompacted revisions
	minHistory, maxHistory float64
}

// mostlyHistory and mostlyLive report whether enough of the database for a defragmentation is history, or cannot be.
// If neither holds, the share of history is unknown.
func (c composition) mostlyHistory() bool { return c.minHistory >= worthFreeing }
func (c composition) mostlyLive() bool    { return c.maxHistory < worthFreeing }

// words states the numbers behind the composition.
func (c composition) words() string {
	return fmt.Sprintf("%s revisions of %s keys are not compacted", Count.Format(c.revisions), Count.Format(c.keys))
}

// compositionOf estimates what a member's database holds. It is unknown without the member's metrics.
//
// The database stores the live keys, and what the revisions since the last compaction, of one or more operations
// each, replaced or deleted. One deletion can remove any number of the keys that the compaction left. So where
// anything was deleted since, history has an upper bound only if the live keys account for the bytes in use.
func (r *diagnoser) compositionOf(m *memberState) (c composition, known bool) {
	keys, knowsKeys := m.Vitals[Keys].Get()
	revisions, knowsRevisions := m.Vitals[UncompactedRevisions].Get()
	if !knowsKeys || !knowsRevisions {
		return c, false
	}
	c = composition{keys: keys, revisions: max(0, revisions), maxHistory: 1}
	history := max(0, c.revisions-keys)
	c.minHistory = history / max(1, history+keys)
	metrics, fresh := r.fresh(r.place(m.Key))
	if !fresh {
		return c, true
	}
	stored, witnessed := operations(metrics, c.revisions)
	switch compacted, knows := metrics.CompactRevision.Get(); {
	case knows && compacted <= 0: // never compacted: the revisions hold all that was ever stored
		history = max(history, stored-keys)
	case witnessed && metrics.Deletes.Or(1) == 0, keysFill(metrics, keys, m.Vitals[DBInUse]):
		history = stored
	default:
		return c, true
	}
	c.maxHistory = history / max(1, history+keys)
	return c, true
}

// operations returns how many operations the newest revisions had at most; witnessed reports that the process has
// seen all of them. etcd counts transactions of more than one operation separately (etcd_mvcc_txn_total).
func operations(m *probe.Metrics, revisions float64) (most float64, witnessed bool) {
	txns := m.Txns.Or(math.Inf(1))
	if m.Puts.Or(0)-maxTxnOps*txns < revisions {
		return maxTxnOps * revisions, false
	}
	return revisions + (maxTxnOps-1)*min(txns, revisions), true
}

// keysFill reports whether that many keys fill the bytes in use, at the average size that the process has put. Where
// the metrics lack the size, it assumes etcd's largest request. A process that has put nothing shows nothing.
func keysFill(m *probe.Metrics, keys float64, inUse probe.Value) bool {
	mean := probe.Known(maxRequestBytes)
	if m.PutBytes.IsKnown() {
		mean = m.PutBytes.Per(m.Puts)
	}
	return mean.IsKnown() && inUse.IsKnown() && keys*(mean.Or(0)+entryOverhead)*bboltSlack >= inUse.Or(0)
}
