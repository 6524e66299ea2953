package thresholds

import "time"

// databaseRules are the rules about the size of the database.
func databaseRules() []Rule {
	return []Rule{
		{
			ID: DBQuotaNear, Scope: ScopeMember, Unit: Ratio, Vital: DBQuotaUsed,
			Brief: "quota near", Topic: "db",
			Step:     "Find what fills the database of {member}; then compact",
			headline: "{member}: database file is {value} of its quota",
			Summary:  "size of the database on disk, of its quota",
			Notice:   at(0.65, 15*time.Second).from("OpenShift's cluster-etcd-operator"),
			Warning:  at(0.80, 0).from("etcdoc"),
			Critical: at(0.95, 0).from("etcd mixin etcdDatabaseQuotaLowSpace"),
			Advice:   "Find what fills the database; compact, then defragment one member at a time, the leader last.",
			judge:    judgeQuota(DBQuotaUsed), say: sayQuota,
		},
		{
			ID: DBLarge, Scope: ScopeMember, Unit: Bytes, Vital: DBSize,
			Brief: "db large", Topic: "db", Recommends: true,
			Step:     "Find what fills the database of {member}",
			headline: "{member}: database file is {value}",
			Summary:  "size of the database on disk",
			Notice:   at(8*gib, 15*time.Second),
			Advice:   "A larger database takes longer to start, to snapshot and to defragment. Find what fills it.",
			Source: "etcd: 8 GiB is the largest size that it suggests, and it warns at its " +
				"start of a quota above that",
			judge: judgeVital(DBSize), say: sayVital(DBSize, "the database is %s on disk", "database is %s on disk"),
		},
		{
			ID: DBGrowing, Scope: ScopeMember, Unit: Seconds, Vital: DBQuotaReachedIn, Below: true, Kept: sizeRetention,
			Brief: "db grows", Topic: "growth",
			Step:     "Find who writes to {member}, before the quota is reached",
			headline: "{member} grows, and reaches its quota in {value}",
			Summary:  "time until the database reaches its quota, if it grows on as it did in the window",
			Notice:   within((24 * time.Hour).Seconds(), sizeRetention).heldFor(time.Minute).from("etcdoc"),
			Warning: within((4 * time.Hour).Seconds(), time.Hour).heldFor(time.Minute).
				from("etcd mixin etcdExcessiveDatabaseGrowth"),
			Critical: within(time.Hour.Seconds(), 15*time.Minute).heldFor(time.Minute).from("etcdoc"),
			Advice: "At the quota etcd refuses writes. Find what fills the database, and who writes it; " +
				"compaction and defragmentation give back what is not live.",
			Source: "nothing is predicted further than 12 times what has been watched, and until that is 15 " +
				"minutes no further than 15 minutes: kube-apiserver's compaction gives space back after 10",
			judge: judgeGrowth, say: sayGrowth,
		},
		{
			ID: DBFragmented, Scope: ScopeMember, Unit: Ratio, Vital: DBInUseShare, Below: true,
			Brief: "db fragmented", Topic: "db", Recommends: true,
			Step:     "Defragment {member} when it is calm: etcdctl defrag",
			headline: "{member}: only {value} of the database file is in use",
			Summary:  "share of the database on disk that is in use",
			Notice:   at(0.5, 15*time.Second),
			Minimum:  100 * mib, MinimumOf: "in use", MinimumUnit: Bytes,
			Advice: "Defragment one member at a time, the leader last: each is blocked while it is defragmented.",
			Source: "etcd mixin etcdDatabaseHighFragmentationRatio: less than 50% of a database with over 100 MiB " +
				"in use; nothing fails because of it, so that it is a notice here",
			judge: judgeFragmentation, say: sayFragmentation,
		},
		{
			ID: CompactionStalled, Scope: ScopeMember, Unit: Seconds,
			Brief: "not compacted", Topic: "compact",
			Step:     "Look at what compacts: kube-apiserver, --auto-compaction-mode",
			headline: "Nothing compacted for {value}, seen on {member}",
			Summary:  "time since the last compaction, while revisions pile up",
			Notice:   at((15 * time.Minute).Seconds(), 0),
			Minimum:  10_000, MinimumOf: "revisions that are not compacted", MinimumUnit: Count,
			Advice: "Under Kubernetes look at kube-apiserver (it compacts every 5 minutes; grep its log for \"compact\"). " +
				"Elsewhere set --auto-compaction-retention.",
			Source: "kube-apiserver compacts every 5 minutes: three times missed; the number of revisions is etcdoc's",
			judge:  judgeCompaction, say: sayCompaction, advise: adviseCompaction,
		},
	}
}

// grpcRules are the rules about the calls that clients make.
func grpcRules() []Rule {
	return []Rule{
		{
			ID: GRPCFailing, Scope: ScopeMember, Unit: Ratio,
			Brief: "calls fail", Topic: "calls",
			Step:     "Look at the codes, and at etcd's log on {member}",
			headline: "{value} of the calls to {member} fail",
			Summary: "share of the calls of a gRPC method that failed on the server's side; " +
				"no streams, none that clients cancelled",
			Notice:  within(0.01, 5*time.Minute).heldFor(time.Minute),
			Warning: within(0.05, 5*time.Minute).heldFor(time.Minute),
			Minimum: 2, MinimumOf: "requests per second", MinimumUnit: PerSecond,
			Impairs: true,
			Advice:  "Look at the codes and at etcd's log on this member: quota, quorum and overload make calls fail.",
			Source: "etcd mixin etcdHighNumberOfFailedGRPCRequests, 1% and 5%; at least 2 requests/s: " +
				"OpenShift's cluster-etcd-operator",
			judge: judgeGRPCFailures, say: sayGRPCFailures,
		},
		{
			ID: GRPCSlow, Scope: ScopeMember, Unit: Seconds, Kept: handlingRetention,
			Brief: "calls slow", Topic: "calls",
			Step:    "Compare with fsync on {member}, then find out who asks",
			Summary: "p99 of the slowest unary gRPC method, other than Range, Txn, Defragment, Hash and HashKV",
			Warning: within(grpcSlow, 5*time.Minute),
			Minimum: 100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice:  "Compare with fsync and commit, then with the size of the requests.",
			Source:  "etcd mixin etcdGRPCRequestsSlow, 0.15 s; only with --metrics=extensive",
			judge:   judgeGRPCSlow(otherMethods), say: sayGRPCSlow(otherMethods),
		},
		{
			ID: GRPCRangeSlow, Scope: ScopeMember, Unit: Seconds, Kept: handlingRetention,
			Brief: "ranges slow", Topic: "calls",
			Step:    "Find the client of {member} that lists without a limit",
			Summary: "p99 of the gRPC method Range",
			Notice:  within(grpcSlow, 5*time.Minute).from("etcd mixin etcdGRPCRequestsSlow"),
			Warning: within(3, 5*time.Minute).from("OpenShift's cluster-etcd-operator etcdGRPCReadRequestsSlow"),
			Minimum: 100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice:  "Large lists without a limit: find the client that asks for them.",
			Source:  "only with --metrics=extensive",
			judge:   judgeGRPCSlow(methodRange), say: sayGRPCSlow(methodRange),
		},
		{
			ID: GRPCTxnSlow, Scope: ScopeMember, Unit: Seconds, Kept: handlingRetention,
			Brief: "txns slow", Topic: "calls",
			Step:    "On {member}: iostat -x 1; find large transactions",
			Summary: "p99 of the gRPC method Txn",
			Notice:  within(grpcSlow, 5*time.Minute).from("etcd mixin etcdGRPCRequestsSlow"),
			Warning: within(5, 5*time.Minute).from("OpenShift's cluster-etcd-operator etcdGRPCWriteRequestsSlow"),
			Minimum: 100, MinimumOf: "observations", MinimumUnit: Count,
			Impairs: true,
			Advice:  "Large transactions or slow disks: compare with fsync and commit.",
			Source:  "only with --metrics=extensive",
			judge:   judgeGRPCSlow(methodTxn), say: sayGRPCSlow(methodTxn),
		},
	}
}

// clientRules are the rules about how much clients ask for.
func clientRules() []Rule {
	return []Rule{
		{
			ID: RequestsMany, Scope: ScopeMember, Unit: PerSecond, Vital: RequestsRate,
			Brief: "many requests", Topic: "load",
			Step: "Find the clients of {member}: ss -tn on the host",
			Summary: "puts, deletes, transactions and ranges that the member serves (off unless a limit is set: " +
				"what is much depends on the cluster)",
			Advice: "Wait for a calmer hour before you drain a member, or find who asks.",
			Source: "off by default: there is no limit that holds for every cluster",
			judge:  judgeVital(RequestsRate), say: sayVital(RequestsRate, "%s requests are served", "%s requests"),
		},
		{
			ID: WatchBacklog, Scope: ScopeMember, Unit: Count, Vital: SlowWatchers,
			Brief: "watchers slow", Topic: "watches",
			Step:    "Find watch clients of {member} that read late: ss -tn",
			Summary: "watchers that have not been sent what is there for them",
			Notice:  at(1, 30*time.Second), Warning: at(512, 30*time.Second),
			Advice: "Find clients that open too many watches or read them too slowly; " +
				"etcd holds their events in memory.",
			Source: "etcd: about 0; it serves at most 512 slow watchers in a round (maxWatchersPerSync)",
			judge:  judgeVital(SlowWatchers), say: sayWatchBacklog,
		},
		{
			ID: LeasesChurning, Scope: ScopeMember, Unit: PerSecond, Vital: LeaseGrantsRate,
			Brief: "leases churn", Topic: "leases",
			Step:    "Find who takes a lease for each key through {member}",
			Summary: "leases granted",
			Notice:  within(10, 5*time.Minute),
			Advice: "Find the client that takes a lease for each of its keys. kube-apiserver shares one among up to " +
				"1000 events.",
			Source: "etcdoc, 10/s: kube-apiserver puts up to 1000 keys on a lease",
			judge:  judgeTally(leasesGranted), say: sayVitalRate("%s leases were granted", "%s leases granted"),
		},
	}
}
