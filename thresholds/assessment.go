package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// Assessment is everything that the evaluator says about one moment. It is immutable.
type Assessment struct {
	At time.Time
	// Level is the worst of all findings.
	Level   Level
	Cluster Cluster
	Reading Reading
	// Members are in the sweep's order.
	Members []Member
	// APIServers are how the kube-apiservers that are asked see etcd, in the order in which they were given.
	APIServers []APIServer
	// Findings are the breached rules and those that can't be judged, worst first.
	Findings []Finding
	// Impacts are what users lose, now or from a moment on.
	Impacts []Impact
	// Unmeasured are the rules that could not be judged through no fault of the members.
	Unmeasured []Unmeasured
	// Space is what fills the database, by what somebody has read of it beside the sweeps; nil if nobody has.
	Space *probe.Space
	// Rolling is how to change or restart the members one by one.
	Rolling Rolling
	// Recovery is whether the cluster must be rebuilt.
	Recovery Recovery
	// Events are the changes since the previous assessment.
	Events []Event
	// AwaitsHashes reports that a requested comparison of the members' data is still under way: another sweep may
	// complete it.
	AwaitsHashes bool
	// AwaitsLogin reports that a member requires authentication and has not answered a login yet: another sweep may
	// show more.
	AwaitsLogin bool
	// AwaitsBackups reports that backups are about to be looked at, or read whole: another sweep may have the result.
	AwaitsBackups bool
	// ClientCertificate is the certificate that etcdoc presents to the members; nil without one.
	ClientCertificate *probe.Certificate
	// NodesErr is why nothing is known of the members' Kubernetes nodes; nil if it is, or nobody asked.
	NodesErr *probe.Error
	// Backups is what is known of the backups on etcdoc's host; nil if nothing is.
	Backups *Backups
	// Await is what a check should still wait for.
	Await Await
	// Answer is the answer to a question of a check; nil without one.
	Answer *Answer
}

// Member returns the member with a key, or nil.
func (a *Assessment) Member(key string) *Member {
	for i := range a.Members {
		if m := &a.Members[i]; m.Key == key {
			return m
		}
	}
	return nil
}

// Finding returns what a rule found about the member with a key, or about the cluster if the key is empty; nil if it
// found nothing.
func (a *Assessment) Finding(rule RuleID, member string) *Finding {
	return findingBy(a.Findings, rule, member)
}

// FindingsAbout returns the findings about the member of a key, worst first.
func (a *Assessment) FindingsAbout(key string) []*Finding {
	return slices.Collect(about(a.Findings, key))
}

// CountMembers counts the rows that are members, without endpoints that lead to none.
func (a *Assessment) CountMembers() (n int) { return countMembers(a.Members) }

func countMembers(members []Member) (n int) {
	for i := range members {
		if !members[i].Stray {
			n++
		}
	}
	return n
}

// Answering counts the rows that answer.
func (a *Assessment) Answering() (n int) { return countAnswering(a.Members) }

func countAnswering(members []Member) (n int) {
	for i := range members {
		if members[i].State == StateOK {
			n++
		}
	}
	return n
}

// OnlyStrays reports that endpoints were given, and that none leads to a member.
func (a *Assessment) OnlyStrays() bool { return len(a.Members) > 0 && a.CountMembers() == 0 }

// Nowhere reports that nothing is known of any member, and nothing says that one is at fault: the way to all of them is
// gone, or no etcd was found to look at.
func (a *Assessment) Nowhere() bool {
	return len(a.Members) > 0 && !slices.ContainsFunc(a.Members, func(m Member) bool {
		return m.State != StateOutOfReach ||
			!slices.ContainsFunc(m.Errors, func(e *probe.Error) bool { return e.Kind.IsNowhere() })
	})
}

// Undecided reports whether the quorum could not be judged.
func (a *Assessment) Undecided() bool {
	return slices.ContainsFunc(a.Findings, func(f Finding) bool { return f.Rule == QuorumLost && f.Level == Unknown })
}

// DumpsContradict reports that dumps are of several clusters, of several leaders, or of moments that do not fit each
// other: what they show together is of no one cluster at one time.
func (a *Assessment) DumpsContradict() bool {
	moments := a.Reading.Cause == CauseNotClear && slices.Contains(a.Reading.Candidates, CauseQuorumLost)
	return moments || slices.ContainsFunc(a.Findings, func(f Finding) bool {
		return (f.Rule == ClusterIDMismatch || f.Rule == TwoLeaders) && f.Level >= Notice && !f.Resolving()
	})
}

// Uncompared reports that a requested comparison of the answering members' data failed.
func (a *Assessment) Uncompared() bool {
	return slices.ContainsFunc(a.Findings, func(f Finding) bool {
		return f.Rule == HashMismatch && f.Level == Unknown && f.InhibitedBy == ""
	})
}

// Cluster is the assessment of the whole.
type Cluster struct {
	ID probe.ClusterID
	// Level is the worst of the findings about the cluster itself, without those about its members.
	Level            Level
	Voters, Learners int
	// HealthyVoters counts the voters with a fresh Status and the cluster's id that follow its leader in its term, have
	// no CORRUPT alarm, have an apply lag below the limit, receive what the leader commits, and are not being
	// defragmented.
	HealthyVoters int
	// UnknownVoters counts the voters of which it is not known whether they are healthy: they are out of reach from
	// here, deny us their Status, or were asked only just now. OutOfReachVoters are those of them that are out of
	// reach.
	UnknownVoters, OutOfReachVoters int
	// CatchingUpVoters counts the healthy voters that can't help to commit before they have received what they lack.
	CatchingUpVoters int
	// AnsweringVoters counts those that answer, healthy or not.
	AnsweringVoters int
	// Quorum is how many voters must be healthy for a write to commit: Voters/2 + 1.
	Quorum int
	// QuorumSeen reports that there is a quorum: enough voters are healthy, or a linearizable read proves it.
	QuorumSeen bool
	// QuorumProven reports that a linearizable read has lately proven a quorum, whoever the members are.
	QuorumProven bool
	// Leader is the member that the answering members follow in the highest term; zero without one.
	Leader MemberRef
	// Leadership is whether there is a leader.
	Leadership Leadership
	// LeaderSince is when it was first seen to lead in its term, or since when nobody leads; the last known time while
	// Leadership is unknown. LeaderSeenToCome reports that the change itself was observed, so that it has not led for
	// longer.
	LeaderSince      time.Time
	LeaderSeenToCome bool
	// Term is the raft term in which a quorum of voters has a leader, or else the highest in a fresh Status; 0 without
	// one.
	Term uint64
	// Alarms are the alarms that are raised, as far as is known; AlarmsKnown reports that there are no others.
	Alarms      []ClusterAlarm
	AlarmsKnown bool
	// MemberListKnown reports that the members come from the cluster's own member list, not only from the given
	// endpoints.
	MemberListKnown bool
	// CutOff is how many fewer voters may fail because some of those that would be left are cut off from each other.
	CutOff int
	// Margin is how many voters are healthy and how many more may fail, in at most [MarginWidth] columns; while it is
	// critical, behind what all clients lose.
	Margin string
}

// Leadership is whether a cluster has a leader.
type Leadership int

// A cluster is Leaderless only if that is shown: see frame.leadership. The zero value is unknown.
const (
	LeadershipUnknown Leadership = iota
	Led
	Leaderless
)

// Tolerance is how many voters the cluster can lose before it commits nothing; negative when quorum is lost. It is
// absent unless the health of every voter is known, or if a read proves a quorum that the counted voters do not.
func (c *Cluster) Tolerance() probe.Value {
	if !c.MemberListKnown || c.UnknownVoters > 0 || c.QuorumSeen && c.HealthyVoters < c.Quorum {
		return probe.Value{}
	}
	return probe.Known(float64(c.spare()))
}

func (c *Cluster) spare() int {
	n := spare(c.HealthyVoters, c.CatchingUpVoters, c.Quorum)
	return min(n, max(0, n-c.CutOff))
}

// spare is how many of the healthy voters may fail, whichever they are: those that catch up can't replace them yet. It
// is negative when quorum is lost.
func spare(healthy, catchingUp, quorum int) int {
	beyond := healthy - quorum
	return min(beyond, max(0, beyond-catchingUp))
}

// Leads reports whether the member with a key leads.
func (c *Cluster) Leads(key string) bool { return key != "" && key == c.Leader.Key }

// HasAlarm reports whether the member of a key has raised an alarm of a type, such as NOSPACE.
func (c *Cluster) HasAlarm(kind, key string) bool {
	return slices.ContainsFunc(c.Alarms, func(alarm ClusterAlarm) bool {
		return alarm.Type == kind && alarm.Member.Key == key
	})
}

// ClusterAlarm is an alarm that a member raised.
type ClusterAlarm struct {
	Type   string
	Member MemberRef
}

// MemberRef names a member: Key identifies it across sweeps, ID if it is known, Label is for people.
type MemberRef struct {
	Key   string
	ID    probe.MemberID
	Label string
	// Short is the Label without what the labels of all members begin and end with, if that is long: at most 16
	// columns, and no two rows of an assessment have the same. Headlines and steps name members by it.
	Short string
}

// IsZero reports that r names no member.
func (r MemberRef) IsZero() bool { return r.Key == "" }

// Rolling is the order in which to change or restart the members one by one, and what must be settled first.
type Rolling struct {
	// Order has learners first, then followers by how little the cluster would miss them, and the leader last. It omits
	// members that are down or don't answer. Those that have just restarted unannounced are behind all others:
	// AfterLeader of them are behind the leader.
	Order       []MemberRef
	AfterLeader int
	// MoveLeaderTo is who should lead before the leader's turn: a healthy voter without an impairment. It is zero if
	// there is none.
	MoveLeaderTo MemberRef
	// Blocked is why not to start now; empty if nothing stands in the way.
	Blocked string
	// BlockedBrief is Blocked in at most [VerdictWidth] columns.
	BlockedBrief string
	// Unknown reports that only a missing fact blocks it.
	Unknown bool
	// Checks are the conditions before each step, and their status now.
	Checks []RollingCheck
	// Steps are the whole change, as far as sweeps have shown it: the turns that have begun, then the others in the
	// order to go. See [RollingStep].
	Steps []RollingStep
	// Began is when the change's first sign was seen; zero while none was.
	Began time.Time
	// From and To are the versions of a change of versions; empty while all members run the same and none has changed.
	From, To string
	// Phase is where the change stands, and whether its next step may be taken now.
	Phase Phase
	// Wait is why the next step has to wait, or the missing fact that it depends on; empty in any other phase.
	Wait string
	// WaitBrief is Wait in at most [VerdictWidth] columns.
	WaitBrief string
	// WaitFrom is where Wait comes from; empty without a Wait.
	WaitFrom WaitFrom
	// Progress says in at most [HeadlineWidth] columns how far a change of versions has come; empty without one.
	Progress string
	// Text sums it up in a sentence or two.
	Text string
	// Next is the command that moves the leadership, for a person to run; empty unless the phase permits a step.
	Next string
}

// Recovery is whether to rebuild the cluster from one member's data (--force-new-cluster, or restoring a snapshot).
// That discards whatever the others have, so it is only for a cluster whose quorum of voters is gone for good.
type Recovery struct {
	Warranted Warrant
	// Newest is the voter with the highest committed index in its last Status; zero if nothing warrants the question or
	// no index is known.
	Newest MemberRef
	// Text gives the reason, and why not to hurry. Headline says in at most [RecoveryWidth] columns from whose data,
	// and on which condition.
	Text, Headline string
	// TooEarly says that nobody should think of a rebuild yet: a voter is only late, or the quorum has been lost for
	// less than rebuildAfter.
	TooEarly bool
}

// Warrant answers "must the cluster be rebuilt?".
type Warrant string

// The warrants. There is no plain yes: etcdoc can't see whether a member is gone for good.
const (
	WarrantNo      Warrant = "no"
	WarrantUnknown Warrant = "unknown"
	// WarrantIfGone: quorum is lost, so a rebuild is warranted if a quorum of voters is gone for good.
	WarrantIfGone Warrant = "if-gone-for-good"
)

// Reading is the diagnosis in plain English: what is going on, the evidence, and what to do next.
type Reading struct {
	Cause Cause
	// Candidates are the possible causes if Cause is [CauseNotClear] and not over, likeliest first; else none.
	Candidates []Cause
	// About are the members that it blames; none if it is about the cluster.
	About []MemberRef
	// Headline says in at most [HeadlineWidth] columns what is wrong and with which member. It is complete without
	// Text.
	Headline string
	// Text is one or two sentences. Further is what it says beyond the headline; empty where that is nothing.
	Text, Further string
	// Evidence is what it rests on.
	Evidence []Evidence
	// Step is the first thing to do, in at most [StepWidth] columns; empty if there is nothing to do. Next is all of
	// it.
	Step, Next string
	// Steps are the steps of Next that free database space, in order; none for other causes.
	Steps []Step
	// NotLookedAt is what the reading could not take into account.
	NotLookedAt []string
}

// Evidence is a fact behind a reading.
type Evidence struct {
	Text string
	// InText reports that the reading's own Text or Headline says it.
	InText bool
	// Rule and Member are those of the finding that it is; empty for any other fact.
	Rule   RuleID
	Member MemberRef
}

// Help is the id of the runbook about the cause: `etcdoc explain` takes it.
func (r *Reading) Help() string { return string(r.Cause) }

// EvidenceTexts are the texts of all evidence.
func (r *Reading) EvidenceTexts() []string {
	texts := make([]string, len(r.Evidence))
	for i := range r.Evidence {
		texts[i] = r.Evidence[i].Text
	}
	return texts
}
