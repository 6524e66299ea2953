package probe

import "time"

// Metrics is what etcdoc uses of a member's /metrics. A family that was not there is absent here: see [Value]
// and [Histogram]. Names follow etcd's own; a comment names the unit where the name does not, and the first
// version that has it where that is later than 3.4.0.
type Metrics struct {
	ServerID       MemberID // etcd_server_id
	ServerVersion  string   // etcd_server_version
	ClusterVersion string   // etcd_cluster_version: major.minor

	// Raft. The first three are gauges, whatever their names in the exposition say.
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
	PutBytes                                Value // of all keys and values put since the process began
	CurrentRevision, CompactRevision        Value // 3.4.1+
	LastCompaction                          Value // unix seconds; 0 before the first; 3.5+
	// CompactionMilliseconds is how long compactions took, each from its beginning to its end.
	CompactionMilliseconds Histogram

	// Watches and leases.
	Watchers, WatchStreams, SlowWatchers, PendingEvents, Events Value
	LeasesGranted, LeasesRevoked, LeasesRenewed, LeasesExpired  Value

	// Network.
	Peers                                map[MemberID]PeerMetrics
	ClientSentBytes, ClientReceivedBytes Value
	StreamFailures                       Value

	// GRPCHandled counts finished calls. Series that stand at 0 are left out: nil means that the family was not
	// there, an empty map that nothing was handled yet.
	GRPCHandled map[GRPCCall]float64
	// GRPCStarted counts begun calls, as GRPCHandled does those that ended.
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

	// Date is the member's clock as its HTTP answer gave it (whole seconds); zero where it did not.
	Date time.Time
	// Bytes and Series are the size of the exposition as it was read, before anything was left out.
	Bytes, Series int
	// Unread is what of the exposition could not be read; nil: nothing. The families of it are absent.
	ParseError *Error
}

// PeerMetrics is what a member's metrics say of its connection with one other member.
type PeerMetrics struct {
	RoundTrip                                                Histogram // seconds; a smoothed value, observed every 30 s or so
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

// GRPCCall names a gRPC method and how calls of it ended.
type GRPCCall struct {
	GRPCMethod
	Code string // OK, Canceled, Unavailable …
}

// Histogram is a cumulative histogram as Prometheus exposes it. The zero Histogram is absent.
type Histogram struct {
	// Bounds are the upper bounds, ascending, the last one +Inf.
	Bounds []float64
	// Counts are the observations at or below each bound since the process began.
	Counts []float64
	// Sum is the sum of all observations.
	Sum float64
}

// IsKnown reports whether there is a histogram.
func (h *Histogram) IsKnown() bool { return len(h.Counts) > 0 }

// Count is how many observations there were since the process began.
func (h *Histogram) Count() float64 {
	if len(h.Counts) == 0 {
		return 0
	}
	return h.Counts[len(h.Counts)-1]
}
