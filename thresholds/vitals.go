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
}{
	WALFsyncP50:               {"wal_fsync_p50_seconds", Seconds},
	WALFsyncP99:               {"wal_fsync_p99_seconds", Seconds},
	WALFsyncWorst:             {"wal_fsync_worst_seconds", Seconds},
	WALFsyncObservations:      {"wal_fsync_observations", Count},
	BackendCommitP50:          {"backend_commit_p50_seconds", Seconds},
	BackendCommitP99:          {"backend_commit_p99_seconds", Seconds},
	BackendCommitWorst:        {"backend_commit_worst_seconds", Seconds},
	BackendCommitObservations: {"backend_commit_observations", Count},
	ProposalsPending:          {"proposals_pending", Count},
	ProposalsAppliedRate:      {"proposals_applied_per_second", PerSecond},
	ProposalsFailedRate:       {"proposals_failed_per_second", PerSecond},
	ApplyLag:                  {"apply_lag", Count},
	FollowerLag:               {"follower_lag", Count},
	SlowAppliesRate:           {"slow_applies_per_second", PerSecond},
	PeerRTTP99:                {"peer_rtt_p99_seconds", Seconds},
	DBSize:                    {"db_size_bytes", Bytes},
	DBInUse:                   {"db_in_use_bytes", Bytes},
	DBQuota:                   {"db_quota_bytes", Bytes},
	DBQuotaUsed:               {"db_quota_used_ratio", Ratio},
	RaftTerm:                  {"raft_term", Count},
	RaftIndex:                 {"raft_index", Count},
	LeaderChanges:             {"leader_changes", Count},
	LinearizableRead:          {"linearizable_read_seconds", Seconds},
	SerializableRead:          {"serializable_read_seconds", Seconds},
	OpenFDs:                   {"open_fds", Count},
	MaxFDs:                    {"max_fds", Count},
	ResidentBytes:             {"resident_bytes", Bytes},
	CPU:                       {"cpu_ratio", Ratio},
	Uptime:                    {"uptime_seconds", Seconds},
	ScrapeDuration:            {"scrape_seconds", Seconds},
	ScrapeBytes:               {"scrape_bytes", Bytes},
}

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
