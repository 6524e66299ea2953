package thresholds

import "time"

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
)

// sourceQuorum is the source that more than one rule has.
const sourceQuorum = "raft: a write needs voters/2 + 1; held for 5 s, the longest default election timeout (RKE2, k3s), unless members are down"

// readSlow are the limits of what a read takes.
func readSlow() (notice, warning, critical Limit) {
	return at(0.1, 10*time.Second).from("etcd counts what takes over 100 ms as slow"), at(1, 10*time.Second).from("etcd's default election timeout"),
		at(2, 10*time.Second).from("kube-apiserver's etcd check gives up after 2 s")
}

// Rules returns the rule table. Among rules of the same level, what comes first is closer to being the cause.
func Rules() []Rule {
	readNotice, readWarning, readCritical := readSlow()
	return []Rule{
		{
			ID: ClusterUnreachable, Scope: ScopeCluster, Unit: Condition,
			Summary:  "no member answers: the cluster is down, or can't be reached from here",
			Critical: condition(0),
			Advice:   "Check from here that the endpoints are right and can be reached; on a member's host, that etcd runs.",
			Source:   "etcdoc: nothing can be said of a cluster that does not answer",
			judge:    judgeClusterUnreachable, say: sayClusterUnreachable,
		},
		{
			ID: QuorumLost, Scope: ScopeCluster, Unit: Condition,
			Summary:  "fewer healthy voters than the quorum: no write commits",
			Critical: condition(longElectionTimeout),
			Advice:   "Bring the old members back first: start their processes, repair their hosts or network. Rebuild (--force-new-cluster, restore) only if a quorum of voters is gone for good.",
			Source:   sourceQuorum,
			judge:    judgeQuorumLost, say: sayQuorum("quorum is lost", "quorum is lost"),
		},
		{
			ID: ClusterForked, Scope: ScopeCluster, Unit: Condition,
			Summary:  "two clusters under one id: members go by different lists, and each list has a quorum and a leader of its own",
			Critical: condition(0),
			Advice: "Find out which of them clients use, and stop none before: they have gone on apart from the same data, and what was written to one is not in the other. " +
				"A member that is started with --force-new-cluster while others run on makes two of them: keep a copy of the data of both.",
			Source: "etcd: --force-new-cluster keeps the cluster's id, and drops all other members from the list of the one that is started with it",
			judge:  judgeForks, say: sayForks,
		},
		{
			ID: TwoLeaders, Scope: ScopeCluster, Unit: Condition,
			Summary: "two members say that they lead in the same term: they are not one cluster, or their data is damaged (notice: dumps of two members say so, which do not tell the term; warning: also 5 s later)",
			Notice:  condition(0), Warning: condition(longElectionTimeout).from("held for 5 s, the longest default election timeout (RKE2, k3s)"), Critical: severe(0),
			Advice: "Stop clients from writing, keep a copy of every member's data directory, and find out which member was restored or copied from another one's. That one is to be replaced, and none before this is known.", advise: adviseTwoLeaders,
			Source: "raft: there is at most one leader in a term",
			judge:  judgeTwoLeaders, say: sayTwoLeaders,
		},
		{
			ID: ClusterIDMismatch, Scope: ScopeCluster, Unit: Condition,
			Summary: "members that belong to different clusters (notice: dumps of several clusters in one bundle)",
			Notice:  condition(0), Warning: severe(0),
			Advice: "Give the endpoints of one cluster, and look at the other by itself.", advise: adviseClusterIDs,
			Source: "etcd: the members of a cluster share its id; peers with another one are refused",
			judge:  judgeClusterIDs, say: sayClusterIDs,
		},
		{
			ID: MemberListMismatch, Scope: ScopeCluster, Unit: Condition,
			Summary: "members whose own member lists differ",
			Warning: condition(30 * time.Second),
			Advice:  "One that lags learns of changes late: see whether it catches up. Stop no member that was not proven to have been removed.",
			Source:  "etcd: membership is replicated, so that lists differ only while a member lags; held for 30 s, a few rounds of asking",
			judge:   judgeMemberLists, say: sayMemberLists,
		},
		{
			ID: QuorumAtRisk, Scope: ScopeCluster, Unit: Condition,
			Summary: "quorum is held with no voter to spare",
			Warning: condition(longElectionTimeout),
			Advice:  "Lose no other member: stop drains, upgrades and reboots until the missing voter is healthy again.",
			Source:  sourceQuorum,
			judge:   judgeQuorumAtRisk, say: sayQuorum("no voter to spare", "too few voters at the moment"),
		},
		{
			ID: AlarmCorrupt, Scope: ScopeCluster, Unit: Condition,
			Summary:  "the CORRUPT alarm is raised: writes are refused",
			Critical: condition(0),
			Commits:  true,
			Advice:   "Compare HashKV of all members at one revision. Replace the member whose hash differs from the majority's, then disarm the alarm. Check twice: interrupted compactions have raised it falsely.",
			Source:   "etcd: a CORRUPT alarm refuses writes",
			judge:    judgeAlarm("CORRUPT"), say: sayAlarm("CORRUPT"),
		},
		{
			ID: AlarmNoSpace, Scope: ScopeCluster, Unit: Condition,
			Summary:  "the NOSPACE alarm is raised: puts are refused",
			Critical: condition(0),
			Advice:   "Compact, defragment each member (the leader last), then disarm: etcdctl alarm disarm. Then find what fills the database.",
			Source:   "etcd: a NOSPACE alarm refuses puts and lease grants; reads and deletes work",
			judge:    judgeAlarm("NOSPACE"), say: sayAlarm("NOSPACE"),
		},
		{
			ID: HashMismatch, Scope: ScopeMember, Unit: Condition,
			Summary:  "the member's data is not that of most others (HashKV at one revision and compact revision, twice); compared only where it is asked: --hash",
			Critical: condition(0),
			Impairs:  true,
			Commits:  true,
			Advice:   "Replace the member whose hash is alone: keep a copy of its data, remove it, wipe it, add it again. Where the hashes make no majority, remove nobody before a backup has told who is right.",
			Source:   "etcd's corruption checks: all members have the same hash at the same revision and compact revision",
			judge:    judgeHash, say: sayHash,
		},
		{
			ID: MemberUnreachable, Scope: ScopeMember, Unit: Condition,
			Summary: "the member does not answer Status (notice: a learner, or an endpoint that the member list does not have)",
			Notice:  condition(0), Warning: severe(0),
			Impairs: true,
			Advice:  "Look at the etcd process and the host. If the member is gone for good: remove it first, then add its replacement.",
			Source:  "etcd mixin etcdMembersDown, here at once",
			judge:   judgeUnreachable, say: sayUnreachable, advise: adviseUnreachable,
		},
		{
			ID: EndpointStray, Scope: ScopeMember, Unit: Condition,
			Summary: "a given endpoint that leads to no member: a proxy, a peer port, or one that no member has any more",
			Notice:  condition(0),
			Advice:  "Name the members' own client URLs with --endpoints instead of this one.", advise: adviseStray,
			Source: "etcdoc: what is said of a member must come from that member",
			judge:  judgeStray, say: sayStray,
		},
		{
			ID: MemberLate, Scope: ScopeMember, Unit: Seconds,
			Summary: "the member has been asked and has not answered yet",
			Notice:  at(0, 0).from("etcdoc, its patience with a sweep"), Warning: at(electionTimeout.Seconds(), 0).from("etcd's default election timeout, 1 s (of one never heard before, except in a check: the longest default, 5 s)"),
			Impairs: true,
			Advice:  "A process that is stopped, starved of CPU, or stuck on its disk answers late: look at the host.",
			judge:   judgeLate, say: sayLate,
		},
		{
			ID: MemberUndumped, Scope: ScopeCluster, Unit: PerSecond,
			Summary: "messages to a member without a dump that the dumped ones, which are not connected with it, could not send",
			Notice:  within(0.01, time.Minute), Warning: within(0.1, time.Minute),
			Advice: "Find out which member has that id (etcdctl member list) and whether it runs, and dump its metrics too. Lose no other member meanwhile.",
			Source: "as peer-send-failures; to a member that was removed nothing is sent, so that its counter stands still",
			judge:  judgeAbsent, say: sayAbsent,
		},
		{
			ID: NoLeader, Scope: ScopeMember, Unit: Condition,
			Summary: "the member knows no leader",
			Notice:  condition(0).from("etcdoc, at once: an election may be under way"), Warning: condition(longElectionTimeout).from("5 s, the longest default election timeout (RKE2, k3s)"), Critical: condition(time.Minute).from("etcd mixin etcdNoLeader"),
			Impairs: true,
			Advice:  "If every member says so, quorum is lost. If one does, it is cut off from its peers: look at its network.",
			judge:   judgeNoLeader, say: sayNoLeader,
		},
		{
			ID: VoterUnhealthy, Scope: ScopeMember, Unit: Condition,
			Summary: "the voter answers, and does not count towards the quorum: another cluster, an old term, a defragmentation",
			Notice:  condition(0), Warning: condition(longElectionTimeout),
			Impairs: true,
			Advice:  "Drain no other member until this one counts again.",
			Source:  "etcdoc: what makes a voter healthy; held for 5 s, the longest default election timeout (RKE2, k3s)",
			judge:   judgeUnhealthy, say: sayUnhealthy,
		},
		{
			ID: FollowerStuck, Scope: ScopeMember, Unit: Seconds,
			Summary: "time for which the voter has taken in nothing of what the leader has committed",
			Warning: at(longElectionTimeout.Seconds(), 0),
			Impairs: true,
			Advice:  "Its disk hangs, or its link with the leader: look at both. A snapshot is sent to it when it falls too far behind.",
			Source:  "etcdoc, 5 s: the longest default election timeout (RKE2, k3s)",
			judge:   judgeFollowerStuck, say: sayFollowerStuck,
		},
		{
			ID: LearnerStuck, Scope: ScopeMember, Unit: Seconds,
			Summary: "time for which the learner has been too far behind to be promoted, and has not come closer",
			Notice:  at(15, 0), Warning: at(60, 0),
			Commits: true,
			Advice:  "Look at its disk and at its link with the leader. If it does not recover: remove it, wipe its data, add it again.",
			Source:  "etcd: a learner is ready at 90 % of the leader's index (readyPercent); the times are etcdoc's",
			judge:   judgeLearnerStuck, say: sayLearnerStuck,
		},
		{
			ID: MetricsUnavailable, Scope: ScopeMember, Unit: Condition,
			Summary: "the member answers, but its /metrics can't be read (notice: nothing has ever served them where etcdoc looked, or they take longer than an election timeout, 1 s, while Status is quick)",
			Notice:  condition(15 * time.Second), Warning: severe(15 * time.Second),
			Impairs: true,
			Advice:  "Without them the disk, the network and the proposals of this member can't be judged. Name where they are served with --metrics-endpoints.",
			Source:  "etcdoc: half of its rules stand on /metrics; Prometheus' scrape_timeout is 10 s by default",
			judge:   judgeMetricsUnavailable, say: sayMetricsUnavailable, advise: adviseMetricsUnavailable,
		},
		{
			ID: DefragRunning, Scope: ScopeMember, Unit: Condition,
			Summary: "the member is being defragmented: until it ends it applies nothing",
			Notice:  condition(0),
			Advice:  "Wait until it ends, and defragment no other member meanwhile.",
			Source:  "etcd: a defragmentation blocks the member's reads and writes",
			judge:   judgeDefragmentation, say: sayCondition("is being defragmented"),
		},
		{
			ID: WALFsyncSlow, Scope: ScopeMember, Unit: Seconds, Vital: WALFsyncP99,
			Summary: "p99 of the WAL fsync duration",
			Notice:  at(0.010, 15*time.Second).from("etcd FAQ"), Warning: at(0.100, 15*time.Second).from("etcd's default heartbeat interval"), Critical: at(0.500, 15*time.Second).from("etcd mixin etcdHighFsyncDurations"),
			Minimum: 100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice:  "Give etcd a dedicated SSD or NVMe, and look for what else writes to this disk: iostat -x 1 on the host.",
			judge:   judgeFsync, say: sayFsync,
		},
		{
			ID: BackendCommitSlow, Scope: ScopeMember, Unit: Seconds, Vital: BackendCommitP99,
			Summary: "p99 of the backend commit duration",
			Notice:  at(0.025, 15*time.Second).from("etcd FAQ"), Warning: at(0.250, 15*time.Second).from("etcd mixin etcdHighCommitDurations"), Critical: at(1, 15*time.Second).from("etcdoc"),
			Minimum: 100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice:  "The disk is slow, or transactions are large: compare with the WAL fsync of the same member.",
			judge:   judgeLatency(commits, "commit"),
			say:     sayLatency("backend commit"),
		},
		{
			ID: PeerDisconnected, Scope: ScopeMember, Unit: Count,
			Summary: "listed members that answer, and that the member has no connection with",
			Warning: at(1, 15*time.Second),
			Impairs: true,
			Advice:  "Look at the network between the two hosts, at firewalls, and at the peer certificates.",
			Source:  "etcd: etcd_network_active_peers is 0 for a peer without a connection; held for 15 s, a few heartbeats and a reconnect",
			judge:   judgePeersDisconnected, say: sayPeersDisconnected,
		},
		{
			ID: PeerSendFailing, Scope: ScopeMember, Unit: PerSecond, Vital: PeerSendFailuresRate,
			Summary: "messages to a listed member that answers which could not be sent",
			Notice:  within(0.01, time.Minute).from("etcd mixin etcdMembersDown"), Warning: within(0.1, time.Minute).from("etcdoc, 6 in a minute"),
			Impairs: true,
			Advice:  "Look at the network between the two hosts.",
			Source:  "not counted until both have been up for 10 s",
			judge:   judgePeerSendFailures, say: sayPeerSendFailures,
		},
		{
			ID: PeerRTTSlow, Scope: ScopeMember, Unit: Seconds, Vital: PeerRTTP99,
			Summary: "p99 of the round trips with the slowest of its peers",
			Notice:  within(0.050, 65*time.Second).from("etcdoc"), Warning: within(0.100, 65*time.Second).from("Red Hat"), Critical: within(0.150, 65*time.Second).from("etcd mixin etcdMemberCommunicationSlow"),
			Minimum: 100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice:  "Mend the path between the two hosts. Where members are that far apart by design, the election timeout must be 10 round trips or more.",
			Source:  "etcd observes round trips every 30 s, smoothed: slow twice in a row, and so for over 65 s; critical only where 10 were so slow; not judged for 4 minutes after an end stood still",
			judge:   judgePeerRTT, say: sayPeerRTT,
		},
		{
			ID: LinkGrown, Scope: ScopeMember, Unit: Seconds,
			Summary: "mean of the newest round trips with a peer, where it is 4 times that of the quickest other link or more, and not by design",
			Notice:  at(0.025, 0),
			Advice:  "Look at the path between the two hosts: etcd's smoothed round trips may still grow.",
			Source:  "etcdoc: etcd observes round trips every 30 s, smoothed by an eighth every 4 s, so that a link 60 ms longer shows over 25 ms within a minute",
			judge:   judgeLinkGrown, say: sayLinkGrown,
		},
		{
			ID: HeartbeatsFailing, Scope: ScopeMember, Unit: PerSecond, Vital: HeartbeatFailuresRate,
			Summary: "heartbeats that the leader sent later than twice its interval",
			Notice:  within(0.05, time.Minute).from("etcdoc, 3 in a minute"), Warning: Limit{Value: known(1), For: 30 * time.Second, Window: time.Minute, Source: "etcdoc, one in each election timeout (1 s)"},
			Impairs: true,
			Advice:  "The leader's disk is slow, or its process is short of CPU: compare its fsyncs with the time that its answers take.",
			Source:  "etcd: about 0 where disk and CPU suffice",
			judge:   judgeTally(heartbeatFailures), say: sayVitalRate("%s heartbeats were sent too late"),
		},
		{
			ID: ApplyLagging, Scope: ScopeMember, Unit: Count, Vital: ApplyLag,
			Summary: "entries that are committed and not applied yet",
			Warning: at(1000, 10*time.Second).from("etcdoc"), Critical: at(5000, 0).from("etcd refuses requests above 5000 (\"too many requests\")"),
			Impairs: true,
			Advice:  "Heavy transactions, large deletes or a slow disk hold this member up.",
			judge:   judgeVital(ApplyLag), say: sayVital(ApplyLag, "%s committed entries are not applied yet"),
		},
		{
			ID: FollowerLagging, Scope: ScopeMember, Unit: Count, Vital: FollowerLag,
			Summary: "entries that the member is behind the leader, while that grows",
			Notice:  at(1000, 10*time.Second).from("etcdoc"), Warning: at(5000, 10*time.Second).from("etcd keeps 5000 entries for followers that catch up (DefaultSnapshotCatchUpEntries)"),
			Impairs: true,
			Advice:  "Its disk or its link with the leader does not keep up. When it is too far behind, the leader sends it a whole snapshot.",
			judge:   judgeFollowerLag, say: sayFollowerLag,
		},
		{
			ID: SnapshotInFlight, Scope: ScopeMember, Unit: Count,
			Summary: "snapshots that the member has sent to one and the same peer",
			Notice:  within(1, 15*time.Minute), Warning: within(3, 15*time.Minute),
			Advice: "A member that needs one snapshot after another can't keep up: look at its disk, its link, and the size of the database.",
			Source: "etcd: a snapshot goes to a member that is behind the leader's log; the counts are etcdoc's",
			judge:  judgeSnapshots, say: saySnapshots,
		},
		{
			ID: ProposalsQueued, Scope: ScopeMember, Unit: Count, Vital: ProposalsPending,
			Summary: "proposals waiting to be committed",
			Notice:  at(5, 15*time.Second), Warning: at(100, 15*time.Second), Critical: at(1000, 15*time.Second),
			Impairs: true,
			Advice:  "Clients ask for more writes than the cluster commits: look at the disks, then at who writes.",
			Source:  "etcdoc's own limits; etcd's documentation says that a rising number means high load or a lost quorum",
			judge:   judgeVital(ProposalsPending), say: sayVital(ProposalsPending, "%s proposals are waiting to be committed"),
		},
		{
			ID: ProposalsFailing, Scope: ScopeMember, Unit: PerSecond, Vital: ProposalsFailedRate,
			Summary: "proposals that failed",
			Warning: within(5, 15*time.Minute),
			Impairs: true,
			Advice:  "Proposals fail where there is no leader, or no quorum for long enough: see leader changes and quorum.",
			Source:  "etcd mixin etcdHighNumberOfFailedProposals: 5/s over 15 m",
			judge:   judgeTally(failedProposals), say: sayVitalRate("%s proposals failed"),
		},
		{
			ID: AppliesSlow, Scope: ScopeMember, Unit: PerSecond, Vital: SlowAppliesRate,
			Summary: "requests that took over 100 ms to apply, slow ranges included",
			Notice:  within(0.05, time.Minute).from("etcdoc, 3 in a minute"), Warning: Limit{Value: known(1), For: 30 * time.Second, Window: time.Minute, Source: "etcdoc, one a second"},
			Impairs: true,
			Advice:  "Large ranges and transactions, a slow disk, or too little CPU: compare with fsync and commit.",
			Source:  "etcd: about 0; it counts and logs what takes over 100 ms",
			judge:   judgeTally(slowApplies), say: sayVitalRate("%s applies took over 100 ms"),
		},
		{
			ID: ReadIndexesSlow, Scope: ScopeMember, Unit: PerSecond, Vital: SlowReadIndexesRate,
			Summary: "linearizable reads that waited too long for the leader's word, or in vain",
			Notice:  within(0.05, time.Minute).from("etcdoc, 3 in a minute"), Warning: Limit{Value: known(1), For: 30 * time.Second, Window: time.Minute, Source: "etcdoc, one a second"},
			Impairs: true,
			Advice:  "The link with the leader is slow, or the leader is: compare with the peer round trips.",
			Source:  "etcd: about 0",
			judge:   judgeTally(slowReadIndexes), say: sayVitalRate("%s linearizable reads waited too long for the leader"),
		},
		{
			ID: LinearizableReadSlow, Scope: ScopeMember, Unit: Seconds, Vital: LinearizableRead,
			Summary: "time of a linearizable read of one key, which needs the leader and a quorum",
			Notice:  readNotice, Warning: readWarning, Critical: readCritical,
			Impairs: true,
			Advice:  "Compare with the serializable read: if that is fast, the leader, the quorum or the network between them is slow.",
			judge:   judgeRead(true), say: sayRead("linearizable"),
		},
		{
			ID: SerializableReadSlow, Scope: ScopeMember, Unit: Seconds, Vital: SerializableRead,
			Summary: "time of a serializable read of one key, which needs nobody but the member",
			Notice:  readNotice, Warning: readWarning, Critical: readCritical,
			Impairs: true,
			Advice:  "The member itself is slow to answer, or far from here: look at its CPU, and at whether it is being defragmented.",
			judge:   judgeRead(false), say: sayRead("serializable"),
		},
		{
			ID: AnswersSlow, Scope: ScopeMember, Unit: Seconds,
			Summary: "mean time of the slowest quarter of the answers from memory (/metrics), where it is 2.5 times that of the quickest member or more, and Status takes long meanwhile",
			Notice:  at(0.030, 0).from("etcdoc, short of that"), Warning: at(0.040, 0).from("etcdoc, ten times the CPU time that etcd needs for it (4 ms, measured with 3.7.3)"),
			Impairs: true,
			Advice:  "Its process is CPU-starved: look at the CPU of its host, and at the CPU limit of its container.",
			judge:   judgeAnswers, say: sayAnswers,
		},
		{
			ID: LeaderChanging, Scope: ScopeMember, Unit: Count, Vital: LeaderChanges,
			Summary: "leader changes that the member saw, without those that restarts explain",
			Warning: within(4, 15*time.Minute).from("etcd mixin etcdHighNumberOfLeaderChanges"), Critical: within(3, 5*time.Minute).from("etcdoc"),
			Advice: "A leader that loses its place is slow on disk, short of CPU, or cut off: find which.",
			judge:  judgeLeaderChanges, say: sayLeaderChanges,
		},
		{
			ID: DBQuotaNear, Scope: ScopeMember, Unit: Ratio, Vital: DBQuotaUsed,
			Summary: "size of the database on disk, of its quota",
			Notice:  at(0.65, 15*time.Second).from("OpenShift's cluster-etcd-operator"), Warning: at(0.80, 0).from("etcdoc"), Critical: at(0.95, 0).from("etcd mixin etcdDatabaseQuotaLowSpace"),
			Advice: "Find what fills the database; compact, then defragment one member at a time, the leader last.",
			judge:  judgeQuota(DBQuotaUsed), say: sayQuota,
		},
		{
			ID: DBLarge, Scope: ScopeMember, Unit: Bytes, Vital: DBSize,
			Summary: "size of the database on disk",
			Notice:  at(8*gib, 15*time.Second),
			Advice:  "A larger database takes longer to start, to snapshot and to defragment. Find what fills it.",
			Source:  "etcd: 8 GiB is the largest size that it suggests, and it warns at its start of a quota above that",
			judge:   judgeVital(DBSize), say: sayVital(DBSize, "the database is %s on disk"),
		},
		{
			ID: DBGrowing, Scope: ScopeMember, Unit: Seconds, Vital: DBQuotaReachedIn, Below: true,
			Summary: "time until the database reaches its quota, if it grows on as it did in the window",
			Notice:  Limit{Value: known((24 * time.Hour).Seconds()), For: time.Minute, Window: sizeKept, Source: "etcdoc"},
			Warning: Limit{Value: known((4 * time.Hour).Seconds()), For: time.Minute, Window: time.Hour, Source: "etcd mixin etcdExcessiveDatabaseGrowth"}, Critical: Limit{Value: known(time.Hour.Seconds()), For: time.Minute, Window: 15 * time.Minute, Source: "etcdoc"},
			Advice: "At the quota etcd refuses writes. Find what fills the database, and who writes it; compaction and defragmentation give back what is not live.",
			Source: "nothing is predicted further than 12 times what has been watched, and until that is 15 minutes no further than 15 minutes: kube-apiserver's compaction gives space back after 10",
			judge:  judgeGrowth, say: sayGrowth,
		},
		{
			ID: DBFragmented, Scope: ScopeMember, Unit: Ratio, Vital: DBInUseShare, Below: true,
			Summary: "share of the database on disk that is in use",
			Notice:  at(0.5, 15*time.Second),
			Minimum: 100 * mib, MinimumOf: "bytes in use", MinimumUnit: Bytes,
			Advice: "Defragment one member at a time, the leader last: each is blocked while it is defragmented.",
			Source: "etcd mixin etcdDatabaseHighFragmentationRatio: less than 50 % of a database with over 100 MiB in use; nothing fails by it, so that it is a notice here",
			judge:  judgeFragmentation, say: sayFragmentation,
		},
		{
			ID: CompactionStalled, Scope: ScopeMember, Unit: Seconds,
			Summary: "time since the last compaction, while revisions pile up",
			Notice:  at((15 * time.Minute).Seconds(), 0),
			Minimum: 10_000, MinimumOf: "revisions that are not compacted", MinimumUnit: Count,
			Advice: "Under Kubernetes kube-apiserver compacts every 5 minutes: look whether one is healthy. Elsewhere set --auto-compaction-retention.",
			Source: "kube-apiserver compacts every 5 minutes: three times missed; the number of revisions is etcdoc's",
			judge:  judgeCompaction, say: sayCompaction,
		},
		{
			ID: GRPCFailing, Scope: ScopeMember, Unit: Ratio,
			Summary: "share of the calls of a gRPC method that failed on the server's side; no streams, none that clients cancelled",
			Notice:  Limit{Value: known(0.01), For: time.Minute, Window: 5 * time.Minute}, Warning: Limit{Value: known(0.05), For: time.Minute, Window: 5 * time.Minute},
			Minimum: 2, MinimumOf: "requests per second", MinimumUnit: PerSecond,
			Impairs: true,
			Advice:  "Look at the codes and at etcd's log on this member: quota, quorum and overload make calls fail.",
			Source:  "etcd mixin etcdHighNumberOfFailedGRPCRequests, 1 % and 5 %; at least 2 requests/s: OpenShift's cluster-etcd-operator",
			judge:   judgeGRPCFailures, say: sayGRPCFailures,
		},
		{
			ID: GRPCSlow, Scope: ScopeMember, Unit: Seconds,
			Summary: "p99 of the slowest unary gRPC method, other than Range, Txn, Defragment, Hash and HashKV",
			Warning: within(grpcSlow, 5*time.Minute),
			Minimum: 100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice:  "Compare with fsync and commit, then with the size of what is asked.",
			Source:  "etcd mixin etcdGRPCRequestsSlow, 0.15 s; only with --metrics=extensive",
			judge:   judgeGRPCSlow(otherMethods), say: sayGRPCSlow(otherMethods),
		},
		{
			ID: GRPCRangeSlow, Scope: ScopeMember, Unit: Seconds,
			Summary: "p99 of the gRPC method Range",
			Notice:  within(grpcSlow, 5*time.Minute).from("etcd mixin etcdGRPCRequestsSlow"), Warning: within(3, 5*time.Minute).from("OpenShift's cluster-etcd-operator etcdGRPCReadRequestsSlow"),
			Minimum: 100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice:  "Large lists without a limit: find the client that asks for them.",
			Source:  "only with --metrics=extensive",
			judge:   judgeGRPCSlow(methodRange), say: sayGRPCSlow(methodRange),
		},
		{
			ID: GRPCTxnSlow, Scope: ScopeMember, Unit: Seconds,
			Summary: "p99 of the gRPC method Txn",
			Notice:  within(grpcSlow, 5*time.Minute).from("etcd mixin etcdGRPCRequestsSlow"), Warning: within(5, 5*time.Minute).from("OpenShift's cluster-etcd-operator etcdGRPCWriteRequestsSlow"),
			Minimum: 100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice:  "Large transactions or slow disks: compare with fsync and commit.",
			Source:  "only with --metrics=extensive",
			judge:   judgeGRPCSlow(methodTxn), say: sayGRPCSlow(methodTxn),
		},
		{
			ID: RequestsMany, Scope: ScopeMember, Unit: PerSecond, Vital: RequestsRate,
			Summary: "puts, deletes, transactions and ranges that the member serves (off unless a limit is set: what is much depends on the cluster)",
			Advice:  "Wait for a calmer hour before you drain a member, or find who asks.",
			Source:  "off by default: there is no limit that holds for every cluster",
			judge:   judgeVital(RequestsRate), say: sayVital(RequestsRate, "%s requests are served"),
		},
		{
			ID: WatchBacklog, Scope: ScopeMember, Unit: Count, Vital: SlowWatchers,
			Summary: "watchers that have not been sent what is there for them",
			Notice:  at(1, 30*time.Second), Warning: at(512, 30*time.Second),
			Advice: "Find clients that open too many watches or read them too slowly; etcd holds their events in memory.",
			Source: "etcd: about 0; it serves at most 512 slow watchers in a round (maxWatchersPerSync)",
			judge:  judgeVital(SlowWatchers), say: sayWatchBacklog,
		},
		{
			ID: LeasesChurning, Scope: ScopeMember, Unit: PerSecond, Vital: LeaseGrantsRate,
			Summary: "leases granted",
			Notice:  within(10, 5*time.Minute),
			Advice:  "Find the client that takes a lease for each of its keys. kube-apiserver shares one among up to 1000 events.",
			Source:  "etcdoc, 10/s: kube-apiserver puts up to 1000 keys on a lease",
			judge:   judgeTally(leasesGranted), say: sayVitalRate("%s leases were granted"),
		},
		{
			ID: FDsExhausted, Scope: ScopeMember, Unit: Ratio, Vital: FDsUsed,
			Summary: "file descriptors in use, of the process' limit",
			Warning: at(0.8, 15*time.Second),
			Advice:  "Without file descriptors etcd can't open its WAL or take connections: find who opens so many, and raise LimitNOFILE.",
			Source:  "etcd warns in its log from 80 % on",
			judge:   judgeVital(FDsUsed), say: sayFDs,
		},
		{
			ID: MemoryGrowing, Scope: ScopeMember, Unit: Ratio, Vital: ResidentBytes,
			Summary: "growth of the resident memory within the window, of what it was",
			Notice:  within(0.5, time.Hour), Warning: within(1, time.Hour),
			Minimum: 512 * mib, MinimumOf: "bytes grown", MinimumUnit: Bytes,
			Advice: "Watches, large ranges and a growing database take memory: compare with the number of watchers and the size of the database before the host kills the process.",
			Source: "etcdoc's own limits: half as much again, twice as much",
			judge:  judgeMemory, say: sayMemory,
		},
		{
			ID: CertificateExpiring, Scope: ScopeMember, Unit: Seconds, Vital: CertificateExpiresIn, Below: true,
			Summary: "time until the certificate that the member shows its clients expires",
			Notice:  at((30 * day).Seconds(), 0), Warning: at((7 * day).Seconds(), 0), Critical: at(day.Seconds(), 0),
			Advice: "Renew it; etcd reads new certificates from its files at the next connection, unless the tool that runs it needs a restart. Look at the peer certificates too: they are not shown.",
			Source: "etcdoc's own limits",
			judge:  judgeCertificate, say: sayCertificate,
		},
		{
			ID: ClockDrifting, Scope: ScopeMember, Unit: Seconds, Vital: ClockOffset,
			Summary: "how far the member's clock is from that of most members, at the least (its HTTP Date, the round trip allowed for)",
			Warning: at(2, 15*time.Second),
			Advice:  "Look at the time synchronisation of its host (chronyc tracking): leases and certificates depend on it.",
			Source:  "the HTTP Date counts whole seconds: 2 s is the least drift that it proves; etcd itself logs drift between peers from 1 s on",
			judge:   judgeClock, say: sayClock,
		},
		{
			ID: VersionBad, Scope: ScopeMember, Unit: Condition,
			Summary: "a version of etcd with a known defect (warning: one that loses data, or a trap of the upgrade that has begun; notice: one that takes an event, an attacker or a recovery to show, in clusters where it can, and a line that gets no more fixes)",
			Notice:  condition(0), Warning: severe(0),
			Advice: "Upgrade within the minor version, one member at a time, the leader last.",
			Source: "etcd's changelogs, advisories and upgrade guides: what is named here is fixed in 3.5.33, 3.6.14 and 3.7.1; before 3.7 members can also diverge after a transaction with a range at an old revision, which Kubernetes does not send and which is not told; some show only with authentication, learners, TLS, or an upgrade that has begun; 3.4 and before are out of support since 3.6 (etcd's versioning policy)",
			judge:  judgeVersionBad, say: sayVersionBad,
		},
		{
			ID: MemberRestarted, Scope: ScopeMember, Unit: Count,
			Summary: "starts of the member's process",
			Notice:  within(1, 5*time.Minute), Warning: within(3, 15*time.Minute),
			Advice: "If nobody restarted it: look at its last log lines before the start, and for the kernel's out-of-memory killer.",
			Source: "etcdoc's own limits",
			judge:  judgeRestarts, say: sayRestarts,
		},
		{
			ID: StorageVersionDiffers, Scope: ScopeMember, Unit: Condition,
			Summary: "the version of the data's schema is not that of the cluster",
			Notice:  condition(time.Minute),
			Advice:  "Look in the member's log for \"failed to update storage version\". Neither upgrade nor downgrade before it is solved.",
			Source:  "etcd 3.6+ makes them the same within seconds (every 4 s); the time is etcdoc's",
			judge:   judgeStorageVersion, say: sayStorageVersion,
		},
		{
			ID: DowngradeEnabled, Scope: ScopeCluster, Unit: Condition,
			Summary: "a downgrade goes on (warning: one that is enabled, and that no member is on its way with)",
			Notice:  condition(0), Warning: severe(0),
			Commits: true,
			Advice:  "If nobody is downgrading: etcdctl downgrade cancel.",
			Source:  "etcd: a downgrade that is enabled keeps the cluster at the target's version until the last member runs it",
			judge:   judgeDowngrade, say: sayDowngrade,
		},
		{
			ID: VersionsMixed, Scope: ScopeCluster, Unit: Condition,
			Summary: "members of different versions (warning: more than one minor version apart)",
			Notice:  condition(0), Warning: severe(0),
			Advice: "Finish the upgrade: one minor version at a time, and mixed versions only while it goes on.",
			Source: "etcd: members may be one minor version apart during an upgrade",
			judge:  judgeVersions, say: sayVersions,
		},
		{
			ID: SizesDiverging, Scope: ScopeCluster, Unit: Ratio,
			Summary: "by how much the smallest database in use is below the largest",
			Notice:  at(0.2, 5*time.Minute),
			Minimum: 100 * mib, MinimumOf: "bytes in use", MinimumUnit: Bytes,
			Advice: "Sizes on disk differ after a defragmentation; what is in use should not. Compare HashKV of all members at one revision.",
			Source: "etcdoc, 20 %: the members hold the same keys",
			judge:  judgeSizes, say: saySizes,
		},
		{
			ID: LearnersPresent, Scope: ScopeCluster, Unit: Count,
			Summary: "members that do not vote yet",
			Notice:  at(1, 0),
			Commits: true,
			Advice:  "A learner that has caught up is to be promoted, or removed if it is not needed: it does not count towards the quorum.",
			Source:  "etcd: learners are meant to be promoted",
			judge:   judgeLearners, say: sayLearners,
		},
		{
			ID: VotersEven, Scope: ScopeCluster, Unit: Condition,
			Summary: "an even number of voters: one more to fail than with one fewer, and no more failures tolerated",
			Notice:  condition(0),
			Commits: true,
			Advice:  "Add a voter, or remove one.",
			Source:  "raft: a quorum is voters/2 + 1",
			judge:   judgeEven, say: sayEven,
		},
		{
			ID: SingleMember, Scope: ScopeCluster, Unit: Condition,
			Summary: "a single voter: no failure is tolerated",
			Notice:  condition(0),
			Advice:  "Three voters tolerate the failure of one. Until then, keep backups: etcdctl snapshot save.",
			Source:  "raft: a quorum is voters/2 + 1",
			judge:   judgeSingle, say: saySingle,
		},
		{
			ID: VotersMany, Scope: ScopeCluster, Unit: Count,
			Summary: "voters: each write waits for more of them",
			Notice:  at(8, 0),
			Commits: true,
			Advice:  "Remove voters until seven are left, or five.",
			Source:  "etcd FAQ: a cluster should have no more than seven members",
			judge:   judgeVoters, say: sayVoters,
		},
		{
			ID: AuthorityExpiring, Scope: ScopeCluster, Unit: Seconds, Below: true,
			Summary: "time until a CA that the members' certificates stand on expires (from 365 days on the reading tells of it)",
			Notice:  at((730 * day).Seconds(), 0).from("OpenShift's cluster-etcd-operator etcdSignerCAExpirationWarning; its etcdSignerCAExpirationCritical begins at 365 d"), Warning: at((7 * day).Seconds(), 0).from("etcdoc's own"), Critical: at(day.Seconds(), 0).from("etcdoc's own"),
			Advice: "Plan for a new CA: members and clients have to trust both for a while, before certificates of the new one are given out. When the old one expires, all certificates that it signed are worth nothing.",
			judge:  judgeAuthority, say: sayAuthority,
		},
		{
			ID: ClientCertificateExpires, Scope: ScopeCluster, Unit: Seconds, Below: true,
			Summary: "time until the certificate that etcdoc shows to the members expires",
			Notice:  at((30 * day).Seconds(), 0), Warning: at((7 * day).Seconds(), 0), Critical: at(day.Seconds(), 0),
			Advice: "Renew it: kubeadm certs renew, or whatever made it. Other clients may use one that is as old.",
			Source: "etcdoc's own limits",
			judge:  judgeClientCertificate, say: sayClientCertificate,
		},
		{
			ID: ObserverClock, Scope: ScopeCluster, Unit: Seconds,
			Summary: "how far this host's clock is from that of most members, at the least",
			Notice:  at(2, 15*time.Second),
			Advice:  "Set this host's clock right: the times that etcdoc shows are its own.",
			Source:  "the HTTP Date counts whole seconds: 2 s is the least drift that it proves",
			judge:   judgeObserverClock, say: sayObserverClock,
		},
	}
}
