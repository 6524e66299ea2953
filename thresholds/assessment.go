package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// Assessment is everything that the evaluator says about one moment. Nobody changes it after it was handed over.
type Assessment struct {
	At time.Time
	// Level is the worst of all findings.
	Level   Level
	Cluster Cluster
	Reading Reading
	// Members are in the sweep's order.
	Members []Member
	// Findings are the breached rules and those that cannot be judged, worst first.
	Findings []Finding
	// Unmeasured are the rules that could not be judged for no fault of the members.
	Unmeasured []Unmeasured
	// Rolling is how to change or restart the members one by one.
	Rolling Rolling
	// Recovery is whether the cluster must be rebuilt.
	Recovery Recovery
	// Events are the changes since the assessment before.
	Events []Event
	// AwaitsHashes says that the members' data is being compared, because that is asked: a further sweep may tell more.
	AwaitsHashes bool
	// AwaitsLogin says that a member wants to know who asks, and that a login there has not been answered: a further sweep
	// may tell more.
	AwaitsLogin bool
	// ClientCertificate is the certificate that etcdoc shows to the members; nil where none is used.
	ClientCertificate *probe.Certificate
	// Await is what a check should still wait for.
	Await Await
}

// Member is the member with a key; nil where there is none.
func (a *Assessment) Member(key string) *Member {
	for i := range a.Members {
		if m := &a.Members[i]; m.Key == key {
			return m
		}
	}
	return nil
}

// Finding is what a rule found about a member, by its key; about the cluster where that is empty. It is nil where it found nothing.
func (a *Assessment) Finding(rule RuleID, member string) *Finding {
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Rule == rule && f.Member.Key == member {
			return f
		}
	}
	return nil
}

// CountMembers is how many rows are members: an endpoint that leads to none is not counted.
func (a *Assessment) CountMembers() (n int) { return countMembers(a.Members) }

func countMembers(members []Member) (n int) {
	for i := range members {
		if !members[i].Stray {
			n++
		}
	}
	return n
}

// Answering is how many rows answer. Where none does, nobody knows whether there is a leader.
func (a *Assessment) Answering() (n int) { return countAnswering(a.Members) }

func countAnswering(members []Member) (n int) {
	for i := range members {
		if members[i].State == StateOK {
			n++
		}
	}
	return n
}

// Undecided reports that it could not be judged whether there is a quorum.
func (a *Assessment) Undecided() bool {
	return slices.ContainsFunc(a.Findings, func(f Finding) bool { return f.Rule == QuorumLost && f.Level == Unknown })
}

// Uncompared reports that the members' data was to be compared, and could not be, of those that answer.
func (a *Assessment) Uncompared() bool {
	return slices.ContainsFunc(a.Findings, func(f Finding) bool {
		return f.Rule == HashMismatch && f.Level == Unknown && f.InhibitedBy == ""
	})
}

// Cluster is the assessment of the whole.
type Cluster struct {
	ID probe.ClusterID
	// Level is the worst of the cluster's own findings; a member's are the member's.
	Level            Level
	Voters, Learners int
	// HealthyVoters have a fresh Status, the same cluster id, follow the cluster's leader in its term, have raised no
	// CORRUPT alarm, have an apply lag below the limit, take in what the leader commits, and are not being defragmented.
	HealthyVoters int
	// Quorum is how many voters must be healthy for a write to commit: Voters/2 + 1.
	Quorum int
	// QuorumSeen says that there is a quorum: enough voters are healthy, or a read that needs one proves it.
	QuorumSeen bool
	// Leader is whom the members follow that answer, in the highest term; its zero value is nobody.
	Leader MemberRef
	// LeaderSince is since when it has been seen to lead in its term, or nobody to; LeaderSeenToCome says that another one, or
	// none, was seen before, so that it leads for no longer.
	LeaderSince      time.Time
	LeaderSeenToCome bool
	// Term is the raft term that a quorum of voters has a leader in, or else the highest that a fresh Status gave; 0 when
	// there is none.
	Term   uint64
	Alarms []ClusterAlarm
	// MemberListKnown says that the members come from the cluster's own member list, not just from the endpoints given.
	MemberListKnown bool
}

// Tolerance is how many healthy voters the cluster can lose now before it loses quorum; negative when it is lost.
func (c *Cluster) Tolerance() int { return c.HealthyVoters - c.Quorum }

// Leads reports that the member with a key leads.
func (c *Cluster) Leads(key string) bool { return key != "" && key == c.Leader.Key }

// ClusterAlarm is an alarm that a member raised.
type ClusterAlarm struct {
	Type   string
	Member MemberRef
}

// MemberRef names a member: Key across sweeps, ID where it is known, Label for people.
type MemberRef struct {
	Key   string
	ID    probe.MemberID
	Label string
}

// IsZero reports that no member is named.
func (r MemberRef) IsZero() bool { return r.Key == "" }

// Rolling is the order in which to change or restart the members one by one, and what stands against beginning.
type Rolling struct {
	// Order has learners first, then the followers, the one that is missed least first, and the leader last. Who is down
	// or does not answer is not in it.
	Order []MemberRef
	// MoveLeaderTo is who should lead before the leader's turn comes: a healthy voter that is no worse a survivor by a warning. Nobody where there
	// is none.
	MoveLeaderTo MemberRef
	// Blocked says why not to begin now; empty where nothing stands against it.
	Blocked string
	// Unknown says that Blocked is no more than a fact that is missing.
	Unknown bool
	// Checks are what must be well before each step, as it is now.
	Checks []RollingCheck
	// Text says all of it in a sentence or two.
	Text string
	// Next is the command that moves the leadership, for a person to run; empty where it is not to be moved now.
	Next string
}

// Recovery is whether to rebuild the cluster from one member's data (--force-new-cluster, or a snapshot's restore). That
// gives up whatever the others have, and so is for a quorum of voters that is gone for good.
type Recovery struct {
	Warranted Warrant
	// Newest is the voter that has most of what was committed, by its committed index as its Status said last; nobody where
	// there is no reason to ask, or nothing to tell it by.
	Newest MemberRef
	// Text says why, and why not to hurry.
	Text string
}

// Warrant answers "must the cluster be rebuilt?".
type Warrant string

// The warrants. There is no plain yes: whether a member is gone for good, etcdoc can't see.
const (
	WarrantNo      Warrant = "no"
	WarrantUnknown Warrant = "unknown"
	// WarrantIfGone: quorum is lost, so that it is warranted if a quorum of voters is gone for good.
	WarrantIfGone Warrant = "if-gone-for-good"
)

// Reading is the plain-English cause: what is going on, why etcdoc says so, and what to do next.
type Reading struct {
	Cause Cause
	// Candidates are the causes that it may be where Cause is [CauseNotClear], the likeliest first; else none.
	Candidates []Cause
	// About are the members that it blames; none where it is about the cluster.
	About []MemberRef
	// Text is one or two sentences.
	Text     string
	Evidence []Evidence
	Next     string
	// Steps are those of Next that give a database room again, in order; none where that is not the matter.
	Steps []Step
	// NotLookedAt is what the reading could not take into account.
	NotLookedAt []string
}

// Evidence is a fact that a reading stands on.
type Evidence struct {
	Text string
	// Told says that the reading's own Text has it, and Found that a finding does.
	InText, FromFinding bool
}

// EvidenceTexts are all that the reading stands on.
func (r *Reading) EvidenceTexts() []string {
	texts := make([]string, len(r.Evidence))
	for i := range r.Evidence {
		texts[i] = r.Evidence[i].Text
	}
	return texts
}
