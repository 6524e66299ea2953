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
	// inStatus says that Status has it, at least in newer versions; the others stand on the metrics alone.
	inStatus bool
}{
	WALFsyncP50:               {"wal_fsync_p50_seconds", Seconds, false},
	WALFsyncP99:               {"wal_fsync_p99_seconds", Seconds, false},
	WALFsyncWorst:             {"wal_fsync_worst_seconds", Seconds, false},
	WALFsyncObservations:      {"wal_fsync_observations", Count, false},
	BackendCommitP50:          {"backend_commit_p50_seconds", Seconds, false},
	BackendCommitP99:          {"backend_commit_p99_seconds", Seconds, false},
	BackendCommitWorst:        {"backend_commit_worst_seconds", Seconds, false},
	BackendCommitObservations: {"backend_commit_observations", Count, false},
	ProposalsPending:          {"proposals_pending", Count, false},
	ProposalsAppliedRate:      {"proposals_applied_per_second", PerSecond, false},
	ProposalsFailedRate:       {"proposals_failed_per_second", PerSecond, false},
	ApplyLag:                  {"apply_lag", Count, true},
	FollowerLag:               {"follower_lag", Count, true},
	SlowAppliesRate:           {"slow_applies_per_second", PerSecond, false},
	PeerRTTP99:                {"peer_rtt_p99_seconds", Seconds, false},
	DBSize:                    {"db_size_bytes", Bytes, true},
	DBInUse:                   {"db_in_use_bytes", Bytes, true},
	DBQuota:                   {"db_quota_bytes", Bytes, true},
	DBQuotaUsed:               {"db_quota_used_ratio", Ratio, true},
	RaftTerm:                  {"raft_term", Count, true},
	RaftIndex:                 {"raft_index", Count, true},
	LeaderChanges:             {"leader_changes", Count, false},
	LinearizableRead:          {"linearizable_read_seconds", Seconds, true},
	SerializableRead:          {"serializable_read_seconds", Seconds, true},
	OpenFDs:                   {"open_fds", Count, false},
	MaxFDs:                    {"max_fds", Count, false},
	ResidentBytes:             {"resident_bytes", Bytes, false},
	CPU:                       {"cpu_ratio", Ratio, false},
	Uptime:                    {"uptime_seconds", Seconds, false},
	ScrapeDuration:            {"scrape_seconds", Seconds, false},
	ScrapeBytes:               {"scrape_bytes", Bytes, false},
}

// vitalSet is a set of vitals.
type vitalSet uint64

func (s vitalSet) has(v Vital) bool { return s>>v&1 == 1 }
func (s *vitalSet) put(v Vital)     { *s |= 1 << v }

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
