package probe

// grpcHandled has about 765 series, most of which stay at 0.
const (
	grpcHandled = "grpc_server_handled_total"
	grpcStarted = "grpc_server_started_total"
)

// families is the table of all families that etcdoc reads, for etcd 3.4 to 3.7.
func families() []family {
	table := raftFamilies()
	table = append(table, diskFamilies()...)
	table = append(table, storeFamilies()...)
	table = append(table, networkFamilies()...)
	return append(table, processFamilies()...)
}

func raftFamilies() []family {
	return []family{
		infoFamily("server_id", func(m *Metrics, id string) error {
			var err error
			m.ServerID, err = parseMemberID([]byte(id))
			return err
		}, serverID),
		infoFamily("server_version", func(m *Metrics, v string) error { m.ServerVersion = v; return nil },
			"etcd_server_version"),
		infoFamily("cluster_version", func(m *Metrics, v string) error { m.ClusterVersion = v; return nil },
			"etcd_cluster_version"),
		value(func(m *Metrics) *Value { return &m.ProposalsCommitted }, "etcd_server_proposals_committed_total"),
		value(func(m *Metrics) *Value { return &m.ProposalsApplied }, "etcd_server_proposals_applied_total"),
		value(func(m *Metrics) *Value { return &m.ProposalsPending }, "etcd_server_proposals_pending"),
		value(func(m *Metrics) *Value { return &m.ProposalsFailed }, "etcd_server_proposals_failed_total"),
		value(func(m *Metrics) *Value { return &m.HasLeader }, hasLeader),
		value(func(m *Metrics) *Value { return &m.IsLeader }, "etcd_server_is_leader"),
		value(func(m *Metrics) *Value { return &m.IsLearner }, "etcd_server_is_learner"),
		value(func(m *Metrics) *Value { return &m.LeaderChanges }, "etcd_server_leader_changes_seen_total"),
		value(func(m *Metrics) *Value { return &m.LearnerPromoteSuccesses }, "etcd_server_learner_promote_successes"),
		summed(func(m *Metrics) *Value { return &m.LearnerPromoteFailures }, "etcd_server_learner_promote_failures"),
		value(func(m *Metrics) *Value { return &m.HeartbeatSendFailures }, "etcd_server_heartbeat_send_failures_total"),
		value(func(m *Metrics) *Value { return &m.SlowApplies }, "etcd_server_slow_apply_total"),
		value(func(m *Metrics) *Value { return &m.SlowReadIndexes }, "etcd_server_slow_read_indexes_total"),
		value(func(m *Metrics) *Value { return &m.ReadIndexesFailed }, "etcd_server_read_indexes_failed_total"),
		value(func(m *Metrics) *Value { return &m.SnapshotApplyInProgress },
			"etcd_server_snapshot_apply_in_progress_total"),
		value(func(m *Metrics) *Value { return &m.HealthSuccesses }, "etcd_server_health_success"),
		value(func(m *Metrics) *Value { return &m.HealthFailures }, "etcd_server_health_failures"),
		{names: []string{"etcd_debugging_server_alarms"}, reset: func(m *Metrics) { m.Alarms = nil },
			sample: readAlarm},
		{names: []string{"etcd_server_feature_enabled"}, reset: func(m *Metrics) { m.Features = nil },
			sample: readFeature},
	}
}

func diskFamilies() []family {
	return []family{
		histogram(func(m *Metrics) *Histogram { return &m.WALFsync }, "etcd_disk_wal_fsync_duration_seconds"),
		histogram(func(m *Metrics) *Histogram { return &m.WALWrite }, "etcd_disk_wal_write_duration_seconds"),
		histogram(func(m *Metrics) *Histogram { return &m.BackendCommit }, "etcd_disk_backend_commit_duration_seconds"),
		histogram(func(m *Metrics) *Histogram { return &m.CommitRebalance },
			"etcd_debugging_disk_backend_commit_rebalance_duration_seconds"),
		histogram(func(m *Metrics) *Histogram { return &m.CommitSpill },
			"etcd_debugging_disk_backend_commit_spill_duration_seconds"),
		histogram(func(m *Metrics) *Histogram { return &m.CommitWrite },
			"etcd_debugging_disk_backend_commit_write_duration_seconds"),
		histogram(func(m *Metrics) *Histogram { return &m.SnapFsync }, "etcd_snap_fsync_duration_seconds"),
		histogram(func(m *Metrics) *Histogram { return &m.BackendSnapshot },
			"etcd_disk_backend_snapshot_duration_seconds"),
		histogram(func(m *Metrics) *Histogram { return &m.DefragDuration },
			"etcd_disk_backend_defrag_duration_seconds"),
		value(func(m *Metrics) *Value { return &m.DefragInflight }, "etcd_disk_defrag_inflight"),
		histogram(func(m *Metrics) *Histogram { return &m.ApplyDuration }, "etcd_server_apply_duration_seconds"),
		histogram(func(m *Metrics) *Histogram { return &m.RangeDuration }, "etcd_server_range_duration_seconds"),
		{
			names:  []string{"etcd_server_request_duration_seconds"},
			reset:  func(m *Metrics) { m.RequestDuration = nil },
			series: readRequestDuration,
		},
	}
}

func storeFamilies() []family {
	return []family{
		value(func(m *Metrics) *Value { return &m.DBSizeBytes }, "etcd_mvcc_db_total_size_in_bytes",
			"etcd_debugging_mvcc_db_total_size_in_bytes"),
		value(func(m *Metrics) *Value { return &m.DBInUseBytes }, "etcd_mvcc_db_total_size_in_use_in_bytes"),
		value(func(m *Metrics) *Value { return &m.DBQuotaBytes }, "etcd_server_quota_backend_bytes"),
		value(func(m *Metrics) *Value { return &m.OpenReadTransactions }, "etcd_mvcc_db_open_read_transactions"),
		value(func(m *Metrics) *Value { return &m.Keys }, "etcd_debugging_mvcc_keys_total"),
		value(func(m *Metrics) *Value { return &m.Puts }, "etcd_mvcc_put_total", "etcd_debugging_mvcc_put_total"),
		value(func(m *Metrics) *Value { return &m.Deletes }, "etcd_mvcc_delete_total",
			"etcd_debugging_mvcc_delete_total"),
		value(func(m *Metrics) *Value { return &m.Txns }, "etcd_mvcc_txn_total", "etcd_debugging_mvcc_txn_total"),
		value(func(m *Metrics) *Value { return &m.Ranges }, "etcd_mvcc_range_total", "etcd_debugging_mvcc_range_total"),
		value(func(m *Metrics) *Value { return &m.PutBytes }, "etcd_debugging_mvcc_total_put_size_in_bytes"),
		value(func(m *Metrics) *Value { return &m.CurrentRevision }, "etcd_debugging_mvcc_current_revision"),
		value(func(m *Metrics) *Value { return &m.CompactRevision }, "etcd_debugging_mvcc_compact_revision"),
		value(func(m *Metrics) *Value { return &m.LastCompaction }, "etcd_debugging_mvcc_db_compaction_last"),
		histogram(func(m *Metrics) *Histogram { return &m.CompactionMilliseconds },
			"etcd_debugging_mvcc_db_compaction_total_duration_milliseconds"),
		value(func(m *Metrics) *Value { return &m.Watchers }, "etcd_debugging_mvcc_watcher_total"),
		value(func(m *Metrics) *Value { return &m.WatchStreams }, "etcd_debugging_mvcc_watch_stream_total"),
		value(func(m *Metrics) *Value { return &m.SlowWatchers }, "etcd_debugging_mvcc_slow_watcher_total"),
		value(func(m *Metrics) *Value { return &m.PendingEvents }, "etcd_debugging_mvcc_pending_events_total"),
		value(func(m *Metrics) *Value { return &m.Events }, "etcd_debugging_mvcc_events_total"),
		value(func(m *Metrics) *Value { return &m.LeasesGranted }, "etcd_debugging_lease_granted_total"),
		value(func(m *Metrics) *Value { return &m.LeasesRevoked }, "etcd_debugging_lease_revoked_total"),
		value(func(m *Metrics) *Value { return &m.LeasesRenewed }, "etcd_debugging_lease_renewed_total"),
		value(func(m *Metrics) *Value { return &m.LeasesExpired }, "etcd_debugging_server_lease_expired_total"),
	}
}

func networkFamilies() []family {
	return []family{
		{
			names:  []string{"etcd_network_peer_round_trip_time_seconds"},
			reset:  dropRoundTrips,
			series: readRoundTrip,
		},
		peer("To", func(p *PeerMetrics) *Value { return &p.SentBytes }, "etcd_network_peer_sent_bytes_total"),
		peer("From", func(p *PeerMetrics) *Value { return &p.ReceivedBytes }, "etcd_network_peer_received_bytes_total"),
		peer("To", func(p *PeerMetrics) *Value { return &p.SentFailures }, "etcd_network_peer_sent_failures_total"),
		peer("From", func(p *PeerMetrics) *Value { return &p.ReceivedFailures },
			"etcd_network_peer_received_failures_total"),
		peer("Remote", func(p *PeerMetrics) *Value { return &p.Active }, "etcd_network_active_peers"),
		peer("Remote", func(p *PeerMetrics) *Value { return &p.Disconnected }, "etcd_network_disconnected_peers_total"),
		peer("To", func(p *PeerMetrics) *Value { return &p.SnapshotSendsInflight },
			"etcd_network_snapshot_send_inflights_total"),
		peer("To", func(p *PeerMetrics) *Value { return &p.SnapshotSends }, "etcd_network_snapshot_send_success"),
		peer("To", func(p *PeerMetrics) *Value { return &p.SnapshotSendFailures },
			"etcd_network_snapshot_send_failures"),
		peer("From", func(p *PeerMetrics) *Value { return &p.SnapshotReceivesInflight },
			"etcd_network_snapshot_receive_inflights_total"),
		peer("From", func(p *PeerMetrics) *Value { return &p.SnapshotReceives },
			"etcd_network_snapshot_receive_success"),
		peer("From", func(p *PeerMetrics) *Value { return &p.SnapshotReceiveFailures },
			"etcd_network_snapshot_receive_failures"),
		value(func(m *Metrics) *Value { return &m.ClientSentBytes }, "etcd_network_client_grpc_sent_bytes_total"),
		value(func(m *Metrics) *Value { return &m.ClientReceivedBytes },
			"etcd_network_client_grpc_received_bytes_total"),
		summed(func(m *Metrics) *Value { return &m.StreamFailures }, "etcd_network_server_stream_failures_total"),
		{
			names: []string{grpcHandled}, begin: beginGRPCHandled, skipZero: true, sample: readGRPCHandled,
			reset: func(m *Metrics) { m.GRPCHandled = nil },
		},
		{
			names: []string{grpcStarted}, begin: beginGRPCStarted, skipZero: true, sample: readGRPCStarted,
			reset: func(m *Metrics) { m.GRPCStarted = nil },
		},
		{
			names:  []string{"grpc_server_handling_seconds"},
			reset:  func(m *Metrics) { m.GRPCHandling = nil },
			series: readGRPCHandling,
		},
	}
}

func processFamilies() []family {
	return []family{
		value(func(m *Metrics) *Value { return &m.StartTime }, "process_start_time_seconds"),
		value(func(m *Metrics) *Value { return &m.CPUSeconds }, "process_cpu_seconds_total"),
		value(func(m *Metrics) *Value { return &m.ResidentBytes }, "process_resident_memory_bytes"),
		value(func(m *Metrics) *Value { return &m.OpenFDs }, "process_open_fds", "os_fd_used"),
		value(func(m *Metrics) *Value { return &m.MaxFDs }, "process_max_fds", "os_fd_limit"),
	}
}

// The families that every member has, and nothing else.
const (
	serverID  = "etcd_server_id"
	hasLeader = "etcd_server_has_leader"
)
