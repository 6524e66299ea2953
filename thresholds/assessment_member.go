package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

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
	Errors []*probe.Error
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
	// Ground is what decided it, or what it lacks; empty where it is safe.
	Ground Ground
	Reason string
}

// CanRemove is the verdict on removing a member from the cluster for good, with its reason in words: with one voter fewer
// the quorum is (voters-1)/2 + 1, and the removal itself needs the quorum of now.
type CanRemove struct {
	Verdict Verdict
	// Ground is what decided it, or what it lacks; empty where it is safe.
	Ground Ground
	Reason string
}
