package thresholds

import "time"

// sourceQuorum is the source that more than one rule has.
const sourceQuorum = "raft: a write needs voters/2 + 1; held for 5 s, the longest default election timeout (RKE2, " +
	"k3s), unless members are down"

// quorumRules are the rules about whether there is one cluster, and whether it can write.
func quorumRules() []Rule {
	return []Rule{
		{
			ID: ClusterUnreachable, Scope: ScopeCluster, Unit: Condition,
			Brief: "nobody answers", Topic: "members",
			Step:     "Check from here that the endpoints are right and can be reached",
			Summary:  "no member answers: the cluster is down, or can't be reached from here",
			Critical: condition(0),
			Advice: "Check from here that the endpoints are right and can be reached; on a member's host, " +
				"that etcd runs.",
			Source: "etcdoc: nothing is known of a cluster that does not answer",
			judge:  judgeClusterUnreachable, say: sayClusterUnreachable,
		},
		{
			ID: QuorumLost, Scope: ScopeCluster, Unit: Condition,
			Brief: "no quorum", Topic: "quorum",
			Step:     "Bring the old members back first: processes, hosts, network",
			Summary:  "fewer healthy voters than the quorum: no write commits",
			Critical: condition(longElectionTimeout),
			Advice: "Bring the old members back first: start their processes, repair their hosts or network. " +
				"Rebuild (--force-new-cluster, restore) only if a quorum of voters is gone for good.",
			Source: sourceQuorum,
			judge:  judgeQuorumLost, say: sayQuorum("quorum is lost", "quorum is lost"),
		},
		{
			ID: ClusterForked, Scope: ScopeCluster, Unit: Condition,
			Brief: "two clusters", Topic: "cluster",
			Step:     "Find out which of the two clusters clients use; stop none before",
			headline: "Two clusters run under the same cluster id",
			Summary: "two clusters under one id: members have different member lists, and each list has a quorum and " +
				"a leader of its own",
			Critical: condition(0),
			Advice: "Find out which of them clients use, and stop none before: they have gone on apart from the same " +
				"data, and what was written to one is not in the other. " +
				"A member that is started with --force-new-cluster while others run on makes two of them: " +
				"keep a copy of the data of both.",
			Source: "etcd: --force-new-cluster keeps the cluster's id, and drops all other members from the list of " +
				"the one that is started with it",
			judge: judgeForks, say: sayForks,
		},
		{
			ID: TwoLeaders, Scope: ScopeCluster, Unit: Condition,
			Brief: "two leaders", Topic: "leader",
			Step:     "Stop the writes, and copy every member's data directory",
			headline: "Two members claim to lead in the same term",
			Summary: "two members say that they lead in the same term: they are not one cluster, " +
				"or their data is damaged (notice: until that has held, and of dumps, which do not show the term; " +
				"warning: dumps say so 5 s later, too; critical: live members say so for 5 s)",
			Notice: condition(0),
			Warning: condition(longElectionTimeout).from("held for 5 s, the longest default " +
				"election timeout (RKE2, k3s)"),
			Critical: severe(longElectionTimeout).when("live members say so").from("held for 5 s: a new leader names " +
				"the term before its own until it has applied an entry (EtcdServer.Term)"),
			Advice: "Stop clients from writing, keep a copy of every member's data directory, " +
				"and find out which member was restored or copied from another one's. That one is to be replaced, " +
				"and none before this is known.",
			advise: adviseTwoLeaders,
			Source: "raft: there is at most one leader in a term",
			judge:  judgeTwoLeaders, say: sayTwoLeaders,
		},
		{
			ID: ClusterIDMismatch, Scope: ScopeCluster, Unit: Condition,
			Brief: "mixed clusters", Topic: "cluster",
			Step:     "Give the endpoints of one cluster only (--endpoints)",
			headline: "The endpoints lead to different clusters",
			Summary:  "members that belong to different clusters (notice: dumps of several clusters in one bundle)",
			Notice:   condition(0), Warning: severe(0).when("live members belong to different ones"),
			Advice: "Give the endpoints of one cluster, and look at the other by itself.", advise: adviseClusterIDs,
			Source: "etcd: the members of a cluster share its id; peers with another one are refused",
			judge:  judgeClusterIDs, say: sayClusterIDs,
		},
		{
			ID: MemberListMismatch, Scope: ScopeCluster, Unit: Condition,
			Brief: "lists differ", Topic: "members",
			Step:     "Compare what each member lists: etcdctl member list",
			headline: "Members disagree on who is a member",
			Summary:  "members whose own member lists differ",
			Warning:  condition(30 * time.Second),
			Advice: "One that lags learns of changes late: see whether it catches up. Stop no member that was not " +
				"proven to have been removed.",
			Source: "etcd: membership is replicated, so that lists differ only while a member lags; " +
				"held for 30 s, a few rounds of asking",
			judge: judgeMemberLists, say: sayMemberLists,
		},
		{
			ID: QuorumAtRisk, Scope: ScopeCluster, Unit: Condition,
			Brief: "none to spare", Topic: "quorum",
			Step:    "Lose no other member: stop drains, upgrades and reboots",
			Summary: "quorum is held with no voter to spare",
			Warning: condition(longElectionTimeout),
			Advice:  "Stop drains, upgrades and reboots, and bring the missing voter back.",
			Source:  sourceQuorum + ", do not answer, or are cut off from each other",
			judge:   judgeQuorumAtRisk, say: sayQuorum("no voter to spare", "too few voters at the moment"),
		},
	}
}

// alarmRules are the rules about the alarms, and the data that they guard.
func alarmRules() []Rule {
	return []Rule{
		{
			ID: AlarmCorrupt, Scope: ScopeCluster, Unit: Condition,
			Brief: "CORRUPT alarm", Topic: "data",
			Step:     "Compare the members' data: etcdoc check --hash",
			Summary:  "the CORRUPT alarm is raised: writes are refused",
			Critical: condition(0),
			Commits:  true,
			Advice: "Compare HashKV of all members at one revision. Replace the member whose hash differs from the " +
				"majority's, then disarm the alarm. Check twice: interrupted compactions have raised it falsely.",
			Source: "etcd: a CORRUPT alarm refuses writes",
			judge:  judgeAlarm("CORRUPT"), say: sayAlarm("CORRUPT"),
		},
		{
			ID: AlarmNoSpace, Scope: ScopeCluster, Unit: Condition,
			Brief: "NOSPACE alarm", Topic: "db",
			Step:     "Compact, defragment each member, then etcdctl alarm disarm",
			Summary:  "the NOSPACE alarm is raised: puts are refused",
			Critical: condition(0),
			Advice: "Compact, defragment each member (the leader last), then disarm: etcdctl alarm disarm. " +
				"Then find what fills the database.",
			Source: "etcd: a NOSPACE alarm refuses puts and lease grants; reads and deletes work",
			judge:  judgeAlarm("NOSPACE"), say: sayAlarm("NOSPACE"),
		},
		{
			ID: HashMismatch, Scope: ScopeMember, Unit: Condition,
			Brief: "data differs", Topic: "data",
			Step: "Save a snapshot of another member, then replace {member}",
			Summary: "the member's data is not that of most others (HashKV at one revision and compact revision, " +
				"twice); compared only with --hash",
			Critical: condition(0),
			Impairs:  true,
			Commits:  true,
			Advice: "Replace the member whose hash is alone: keep a copy of its data, " +
				"remove it, wipe it, add it again. Where the hashes make no majority, remove nobody before a backup " +
				"shows whose data is right.",
			Source: "etcd's corruption checks: all members have the same hash at the same " +
				"revision and compact revision",
			judge: judgeHash, say: sayHash,
		},
	}
}
