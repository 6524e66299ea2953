package probe

import (
	"errors"
	"slices"
	"time"
)

// Metrics is what etcdoc uses of a member's /metrics. Fields of missing families are absent: see [Value] and
// [Histogram]. Names follow etcd's; comments give the unit if the name does not, and the first version with the family
// if it is later than 3.4.0.
type Metrics struct {
	ServerID       MemberID // etcd_server_id
	ServerVersion  string   // etcd_server_version
	ClusterVersion string   // etcd_cluster_version: major.minor

	// Raft. The first three are gauges, whatever their names say.
	ProposalsCommitted, ProposalsApplied, ProposalsPending Value
	ProposalsFailed                                        Value
	HasLeader, IsLeader, IsLearner                         Value
	LeaderChanges                                          Value
	LearnerPromoteSuccesses, LearnerPromoteFailures        Value
	HeartbeatSendFailures                                  Value
	SlowApplies, SlowReadIndexes, ReadIndexesFailed        Value
	SnapshotApplyInProgress                                Value

	// Disk, in seconds.
	WALFsync, WALWrite                         Histogram // WALWrite: 3.5.15+
	BackendCommit                              Histogram
	CommitRebalance, CommitSpill, CommitWrite  Histogram
	SnapFsync, BackendSnapshot, DefragDuration Histogram
	DefragInflight                             Value                // 3.5.2+
	ApplyDuration, RangeDuration               Histogram            // 3.5+, 3.6+; over all labels
	RequestDuration                            map[string]Histogram // 3.7+; by type

	// Database.
	DBSizeBytes, DBInUseBytes, DBQuotaBytes Value // a negative quota: disabled
	OpenReadTransactions                    Value
	Keys                                    Value
	Puts, Deletes, Txns, Ranges             Value
	PutBytes                                Value // of all keys and values put since the process started
	CurrentRevision, CompactRevision        Value // 3.4.1+
	LastCompaction                          Value // unix seconds; 0 before the first; 3.5+
	// CompactionMilliseconds is the duration of compactions, each from start to end.
	CompactionMilliseconds Histogram

	// Watches and leases.
	Watchers, WatchStreams, SlowWatchers, PendingEvents, Events Value
	LeasesGranted, LeasesRevoked, LeasesRenewed, LeasesExpired  Value

	// Network.
	Peers                                map[MemberID]PeerMetrics
	ClientSentBytes, ClientReceivedBytes Value
	StreamFailures                       Value

	// GRPCHandled counts finished calls, without the series that are 0. nil means that the family is missing, an empty
	// map that the member has handled no call yet.
	GRPCHandled map[GRPCCall]float64
	// GRPCStarted counts started calls, in the same way.
	GRPCStarted map[GRPCMethod]float64
	// GRPCHandling is the duration of calls by method, in seconds; only with --metrics=extensive.
	GRPCHandling map[GRPCMethod]Histogram

	HealthSuccesses, HealthFailures Value           // of GET /health
	Alarms                          []Alarm         // raised ones; 3.6+
	Features                        map[string]bool // 3.6+

	// Process.
	StartTime                 Value // unix seconds
	CPUSeconds, ResidentBytes Value
	OpenFDs, MaxFDs           Value // process_*, else os_fd_*

	// Date is the member's clock, from the HTTP Date header (whole seconds); zero if it sent none.
	Date time.Time
	// Bytes and Series are the size of the whole exposition.
	Bytes, Series int
	// ParseError says what of the exposition could not be parsed; nil if everything could. The families concerned are
	// absent.
	ParseError *Error
}

// PeerMetrics is what a member exposes about its connection to one peer.
type PeerMetrics struct {
	// RoundTrip is in seconds: a smoothed value, observed about every 30 s.
	RoundTrip                                                Histogram
	SentBytes, ReceivedBytes, SentFailures, ReceivedFailures Value
	Active, Disconnected                                     Value // Active 0: disconnected, or removed
	SnapshotSendsInflight, SnapshotReceivesInflight          Value
	SnapshotSends, SnapshotSendFailures                      Value
	SnapshotReceives, SnapshotReceiveFailures                Value
}

// GRPCMethod names a gRPC method.
type GRPCMethod struct {
	Service, Method string
	Type            string // unary, server_stream, client_stream, bidi_stream
}

// GRPCCall names a gRPC method and the code that calls of it returned.
type GRPCCall struct {
	GRPCMethod
	Code string // OK, Canceled, Unavailable …
}

// Histogram is a cumulative histogram as Prometheus exposes it. The zero Histogram is absent.
type Histogram struct {
	// Bounds are the upper bounds, ascending; the last one is +Inf.
	Bounds []float64
	// Counts are the observations at or below each bound since the process started.
	Counts []float64
	// Sum is the sum of all observations.
	Sum float64
}

// IsKnown reports whether there is a histogram.
func (h *Histogram) IsKnown() bool { return len(h.Counts) > 0 }

// Count is the number of observations since the process started.
func (h *Histogram) Count() float64 {
	if len(h.Counts) == 0 {
		return 0
	}
	return h.Counts[len(h.Counts)-1]
}

// plus adds other's observations to h; the bounds must be equal. The zero Histogram adds nothing.
func (h *Histogram) plus(other Histogram) error {
	if !h.IsKnown() {
		*h = other
		return nil
	}
	if !slices.Equal(h.Bounds, other.Bounds) {
		*h = Histogram{}
		return errors.New("series with different buckets")
	}
	for i, count := range other.Counts {
		h.Counts[i] += count
	}
	h.Sum += other.Sum
	return nil
}

// isMember reports whether the metrics are a member's: every version of etcd has these two.
func (m *Metrics) isMember() bool { return m.ServerID != 0 || m.HasLeader.IsKnown() }
