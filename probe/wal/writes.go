package wal

// Counts are how much of some kind was written.
type Counts struct {
	// Puts and Deletes are those in transactions, too. A delete of a range is one, however many keys it deletes.
	Puts, Deletes, RangeDeletes int64
	// Conditional are those of the puts and deletes that a transaction makes only if what it compares holds. Whether it
	// did is not in a log.
	Conditional int64
	// Bytes are those of the keys and values of the puts.
	Bytes int64
}

// Writes is how many puts and deletes there are.
func (c *Counts) Writes() int64 { return c.Puts + c.Deletes }

func (c *Counts) add(w *Write, conditional bool) {
	switch {
	case !w.Deletes:
		c.Puts++
		c.Bytes += int64(len(w.Key) + w.ValueBytes)
	case w.Range:
		c.RangeDeletes++
		fallthrough
	default:
		c.Deletes++
	}
	if conditional {
		c.Conditional++
	}
}

// sum adds other counts.
func (c *Counts) sum(other *Counts) {
	c.Puts += other.Puts
	c.Deletes += other.Deletes
	c.RangeDeletes += other.RangeDeletes
	c.Conditional += other.Conditional
	c.Bytes += other.Bytes
}

// A Prefix is what was written to the keys with a prefix.
type Prefix struct {
	// Name is the prefix with its last slash; empty for keys that have none, and if Rest.
	Name string
	// Kubernetes means that it is that of a resource of Kubernetes.
	Kubernetes bool
	// Rest means that it stands for all prefixes beyond those that are told apart.
	Rest bool
	Counts
}

// A Key is one of those that were written most.
type Key struct {
	Name string
	Counts
}

// A Lease is one of those with the most puts.
type Lease struct {
	ID               int64
	Granted, Revoked bool // within the range
	Counts
}

// A Size is how many entries have at most so many bytes, and more than the one before.
type Size struct {
	AtMost  int64 // 0: there is no limit
	Entries int64
	Bytes   int64
}

// sizeLimits are the limits of sizes. The last is etcd's own for a request (--max-request-bytes, 1.5 MiB).
var sizeLimits = [...]int64{256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 3 << 19}

// A ClusterChange is an entry that changes the cluster and not its keys, or a compaction.
type ClusterChange struct {
	Index uint64
	What  string
}

// Writes are what is in a range of a log.
type Writes struct {
	// Member and Cluster are whose log it is; 0: not known.
	Member, Cluster uint64
	// First and Last are the indexes of the first and the last entry, and Entries how many there are. Committed is the
	// index up to which they are committed for certain, and Uncommitted how many are behind it: they may be lost with
	// this member. Replaced are those that another leader's have taken the place of; they are not counted.
	First, Last, Committed uint64
	FirstTerm, LastTerm    uint64
	Entries                int64
	Uncommitted, Replaced  int64
	EntryBytes             int64
	// Requests are the entries by what they ask for.
	Requests map[RequestKind]int64
	Total    Counts
	Prefixes []Prefix // those with the most writes first
	Keys     []Key    // the same
	// KeysAtLeast reports that so many keys were written that those with few writes were forgotten now and then: the
	// counts of keys are lower bounds.
	KeysAtLeast bool
	Leases      []Lease // the same
	// LeasesSeen is how many there are, at least.
	LeasesSeen int
	Sizes      []Size
	// Changes are the newest ones, and ChangesBefore how many came before these.
	Changes       []ClusterChange
	ChangesBefore int64
	// Unread are entries that are no request of an etcd that is known here.
	Unread int64
}

// Options say what of a log is counted, and how.
type Options struct {
	// From and To bound the index; To is 0 for no bound.
	From, To uint64
	// Depth is how many segments of a key are its prefix, outside Kubernetes; 0: [probe.PrefixDepth].
	Depth int
	// Top is how many keys and leases are named.
	Top int
	// ShowSecrets leaves the names of Kubernetes' Secrets as they are.
	ShowSecrets bool
}
