package thresholds

import "github.com/etcdoc/etcdoc/probe"

// Vital names one number that is derived for a member at every moment.
type Vital uint8

// The vitals. Rates and quantiles are over the evaluator's window.
const (
	WALFsyncP50 Vital = iota
	WALFsyncP99
	WALFsyncWorst
	WALFsyncObservations
	BackendCommitP50
	BackendCommitP99
	BackendCommitWorst
	BackendCommitObservations
	ProposalsPending
	ProposalsAppliedRate
	ProposalsFailedRate
	ApplyLag
	FollowerLag
	SlowAppliesRate
	PeerRTTP99
	DBSize
	DBInUse
	DBQuota
	DBQuotaUsed
	RaftTerm
	RaftIndex
	LeaderChanges
	LinearizableRead
	SerializableRead
	OpenFDs
	MaxFDs
	ResidentBytes
	CPU
	Uptime
	ScrapeDuration
	ScrapeBytes
	vitalCount
)

// Vitals are a member's vitals at one moment, indexed by [Vital].
type Vitals [vitalCount]probe.Value

// vitals is what each vital is called in JSON, and its unit. The name of a vital ends in its unit where it has one.
var vitals = [vitalCount]struct {
	name string
	unit Unit
	from origin
}{
	WALFsyncP50:               {"wal_fsync_p50_seconds", Seconds, fromMetrics},
	WALFsyncP99:               {"wal_fsync_p99_seconds", Seconds, fromMetrics},
	WALFsyncWorst:             {"wal_fsync_worst_seconds", Seconds, fromMetrics},
	WALFsyncObservations:      {"wal_fsync_observations", Count, fromMetrics},
	BackendCommitP50:          {"backend_commit_p50_seconds", Seconds, fromMetrics},
	BackendCommitP99:          {"backend_commit_p99_seconds", Seconds, fromMetrics},
	BackendCommitWorst:        {"backend_commit_worst_seconds", Seconds, fromMetrics},
	BackendCommitObservations: {"backend_commit_observations", Count, fromMetrics},
	ProposalsPending:          {"proposals_pending", Count, fromMetrics},
	ProposalsAppliedRate:      {"proposals_applied_per_second", PerSecond, fromMetrics},
	ProposalsFailedRate:       {"proposals_failed_per_second", PerSecond, fromMetrics},
	ApplyLag:                  {"apply_lag", Count, fromStatus},
	FollowerLag:               {"follower_lag", Count, fromStatus},
	SlowAppliesRate:           {"slow_applies_per_second", PerSecond, fromMetrics},
	PeerRTTP99:                {"peer_rtt_p99_seconds", Seconds, fromMetrics},
	DBSize:                    {"db_size_bytes", Bytes, fromStatus},
	DBInUse:                   {"db_in_use_bytes", Bytes, fromStatus},
	DBQuota:                   {"db_quota_bytes", Bytes, fromStatus},
	DBQuotaUsed:               {"db_quota_used_ratio", Ratio, fromStatus},
	RaftTerm:                  {"raft_term", Count, fromStatus},
	RaftIndex:                 {"raft_index", Count, fromStatus},
	LeaderChanges:             {"leader_changes", Count, fromMetrics},
	LinearizableRead:          {"linearizable_read_seconds", Seconds, fromStatus},
	SerializableRead:          {"serializable_read_seconds", Seconds, fromStatus},
	OpenFDs:                   {"open_fds", Count, fromMetrics},
	MaxFDs:                    {"max_fds", Count, fromMetrics},
	ResidentBytes:             {"resident_bytes", Bytes, fromMetrics},
	CPU:                       {"cpu_ratio", Ratio, fromMetrics},
	Uptime:                    {"uptime_seconds", Seconds, fromMetrics},
	ScrapeDuration:            {"scrape_seconds", Seconds, fromMetrics},
	ScrapeBytes:               {"scrape_bytes", Bytes, fromMetrics},
}

// origin is which answer of a member a vital stands on.
type origin uint8

const (
	fromStatus origin = iota
	fromMetrics
)

// String is the vital's name in JSON.
func (v Vital) String() string { return vitals[v].name }

// Unit is the vital's unit.
func (v Vital) Unit() Unit { return vitals[v].unit }

// Unit is what a number counts.
type Unit string

// The units. Durations are in seconds, sizes in bytes.
const (
	Seconds   Unit = "seconds"
	Bytes     Unit = "bytes"
	Ratio     Unit = "ratio"
	Count     Unit = "count"
	PerSecond Unit = "per second"
	// Condition is the unit of a rule that is either so or not: there is no number to it.
	Condition Unit = "condition"
)
