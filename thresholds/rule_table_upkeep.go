package thresholds

import "time"

// processRules are the rules about the process, its host and its version.
func processRules() []Rule {
	return []Rule{
		{
			ID: FDsExhausted, Scope: ScopeMember, Unit: Ratio, Vital: FDsUsed,
			Brief: "fds run out", Topic: "fds",
			Step:     "Raise LimitNOFILE of {member}; ss -tn: who is connected",
			headline: "{member} uses {value} of its file descriptors",
			Summary:  "file descriptors in use, of the process' limit",
			Warning:  at(0.8, 15*time.Second),
			Advice: "Without file descriptors etcd can't open its WAL or take connections: " +
				"find who opens so many, and raise LimitNOFILE.",
			Source: "etcd warns in its log from 80% on",
			judge:  judgeVital(FDsUsed), say: sayFDs,
		},
		{
			ID: MemoryGrowing, Scope: ScopeMember, Unit: Ratio, Vital: ResidentBytes, Kept: memoryRetention,
			Brief: "memory grows", Topic: "memory",
			Step:    "Find what grows on {member}: watchers, events, database",
			Summary: "growth of the resident memory within the window, of what it was",
			Notice:  within(0.5, time.Hour), Warning: within(1, time.Hour),
			Minimum: 512 * mib, MinimumOf: "grown", MinimumUnit: Bytes,
			Advice: "Watches, large ranges and a growing database take memory: compare with the number of watchers " +
				"and the size of the database before the host kills the process.",
			Source: "etcdoc's own limits: half as much again, twice as much",
			judge:  judgeMemory, say: sayMemory,
		},
		{
			ID: CertificateExpiring, Scope: ScopeMember, Unit: Seconds, Vital: CertificateExpiresIn, Below: true,
			Brief: "cert expires", Topic: "cert",
			Step:     "Renew the certificate of {member}",
			headline: "Certificate of {member} expires in {value}",
			Summary:  "time until the certificate that the member shows its clients expires",
			Notice:   at((30 * day).Seconds(), 0), Warning: at((7 * day).Seconds(), 0), Critical: at(day.Seconds(), 0),
			Advice: "Renew it; etcd reads new certificates from its files at the next connection, " +
				"unless the tool that runs it needs a restart. Look at the peer certificates too: they are not shown.",
			Source: "etcdoc's own limits",
			judge:  judgeCertificate, say: sayCertificate,
		},
		{
			ID: ClockDrifting, Scope: ScopeMember, Unit: Seconds, Vital: ClockOffset,
			Brief: "clock drifts", Topic: "clock",
			Step:     "On {member}: chronyc tracking (timedatectl)",
			headline: "Clock of {member} is off by {value}",
			Summary: "how far the member's clock is from that of most members, at the least (its HTTP Date, " +
				"the round trip allowed for)",
			Warning: at(2, 15*time.Second),
			Advice: "Look at the time synchronisation of its host (chronyc tracking): leases and certificates " +
				"depend on it.",
			Source: "the HTTP Date counts whole seconds: 2 s is the least drift that it proves; " +
				"etcd itself logs drift between peers from 1 s on",
			judge: judgeClock, say: sayClock,
		},
		{
			ID: VersionBad, Scope: ScopeMember, Unit: Condition,
			Brief: "bad version", Topic: "version", Recommends: true,
			Step: "Upgrade {member} within the minor version, the leader last",
			Summary: "a version of etcd with a known defect (warning: one that loses data, or a trap of the upgrade " +
				"that has begun; notice: one that takes an event, an attacker or a recovery to show, " +
				"in clusters where it can, and a line that gets no more fixes)",
			Notice: condition(0), Warning: severe(0).when("it loses data, or is a trap of the upgrade that has begun"),
			Advice: "Upgrade within the minor version, one member at a time, the leader last.",
			Source: "etcd's changelogs, advisories and upgrade guides: what is named here is fixed in 3.5.33, " +
				"3.6.14 and 3.7.1; before 3.7 members can also diverge after a transaction with a range at an old " +
				"revision, which Kubernetes does not send and etcdoc does not report; some show only with " +
				"authentication, " +
				"learners, TLS, or an upgrade that has begun; 3.4 and before are out of support since 3.6 (etcd's " +
				"versioning policy)",
			judge: judgeVersionBad, say: sayVersionBad,
		},
		{
			ID: MemberRestarted, Scope: ScopeMember, Unit: Count,
			Brief: "restarted", Topic: "restart",
			Step:    stepOfRestart,
			Summary: "restarts of the member's process that were seen",
			Notice:  within(1, 5*time.Minute), Warning: within(3, 15*time.Minute),
			Advice: adviceOnRestarts("it", "its"),
			Source: "etcdoc's own limits",
			judge:  judgeRestarts, say: sayRestarts,
		},
		{
			ID: StorageVersionDiffers, Scope: ScopeMember, Unit: Condition,
			Brief: "storage version", Topic: "version",
			Step:    "Search the log of {member} for \"storage version\"",
			Summary: "the version of the data's schema is not that of the cluster",
			Notice:  condition(time.Minute),
			Advice: "Look in the member's log for \"failed to update storage version\". " +
				"Neither upgrade nor downgrade before it is solved.",
			Source: "etcd 3.6+ makes them the same within seconds (every 4 s); the time is etcdoc's",
			judge:  judgeStorageVersion, say: sayStorageVersion,
		},
	}
}

// versionRules are the rules about versions and data that differ between members.
func versionRules() []Rule {
	return []Rule{
		{
			ID: DowngradeEnabled, Scope: ScopeCluster, Unit: Condition,
			Brief: "downgrade", Topic: "version",
			Step:    "Finish the downgrade, or cancel it: etcdctl downgrade cancel",
			Summary: "a downgrade goes on (warning: one that is enabled, and that no member is on its way with)",
			Notice:  condition(0), Warning: severe(0).when("one is enabled that no member is on its way with"),
			Commits: true,
			Advice:  "If nobody is downgrading: etcdctl downgrade cancel.",
			Source: "etcd: a downgrade that is enabled keeps the cluster at the target's version until the last " +
				"member runs it",
			judge: judgeDowngrade, say: sayDowngrade,
		},
		{
			ID: VersionsMixed, Scope: ScopeCluster, Unit: Condition,
			Brief: "versions mixed", Topic: "version",
			Step:     "Finish the upgrade, one member at a time, the leader last",
			headline: "Versions differ by more than an upgrade allows",
			Summary:  "members of different versions (warning: more than one minor version apart)",
			Notice:   condition(0), Warning: severe(0).when("they are more than one minor version apart"),
			Advice: "Finish the upgrade: one minor version at a time, and mixed versions only while it goes on.",
			Source: "etcd: members may be one minor version apart during an upgrade",
			judge:  judgeVersions, say: sayVersions,
		},
		{
			ID: SizesDiverging, Scope: ScopeCluster, Unit: Ratio,
			Brief: "sizes differ", Topic: "data",
			Step:    "Compare the members' data: etcdoc check --hash",
			Summary: "by how much the smallest database in use is below the largest",
			Notice:  at(0.2, 5*time.Minute),
			Minimum: 100 * mib, MinimumOf: "in use", MinimumUnit: Bytes,
			Advice: "Sizes on disk differ after a defragmentation; what is in use should not. " +
				"Compare HashKV of all members at one revision.",
			Source: "etcdoc, 20%: the members hold the same keys",
			judge:  judgeSizes, say: saySizes,
		},
	}
}

// membershipRules are the rules about how many members there are.
func membershipRules() []Rule {
	return []Rule{
		{
			ID: LearnersPresent, Scope: ScopeCluster, Unit: Count,
			Brief: "learner", Topic: "learner",
			Step:    "Promote or remove the learner; start it if it never ran",
			Summary: "members that do not vote yet",
			Notice:  at(1, 0),
			Commits: true,
			Advice: "A learner that has caught up is to be promoted, or removed if it is not needed: " +
				"it does not count towards the quorum.",
			Source: "etcd: learners are meant to be promoted",
			judge:  judgeLearners, say: sayLearners, advise: adviseLearners,
		},
		{
			ID: VotersEven, Scope: ScopeCluster, Unit: Condition,
			Brief: "even voters", Topic: "voters", Recommends: true,
			Step:    "Add a voter, or remove one",
			Summary: "an even number of voters: one more to fail than with one fewer, and no more failures tolerated",
			Notice:  condition(0),
			Commits: true,
			Advice:  "Add a voter, or remove one.",
			Source:  "raft: a quorum is voters/2 + 1",
			judge:   judgeEven, say: sayEven,
		},
		{
			ID: SingleMember, Scope: ScopeCluster, Unit: Condition,
			Brief: "one voter", Topic: "voters", Recommends: true,
			Step:    "Keep backups (etcdctl snapshot save), or add two voters",
			Summary: "a single voter: no failure is tolerated",
			Notice:  condition(0),
			Advice:  "Three voters tolerate the failure of one. Until then, keep backups: etcdctl snapshot save.",
			Source:  "raft: a quorum is voters/2 + 1",
			judge:   judgeSingle, say: saySingle,
		},
		{
			ID: VotersMany, Scope: ScopeCluster, Unit: Count,
			Brief: "many voters", Topic: "voters", Recommends: true,
			Step:    "Remove voters until seven are left, or five",
			Summary: "voters: each write waits for more of them",
			Notice:  at(8, 0),
			Commits: true,
			Advice:  "Remove voters until seven are left, or five.",
			Source:  "etcd FAQ: a cluster should have no more than seven members",
			judge:   judgeVoters, say: sayVoters,
		},
	}
}

// expiryRules are the rules about what expires for the whole cluster, and about the clock here.
func expiryRules() []Rule {
	return []Rule{
		{
			ID: AuthorityExpiring, Scope: ScopeCluster, Unit: Seconds, Below: true,
			Brief: "CA expires", Topic: "cert", Recommends: true,
			Step:    "Plan for a new CA that members and clients trust beside the old",
			Summary: "time until a CA of the members' certificates expires (from 365 days on, the reading mentions it)",
			Notice: at((730 * day).Seconds(), 0).from("OpenShift's cluster-etcd-operator " +
				"etcdSignerCAExpirationWarning; its etcdSignerCAExpirationCritical begins at 365 d"),
			Warning:  at((7 * day).Seconds(), 0).from("etcdoc's own"),
			Critical: at(day.Seconds(), 0).from("etcdoc's own"),
			Advice: "Plan for a new CA: members and clients have to trust both for a while, " +
				"before certificates of the new one are given out. When the old one expires, " +
				"all certificates that it signed are worth nothing.",
			judge: judgeAuthority, say: sayAuthority,
		},
		{
			ID: ClientCertificateExpires, Scope: ScopeCluster, Unit: Seconds, Below: true,
			Brief: "cert expires", Topic: "cert",
			Step:    "Renew etcdoc's client certificate: kubeadm certs renew",
			Summary: "time until the certificate that etcdoc shows to the members expires",
			Notice:  at((30 * day).Seconds(), 0), Warning: at((7 * day).Seconds(), 0), Critical: at(day.Seconds(), 0),
			Advice: "Renew it: kubeadm certs renew, or whatever made it. Other clients may use one that is as old.",
			Source: "etcdoc's own limits",
			judge:  judgeClientCertificate, say: sayClientCertificate,
		},
		{
			ID: ObserverClock, Scope: ScopeCluster, Unit: Seconds,
			Brief: "clock here off", Topic: "clock",
			Step:    "On this host: chronyc tracking, or timedatectl timesync-status",
			Summary: "how far this host's clock is from that of most members, at the least",
			Notice:  at(2, 15*time.Second),
			Advice:  "Set this host's clock right: the times that etcdoc shows are its own.",
			Source:  "the HTTP Date counts whole seconds: 2 s is the least drift that it proves",
			judge:   judgeObserverClock, say: sayObserverClock,
		},
	}
}
