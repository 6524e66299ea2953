package thresholds

import (
	"slices"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// A publishedAlert is a Prometheus alert on etcd that somebody else publishes, with the rules that stand for it here.
type publishedAlert struct {
	// Of is the publisher; Name and Severity are the publisher's.
	Of, Name, Severity string
	// When is the alert's condition in a few words, with how long it must hold.
	When string
	// Limit is the number in that condition, in the rule's unit; absent where the condition has none, or compares it
	// with something that the rule does not measure.
	Limit probe.Value
	// Rules find the same problem, the closest one first; empty where etcdoc can't see it.
	Rules []RuleID
	// Differs says how the rules differ from the alert; empty where only the duration differs.
	Differs string
}

// Publishers of alerts on etcd.
const (
	etcdMixin = "etcd mixin"
	openShift = "cluster-etcd-operator"
)

// publishedAlerts returns all alerts of etcd's mixin (contrib/mixin/alerts/alerts.libsonnet) and those that OpenShift's
// cluster-etcd-operator adds (jsonnet/custom.libsonnet, jsonnet/tnf-alerts.libsonnet).
func publishedAlerts() []publishedAlert {
	alerts := mixinAlerts()
	alerts = append(alerts, openShiftAlerts()...)
	return append(alerts, operatorAlerts()...)
}

func mixinAlerts() []publishedAlert {
	return []publishedAlert{
		{etcdMixin, "etcdMembersDown", "critical",
			"a scrape fails, or over 0.01 messages/s to a peer do, for 10 m", known(0.01),
			[]RuleID{PeerSendFailing, MemberUnreachable}, "a warning at once; critical is the loss of the quorum"},
		{etcdMixin, "etcdInsufficientMembers", "critical",
			"fewer scrapes than a quorum succeed, for 3 m", probe.Value{},
			[]RuleID{QuorumLost, ClusterUnreachable}, "counts voters of the member list that take part, not scrapes"},
		{etcdMixin, "etcdNoLeader", "critical",
			"etcd_server_has_leader is 0, for 1 m", probe.Value{}, []RuleID{NoLeader}, "a warning after 5 s"},
		{etcdMixin, "etcdHighNumberOfLeaderChanges", "warning",
			"4 or more in 15 m, for 5 m", known(4),
			[]RuleID{LeaderChanging}, "those that restarts explain are left out; 3 in 5 m are critical"},
		{etcdMixin, "etcdHighNumberOfFailedGRPCRequests", "warning",
			"over 1% of a method's calls in 5 m, for 10 m", known(0.01),
			[]RuleID{GRPCFailing}, "unary calls only, none that clients cancelled, from 2 requests/s on; a notice"},
		{etcdMixin, "etcdHighNumberOfFailedGRPCRequests", "critical",
			"over 5% of a method's calls in 5 m, for 5 m", known(0.05), []RuleID{GRPCFailing}, "as above; a warning"},
		{etcdMixin, "etcdGRPCRequestsSlow", "critical",
			"p99 of a unary method over 0.15 s in 5 m, for 10 m", known(0.15),
			[]RuleID{GRPCSlow, GRPCRangeSlow, GRPCTxnSlow},
			"a warning, for Range and Txn a notice; not for Hash and HashKV, which read the whole database"},
		{etcdMixin, "etcdMemberCommunicationSlow", "warning",
			"p99 of the round trips with a peer over 0.15 s in 5 m, for 10 m", known(0.15),
			[]RuleID{PeerRTTSlow}, "a warning from 0.1 s on, critical from 0.15 s on"},
		{etcdMixin, "etcdHighNumberOfFailedProposals", "warning",
			"over 5/s in 15 m, for 15 m", known(5), []RuleID{ProposalsFailing}, ""},
		{etcdMixin, "etcdHighFsyncDurations", "warning",
			"p99 over 0.5 s in 5 m, for 10 m", known(0.5),
			[]RuleID{WALFsyncSlow}, "critical at this limit, over 15 s; a notice from 10 ms on"},
		{etcdMixin, "etcdHighFsyncDurations", "critical",
			"p99 over 1 s in 5 m, for 10 m", known(1), []RuleID{WALFsyncSlow}, "critical from 0.5 s on"},
		{etcdMixin, "etcdHighCommitDurations", "warning",
			"p99 over 0.25 s in 5 m, for 10 m", known(0.25),
			[]RuleID{BackendCommitSlow}, "over 15 s; a notice from 25 ms on, critical from 1 s on"},
		{etcdMixin, "etcdDatabaseQuotaLowSpace", "critical",
			"over 95% of the quota, for 10 m (once etcdBackendQuotaLowSpace)", known(0.95),
			[]RuleID{DBQuotaNear, AlarmNoSpace}, "at once"},
		{etcdMixin, "etcdExcessiveDatabaseGrowth", "warning",
			"the quota is reached within 4 h by the growth of 4 h, for 10 m", known(4 * 3600),
			[]RuleID{DBGrowing}, "by the growth of 1 h; critical within 1 h by that of 15 m"},
		{etcdMixin, "etcdDatabaseHighFragmentationRatio", "warning",
			"under 50% of the file in use, with over 100 MiB in use, for 10 m", known(0.5),
			[]RuleID{DBFragmented}, "a notice: nothing fails because of it"},
	}
}

func openShiftAlerts() []publishedAlert {
	return []publishedAlert{
		{openShift, "etcdMembersDown", "critical",
			"as etcd's, for 20 m", known(0.01), []RuleID{PeerSendFailing, MemberUnreachable}, "as etcd's"},
		{openShift, "etcdInsufficientMembers", "critical",
			"fewer members than a quorum are scraped and have a leader, for 3 m", probe.Value{},
			[]RuleID{QuorumLost, NoLeader, ClusterUnreachable}, "as etcd's"},
		{openShift, "etcdHighNumberOfLeaderChanges", "warning",
			"over 5 changes of etcd_server_is_leader per member in 10 m, for 5 m", probe.Value{},
			[]RuleID{LeaderChanging}, "counts what the members saw: 4 in 15 m"},
		{openShift, "etcdHighNumberOfFailedGRPCRequests", "warning",
			"over 10% of a method's calls in 5 m, over 2 requests/s, for 10 m", known(0.10),
			[]RuleID{GRPCFailing}, "a warning from 5% on"},
		{openShift, "etcdHighNumberOfFailedGRPCRequests", "critical",
			"over 50%, as above", known(0.50), []RuleID{GRPCFailing}, "a warning"},
		{openShift, "etcdGRPCReadRequestsSlow", "critical",
			"p99 of Range over 3 s in 10 m, for 10 m", known(3), []RuleID{GRPCRangeSlow}, "a warning"},
		{openShift, "etcdGRPCWriteRequestsSlow", "critical",
			"p99 of Txn over 5 s in 10 m, for 10 m", known(5), []RuleID{GRPCTxnSlow}, "a warning"},
		{openShift, "etcdHighCommitDurations", "warning",
			"p99 over 0.5 s in 5 m, for 10 m", known(0.5), []RuleID{BackendCommitSlow}, "a warning from 0.25 s on"},
		{openShift, "etcdDatabaseQuotaLowSpace", "info",
			"over 65% of the quota, for 10 m", known(0.65), []RuleID{DBQuotaNear}, "a notice"},
		{openShift, "etcdDatabaseQuotaLowSpace", "warning",
			"over 75% of the quota, for 10 m", known(0.75), []RuleID{DBQuotaNear}, "a warning from 80% on"},
		{openShift, "etcdSignerCAExpirationWarning", "warning",
			"the signer CA has under 730 days left, for 1 h", known((730 * day).Seconds()),
			[]RuleID{AuthorityExpiring},
			"the CA of the members' certificates, as the handshake shows it; a notice"},
		{openShift, "etcdSignerCAExpirationCritical", "critical",
			"the signer CA has under 365 days left, for 1 h", known((365 * day).Seconds()),
			[]RuleID{AuthorityExpiring},
			"a notice that the reading mentions; a warning from 7 days on, critical from 1 day on"},
		{openShift, "etcdDatabaseQuotaLowSpace", "critical",
			"over 85% of the quota, for 10 m", known(0.85),
			[]RuleID{DBQuotaNear}, "critical from 95% on, as etcd's mixin has it"},
	}
}

// operatorAlerts returns the alerts on metrics of OpenShift's operators rather than etcd's.
func operatorAlerts() []publishedAlert {
	const (
		backups   = "backups are the operator's: etcdoc sees none"
		pacemaker = "Pacemaker's words on the hosts of a cluster of two nodes: etcdoc asks etcd"
	)
	return []publishedAlert{
		{openShift, "etcdBackupFailed", "warning", "an EtcdBackup failed, for 5 m", probe.Value{}, nil, backups},
		{openShift, "etcdBackupHighFailureRate", "warning, critical",
			"over 50%, 75% of the backups failed, for 30 m", probe.Value{}, nil, backups},
		{openShift, "etcdBackupNoPolicyConfigured", "warning",
			"there is no EtcdBackupPolicy, for 1 h", probe.Value{}, nil, backups},
		{openShift, "etcdBackupNoRecentSuccess", "warning, critical",
			"no backup for 24 h, 48 h, for 1 h", probe.Value{}, nil, backups},
		{openShift, "etcdBackupDurationHigh", "warning",
			"a backup took over 30 m, for 5 m", probe.Value{}, nil, backups},
		{openShift, "TNFNodeOffline", "critical",
			"a node is offline, for 2 m", probe.Value{},
			[]RuleID{MemberUnreachable}, "sees that its etcd does not answer"},
		{openShift, "TNFResourceStopped", "critical",
			"a resource on a node has stopped, for 5 m", probe.Value{},
			[]RuleID{MemberUnreachable}, "sees that its etcd does not answer"},
		{openShift, "TNFResourceFailed", "critical",
			"a resource on a node has failed, for 2 m", probe.Value{},
			[]RuleID{MemberUnreachable}, "sees that its etcd does not answer"},
		{openShift, "TNFNodeCountMismatch", "critical",
			"there are not two nodes, for 5 m", probe.Value{}, nil, pacemaker},
		{openShift, "TNFNodeFencingUnavailable", "critical",
			"a node has no fencing, for 5 m", probe.Value{}, nil, pacemaker},
		{openShift, "TNFNodeUnclean", "critical", "a node is unclean, for 5 m", probe.Value{}, nil, pacemaker},
		{openShift, "TNFClusterInMaintenance", "warning",
			"the cluster is in maintenance, for 2 m", probe.Value{}, nil, pacemaker},
		{openShift, "TNFNodeFencingDegraded", "warning",
			"a node's fencing is degraded, for 10 m", probe.Value{}, nil, pacemaker},
		{openShift, "TNFNodeInMaintenance", "warning",
			"a node is in maintenance, for 2 m", probe.Value{}, nil, pacemaker},
		{openShift, "TNFNodeStandby", "warning", "a node is on standby, for 5 m", probe.Value{}, nil, pacemaker},
		{openShift, "TNFResourceUnmanaged", "warning",
			"a resource is not managed, for 5 m", probe.Value{}, nil, pacemaker},
		{openShift, "TNFResourceDisabled", "warning", "a resource is disabled, for 5 m", probe.Value{}, nil, pacemaker},
	}
}

// TestAlerts compares others' alerts with the rules that stand for them: each has a rule or says why not, and if it
// has a number its closest rule fires no later.
func TestAlerts(t *testing.T) {
	t.Parallel()
	rules := make(map[RuleID]Rule)
	for _, r := range Rules() {
		rules[r.ID] = r
	}
	var seen []string
	for _, alert := range publishedAlerts() {
		name := alert.Of + " " + alert.Name + " " + alert.Severity
		if slices.Contains(seen, name) {
			t.Errorf("%s is there twice", name)
		}
		seen = append(seen, name)
		if len(alert.Rules) == 0 && alert.Differs == "" {
			t.Errorf("%s has no rule, and does not say why", name)
		}
		for _, id := range alert.Rules {
			if r, has := rules[id]; !has || r.IsOff() {
				t.Errorf("%s is mapped to %s, which is no rule, or off", name, id)
			}
		}
		limit, has := alert.Limit.Get()
		if !has {
			continue
		}
		for _, id := range alert.Rules {
			r := rules[id]
			if r.Unit == Condition {
				continue
			}
			found := false
			for _, level := range graded {
				if l, has := r.Limit(level).Value.Get(); has && (l <= limit && !r.Below || l >= limit && r.Below) {
					found = true
				}
			}
			if !found {
				t.Errorf("%s begins at %v: %s says nothing then", name, limit, id)
			}
		}
	}
}
