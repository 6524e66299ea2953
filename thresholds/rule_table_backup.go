package thresholds

// backupRules are the rules about the backups on this host, where a place of them is known.
func backupRules() []Rule {
	return []Rule{
		{
			ID: BackupMissing, Scope: ScopeCluster, Unit: Condition,
			Brief: "no backup", Topic: "backup",
			Step:    "Take a backup now: etcdctl snapshot save FILE",
			Summary: "no snapshot of etcd that is not damaged, in the folder of backups on this host",
			Warning: condition(0),
			Advice: "Take one now (etcdctl snapshot save FILE), and look at the log of what takes them: a cron job, or " +
				"RKE2 and k3s themselves.",
			Source: "etcdoc's own",
			judge:  judgeBackupMissing, say: sayBackupMissing,
		},
		{
			ID: BackupStale, Scope: ScopeCluster, Unit: Seconds,
			Brief: "backup old", Topic: "backup",
			Step: "Look at the log of what takes backups; take one now",
			Summary: "age of the newest snapshot that is not damaged, in the folder of backups on this host, by its name " +
				"or by the file's time",
			Warning: at(DefaultBackupAge.Seconds(), 0),
			Advice: "Look at the log of what takes backups, and at the room on the disk that they go to; take one now " +
				"(etcdctl snapshot save FILE). What there is: etcdoc backup DIR.",
			Source: "etcdoc's own: a day, and two hours for a job that begins late or takes long",
			judge:  judgeBackupStale, say: sayBackupStale,
		},
		{
			ID: BackupCorrupt, Scope: ScopeCluster, Unit: Condition,
			Brief: "backup bad", Topic: "backup",
			Step:    "See what is wrong: etcdoc backup DIR; take one now",
			Summary: "the newest snapshot in the folder of backups is damaged, or has less than half of the one before it",
			Warning: condition(0),
			Advice: "See what is wrong with it: etcdoc backup DIR. Take another one (etcdctl snapshot save FILE), and find " +
				"out what damages them: a full disk, a job that is killed, or a copy that ends too soon.",
			Source: "etcdoc's own; half is of the keys, or of their bytes",
			judge:  judgeBackupCorrupt, say: sayBackupCorrupt,
		},
	}
}
