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
	// RosterKnown says that the members come from the cluster's own member list, not just from the endpoints given.
	RosterKnown bool
}

// Tolerance is how many healthy voters the cluster can lose now before it loses quorum; negative when it is lost.
func (c *Cluster) Tolerance() int { return c.HealthyVoters - c.Quorum }

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

// Role is a member's part in raft.
type Role string

// The roles. A voter without a fresh Status has RoleUnknown.
const (
	RoleLeader   Role = "leader"
	RoleFollower Role = "follower"
	RoleLearner  Role = "learner"
	RoleUnknown  Role = "unknown"
)

// State is whether a member answers.
type State string

// The states.
const (
	StateOK   State = "ok"
	StateLate State = "late" // asked, and not answered yet
	StateDown State = "down" // the newest attempt that ended failed
	// StateOutOfReach: all that the member advertises leads to others, or certificates do not fit. It may be well: nobody can
	// tell from here. One that no peer has a connection with is down.
	StateOutOfReach State = "out-of-reach"
)

// Member is the assessment of one member.
type Member struct {
	MemberRef
	Role  Role
	State State
	// Level is the worst of the member's findings.
	Level Level
	// Healthy says that it counts towards the quorum (voters only).
	Healthy bool
	// Endpoints are where it serves clients, the one that etcdoc uses first.
	Endpoints       []string
	MetricsEndpoint string
	Version         string
	// Age is how old the newest Status is, or of a member whose metrics were dumped the newest dump; NeverSeen where
	// there is none.
	Age       time.Duration
	NeverSeen bool
	// DownSince is when it stopped answering; zero while it answers.
	DownSince time.Time
	// Stale says that what stands on Status in Vitals is the last known, Age old; MetricsStale the same of what
	// stands on the metrics, MetricsAge old. See [Member.IsStale].
	Stale, MetricsStale bool
	// MetricsAge is how old its newest exposition is; MetricsNeverSeen where there is none. MetricsTooOld says that there
	// is none young enough to stand for this moment: see [Member.Stands].
	MetricsAge                      time.Duration
	MetricsNeverSeen, MetricsTooOld bool
	Vitals                          Vitals
	CanLose                         CanLose
	CanRemove                       CanRemove
	// Stray says that it is an endpoint that leads to no member: a proxy, a peer port, or one that nobody has.
	Stray bool
	// Other is the cluster that it is a member of, where that is proven not to be the judged one; else nil.
	Other *OtherCluster
	// Peers are its connections with the other members, in their order, as its newest metrics tell of them: see
	// MetricsStale. Empty where they tell nothing.
	Peers []Peer
	// ServedCertificate is the leaf that it showed on its client port; nil without TLS.
	ServedCertificate *probe.Certificate
	// ServedAuthority is the CA above that leaf which expires first; nil where none was seen.
	ServedAuthority *probe.Certificate
	// Listed says that the cluster's member list has it, and Voter that it counts among the voters.
	Listed, Voter bool
	// FromMetrics are the vitals that stand on the metrics this time. TooFewSamples are the p99s of too few observations for
	// their rules: see [Member.Shown].
	FromMetrics, TooFewSamples VitalSet
	// LinearizableReadAge and SerializableReadAge are how old the answers to the two reads are; 0 where there has been none.
	LinearizableReadAge, SerializableReadAge time.Duration
	// Hash is the hash of its data that it was compared by last; nil where nobody asked for it.
	Hash *probe.HashKV
	// Errors are why it, or a part of it, could not be asked.
	Errors []string
}

// OtherCluster is a cluster that answers besides the one that is judged: another one, or one under the same id that goes by a
// list of its own.
type OtherCluster struct {
	ID probe.ClusterID
	// Names are those of all its members, by its own list; nil where that is not known.
	Names []string
}

// Peer is a member's connection with another one, as the member's own metrics tell of it.
type Peer struct {
	MemberRef
	// Active is how many connections with it there are: 0 for none, absent where the metrics do not tell.
	Active probe.Value
	// RoundTripP99 is in seconds, over the last 5 minutes. etcd goes on observing the last value of a connection that is
	// cut.
	RoundTripP99 probe.Value
	// SendFailuresRate is how many messages a second could not be sent to it.
	SendFailuresRate probe.Value
	// SnapshotsInFlight are the snapshots that are being sent to it or received from it.
	SnapshotsInFlight probe.Value
}

// IsStale reports whether a vital is a last known value, not one of this moment.
func (m *Member) IsStale(v Vital) bool {
	if m.standsOnMetrics(v) {
		return m.MetricsStale
	}
	return m.Stale
}

// Shown is what stands for a vital where people read it. A p99 of too few observations gives way to the slowest of
// them, which took at most value.
func (m *Member) Shown(v Vital) (value probe.Value, atMost bool) {
	switch {
	case !m.TooFewSamples.Has(v):
		return m.Vitals[v], false
	case v == WALFsyncP99:
		return m.Vitals[WALFsyncWorst], true
	default:
		return m.Vitals[BackendCommitWorst], true
	}
}

// CanLose is the verdict on losing a member now, with its reason in words: for a while, as in a restart or a drain.
type CanLose struct {
	Verdict Verdict
	// Because is what decided it, or what it lacks; empty where it is safe.
	Because Ground
	Reason  string
}

// CanRemove is the verdict on removing a member from the cluster for good, with its reason in words: with one voter fewer
// the quorum is (voters-1)/2 + 1, and the removal itself needs the quorum of now.
type CanRemove struct {
	Verdict Verdict
	// Because is what decided it, or what it lacks; empty where it is safe.
	Because Ground
	Reason  string
}

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
	Told, Found bool
}

// EvidenceTexts are all that the reading stands on.
func (r *Reading) EvidenceTexts() []string {
	texts := make([]string, len(r.Evidence))
	for i := range r.Evidence {
		texts[i] = r.Evidence[i].Text
	}
	return texts
}
