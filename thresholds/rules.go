package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// RuleID names a rule in findings, in the configuration and in the documentation.
type RuleID string

// The rules.
const (
	ClusterUnreachable RuleID = "cluster-unreachable"
	VoterUnhealthy     RuleID = "voter-unhealthy"
	FollowerLagging    RuleID = "follower-lag"
	MemberUnreachable  RuleID = "member-unreachable"
	MemberLate         RuleID = "member-late"
	MetricsUnavailable RuleID = "metrics-unavailable"
	NoLeader           RuleID = "no-leader"
	QuorumLost         RuleID = "quorum-lost"
	QuorumAtRisk       RuleID = "quorum-at-risk"
	WALFsyncSlow       RuleID = "wal-fsync-slow"
	BackendCommitSlow  RuleID = "backend-commit-slow"
	ProposalsQueued    RuleID = "proposals-pending"
	DBQuotaNear        RuleID = "db-quota"
	LeaderChanging     RuleID = "leader-changes"
	ApplyLagging       RuleID = "apply-lag"
	AlarmNoSpace       RuleID = "alarm-nospace"
	AlarmCorrupt       RuleID = "alarm-corrupt"
)

// Scope is what a rule is about.
type Scope string

// The scopes.
const (
	ScopeMember  Scope = "member"
	ScopeCluster Scope = "cluster"
)

// Limit is where a level begins: at or above Value, for as long as For, and where the value is taken over the
// evaluator's window for no less than that. An absent Value: the rule does not have
// that level. The limit of a rule whose unit is Condition is 1: it is so.
type Limit struct {
	Value probe.Value
	For   time.Duration
	// Window is how far back a rate looks for this level; 0: the rule looks at the moment, or over the
	// evaluator's window.
	Window time.Duration
}

// Rule is one row of the rule table.
type Rule struct {
	ID    RuleID
	Scope Scope
	Unit  Unit
	// Summary says in a phrase what the rule looks at.
	Summary                   string
	Notice, Warning, Critical Limit
	// MinObservations is how many observations a quantile needs. With fewer, what counts is the lower bound of the
	// bucket that the slowest one fell in: it took at least that long.
	MinObservations int
	Advice          string
	// Source is who says so.
	Source string

	judge func(*subject, time.Duration) measurement
	// say puts a breach in words; it is called only where judge measured something.
	say func(*subject, measurement) string
}

// limit returns the limit of a level; one with an absent value for a level that has none.
func (r *Rule) limit(l Level) Limit {
	switch l {
	case Notice:
		return r.Notice
	case Warning:
		return r.Warning
	case Critical:
		return r.Critical
	default:
		return Limit{}
	}
}

// longestWindow is the longest window that a limit of the rule looks back over.
func (r *Rule) longestWindow() time.Duration {
	return max(r.Notice.Window, r.Warning.Window, r.Critical.Window)
}

// at is a limit that must be crossed for a while.
func at(value float64, hold time.Duration) Limit { return Limit{Value: probe.Known(value), For: hold} }

// within is a limit on what happened in a window.
func within(value float64, window time.Duration) Limit {
	return Limit{Value: probe.Known(value), Window: window}
}

// so is the limit of a condition.
func so(hold time.Duration) Limit { return at(1, hold) }

// The times that more than one rule goes by.
const (
	// electionTimeout is etcd's default (--election-timeout=1000): a member that is silent for longer is one that
	// the others would replace if it led.
	electionTimeout = time.Second
	// longElectionTimeout is the longest one that a distribution sets (RKE2 and k3s): an election that has not
	// ended after it has not succeeded.
	longElectionTimeout = 5 * time.Second
)

// minObservations is how many observations a p99 needs: of fewer than 100, it is just the slowest one.
const minObservations = 100

// Rules returns the rule table.
func Rules() []Rule {
	return []Rule{
		{
			ID: ClusterUnreachable, Scope: ScopeCluster, Unit: Condition,
			Summary:  "no member answers: the cluster is down, or can't be reached from here",
			Critical: so(0),
			Advice:   "Check from here that the endpoints are right and can be reached; on a member's host, that etcd runs.",
			Source:   "etcdoc: nothing can be said of a cluster that does not answer",
			judge:    judgeClusterUnreachable, say: sayClusterUnreachable,
		},
		{
			ID: QuorumLost, Scope: ScopeCluster, Unit: Condition,
			Summary:  "fewer healthy voters than the quorum: no write commits",
			Critical: so(longElectionTimeout),
			Advice:   "Bring the old members back first: start their processes, mend their hosts or network. Rebuild (--force-new-cluster, restore) only if a quorum of voters is gone for good.",
			Source:   "raft: a write needs voters/2 + 1; held for 5 s, the longest default election timeout (RKE2, k3s), unless members are down",
			judge:    judgeQuorumLost, say: sayQuorum("quorum is lost", "quorum is lost"),
		},
		{
			ID: QuorumAtRisk, Scope: ScopeCluster, Unit: Condition,
			Summary: "quorum is held with no voter to spare",
			Warning: so(longElectionTimeout),
			Advice:  "Lose no other member: stop drains, upgrades and reboots until the missing voter is healthy again.",
			Source:  "raft: a write needs voters/2 + 1; held for 5 s, the longest default election timeout (RKE2, k3s), unless members are down",
			judge:   judgeQuorumAtRisk, say: sayQuorum("no voter to spare", "too few voters at the moment"),
		},
		{
			ID: AlarmCorrupt, Scope: ScopeCluster, Unit: Condition,
			Summary:  "the CORRUPT alarm is raised: writes are refused",
			Critical: so(0),
			Advice:   "Compare HashKV of all members at one revision. Replace the member whose hash differs from the majority's, then disarm the alarm. Check twice: interrupted compactions have raised it falsely.",
			Source:   "etcd: a CORRUPT alarm refuses writes",
			judge:    judgeAlarm("CORRUPT"), say: sayAlarm("CORRUPT"),
		},
		{
			ID: AlarmNoSpace, Scope: ScopeCluster, Unit: Condition,
			Summary:  "the NOSPACE alarm is raised: puts are refused",
			Critical: so(0),
			Advice:   "Compact, defragment each member (the leader last), then disarm: etcdctl alarm disarm. Then find what fills the database.",
			Source:   "etcd: a NOSPACE alarm refuses puts and lease grants; reads and deletes work",
			judge:    judgeAlarm("NOSPACE"), say: sayAlarm("NOSPACE"),
		},
		{
			ID: MemberUnreachable, Scope: ScopeMember, Unit: Condition,
			Summary: "the member does not answer Status (notice: a learner, or an endpoint that the member list does not have)",
			Notice:  at(withoutVote, 0), Warning: at(withVote, 0),
			Advice: "Look at the etcd process and the host. If the member is gone for good: remove it first, then add its replacement.",
			Source: "etcd mixin: etcdMembersDown is a warning",
			judge:  judgeUnreachable, say: sayUnreachable,
		},
		{
			ID: MemberLate, Scope: ScopeMember, Unit: Seconds,
			Summary: "the member has been asked and has not answered yet",
			Notice:  at(0, 0), Warning: at(electionTimeout.Seconds(), 0),
			Advice: "A process that is stopped, starved of CPU, or stuck on its disk answers late: look at the host.",
			Source: "notice: etcdoc's patience with a sweep; warning: etcd's default election timeout, 1 s",
			judge:  judgeLate, say: sayLate,
		},
		{
			ID: NoLeader, Scope: ScopeMember, Unit: Condition,
			Summary: "the member knows no leader",
			Notice:  so(0), Warning: so(longElectionTimeout), Critical: so(time.Minute),
			Advice: "If every member says so, quorum is lost. If one does, it is cut off from its peers: look at its network.",
			Source: "warning: 5 s, the longest default election timeout (RKE2, k3s); critical: etcd mixin etcdNoLeader, 1 m",
			judge:  judgeNoLeader, say: sayNoLeader,
		},
		{
			ID: VoterUnhealthy, Scope: ScopeMember, Unit: Condition,
			Summary: "the voter answers, and does not count towards the quorum: another cluster, an old term, a defragmentation",
			Notice:  so(0), Warning: so(longElectionTimeout),
			Advice: "Drain no other member until this one counts again.",
			Source: "etcdoc: what makes a voter healthy; held for 5 s, the longest default election timeout (RKE2, k3s)",
			judge:  judgeAiling, say: sayAiling,
		},
		{
			ID: FollowerLagging, Scope: ScopeMember, Unit: Seconds,
			Summary: "time for which the member has taken in nothing of what the leader has committed",
			Warning: at(longElectionTimeout.Seconds(), 0),
			Advice:  "Its disk hangs, or its link with the leader: look at both. A snapshot is sent to it when it falls too far behind.",
			Source:  "5 s: the longest default election timeout (RKE2, k3s)",
			judge:   judgeFollowerLag, say: sayFollowerLag,
		},
		{
			ID: MetricsUnavailable, Scope: ScopeMember, Unit: Condition,
			Summary: "the member answers, but its /metrics can't be read",
			Warning: so(15 * time.Second),
			Advice:  "Without them the disk, the network and the proposals of this member can't be judged. Name where they are served with --metrics-endpoints.",
			Source:  "etcdoc: half of its rules stand on /metrics",
			judge:   judgeMetricsUnavailable, say: sayMetricsUnavailable,
		},
		{
			ID: WALFsyncSlow, Scope: ScopeMember, Unit: Seconds,
			Summary: "p99 of the WAL fsync duration",
			Notice:  at(0.010, 15*time.Second), Warning: at(0.100, 15*time.Second), Critical: at(0.500, 15*time.Second),
			MinObservations: minObservations,
			Advice:          "Give etcd a dedicated SSD or NVMe, and look for what else writes to this disk: iostat -x 1 on the host.",
			Source:          "notice: etcd FAQ, 10 ms; warning: etcd's default heartbeat interval, 100 ms; critical: etcd mixin etcdHighFsyncDurations, 0.5 s",
			judge:           judgeLatency(func(t *track) *buckets { return &t.walFsync }, "fsync"),
			say:             sayLatency("WAL fsync"),
		},
		{
			ID: BackendCommitSlow, Scope: ScopeMember, Unit: Seconds,
			Summary: "p99 of the backend commit duration",
			Notice:  at(0.025, 15*time.Second), Warning: at(0.250, 15*time.Second), Critical: at(1, 15*time.Second),
			MinObservations: minObservations,
			Advice:          "The disk is slow, or transactions are large: compare with the WAL fsync of the same member.",
			Source:          "notice: etcd FAQ, 25 ms; warning: etcd mixin etcdHighCommitDurations, 0.25 s; critical: etcdoc, 1 s",
			judge:           judgeLatency(func(t *track) *buckets { return &t.backendCommit }, "commit"),
			say:             sayLatency("backend commit"),
		},
		{
			ID: ProposalsQueued, Scope: ScopeMember, Unit: Count,
			Summary: "proposals waiting to be committed",
			Notice:  at(5, 15*time.Second), Warning: at(100, 15*time.Second), Critical: at(1000, 15*time.Second),
			Advice: "Clients ask for more writes than the cluster commits: look at the disks, then at who writes.",
			Source: "etcdoc: 5, 100, 1000; etcd's documentation says that a rising number means high load or a lost quorum",
			judge:  judgeMetric(ProposalsPending), say: sayVital(ProposalsPending, "%s proposals are waiting to be committed"),
		},
		{
			ID: ApplyLagging, Scope: ScopeMember, Unit: Count,
			Summary: "entries that are committed and not applied yet",
			Warning: at(1000, 10*time.Second), Critical: at(5000, 0),
			Advice: "Heavy transactions, large deletes or a slow disk hold this member up.",
			Source: "warning: etcdoc, 1000; critical: etcd refuses requests above 5000 (\"too many requests\")",
			judge:  judgeStatus(ApplyLag), say: sayVital(ApplyLag, "%s committed entries are not applied yet"),
		},
		{
			ID: DBQuotaNear, Scope: ScopeMember, Unit: Ratio,
			Summary: "size of the database on disk, of its quota",
			Notice:  at(0.65, 15*time.Second), Warning: at(0.80, 0), Critical: at(0.95, 0),
			Advice: "Find what fills the database; compact, then defragment one member at a time, the leader last.",
			Source: "notice: OpenShift's cluster-etcd-operator, 65 %; warning: etcdoc, 80 %; critical: etcd mixin etcdDatabaseQuotaLowSpace, 95 %",
			judge:  judgeQuota, say: sayQuota,
		},
		{
			ID: LeaderChanging, Scope: ScopeMember, Unit: Count,
			Summary: "leader changes that the member saw, without those that restarts explain",
			Warning: within(4, 15*time.Minute), Critical: within(3, 5*time.Minute),
			Advice: "A leader that loses its place is slow on disk, short of CPU, or cut off: find which.",
			Source: "warning: etcd mixin etcdHighNumberOfLeaderChanges, 4 in 15 m; critical: etcdoc, 3 in 5 m",
			judge:  judgeLeaderChanges, say: sayLeaderChanges,
		},
	}
}
