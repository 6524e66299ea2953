package thresholds

import "slices"

// The rules.
const (
	ClusterUnreachable       RuleID = "cluster-unreachable"
	QuorumLost               RuleID = "quorum-lost"
	ClusterForked            RuleID = "cluster-forked"
	TwoLeaders               RuleID = "two-leaders"
	ClusterIDMismatch        RuleID = "cluster-id-mismatch"
	MemberListMismatch       RuleID = "member-list-mismatch"
	QuorumAtRisk             RuleID = "quorum-at-risk"
	AlarmCorrupt             RuleID = "alarm-corrupt"
	AlarmNoSpace             RuleID = "alarm-nospace"
	HashMismatch             RuleID = "hash-mismatch"
	MemberUnreachable        RuleID = "member-unreachable"
	EndpointStray            RuleID = "stray-endpoint"
	MemberLate               RuleID = "member-late"
	MemberUndumped           RuleID = "undumped-member"
	NoLeader                 RuleID = "no-leader"
	VoterUnhealthy           RuleID = "voter-unhealthy"
	FollowerStuck            RuleID = "follower-stuck"
	LearnerStuck             RuleID = "learner-stuck"
	MetricsUnavailable       RuleID = "metrics-unavailable"
	DefragRunning            RuleID = "defrag-running"
	WALFsyncSlow             RuleID = "wal-fsync-slow"
	BackendCommitSlow        RuleID = "backend-commit-slow"
	PeerDisconnected         RuleID = "peer-disconnected"
	PeerSendFailing          RuleID = "peer-send-failures"
	PeerRTTSlow              RuleID = "peer-rtt-slow"
	LinkGrown                RuleID = "peer-rtt-grown"
	TimeoutsShort            RuleID = "election-timeout-short"
	HeartbeatsFailing        RuleID = "heartbeat-failures"
	ApplyLagging             RuleID = "apply-lag"
	FollowerLagging          RuleID = "follower-lag"
	SnapshotInFlight         RuleID = "snapshot-in-flight"
	ProposalsQueued          RuleID = "proposals-pending"
	ProposalsFailing         RuleID = "proposals-failing"
	AppliesSlow              RuleID = "slow-applies"
	ReadIndexesSlow          RuleID = "slow-read-indexes"
	LinearizableReadSlow     RuleID = "linearizable-read-slow"
	SerializableReadSlow     RuleID = "serializable-read-slow"
	AnswersSlow              RuleID = "answers-slow"
	LeaderChanging           RuleID = "leader-changes"
	DBQuotaNear              RuleID = "db-quota"
	DBLarge                  RuleID = "db-size"
	DBGrowing                RuleID = "db-growth"
	DBFragmented             RuleID = "db-fragmentation"
	CompactionStalled        RuleID = "compaction-stalled"
	GRPCFailing              RuleID = "grpc-failures"
	GRPCSlow                 RuleID = "grpc-slow"
	GRPCRangeSlow            RuleID = "grpc-slow-range"
	GRPCTxnSlow              RuleID = "grpc-slow-txn"
	RequestsMany             RuleID = "request-rate"
	WatchBacklog             RuleID = "watch-backlog"
	LeasesChurning           RuleID = "lease-churn"
	FDsExhausted             RuleID = "fd-exhaustion"
	MemoryGrowing            RuleID = "memory-growth"
	CertificateExpiring      RuleID = "certificate-expiry"
	ClockDrifting            RuleID = "clock-drift"
	VersionBad               RuleID = "known-bad-version"
	MemberRestarted          RuleID = "member-restarted"
	StorageVersionDiffers    RuleID = "storage-version"
	DowngradeEnabled         RuleID = "downgrade-enabled"
	VersionsMixed            RuleID = "version-skew"
	SizesDiverging           RuleID = "size-divergence"
	LearnersPresent          RuleID = "learners-present"
	VotersEven               RuleID = "even-voters"
	SingleMember             RuleID = "single-member"
	VotersMany               RuleID = "too-many-voters"
	AuthorityExpiring        RuleID = "ca-expiry"
	ClientCertificateExpires RuleID = "client-certificate-expiry"
	ObserverClock            RuleID = "observer-clock"
	BackupMissing            RuleID = "backup-missing"
	BackupStale              RuleID = "backup-stale"
	BackupCorrupt            RuleID = "backup-corrupt"
	APIServerCutOff          RuleID = "apiserver-etcd-unready"
	APIServerSlow            RuleID = "apiserver-etcd-latency"
	APIServerGetSlow         RuleID = "apiserver-get-latency"
)

// Rules returns the rule table. Among rules of the same level, the one closer to being the cause comes first.
func Rules() []Rule {
	return slices.Concat(
		quorumRules(), alarmRules(),
		presenceRules(), participationRules(),
		diskRules(), peerRules(), proposalRules(), answerRules(),
		databaseRules(), grpcRules(), clientRules(),
		processRules(), versionRules(), membershipRules(), expiryRules(), backupRules(),
		apiServerRules(),
	)
}
