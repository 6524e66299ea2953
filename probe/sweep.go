package probe

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Source provides observations: a live cluster, a recording, or metric dumps.
type Source interface {
	// Next blocks until the next sweep and returns it. It fails only if ctx ends or if there are no more sweeps
	// (io.EOF). A cluster that does not answer is a Sweep, not an error.
	Next(ctx context.Context) (Sweep, error)
}

// Sweep is the state of the whole cluster at one time.
type Sweep struct {
	// At is when the sweep began, by the observer's clock.
	At time.Time
	// Took is how long the sweep waited: until every member had answered or until its patience ran out.
	Took time.Duration
	// Interval is the configured time between sweeps.
	Interval time.Duration
	// Cluster is the observed cluster; 0 if unknown. A row of another cluster has its own in Member.Cluster.
	Cluster ClusterID
	// Members are all known members, dead ones included, sorted by name and then by id.
	Members []Member
	// MemberList is the member list that the sweep uses. Until a member has answered MemberList, Members are just the
	// given endpoints.
	MemberList Fact[MemberList]
	// Forks are other clusters with this cluster's id, each with its own member list: a member was started with
	// --force-new-cluster while the others ran on. Their members are MembershipForked.
	Forks []MemberList
	// GivenOnly reports that the member list is not asked for: see Config.Cluster.
	GivenOnly bool
	// Host is how the etcd of this host runs, where that is the one asked: see Config.Host.
	Host *HostEtcd
	// Alarms are the cluster's alarms. The prober asks one member for them every few sweeps.
	Alarms Fact[[]Alarm]
	// Hashes is the progress of the data comparison; nil if nobody asked for one.
	Hashes *HashRound
	// ClientCertificate is the certificate that etcdoc presents to members; nil if it presents none.
	ClientCertificate *Certificate
	// RefusedUser is the user whose login a member refused, although it let ClientCertificate's read; empty if none
	// was.
	RefusedUser string
	// SpareMetrics are the errors of given metrics endpoints that can't be read, where every member has its own.
	SpareMetrics []*Error
	// APIServers are the views of the kube-apiservers that the prober asks, in the order in which they were given.
	APIServers []APIServerView
	// NodesErr is why nothing is known of the Kubernetes nodes that members run on; nil if it is, or nobody asked.
	NodesErr *Error
	// Marks are the notes that people made since the last sweep.
	Marks []Mark
	// Backups are the backups on etcdoc's host; nil where no place of them is known.
	Backups *Fact[Backups]
	// Space is what fills the database, by what somebody has read of it beside the sweeps; nil if nobody has.
	Space *Space
	// Dumps summarises the dumps that the sweep comes from; nil for a live cluster.
	Dumps *DumpSpan
}

// HostEtcd is how etcd runs on a host.
type HostEtcd struct {
	// Unit is the systemd unit that has etcd inside of it, or starts it; empty if etcd has its own or is the kubelet's.
	Unit string
}

// MemberList says whose member list a sweep uses and who confirms it.
type MemberList struct {
	// From is the member whose list it is; Cluster is that member's cluster.
	From    MemberID
	Cluster ClusterID
	// Witnesses are the listed voters, by id, that have returned the same members in the same roles at about the same
	// time. From is one of them.
	Witnesses []MemberID
	// Voters is the number of voters on the list.
	Voters int
}

// Confirmed reports whether a quorum of the listed voters has returned this list: then it is what the cluster decided.
func (r *MemberList) Confirmed() bool { return len(r.Witnesses) > r.Voters/2 }

// Mark is a person's note on the time line.
type Mark struct {
	At   time.Time
	Text string
	// Member is the label of the member whose outage the note announces; empty if it announces none.
	Member string
	// Window is the longest that this outage is expected to last.
	Window time.Duration
}

// MemberID is etcd's id of a member; 0 if unknown.
type MemberID uint64

// String prints the id as etcd does: hexadecimal without leading zeros.
func (id MemberID) String() string { return strconv.FormatUint(uint64(id), 16) }

// ClusterID is etcd's id of a cluster; 0 if unknown.
type ClusterID uint64

// String prints the id as etcd does: hexadecimal without leading zeros.
func (id ClusterID) String() string { return strconv.FormatUint(uint64(id), 16) }

// Member is one etcd member in a sweep: its identity and its answers. A dead member is data, not an error.
type Member struct {
	// ID is 0 for a given endpoint that has never answered.
	ID MemberID
	// Name is the member's name on the member list: empty before its first start. NameShared says that another member
	// has the same name.
	Name       string
	NameShared bool
	// Called is what the configuration calls it while it has no name; empty if nothing: see [Config.Names].
	Called string
	// Listed says that the member list contains it. Otherwise it is only a given endpoint.
	Listed bool
	// Membership is its relation to the observed cluster.
	Membership Membership
	// RemovalUnproven says that it is unlisted, and that the prober is asking voters once more for lists that may prove
	// its removal.
	RemovalUnproven bool
	// InPlaceOf is the listed member that advertises the URL at which this one answers instead; 0 if there is none.
	InPlaceOf MemberID
	// Cluster is its cluster, by its own answer or else by the list that contains it; 0 if unknown.
	Cluster ClusterID
	// Learner is what the member list says. The member's own answer is Status.IsLearner.
	Learner bool
	// PeerURLs and ClientURLs are its advertised URLs on the member list.
	PeerURLs, ClientURLs []string
	// LeadsTo are the addresses that the name in Endpoint has led to, where they are several and no member's alone.
	LeadsTo []string
	// AnswersFor are the members that have answered at Endpoint, where that is no member's alone; empty if it names
	// none, as etcd's grpc-proxy does.
	AnswersFor []MemberID
	// Silent are the addresses of its endpoints' names that accept connections and then stay silent: it answers at
	// another address.
	Silent []string
	// Flags are its etcd's flags, as files on etcdoc's own host set them; nil for a member of another host.
	Flags *ServerFlags
	// Node is the Kubernetes node that it runs on, by its addresses; nil if none is known.
	Node *Node
	// Endpoint is the client URL that etcdoc uses: a given one if there is one, else an advertised one. Given says
	// which.
	Endpoint string
	Given    bool
	// Published says that Endpoint is from SRV records: see [Config.EndpointsDiscovered].
	Published bool
	// AlsoGiven are the other given endpoints that lead to the member.
	AlsoGiven []string
	// MetricsEndpoint is the URL of the last exposition; empty if there was none.
	MetricsEndpoint string

	// The prober asks for Status and Metrics in every sweep.
	Status  Fact[Status]
	Metrics Fact[*Metrics]
	// Liveness is one more Status, requested while the exposition is late to see whether the process runs. Only its
	// duration counts.
	Liveness Fact[struct{}]
	// Linearizable and Serializable are reads of one key, every few sweeps. A linearizable read needs the quorum, a
	// serializable one only the member. Permission denied counts as an answer, as in etcdctl.
	Linearizable, Serializable Fact[Read]
	// Peers is the member's own member list (a serializable MemberList), every few sweeps.
	Peers Fact[[]Peer]
	// Dumped says how often, and over how long, its metrics were dumped; zero for a live member.
	Dumped Dumped
	// Written is what was written to its log lately, where the log can be read: see [Config.Written].
	Written Fact[Written]
	// Hash is the hash of its data; requested only if the sweep has Hashes.
	Hash Fact[HashKV]
	// Reached says that a connection with it has ever been made: something there spoke HTTP/2.
	Reached bool
	// ServedCertificate is the leaf certificate that the member presented on its client port; nil without TLS.
	ServedCertificate *Certificate
	// ServedAuthority is the CA certificate above that leaf that expires first, of those that the member presented and
	// that verified the leaf; nil if there was none.
	ServedAuthority *Certificate
	// DialDuration is how long dialling its connection took: at most one round trip, which the host's kernel answers
	// even if the process is starved of CPU. 0 if there is no connection.
	DialDuration time.Duration
}

// Key identifies the member across sweeps: its id, else its endpoint, else its name, as in a dump that does not say
// whose it is.
func (m *Member) Key() string {
	if m.ID != 0 {
		return m.ID.String()
	}
	return cmp.Or(m.Endpoint, m.Name)
}

// Label is what people call the member: its name (with its id if another member has the same name), else what the
// configuration calls it, else the address at which etcdoc reaches it, else its peer address, else its id.
func (m *Member) Label() string {
	switch {
	case m.Name != "" && m.NameShared:
		return m.Name + "/" + m.ID.String()
	case m.Name != "":
		return m.Name
	case m.Called != "":
		return m.Called
	}
	if at := HostPort(m.Endpoint); at != "" {
		return at
	}
	if len(m.PeerURLs) > 0 { // added, and never ran: it has no name and no client URL yet
		if at := HostPort(m.PeerURLs[0]); at != "" {
			return at
		}
	}
	if m.Endpoint != "" {
		return strings.TrimPrefix(strings.TrimPrefix(m.Endpoint, "https://"), "http://")
	}
	return m.ID.String()
}

// Status is what a member says of itself (Maintenance.Status).
type Status struct {
	ClusterID ClusterID
	MemberID  MemberID
	// Leader is 0 if the member knows none.
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
	DBQuotaBytes     int64 // 3.6+; 0 in 3.6.0 to 3.6.5 if it is not set
	IsLearner        bool
	// DowngradeEnabled says that the cluster is being downgraded to the version DowngradeTarget; 3.6+.
	DowngradeEnabled bool
	DowngradeTarget  string
	// Errors are the member's own words: "etcdserver: no leader", and every alarm of the cluster.
	Errors []string
	// Alarms are the alarms among Errors.
	Alarms []Alarm
}

// Alarm is an alarm that a member raised.
type Alarm struct {
	Type   string // NOSPACE, CORRUPT
	Member MemberID
}

// Read is the answer to a read of one key.
type Read struct {
	// Revision is the store's revision at the read; 0 if permission was denied.
	Revision int64
}

// Peer is an entry of a member's member list.
type Peer struct {
	ID                   MemberID
	Name                 string
	Learner              bool
	PeerURLs, ClientURLs []string
}

// Certificate is what etcdoc uses of an X.509 certificate.
type Certificate struct {
	Subject, Issuer     string
	NotBefore, NotAfter time.Time
	// Names are the host names and addresses that it is for, a name that stands for several (*.example.com) included.
	Names []string
}

// Equal reports whether two certificates have the same facts; either may be nil.
func (c *Certificate) Equal(other *Certificate) bool {
	if c == nil || other == nil {
		return c == other
	}
	return c.Subject == other.Subject && c.Issuer == other.Issuer && c.NotBefore.Equal(other.NotBefore) &&
		c.NotAfter.Equal(other.NotAfter) && slices.Equal(c.Names, other.Names)
}
