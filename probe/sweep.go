package probe

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Source is where observations come from: a live cluster, a recording, metric dumps.
type Source interface {
	// Next returns the next sweep. It blocks until there is one; it fails only when ctx ends or when the source
	// has no more (io.EOF). A cluster that answers nothing at all is a Sweep, not an error.
	Next(ctx context.Context) (Sweep, error)
}

// Sweep is one look at the whole cluster.
type Sweep struct {
	// At is when the sweep began, by the observer's clock.
	At time.Time
	// Took is how long it lasted until every member had answered or patience had run out.
	Took time.Duration
	// Interval is how often its source means to look.
	Interval time.Duration
	// Cluster is the cluster that the sweep is of; 0: not known yet. A row of another one has it in Member.Cluster.
	Cluster ClusterID
	// Members are all members known, dead ones too, by name and then by id.
	Members []Member
	// MemberList is the list that the sweep goes by. Until a member has answered with one, Members are just the given endpoints.
	MemberList Fact[MemberList]
	// Forks are other clusters under this cluster's id, each by the list that it goes by itself: a member was started
	// with --force-new-cluster, and the others run on. Their members are StandingForked.
	Forks []MemberList
	// Alarms is the cluster's list of alarms, asked of one member every few sweeps.
	Alarms Fact[[]Alarm]
	// Hashes is how far the comparison of the members' data is; nil where nobody asked for it.
	Hashes *HashRound
	// ClientCertificate is the certificate that etcdoc shows to the members; nil where none is used.
	ClientCertificate *Certificate
	// Marks are the notes made on the time line since the last sweep.
	Marks []Mark
	// Dumps are what the sweep's source has, where that is dumped expositions; nil where a live cluster is asked.
	Dumps *DumpSpan
}

// MemberList says whose member list a sweep goes by, and who confirms it.
type MemberList struct {
	// From is the member whose list it is, and Cluster the cluster that this member is of.
	From    MemberID
	Cluster ClusterID
	// Witnesses are the listed voters that have answered with the same members in the same roles themselves, From
	// among them, by id. Their lists are of about the same time as this one.
	Witnesses []MemberID
	// Voters is how many voters the list names.
	Voters int
}

// Confirmed reports that a quorum of the listed voters has answered with this list themselves: what it says of who is
// a member, and who is not, is then what the cluster has decided.
func (r *MemberList) Confirmed() bool { return len(r.Witnesses) > r.Voters/2 }

// Standing is what a row of a sweep is to the cluster that the sweep is of, as far as the answers prove it.
type Standing uint8

// The standings.
const (
	// StandingUnknown: nothing that was answered tells what this is.
	StandingUnknown Standing = iota
	// StandingMember: the roster names it.
	StandingMember
	// StandingNeverStarted: the roster names it without a name and client URLs, which a member publishes itself when
	// it first starts; it has no data.
	StandingNeverStarted
	// StandingUnlisted: it answers as a member of this cluster, and the roster does not name it. It may have been
	// removed, or the list may lag: it is not known which.
	StandingUnlisted
	// StandingRemoved: it answers as a member of this cluster, and was removed from it. This is proven: a quorum of
	// the listed voters has answered with lists without it, once they had applied all that this member has committed,
	// and no list that has it can have a quorum without them.
	StandingRemoved
	// StandingForeign: it is a member of another cluster: see Member.Cluster.
	StandingForeign
	// StandingForked: it is a member of another cluster under the same id: see Sweep.Forks. The roster may still name
	// it, or the member whose data it was started with.
	StandingForked
	// StandingProxy: this endpoint answers for a cluster, not for one member: a load balancer, a virtual address, or
	// etcd's own grpc-proxy.
	StandingProxy
	// StandingPeerPort: this given endpoint is where a member talks to its peers, which serves no clients.
	StandingPeerPort
	// StandingGone: nobody answers at this given endpoint, and no list that anybody has answered with has a member that advertises it.
	StandingGone
)

// InCluster reports that a row said, when it last answered, that it is of the cluster that the sweep is of, and not of
// another one under the same id.
func (s *Sweep) InCluster(m *Member) bool {
	return m.Status.Ever() && m.Cluster == s.Cluster && m.Standing != StandingForked
}

// IsStray reports that the row is an endpoint that leads to no member: nothing can be said of it as of one.
func (m *Member) IsStray() bool { return m.Standing.distance() == noMember }

const noMember = 2

// distance orders the rows of a sweep: first what is a member or may be one, then what is known to be none of this cluster's
// any more, or never was, then what is no member at all.
func (s Standing) distance() int {
	switch s {
	case StandingRemoved, StandingForeign:
		return 1
	case StandingProxy, StandingPeerPort, StandingGone:
		return noMember
	}
	return 0
}

// Mark is a person's note on the time line.
type Mark struct {
	At   time.Time
	Text string
	// Member is the label of the member whose outage it announces; empty where it announces none.
	Member string
	// Window is how long that outage is expected to last at most.
	Window time.Duration
}

// MemberID is etcd's id of a member; 0 is not known.
type MemberID uint64

// String prints the id as etcd does: hexadecimal without leading zeros.
func (id MemberID) String() string { return strconv.FormatUint(uint64(id), 16) }

// ClusterID is etcd's id of a cluster; 0 is not known.
type ClusterID uint64

// String prints the id as etcd does: hexadecimal without leading zeros.
func (id ClusterID) String() string { return strconv.FormatUint(uint64(id), 16) }

// Member is one etcd member in a sweep: who it is, and what it answered. A dead member is data, not an error.
type Member struct {
	// ID is 0 for a given endpoint that has never answered.
	ID MemberID
	// Name is what MemberList calls it: empty before the member's first start. NameShared says that another member has
	// the same one.
	Name       string
	NameShared bool
	// Listed says that the membership names it. Otherwise it is only a given endpoint.
	Listed bool
	// Standing is what it is to the cluster that the sweep is of.
	Standing Standing
	// RemovalUnproven says that it is unlisted, and that voters are being asked for their lists once more which may prove
	// that it was removed.
	RemovalUnproven bool
	// InPlaceOf is the listed member that advertises the URL at which this one answers instead; 0: none does.
	InPlaceOf MemberID
	// Cluster is the cluster that it is a member of, by its own word or else by the list that names it; 0: not known.
	Cluster ClusterID
	// Learner is what MemberList says. The member's own word is Status.IsLearner.
	Learner bool
	// PeerURLs and ClientURLs are what MemberList advertises.
	PeerURLs, ClientURLs []string
	// Endpoint is the client URL that etcdoc talks to it on: the given one, else an advertised one. Given says which.
	Endpoint string
	Given    bool
	// MetricsEndpoint is the URL of the exposition that was read last; empty while none was.
	MetricsEndpoint string

	// Status and Metrics are asked in every sweep.
	Status  Fact[Status]
	Metrics Fact[*Metrics]
	// Liveness is one more Status, asked while the exposition is late: whether the process runs meanwhile. It has no value
	// but how long it took.
	Liveness Fact[struct{}]
	// Linearizable and Serializable are reads of one key, every few sweeps: a linearizable one needs the quorum,
	// a serializable one only the member. Permission denied is an answer, as it is to etcdctl.
	Linearizable, Serializable Fact[Read]
	// Peers is the member's own view of the membership (a serializable MemberList), every few sweeps.
	Peers Fact[[]Peer]
	// Dumped is how often, and over how long, its metrics were dumped; zero for one that is asked.
	Dumped Dumped
	// Hash is the member's hash of its data; it is asked only where the sweep has Hashes.
	Hash Fact[HashKV]
	// ServedCertificate is the leaf that the member showed on its client port; nil without TLS.
	ServedCertificate *Certificate
	// ServedAuthority is the CA above that leaf which expires first, of those that the member showed and that the leaf was
	// verified by; nil where none was seen.
	ServedAuthority *Certificate
	// Way is how long its connection took to make: a message there and back at most, which its host's kernel answers,
	// however short of CPU its process is. 0: there is none.
	DialDuration time.Duration
}

// Key identifies the member across sweeps: its id, or its endpoint while the id is not known; its name where there is
// neither, as in a dump that does not say whose it is.
func (m *Member) Key() string {
	if m.ID != 0 {
		return m.ID.String()
	}
	return cmp.Or(m.Endpoint, m.Name)
}

// Label is what people call the member: its name, with its id where another member has the same one, else the address
// etcdoc reaches it at, else its peer address, else its id.
func (m *Member) Label() string {
	switch {
	case m.Name != "" && m.NameShared:
		return m.Name + "/" + m.ID.String()
	case m.Name != "":
		return m.Name
	}
	if u, err := url.Parse(m.Endpoint); err == nil && u.Host != "" {
		return u.Host
	}
	if len(m.PeerURLs) > 0 { // added, and never started: it has no name and no client URL yet
		if u, err := url.Parse(m.PeerURLs[0]); err == nil && u.Host != "" {
			return u.Host
		}
	}
	if m.Endpoint != "" {
		return strings.TrimPrefix(strings.TrimPrefix(m.Endpoint, "https://"), "http://")
	}
	return m.ID.String()
}

// Fact is one thing asked of a member, with the story of how it was got. The newest good answer stays when later
// attempts fail or have not ended: it is stale then, and At says since when.
type Fact[T any] struct {
	// Value is the newest good answer, meaningless while At is zero.
	Value T
	// At is when Value arrived; zero: never.
	At time.Time
	// Took is how long the newest attempt that ended took.
	Took time.Duration
	// Slowest is the longest that an attempt took which has ended since the sweep before; 0 where none has. Between two
	// sweeps a late answer may come, and a quick one to the question after it.
	Slowest time.Duration
	// Err is why the newest attempt that ended failed; nil when it gave Value. Metrics that could be read in part
	// have both. ErrPermission says that the member is alive; ErrUnsupported, of a learner's linearizable read or
	// member list, that it was not asked.
	Err *Error
	// Partial says that Value is of that attempt: what could be read until it failed.
	Partial bool
	// Pending is when the attempt under way began; zero when there is none. A sweep that did not wait for an
	// answer shows it.
	Pending time.Time
}

// Fresh reports whether Value is the answer to the newest question.
func (f *Fact[T]) Fresh() bool { return !f.At.IsZero() && f.Err == nil && f.Pending.IsZero() }

// Ever reports whether there has been an answer at all.
func (f *Fact[T]) Ever() bool { return !f.At.IsZero() }

// Status is what a member says of itself (Maintenance.Status).
type Status struct {
	ClusterID ClusterID
	MemberID  MemberID
	// Leader is 0 where the member knows none.
	Leader         MemberID
	Version        string
	StorageVersion string // 3.6+
	// Revision is the store's revision.
	Revision         int64
	RaftTerm         uint64
	RaftIndex        uint64 // the committed index
	RaftAppliedIndex uint64 // 3.4+, else 0
	DBSizeBytes      int64
	DBInUseBytes     int64 // 3.4+, else 0
	DBQuotaBytes     int64 // 3.6+; 0 in 3.6.0 to 3.6.5 where it is not set
	IsLearner        bool
	// DowngradeEnabled says that the cluster is to be downgraded to DowngradeTarget, a version; 3.6+.
	DowngradeEnabled bool
	DowngradeTarget  string
	// Errors are the member's own words: "etcdserver: no leader", and every alarm of the cluster.
	Errors []string
	// Alarms are the alarms among Errors.
	Alarms []Alarm
}

// Alarm is an alarm raised by a member.
type Alarm struct {
	Type   string // NOSPACE, CORRUPT
	Member MemberID
}

// Read is the answer to a read of one key.
type Read struct {
	// Revision is the store's revision at the read; 0 where permission was denied.
	Revision int64
}

// Peer is a member as another one lists it.
type Peer struct {
	ID                   MemberID
	Name                 string
	Learner              bool
	PeerURLs, ClientURLs []string
}

// Certificate is what matters of an X.509 certificate.
type Certificate struct {
	Subject, Issuer     string
	NotBefore, NotAfter time.Time
}
