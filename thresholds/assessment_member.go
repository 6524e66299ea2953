package thresholds

import (
	"strings"
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
	StateDown State = "down" // the newest completed attempt failed
	// StateOutOfReach: what the member advertises leads elsewhere, or certificates do not fit. It may be fine: this
	// can't be seen from here. If no peer has a connection to it, it is down instead.
	StateOutOfReach State = "out-of-reach"
)

// Member is the assessment of one member.
type Member struct {
	MemberRef
	Role  Role
	State State
	// Level is the worst of the member's findings: of those that nothing inhibits, and of those that are critical and
	// its own although something inhibits them.
	Level Level
	// Worst is the same without notices that are only recommendations: see [Rule.Recommends]. It is the level of the
	// member's state.
	Worst Level
	// Condition is the member's state in words that all faces share.
	Condition MemberCondition
	// Healthy reports that it counts towards the quorum (voters only).
	Healthy bool
	// HealthUnknown reports that it may count or not: see [Cluster.UnknownVoters].
	HealthUnknown bool
	// Endpoints are its client URLs, the one that etcdoc uses first.
	Endpoints       []string
	MetricsEndpoint string
	Version         string
	// Age is the age of the newest Status, or of the newest dump of a member whose metrics were dumped; NeverSeen
	// reports that there is none.
	Age       time.Duration
	NeverSeen bool
	// Started is when its process started, by our clock; zero if its metrics do not say. Restarts is how many starts
	// were seen in the last 15 minutes: one from before the first sweep is none.
	Started  time.Time
	Restarts int
	// DownSince is when it stopped answering; zero while it answers. DownProven reports that it certainly takes no
	// part: its peers have no connection to it either.
	DownSince  time.Time
	DownProven bool
	// LostByPeers reports that it does not answer, and takes no part now: each other voter has no connection with it,
	// has received nothing from it for a while, or is down itself. It may hang, and return.
	LostByPeers bool
	// Stale reports that the Vitals from Status are the last known ones, Age old; MetricsStale the same for those from
	// the metrics, MetricsAge old. See [Member.IsStale].
	Stale, MetricsStale bool
	// MetricsAge is the age of its newest exposition; MetricsNeverSeen reports that there is none, MetricsTooOld that
	// none is recent enough to stand for this moment: see [Member.Stands].
	MetricsAge                      time.Duration
	MetricsNeverSeen, MetricsTooOld bool
	Vitals                          Vitals
	// WALFsync and BackendCommit are how long these take: see [Member.Latency].
	WALFsync, BackendCommit Latency
	// Marks are how its vitals stand to their limits, one for each rule about a vital: see [Member.Mark].
	Marks     []Mark
	CanLose   CanLose
	CanRemove CanRemove
	// NamesUnhealthy reports that the reason of CanLose names the other voters that are known not to be healthy.
	NamesUnhealthy bool
	Fit            Fit
	// Stray reports an endpoint that leads to no member: a proxy, a peer port, or a URL that no member has.
	Stray bool
	// Other is the cluster that it belongs to if that is proven not to be the judged one; else nil.
	Other *OtherCluster
	// Peers are its connections to the other members, in their order, by its newest metrics: see MetricsStale. It is
	// empty if the metrics lack them.
	Peers []Peer
	// ServedCertificate is the leaf certificate on its client port; nil without TLS.
	ServedCertificate *probe.Certificate
	// ServedAuthority is the CA above that leaf that expires first; nil if none was seen.
	ServedAuthority *probe.Certificate
	// Node is the Kubernetes node that it runs on; nil if none is known: see [Assessment.NodesErr].
	Node *probe.Node
	// Written is what was written to its log lately; nil if that is not read, or not known. WrittenErr is why not.
	Written    *probe.Written
	WrittenErr *probe.Error
	// Listed reports that the cluster's member list has it, Voter that it counts among the voters.
	Listed, Voter bool
	// FromMetrics are the vitals that come from the metrics in this assessment. TooFewSamples are the p99s with fewer
	// observations than their rules require: see [Member.Shown].
	FromMetrics, TooFewSamples VitalSet
	// LinearizableReadAge and SerializableReadAge are the ages of the answers to the two reads; 0 before the first.
	LinearizableReadAge, SerializableReadAge time.Duration
	// Hash is the hash of its data in the last comparison; nil if nobody requested one.
	Hash *probe.HashKV
	// Errors are why it, or a part of it, could not be queried. MetricsErr is why its metrics could not; nil if they
	// were.
	Errors     []*probe.Error
	MetricsErr *probe.Error
	// Dumped reports that its version comes from a dump of its metrics.
	Dumped bool
}

// OtherCluster is a cluster that answers besides the judged one: another cluster, or one under the same id with a
// member list of its own.
type OtherCluster struct {
	ID probe.ClusterID
	// Names are all its members by its own list; nil if unknown.
	Names []string
}

// Peer is a member's connection to another member, by the first one's own metrics.
type Peer struct {
	MemberRef
	// Active is how many connections there are: 0 for none, absent if the metrics lack it.
	Active probe.Value
	// RoundTripP50 and RoundTripP99 are in seconds, over the last 5 minutes. After a connection is cut, etcd keeps
	// observing its last value.
	RoundTripP50, RoundTripP99 probe.Value
	// RoundTripLow and RoundTripHigh bound the only bucket that RoundTripP50 and RoundTripP99 both stand in, or with
	// fewer observations than peer-rtt-slow requires that of the slowest, so that no more is known than that; absent
	// else.
	RoundTripLow, RoundTripHigh probe.Value
	// RoundTripIsPast says that RoundTripP99 is over a limit and says nothing about now: one of the two stood still or
	// the link was slow until lately, and etcd, which smooths its round trips, shows that for minutes.
	RoundTripIsPast bool
	// SendFailuresRate is how many messages per second could not be sent.
	SendFailuresRate probe.Value
	// SnapshotsInFlight counts the snapshots being sent to it or received from it.
	SnapshotsInFlight probe.Value
	// Mark is how RoundTripP99 stands to the limits of peer-rtt-slow. Its level is at most that of the member's own
	// mark, which goes by its slowest live connection.
	Mark Mark
}

// Disconnected reports that there is no connection to the peer.
func (p *Peer) Disconnected() bool {
	n, known := p.Active.Get()
	return known && n == 0
}

// IsStale reports whether a vital is the last known value rather than the current one.
func (m *Member) IsStale(v Vital) bool {
	if m.Latency(v).Last {
		return true
	}
	if m.standsOnMetrics(v) {
		return m.MetricsStale
	}
	return m.Stale
}

// VersionIsStale reports that Version is the last known one: the member may run another by now.
func (m *Member) VersionIsStale() bool {
	if m.Dumped {
		return m.MetricsStale
	}
	return m.Stale || m.State == StateDown
}

// Shown is the value that people see for a vital. A quantile of which only the bucket is known, and a p99 of too few
// observations, took at most value: see [Latency]. A p99 of which nothing is known now gives way to the last known one:
// see [Member.IsStale].
func (m *Member) Shown(v Vital) (value probe.Value, atMost bool) {
	if upper := m.onlyBucket(v); upper.IsKnown() {
		return upper, true
	}
	switch l := m.Latency(v); {
	case !l.IsKnown():
		return m.observed(v)
	case l.Exact || !l.High.IsKnown() && !l.Few:
		return l.P99, false
	case !l.High.IsKnown():
		return l.Low, false
	default:
		return l.High, true
	}
}

// Least is what a vital is at least where [Member.Shown] is an upper bound; absent for others.
func (m *Member) Least(v Vital) probe.Value {
	if _, atMost := m.Shown(v); !atMost {
		return probe.Value{}
	}
	for i := range m.Peers {
		if p := &m.Peers[i]; v == PeerRTTP99 && p.RoundTripP99 == m.Vitals[v] {
			return p.RoundTripLow
		}
	}
	return m.Latency(v).Low
}

// onlyBucket is the upper bound of a median's bucket where its p99 stands in that too or is of too few observations, or
// the slowest round trip's; absent for other vitals, and of an exact p99.
func (m *Member) onlyBucket(v Vital) (upper probe.Value) {
	switch {
	case !m.Vitals[v].IsKnown():
	case v == WALFsyncP50 && !m.WALFsync.Exact && !m.WALFsync.Last:
		return m.WALFsync.MedianHigh
	case v == BackendCommitP50 && !m.BackendCommit.Exact && !m.BackendCommit.Last:
		return m.BackendCommit.MedianHigh
	case v == PeerRTTP99:
		for i := range m.Peers {
			if p := &m.Peers[i]; p.RoundTripP99 == m.Vitals[v] {
				return p.RoundTripHigh
			}
		}
	}
	return probe.Value{}
}

// observed is [Member.Shown] without last known latencies.
func (m *Member) observed(v Vital) (value probe.Value, atMost bool) {
	if slowest, has := v.StandIn(); has && m.TooFewSamples.Has(v) {
		return m.Vitals[slowest], true
	}
	return m.Vitals[v], false
}

// Lacks reports that the member answers and does not report a vital. Otherwise a missing vital is unknown.
func (m *Member) Lacks(v Vital) bool {
	value, _ := m.Shown(v)
	return !value.IsKnown() && m.State == StateOK && !m.IsStale(v)
}

// StateWords are the word of the member's condition, and its topic, or behind a sign that of a value over its limit.
func (m *Member) StateWords() string {
	if m.Condition.Over != "" {
		return string(m.Condition.Word) + " " + string(SignOver) + m.Condition.Over
	}
	return strings.TrimSpace(string(m.Condition.Word) + " " + m.Condition.Topic)
}

// LostAlready reports that the member is down, so that there is nothing more to lose: faces show that instead of its
// verdict, whether it was killed or hangs, and whatever becomes of the others. A member that only does not answer
// etcdoc keeps a verdict that forbids its loss, or leaves it open, as long as it may take part. So does one that is
// being defragmented.
func (m *Member) LostAlready() bool {
	return m.State == StateDown && m.Condition.Word != ConditionDefrag &&
		(m.DownProven || m.LostByPeers || m.CanLose.isAllowed())
}

// isAllowed reports that the verdict does not forbid the loss, or leave it open.
func (c CanLose) isAllowed() bool { return c.Verdict == LossSafe || c.Verdict == LossRisk }

// CanLose is the verdict on losing a member now for a while, as in a restart or a drain, with its reason in words.
type CanLose struct {
	Verdict Verdict
	// Ground is the kind of fact that decided it or is missing; empty if it is safe.
	Ground Ground
	Reason string
	// Headline is the reason in at most 34 columns. Verdicts with the same headline have the same kind of reason.
	Headline string
}

// CanRemove is the verdict on removing a member for good, with its reason in words: with one voter fewer the quorum is
// (voters-1)/2 + 1, and the removal itself needs today's quorum.
type CanRemove struct {
	Verdict Verdict
	// Ground is the kind of fact that decided it or is missing; empty if it is safe.
	Ground Ground
	Reason string
	// Headline is the reason in at most 34 columns. Verdicts with the same headline have the same kind of reason.
	Headline string
}
