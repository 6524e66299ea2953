package thresholds

import "time"

// presenceRules are the rules about members that do not answer, or not as members.
func presenceRules() []Rule {
	return []Rule{
		{
			ID: MemberUnreachable, Scope: ScopeMember, Unit: Condition,
			Brief: "down", Topic: "down",
			Step: stepDown,
			Summary: "the member does not answer Status (notice: a learner, or an endpoint that " +
				"the member list does not have)",
			Notice: condition(0), Warning: severe(0).when("a voter does not answer"),
			Impairs: true,
			Advice: "Look at the etcd process and the host. If the member is gone for good: " +
				"remove it first, then add its replacement.",
			Source: "etcd mixin etcdMembersDown, here at once",
			judge:  judgeUnreachable, say: sayUnreachable, advise: adviseUnreachable,
		},
		{
			ID: EndpointStray, Scope: ScopeMember, Unit: Condition,
			Brief: "no member", Topic: "stray",
			Step: "Name the members' own client URLs with --endpoints",
			Summary: "a given endpoint that leads to no member: a proxy, a peer port, " +
				"or one that no member has any more",
			Notice: condition(0),
			Advice: "Name the members' own client URLs with --endpoints instead of this one.", advise: adviseStray,
			Source: "etcdoc: what it says of a member must come from that member",
			judge:  judgeStray, say: sayStray,
		},
		{
			ID: MemberLate, Scope: ScopeMember, Unit: Seconds,
			Brief: "answers late", Topic: "late",
			Step:    "On {member}: top, ps -o stat,wchan -C etcd (D: disk)",
			Summary: "the member has been asked and has not answered yet",
			Notice:  at(0, 0).from("etcdoc, its patience with a sweep"),
			Warning: at(electionTimeout.Seconds(), 0).from("etcd's default election timeout, 1 s (of one never heard " +
				"before, except in a check: the longest default, 5 s)"),
			Impairs: true,
			Advice:  "A process that is stopped, starved of CPU, or stuck on its disk answers late: look at the host.",
			judge:   judgeLate, say: sayLate,
		},
		{
			ID: MemberUndumped, Scope: ScopeCluster, Unit: PerSecond,
			Brief: "dump missing", Topic: "dumps",
			Step: "Find out which member has no dump (etcdctl member list)",
			Summary: "messages to a member without a dump that the dumped ones, which are not connected with it, " +
				"could not send",
			Notice: within(0.01, time.Minute), Warning: within(0.1, time.Minute),
			Advice: "Find out which member has that id (etcdctl member list) and whether it runs, " +
				"and dump its metrics too.",
			Source: "as peer-send-failures; nothing is sent to a removed member: its counter does not grow",
			judge:  judgeAbsent, say: sayAbsent,
		},
	}
}

// participationRules are the rules about members that answer and take no part, or only in part.
func participationRules() []Rule {
	return []Rule{
		{
			ID: NoLeader, Scope: ScopeMember, Unit: Condition,
			Brief: "no leader", Topic: "leader",
			Step:     "Check the peer ports between {member} and its peers",
			Summary:  "the member knows no leader",
			Notice:   condition(0).from("etcdoc, at once: an election may be under way"),
			Warning:  condition(longElectionTimeout).from("5 s, the longest default election timeout (RKE2, k3s)"),
			Critical: condition(time.Minute).from("etcd mixin etcdNoLeader"),
			Impairs:  true,
			Advice: "If every member says so, quorum is lost. If one does, it is cut off from its peers: " +
				"look at its network.",
			judge: judgeNoLeader, say: sayNoLeader,
		},
		{
			ID: VoterUnhealthy, Scope: ScopeMember, Unit: Condition,
			Brief: "not counted", Topic: "quorum",
			Step: "Look at etcd's log, disk and peer links on {member}",
			Summary: "the voter answers, and does not count towards the quorum: another cluster, an old term, " +
				"a defragmentation",
			Notice: condition(0), Warning: condition(longElectionTimeout),
			Impairs: true,
			Advice:  "Look at etcd's log there: what keeps it from taking part.",
			Source: "etcdoc: what makes a voter healthy; held for 5 s, the longest default " +
				"election timeout (RKE2, k3s)",
			judge: judgeUnhealthy, say: sayUnhealthy,
		},
		{
			ID: FollowerStuck, Scope: ScopeMember, Unit: Seconds,
			Brief: "stuck", Topic: "stuck",
			Step:     "Look at the disk of {member}, and the link with the leader",
			headline: "{member} receives none of the leader's entries",
			Summary:  "time for which the voter has received none of the entries that the leader committed",
			Warning:  at(longElectionTimeout.Seconds(), 0),
			Impairs:  true,
			Advice: "Its disk hangs, or its link with the leader: look at both. A snapshot is sent to it when it " +
				"falls too far behind.",
			Source: "etcdoc, 5 s: the longest default election timeout (RKE2, k3s)",
			judge:  judgeFollowerStuck, say: sayFollowerStuck,
		},
		{
			ID: LearnerStuck, Scope: ScopeMember, Unit: Seconds,
			Brief: "learner stuck", Topic: "stuck",
			Step:     "Look at the disk of {member}, and the link with the leader",
			headline: "Learner {member} does not catch up with the leader",
			Summary:  "time for which the learner has been too far behind to be promoted, and has not come closer",
			Notice:   at(15, 0), Warning: at(60, 0),
			Commits: true,
			Advice: "Look at its disk and at its link with the leader. If it does not recover: " +
				"remove it, wipe its data, add it again.",
			Source: "etcd: a learner is ready at 90% of the leader's index (readyPercent); the times are etcdoc's",
			judge:  judgeLearnerStuck, say: sayLearnerStuck,
		},
		{
			ID: MetricsUnavailable, Scope: ScopeMember, Unit: Condition,
			Brief: "no metrics", Topic: "metrics",
			Step:     stepUnreadable,
			headline: "Metrics of {member} can't be read",
			Summary: "the member answers, but its /metrics can't be read (notice: nothing has ever served them where " +
				"etcdoc looked, or they take longer than an election timeout, 1 s, while Status is quick)",
			Notice: condition(15 * time.Second), Warning: severe(15 * time.Second).when("metrics fail that should be there"),
			Impairs: true,
			Advice: "Without them the disk, the network and the proposals of the member can't be judged. " +
				"Name where they are served with --metrics-endpoints.",
			Source: "etcdoc: half of its rules need /metrics; Prometheus' scrape_timeout is 10 s by default",
			judge:  judgeMetricsUnavailable, say: sayMetricsUnavailable, advise: adviseMetricsUnavailable,
		},
		{
			ID: DefragRunning, Scope: ScopeMember, Unit: Condition,
			Brief: "defragmenting", Topic: "defrag",
			Step:    "Wait until the defragmentation of {member} has ended",
			Summary: "the member is being defragmented: until it ends it applies nothing",
			Notice:  condition(0), Warning: severe(0).when("a voter does not answer meanwhile"),
			Advice: "Wait until it ends, and defragment no other member meanwhile.",
			Source: "etcd: a defragmentation blocks the member's reads and writes",
			judge:  judgeDefragmentation, say: sayCondition("is being defragmented"),
		},
	}
}
