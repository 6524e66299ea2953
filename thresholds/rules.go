package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// RuleID names a rule in findings, in the configuration and in the documentation.
type RuleID string

// The rules.
const (
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

// Limit is where a level begins: the value is at or above Value for as long as For. An absent Value: the rule
// does not have that level.
type Limit struct {
	Value probe.Value
	For   time.Duration
}

// Rule is one row of the rule table.
type Rule struct {
	ID    RuleID
	Scope Scope
	Unit  Unit
	// Summary says in a phrase what the rule looks at.
	Summary                   string
	Notice, Warning, Critical Limit
	// Window is how far back a rate or a quantile looks; 0: the evaluator's window.
	Window time.Duration
	// MinObservations is how many observations a quantile needs; with fewer, the slowest one's bucket is judged.
	MinObservations int
	Advice          string
	// Source is who says so.
	Source string

	judge judge
}
