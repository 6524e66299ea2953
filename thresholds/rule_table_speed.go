package thresholds

import "time"

// readLimits are the limits of what a read takes.
func readLimits() (notice, warning, critical Limit) {
	return at(0.1, 10*time.Second).from("etcd counts what takes over 100 ms as slow"),
		at(1, 10*time.Second).from("etcd's default election timeout"),
		at(2, 10*time.Second).from("kube-apiserver's etcd check gives up after 2 s")
}

// diskRules are the rules about the disk.
func diskRules() []Rule {
	return []Rule{
		{
			ID: WALFsyncSlow, Scope: ScopeMember, Unit: Seconds, Vital: WALFsyncP99,
			Brief: "disk slow", Topic: "disk", Recommends: true,
			Step:     "On {member}: iostat -x 1; find what else writes there",
			Summary:  "p99 of the WAL fsync duration",
			Notice:   at(0.010, 15*time.Second).from("etcd FAQ"),
			Warning:  at(0.100, 15*time.Second).from("etcd's default heartbeat interval"),
			Critical: at(0.500, 15*time.Second).from("etcd mixin etcdHighFsyncDurations"),
			Minimum:  100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice: "Give etcd a dedicated SSD or NVMe, and look for what else writes to this disk: " +
				"iostat -x 1 on the host.",
			judge: judgeFsync, say: sayFsync,
		},
		{
			ID: BackendCommitSlow, Scope: ScopeMember, Unit: Seconds, Vital: BackendCommitP99,
			Brief: "commits slow", Topic: "disk", Recommends: true,
			Step:     "On {member}: iostat -x 1; find who writes large values",
			Summary:  "p99 of the backend commit duration",
			Notice:   at(0.025, 15*time.Second).from("etcd FAQ"),
			Warning:  at(0.250, 15*time.Second).from("etcd mixin etcdHighCommitDurations"),
			Critical: at(1, 15*time.Second).from("etcdoc"),
			Minimum:  100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice:  "The disk is slow, or transactions are large: compare with the WAL fsync of the same member.",
			judge:   judgeLatency(commits, "commit"),
			say:     sayLatency("commit", "commit"),
		},
	}
}

// peerRules are the rules about the connections between members.
func peerRules() []Rule {
	return []Rule{
		{
			ID: PeerDisconnected, Scope: ScopeMember, Unit: Count,
			Brief: "link cut", Topic: "link",
			Step:    "Check the peer ports between {member} and its peers",
			Summary: "listed members that answer, and that the member has no connection with",
			Warning: at(1, 15*time.Second),
			Impairs: true,
			Advice:  "Look at the network between the two hosts, at firewalls, and at the peer certificates.",
			Source: "etcd: etcd_network_active_peers is 0 for a peer without a connection; " +
				"held for 15 s, a few heartbeats and a reconnect",
			judge: judgePeersDisconnected, say: sayPeersDisconnected,
		},
		{
			ID: PeerSendFailing, Scope: ScopeMember, Unit: PerSecond, Vital: PeerSendFailuresRate,
			Brief: "sends fail", Topic: "link",
			Step:    "Check the peer ports between {member} and its peers",
			Summary: "messages to a listed member that answers which could not be sent",
			Notice:  within(0.01, time.Minute).from("etcd mixin etcdMembersDown"),
			Warning: within(0.1, time.Minute).from("etcdoc, 6 in a minute"),
			Impairs: true,
			Advice:  "Look at the network between the two hosts.",
			Source:  "not counted until both have been up for 10 s",
			judge:   judgePeerSendFailures, say: sayPeerSendFailures,
		},
		{
			ID: PeerRTTSlow, Scope: ScopeMember, Unit: Seconds, Vital: PeerRTTP99, Kept: rttWindow,
			Brief: "link slow", Topic: "link",
			Step:     "On {member}: mtr -rwc 50 PEER; find what fills the link",
			Summary:  "p99 of the round trips with the slowest of its peers",
			Notice:   within(0.050, 65*time.Second).from("etcdoc"),
			Warning:  within(0.100, 65*time.Second).from("Red Hat"),
			Critical: within(0.150, 65*time.Second).from("etcd mixin etcdMemberCommunicationSlow"),
			Minimum:  100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice: "Repair the path between the two hosts. Where members are that far apart by design, " +
				"the election timeout must be 10 round trips or more.",
			Source: "etcd observes round trips every 30 s, smoothed: slow twice in a row, and so for over 65 s; " +
				"critical only where 10 were so slow; not judged for 4 minutes after an end stood still, or after " +
				"two linearizable reads in a row, or the next round trips without the smoothing, show that it is " +
				"quick again",
			judge: judgePeerRTT, say: sayPeerRTT,
		},
		{
			ID: LinkGrown, Scope: ScopeMember, Unit: Seconds,
			Brief: "link slower", Topic: "link",
			Step: "On {member}: mtr -rwc 50 PEER; find what fills the link",
			Summary: "mean of the newest round trips with a peer, where it is 4 times that of the quickest other " +
				"link or more, and not by design",
			Notice: at(0.025, 0),
			Advice: "Look at the path between the two hosts: etcd's smoothed round trips may still grow.",
			Source: "etcdoc: etcd observes round trips every 30 s, smoothed by an eighth every 4 s, " +
				"so that a link 60 ms longer shows over 25 ms within a minute",
			judge: judgeLinkGrown, say: sayLinkGrown,
		},
		timeoutsRule(),
		{
			ID: HeartbeatsFailing, Scope: ScopeMember, Unit: PerSecond, Vital: HeartbeatFailuresRate,
			Brief: "heartbeats late", Topic: "beats",
			Step:     "On {member}: iostat -x 1 and top, for a slow disk or CPU",
			headline: "{member} sends {value} heartbeats late",
			Summary:  "heartbeats that the leader sent later than twice its interval",
			Notice:   within(0.05, time.Minute).from("etcdoc, 3 in a minute"),
			Warning: within(1, time.Minute).heldFor(30 * time.Second).
				from("etcdoc, one in each election timeout (1 s)"),
			Impairs: true,
			Advice: "The leader's disk is slow, or its process is short of CPU: compare its fsyncs with the time " +
				"that its answers take.",
			Source: "etcd: about 0 where disk and CPU suffice",
			judge:  judgeTally(heartbeatFailures),
			say:    sayVitalRate("%s heartbeats were sent too late", "%s heartbeats too late"),
		},
	}
}

// timeoutsRule is the rule about etcd's timeouts, which depend on how far apart the members are.
func timeoutsRule() Rule {
	return Rule{
		ID: TimeoutsShort, Scope: ScopeMember, Unit: Condition,
		Brief: "timeouts short", Topic: "timeout", Recommends: true,
		Step: "Compare etcd's two timeouts with the round trips; raise both",
		Summary: "an election timeout of less than 10 round trips with the farthest peer, or a heartbeat interval of " +
			"less than half of one",
		Notice: condition(time.Minute),
		Advice: "Repair the path, if the members are not that far apart by design. Else raise --heartbeat-interval to " +
			"about a round trip, and --election-timeout to 10 of them or more: the same on all members, one at a time.",
		Source: "etcd's tuning guide: an election timeout of at least 10 round trips, a heartbeat interval of 0.5 to " +
			"1.5; judged where both the mean since the process started (20 observations or more) and the newest show " +
			"it, and only flags that this host's files set; the minute is etcdoc's",
		judge: judgeTimeouts, say: sayTimeouts,
	}
}

// proposalRules are the rules about entries and proposals on their way through the cluster.
func proposalRules() []Rule {
	return []Rule{
		{
			ID: ApplyLagging, Scope: ScopeMember, Unit: Count, Vital: ApplyLag,
			Brief: "applies lag", Topic: "applies",
			Step:     "On {member}: iostat -x 1, top; look for large transactions",
			headline: "{member} has {value} committed entries to apply",
			Summary:  "entries that are committed and not applied yet",
			Warning:  at(1000, 10*time.Second).from("etcdoc"),
			Critical: at(5000, 0).from("etcd refuses requests above 5000 (\"too many requests\")"),
			Impairs:  true,
			Advice:   "Heavy transactions, large deletes or a slow disk hold this member up.",
			judge:    judgeVital(ApplyLag),
			say:      sayVital(ApplyLag, "%s committed entries are not applied yet", "%s entries not applied yet"),
		},
		{
			ID: FollowerLagging, Scope: ScopeMember, Unit: Count, Vital: FollowerLag,
			Brief: "behind", Topic: "behind",
			Step:     "Look at the disk of {member}, and the link with the leader",
			headline: "{member} is {value} entries behind the leader",
			Summary:  "entries that the member is behind the leader, while that grows",
			Notice:   at(1000, 10*time.Second).from("etcdoc"),
			Warning: at(5000, 10*time.Second).from("etcd keeps 5000 entries for followers that catch up " +
				"(DefaultSnapshotCatchUpEntries)"),
			Impairs: true,
			Advice: "Its disk or its link with the leader does not keep up. When it is too far behind, " +
				"the leader sends it a whole snapshot.",
			judge: judgeFollowerLag, say: sayFollowerLag,
		},
		{
			ID: SnapshotInFlight, Scope: ScopeMember, Unit: Count,
			Brief: "needs snapshots", Topic: "snaps",
			Step:    "Look at the receiver's disk, and its link with the leader",
			Summary: "snapshots that the member has sent to one and the same peer",
			Notice:  within(1, 15*time.Minute), Warning: within(3, 15*time.Minute),
			Advice: "A member that needs one snapshot after another can't keep up: look at its disk, its link, " +
				"and the size of the database.",
			Source: "etcd: a snapshot goes to a member that is behind the leader's log; the counts are etcdoc's",
			judge:  judgeSnapshots, say: saySnapshots,
		},
		{
			ID: ProposalsQueued, Scope: ScopeMember, Unit: Count, Vital: ProposalsPending,
			Brief: "writes queue", Topic: "writes",
			Step:     "Look at the disks (iostat -x 1), then at who writes",
			headline: "{value} proposals queue on {member}",
			Summary:  "proposals waiting to be committed",
			Notice:   at(5, 15*time.Second), Warning: at(100, 15*time.Second), Critical: at(1000, 15*time.Second),
			Impairs: true,
			Advice:  "Clients ask for more writes than the cluster commits: look at the disks, then at who writes.",
			Source: "etcdoc's own limits; etcd's documentation says that a rising number means " +
				"high load or a lost quorum",
			judge: judgeVital(ProposalsPending),
			say:   sayVital(ProposalsPending, "%s proposals are waiting to be committed", "%s proposals wait"),
		},
		{
			ID: ProposalsFailing, Scope: ScopeMember, Unit: PerSecond, Vital: ProposalsFailedRate,
			Brief: "writes fail", Topic: "writes",
			Step:     "Look for the leader, then at etcd's log on {member}",
			headline: "{value} proposals fail on {member}",
			Summary:  "proposals that failed",
			Warning:  within(5, 15*time.Minute),
			Impairs:  true,
			Advice: "Proposals fail where there is no leader, or no quorum for long enough: " +
				"see leader changes and quorum.",
			Source: "etcd mixin etcdHighNumberOfFailedProposals: 5/s over 15 m",
			judge:  judgeTally(failedProposals), say: sayVitalRate("%s proposals failed", "%s proposals failed"),
		},
	}
}

// answerRules are the rules about how fast members answer, and how often they lose their leader.
func answerRules() []Rule {
	readNotice, readWarning, readCritical := readLimits()
	return []Rule{
		{
			ID: AppliesSlow, Scope: ScopeMember, Unit: PerSecond, Vital: SlowAppliesRate,
			Brief: "applies slow", Topic: "applies",
			Step:     "On {member}: iostat -x 1, top; look for large requests",
			headline: "{value} slow applies on {member}",
			Summary:  "requests that took over 100 ms to apply, slow ranges included",
			Notice:   within(0.05, time.Minute).from("etcdoc, 3 in a minute"),
			Warning:  within(1, time.Minute).heldFor(30 * time.Second).from("etcdoc, one a second"),
			Impairs:  true,
			Advice:   "Large ranges and transactions, a slow disk, or too little CPU: compare with fsync and commit.",
			Source:   "etcd: about 0; it counts and logs what takes over 100 ms",
			judge:    judgeTally(slowApplies),
			say:      sayVitalRate("%s applies took over 100 ms", "%s applies over 100 ms"),
		},
		{
			ID: ReadIndexesSlow, Scope: ScopeMember, Unit: PerSecond, Vital: SlowReadIndexesRate,
			Brief: "reads wait", Topic: "reads",
			Step:     "Look at the link between {member} and the leader",
			headline: "{value} reads wait for the leader on {member}",
			Summary:  "linearizable reads that waited too long for the leader's confirmation, or got none",
			Notice:   within(0.05, time.Minute).from("etcdoc, 3 in a minute"),
			Warning:  within(1, time.Minute).heldFor(30 * time.Second).from("etcdoc, one a second"),
			Impairs:  true,
			Advice:   "The link with the leader is slow, or the leader is: compare with the peer round trips.",
			Source:   "etcd: about 0",
			judge:    judgeReadIndexes,
			say:      sayVitalRate("%s linearizable reads waited too long for the leader", "%s linear. reads wait"),
		},
		{
			ID: LinearizableReadSlow, Scope: ScopeMember, Unit: Seconds, Vital: LinearizableRead,
			Brief: "reads slow", Topic: "reads",
			Step:     "Look at the link between {member} and the leader",
			headline: "Reads through {member} take {value}",
			Summary:  "time of a linearizable read of one key, which needs the leader and a quorum",
			Notice:   readNotice, Warning: readWarning, Critical: readCritical,
			Impairs: true,
			Advice: "Compare with the serializable read: if that is fast, the leader, the quorum or the network " +
				"between them is slow.",
			judge: judgeRead(true), say: sayRead(true),
		},
		{
			ID: SerializableReadSlow, Scope: ScopeMember, Unit: Seconds, Vital: SerializableRead,
			Brief: "local reads slow", Topic: "reads",
			Step:     "On {member}: top, iostat -x 1; from here: ping the host",
			headline: "{member} reads its own data in {value}",
			Summary:  "time of a serializable read of one key, which needs nobody but the member",
			Notice:   readNotice, Warning: readWarning, Critical: readCritical,
			Impairs: true,
			Advice: "The member itself is slow to answer, or far from here: look at its CPU, " +
				"and at whether it is being defragmented.",
			judge: judgeRead(false), say: sayRead(false),
		},
		{
			ID: AnswersSlow, Scope: ScopeMember, Unit: Seconds,
			Brief: "CPU starved", Topic: "cpu",
			Step:     "On {member}: top, cat /proc/pressure/cpu, container limit",
			headline: "{member} answers from memory in {value}: short of CPU",
			Summary: "mean time of the slowest quarter of the answers from memory (/metrics), " +
				"where it is 2.5 times that of the quickest member or more, and Status takes long meanwhile",
			Notice: at(0.030, 0).from("etcdoc, short of that"),
			Warning: at(0.040, 0).from("etcdoc, ten times the CPU time that etcd needs for it (4 ms, " +
				"measured with 3.7.3)"),
			Impairs: true,
			Advice:  "Its process is CPU-starved: look at the CPU of its host, and at the CPU limit of its container.",
			judge:   judgeAnswers, say: sayAnswers,
		},
		{
			ID: LeaderChanging, Scope: ScopeCluster, Unit: Count,
			Brief: "leader changes", Topic: "terms",
			Step:     "Search etcd's log for \"lost leader\"; check disks, CPU, links",
			Summary:  "leader changes by the member that saw most, without those that restarts explain",
			Warning:  within(4, 15*time.Minute).from("etcd mixin etcdHighNumberOfLeaderChanges"),
			Critical: within(3, 5*time.Minute).from("etcdoc"),
			Advice:   "A leader that loses its place is slow on disk, short of CPU, or cut off: find which.",
			judge:    judgeLeaderChanges, say: sayLeaderChanges,
		},
	}
}
