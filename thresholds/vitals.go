package thresholds

import (
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// Vital is one number derived for a member at every moment.
type Vital uint8

// The vitals. Rates and quantiles are over the evaluator's window.
//
// Puts, deletes, transactions and ranges are what the member's store has done: what all members apply, the operations
// within transactions too, and the ranges that this member serves. A transaction counts only if it has several of them
// (etcd's metrics_txn.go). Lease operations are grants, revocations, and, on the leader, renewals. Client calls are
// those that clients make of this member.
const (
	NoVital Vital = iota
	WALFsyncP50
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
	SnapshotsInFlight
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
	FDsUsed
	ResidentBytes
	CPU
	Uptime
	SlowReadIndexesRate
	HeartbeatFailuresRate
	PeerSendFailuresRate
	RequestsRate
	WritesRate
	LeaseGrantsRate
	Watchers
	SlowWatchers
	PendingEvents
	Keys
	UncompactedRevisions
	Defragmentations
	DBInUseShare
	DBGrowthRate
	DBQuotaReachedIn
	CertificateExpiresIn
	ClockOffset
	StatusDuration
	ScrapeDuration
	ScrapeBytes
	CallsInFlight
	CompactionTook
	PutsRate
	DeletesRate
	TxnsRate
	RangesRate
	LeaseOperationsRate
	ClientCallsRate
	ClientSentRate
	ClientReceivedRate
	PeerSentRate
	PeerReceivedRate
	vitalCount
)

// Vitals are a member's vitals at one moment, indexed by [Vital].
type Vitals [vitalCount]probe.Value

// origin is where a vital comes from.
type origin uint8

const (
	inMetrics      origin = iota // of every version
	inNewerMetrics               // of newer versions, or of members to which it applies
	inStatus                     // at least in newer versions; older ones have it in their metrics
	inSomeAnswers                // of members to which it applies
)

// vitals are the name of each vital in JSON, its unit and its origin. A name ends in its unit, if it has one.
var vitals = [vitalCount]struct {
	name string
	unit Unit
	from origin
}{
	WALFsyncP50:               {"wal_fsync_p50_seconds", Seconds, inMetrics},
	WALFsyncP99:               {"wal_fsync_p99_seconds", Seconds, inMetrics},
	WALFsyncWorst:             {"wal_fsync_worst_seconds", Seconds, inMetrics},
	WALFsyncObservations:      {"wal_fsync_observations", Count, inMetrics},
	BackendCommitP50:          {"backend_commit_p50_seconds", Seconds, inMetrics},
	BackendCommitP99:          {"backend_commit_p99_seconds", Seconds, inMetrics},
	BackendCommitWorst:        {"backend_commit_worst_seconds", Seconds, inMetrics},
	BackendCommitObservations: {"backend_commit_observations", Count, inMetrics},
	ProposalsPending:          {"proposals_pending", Count, inMetrics},
	ProposalsAppliedRate:      {"proposals_applied_per_second", PerSecond, inMetrics},
	ProposalsFailedRate:       {"proposals_failed_per_second", PerSecond, inMetrics},
	ApplyLag:                  {"apply_lag", Count, inStatus},
	FollowerLag:               {"follower_lag", Count, inStatus},
	SlowAppliesRate:           {"slow_applies_per_second", PerSecond, inMetrics},
	PeerRTTP99:                {"peer_rtt_p99_seconds", Seconds, inNewerMetrics},
	SnapshotsInFlight:         {"snapshots_in_flight", Count, inNewerMetrics},
	DBSize:                    {"db_size_bytes", Bytes, inStatus},
	DBInUse:                   {"db_in_use_bytes", Bytes, inStatus},
	DBQuota:                   {"db_quota_bytes", Bytes, inStatus},
	DBQuotaUsed:               {"db_quota_used_ratio", Ratio, inStatus},
	RaftTerm:                  {"raft_term", Count, inStatus},
	RaftIndex:                 {"raft_index", Count, inStatus},
	LeaderChanges:             {"leader_changes", Count, inMetrics},
	LinearizableRead:          {"linearizable_read_seconds", Seconds, inStatus},
	SerializableRead:          {"serializable_read_seconds", Seconds, inStatus},
	OpenFDs:                   {"open_fds", Count, inNewerMetrics},
	MaxFDs:                    {"max_fds", Count, inNewerMetrics},
	FDsUsed:                   {"fds_used_ratio", Ratio, inNewerMetrics},
	ResidentBytes:             {"resident_bytes", Bytes, inMetrics},
	CPU:                       {"cpu_ratio", Ratio, inMetrics},
	Uptime:                    {"uptime_seconds", Seconds, inMetrics},
	SlowReadIndexesRate:       {"slow_read_indexes_per_second", PerSecond, inMetrics},
	HeartbeatFailuresRate:     {"heartbeat_failures_per_second", PerSecond, inMetrics},
	PeerSendFailuresRate:      {"peer_send_failures_per_second", PerSecond, inNewerMetrics},
	RequestsRate:              {"requests_per_second", PerSecond, inNewerMetrics},
	WritesRate:                {"writes_per_second", PerSecond, inNewerMetrics},
	LeaseGrantsRate:           {"lease_grants_per_second", PerSecond, inNewerMetrics},
	Watchers:                  {"watchers", Count, inNewerMetrics},
	SlowWatchers:              {"slow_watchers", Count, inMetrics},
	PendingEvents:             {"pending_events", Count, inMetrics},
	Keys:                      {"keys", Count, inNewerMetrics},
	UncompactedRevisions:      {"uncompacted_revisions", Count, inNewerMetrics},
	Defragmentations:          {"defragmentations", Count, inNewerMetrics},
	DBInUseShare:              {"db_in_use_ratio", Ratio, inStatus},
	DBGrowthRate:              {"db_growth_bytes_per_second", BytesPerSecond, inSomeAnswers},
	DBQuotaReachedIn:          {"db_quota_reached_in_seconds", Seconds, inSomeAnswers},
	CertificateExpiresIn:      {"certificate_expires_in_seconds", Seconds, inSomeAnswers},
	ClockOffset:               {"clock_offset_seconds", Seconds, inNewerMetrics},
	StatusDuration:            {"status_seconds", Seconds, inStatus},
	ScrapeDuration:            {"scrape_seconds", Seconds, inMetrics},
	ScrapeBytes:               {"scrape_bytes", Bytes, inMetrics},
	CallsInFlight:             {"calls_in_flight", Count, inNewerMetrics},
	CompactionTook:            {"last_compaction_seconds", Seconds, inNewerMetrics},
	PutsRate:                  {"puts_per_second", PerSecond, inNewerMetrics},
	DeletesRate:               {"deletes_per_second", PerSecond, inNewerMetrics},
	TxnsRate:                  {"txns_per_second", PerSecond, inNewerMetrics},
	RangesRate:                {"ranges_per_second", PerSecond, inNewerMetrics},
	LeaseOperationsRate:       {"lease_operations_per_second", PerSecond, inNewerMetrics},
	ClientCallsRate:           {"client_calls_per_second", PerSecond, inNewerMetrics},
	ClientSentRate:            {"client_sent_bytes_per_second", BytesPerSecond, inNewerMetrics},
	ClientReceivedRate:        {"client_received_bytes_per_second", BytesPerSecond, inNewerMetrics},
	PeerSentRate:              {"peer_sent_bytes_per_second", BytesPerSecond, inNewerMetrics},
	PeerReceivedRate:          {"peer_received_bytes_per_second", BytesPerSecond, inNewerMetrics},
}

// A VitalSet is a set of vitals.
type VitalSet [(vitalCount + 63) / 64]uint64

// Has reports whether a vital is in the set.
func (s VitalSet) Has(v Vital) bool { return s[v/64]>>(v%64)&1 == 1 }
func (s *VitalSet) put(v Vital)     { s[v/64] |= 1 << (v % 64) }

// String is the vital's name in JSON.
func (v Vital) String() string { return vitals[v].name }

// words is the vital's name for people.
func (v Vital) words() string { return strings.ReplaceAll(v.String(), "_", " ") }

// inStatus reports that the vital comes from gRPC answers, at least in newer versions; others come from the metrics
// alone.
func (v Vital) inStatus() bool { return vitals[v].from >= inStatus }

// optional reports that a member may lack the vital without that being a problem.
func (v Vital) optional() bool {
	return vitals[v].from == inNewerMetrics || vitals[v].from == inSomeAnswers
}

// valueOf turns a result of package window into a value.
func valueOf(number float64, ok bool) probe.Value {
	if !ok {
		return probe.Value{}
	}
	return probe.Known(number)
}

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
	// BytesPerSecond is the unit of growth and of traffic.
	BytesPerSecond Unit = "bytes per second"
	// Condition is the unit of a rule without a number, which holds or not.
	Condition Unit = "condition"
)
