package thresholds

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// epoch is when every scene begins.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// fsyncBounds are the upper bounds of etcd's disk histograms.
func fsyncBounds() []float64 {
	bounds := make([]float64, 0, 15)
	for i := range 14 {
		bounds = append(bounds, 0.001*math.Pow(2, float64(i)))
	}
	return append(bounds, math.Inf(1))
}

// A scene is a cluster that a test directs: it changes members, and observes sweep after sweep.
type scene struct {
	t          testing.TB
	evaluator  *Evaluator
	now        time.Time
	interval   time.Duration
	members    []*actor
	marks      []probe.Mark
	apiServers []*probe.APIServerView
	// backups is Sweep.Backups, and space is Sweep.Space.
	backups      *probe.Fact[probe.Backups]
	space        *probe.Space
	noMemberList bool
	// host is Sweep.Host.
	host *probe.HostEtcd
	// givenOnly is Sweep.GivenOnly.
	givenOnly bool
	// noAlarms means that no member answers with a list of alarms.
	noAlarms bool
	// unprobed means that the members have observed no round trips except those that a test adds.
	unprobed bool
	// forked puts the members of membership forked into another cluster under the same id, with a list of their own.
	forked bool
	// hashes is the comparison of the members' data that has ended; 0: none was requested.
	hashes int
	// listOf is the cluster whose member list the sweeps use.
	listOf probe.ClusterID
	// proofs are by leader and follower what the leader's expositions have shown of the follower's messages.
	proofs map[[2]probe.MemberID]proof
}

// A proof is what two expositions show of a counter: that it grew after since. at is when the newer one was made.
type proof struct {
	count     probe.Value
	at, since time.Time
}

// An actor is a member of a scene: what it would answer if it were asked now.
type actor struct {
	id      probe.MemberID
	name    string
	status  probe.Status
	metrics probe.Metrics
	learner bool
	// here means that it is asked at the loopback address.
	here bool
	// unlisted means that a given endpoint is not in the member list; membership is its membership if that does not
	// follow.
	unlisted   bool
	membership probe.Membership
	// noPeers means that its metrics name no peers, countsNoBytes that they do not count what arrives from them.
	noPeers, countsNoBytes bool
	// list is the member's own member list, noList why it gives none; nil: that of the scene.
	list   []probe.Peer
	noList *probe.Error
	// certificate is the one that it presents on its client port.
	certificate *probe.Certificate
	// authority is the CA of that certificate.
	authority *probe.Certificate
	// flags are its etcd's, as etcdoc's host sets them.
	flags *probe.ServerFlags
	// written is what was written to its log lately; nil: it is not read. noWritten is why it can't be.
	written   *probe.Written
	noWritten *probe.Error
	// hash is that of its data, compacted up to compact; noHash why it gives none.
	hash    uint32
	compact int64
	noHash  *probe.Error
	// read is when it last answered a linearizable read.
	read time.Time
	// linearizable and serializable are its reads; zero: none was requested. far is how long Status takes.
	linearizable, serializable probe.Fact[probe.Read]
	far                        time.Duration
	// down and noMetrics are why it, or its metrics, can't be reached; hung since when it has not answered.
	down, noMetrics *probe.Error
	// cutOff is why its exposition breaks off.
	cutOff      *probe.Error
	hung        time.Time
	lastStatus  probe.Fact[probe.Status]
	lastMetrics probe.Fact[*probe.Metrics]
	lastPulse   probe.Fact[struct{}]
}

func newScene(t testing.TB, voters int, o Options) *scene {
	s := &scene{t: t, evaluator: New(o), now: epoch, interval: time.Second, listOf: 0xc1}
	for i := range voters {
		s.add(fmt.Sprintf("etcd-%d", i+1))
	}
	return s
}

func (s *scene) add(name string) *actor {
	id := probe.MemberID(0xa0 + len(s.members))
	a := &actor{
		id: id, name: name,
		status: probe.Status{
			ClusterID: 0xc1, MemberID: id, Leader: 0xa0, Version: "3.6.14", StorageVersion: "3.6.0", RaftTerm: 7,
			RaftIndex: 1000, RaftAppliedIndex: 1000,
			DBSizeBytes: 1 << 30, DBInUseBytes: 3 << 28, DBQuotaBytes: 8 << 30,
		},
		metrics: probe.Metrics{
			ServerID: id, ClusterVersion: "3.6", StartTime: probe.Known(float64(epoch.Add(-time.Hour).Unix())),
			ProposalsPending: probe.Known(0), ProposalsApplied: probe.Known(1000),
			ProposalsCommitted: probe.Known(1000),
			ProposalsFailed:    probe.Known(0), LeaderChanges: probe.Known(1), SlowApplies: probe.Known(0),
			CPUSeconds:  probe.Known(10),
			DBSizeBytes: probe.Known(1 << 30), DBInUseBytes: probe.Known(3 << 28), DBQuotaBytes: probe.Known(8 << 30),
			DefragInflight:        probe.Known(0),
			HeartbeatSendFailures: probe.Known(0), SlowReadIndexes: probe.Known(0), ReadIndexesFailed: probe.Known(0),
			Puts: probe.Known(0), Deletes: probe.Known(0), Txns: probe.Known(0), Ranges: probe.Known(0),
			Keys: probe.Known(1000), CurrentRevision: probe.Known(5000), CompactRevision: probe.Known(4000),
			LastCompaction: probe.Known(float64(epoch.Add(-time.Minute).Unix())),
			Watchers:       probe.Known(10), WatchStreams: probe.Known(5), SlowWatchers: probe.Known(0),
			PendingEvents: probe.Known(0),
			LeasesGranted: probe.Known(0), LeasesRevoked: probe.Known(0), LeasesRenewed: probe.Known(0),
			LeasesExpired: probe.Known(0),
			OpenFDs:       probe.Known(100), MaxFDs: probe.Known(65536), ResidentBytes: probe.Known(200 << 20),
			GRPCHandled:   map[probe.GRPCCall]float64{},
			WALFsync:      unobserved(),
			BackendCommit: unobserved(),
		},
	}
	a.fsync(lived, livedIn)
	a.commit(lived, livedIn)
	s.members = append(s.members, a)
	return a
}

// lived is how many fsyncs and commits a process made before the scene begins, and livedIn how long each took.
const (
	lived   = 1000
	livedIn = time.Second / 512
)

func (s *scene) member(i int) *actor { return s.members[i-1] }

// work advances time by an interval in which every running member makes n fsyncs and commits that take d each.
func (s *scene) work(n float64, d time.Duration) {
	for _, m := range s.members {
		if m.down == nil && m.hung.IsZero() {
			m.fsync(n, d)
			m.commit(n, d)
		}
	}
}

func (m *actor) fsync(n float64, d time.Duration) {
	m.metrics.WALFsync = observed(m.metrics.WALFsync, n, d)
}
func (m *actor) commit(n float64, d time.Duration) {
	m.metrics.BackendCommit = observed(m.metrics.BackendCommit, n, d)
}

// unobserved is a disk's histogram of a new process.
func unobserved() probe.Histogram {
	return probe.Histogram{Bounds: fsyncBounds(), Counts: make([]float64, len(fsyncBounds()))}
}

// observed returns a histogram after n more observations of d.
func observed(h probe.Histogram, n float64, d time.Duration) probe.Histogram {
	counts := append([]float64(nil), h.Counts...)
	for i, bound := range h.Bounds {
		if d.Seconds() <= bound {
			counts[i] += n
		}
	}
	return probe.Histogram{Bounds: h.Bounds, Counts: counts, Sum: h.Sum + n*d.Seconds()}
}

// reads lets the member answer reads at that time, which took that long.
func (m *actor) reads(at time.Time, linearizable, serializable time.Duration) {
	m.linearizable = probe.Fact[probe.Read]{At: at, Took: linearizable}
	m.serializable = probe.Fact[probe.Read]{At: at, Took: serializable}
}

// restart gives the member a new process: its counters start at zero.
func (m *actor) restart(at time.Time) {
	start := probe.Known(float64(at.Unix()))
	if start != m.metrics.StartTime {
		m.metrics.CPUSeconds = probe.Known(m.metrics.CPUSeconds.Or(0) / 2)
	}
	m.metrics.StartTime = start
	m.metrics.WALFsync, m.metrics.BackendCommit = unobserved(), unobserved()
	m.fsync(1, livedIn)
	m.commit(1, livedIn)
	m.metrics.LeaderChanges = probe.Known(1)
	m.metrics.ProposalsFailed, m.metrics.SlowApplies = probe.Known(0), probe.Known(0)
}

var errRefused = &probe.Error{Kind: probe.ErrRefused, Text: "connection refused"}

// kill ends members, so that their hosts refuse connections.
func (s *scene) kill(members ...int) {
	for _, i := range members {
		s.member(i).down = errRefused
	}
}

// elect makes a member the leader in a new term for all that answer; 0 is nobody.
func (s *scene) elect(leader probe.MemberID) {
	for _, m := range s.members {
		if m.down != nil {
			continue
		}
		m.status.Leader = leader
		if leader != 0 {
			m.status.RaftTerm++
			m.metrics.LeaderChanges = m.metrics.LeaderChanges.Plus(probe.Known(1))
		}
	}
}

// sweep returns what a prober would return now.
func (s *scene) sweep() probe.Sweep {
	sweep := probe.Sweep{At: s.now, Interval: s.interval, Marks: s.marks, GivenOnly: s.givenOnly, Host: s.host,
		Backups: s.backups, Space: s.space}
	s.marks = nil
	for _, v := range s.apiServers {
		sweep.APIServers = append(sweep.APIServers, *v)
	}
	if s.hashes > 0 {
		sweep.Hashes = &probe.HashRound{Number: s.hashes, Ended: true, Settled: s.hashes >= 2}
	}
	if !s.noMemberList {
		sweep.MemberList = probe.Fact[probe.MemberList]{Value: s.memberList(), At: s.now}
		if !s.noAlarms {
			sweep.Alarms = probe.Fact[[]probe.Alarm]{At: s.now}
		}
		sweep.Forks = s.forks()
	}
	list := s.list()
	for _, m := range s.members {
		sweep.Members = append(sweep.Members, m.answer(s, s.now, list))
	}
	for i := range sweep.Members {
		if sweep.Members[i].Status.Answered() {
			sweep.Cluster = 0xc1
		}
	}
	return sweep
}

// memberList is the membership, with the members that have answered with it themselves.
func (s *scene) memberList() probe.MemberList {
	r := probe.MemberList{Cluster: s.listOf}
	for _, m := range s.members {
		if m.unlisted || m.learner {
			continue
		}
		r.Voters++
		if r.From == 0 {
			r.From = m.id
		}
		if m.down == nil && m.hung.IsZero() && m.list == nil && m.noList == nil && m.status.ClusterID == 0xc1 &&
			m.membership != probe.MembershipForked {
			r.Witnesses = append(r.Witnesses, m.id)
		}
	}
	return r
}

// forks are the other clusters under the same id: one at most.
func (s *scene) forks() []probe.MemberList {
	r := probe.MemberList{Cluster: s.listOf}
	for _, m := range s.members {
		if m.membership == probe.MembershipForked {
			r.From, r.Voters, r.Witnesses = m.id, r.Voters+1, append(r.Witnesses, m.id)
		}
	}
	if !s.forked || r.Voters == 0 {
		return nil
	}
	return []probe.MemberList{r}
}

// effectiveMembership returns the actor's membership, which may follow from the member list.
func (m *actor) effectiveMembership() probe.Membership {
	switch {
	case m.membership != probe.MembershipUnknown:
		return m.membership
	case m.unlisted && m.status.ClusterID != 0xc1:
		return probe.MembershipForeign
	case m.unlisted:
		return probe.MembershipUnlisted
	}
	return probe.MembershipListed
}

// list is the cluster's member list.
func (s *scene) list() (list []probe.Peer) {
	for _, m := range s.members {
		if !m.unlisted {
			list = append(list, probe.Peer{ID: m.id, Name: m.name, Learner: m.learner,
				PeerURLs: []string{"http://" + m.name + ":2380"}})
		}
	}
	return list
}

// links is what a member's metrics report about its peers on a healthy network.
func (s *scene) links(of *actor) map[probe.MemberID]probe.PeerMetrics {
	peers := make(map[probe.MemberID]probe.PeerMetrics)
	roundTrips := probe.Histogram{}
	if !s.unprobed {
		roundTrips = probed(240)
	}
	for _, m := range s.members {
		if m == of || m.unlisted {
			continue
		}
		active := 1.0
		if m.down != nil {
			active = 0
		}
		peers[m.id] = probe.PeerMetrics{Active: probe.Known(active), Disconnected: probe.Known(0),
			RoundTrip: roundTrips}
	}
	return peers
}

// heardFrom lets messages of all peers have arrived at their leader, where a test does not say what has.
func (s *scene) heardFrom(links map[probe.MemberID]probe.PeerMetrics) map[probe.MemberID]probe.PeerMetrics {
	heard := maps.Clone(links)
	for id, p := range heard {
		if !p.ReceivedBytes.IsKnown() {
			p.ReceivedBytes = probe.Known(1000 + float64(s.now.Sub(epoch)/time.Millisecond))
			heard[id] = p
		}
	}
	return heard
}

// notes keeps what an exposition of a member proves of its peers.
func (s *scene) notes(by probe.MemberID, peers map[probe.MemberID]probe.PeerMetrics) {
	if s.proofs == nil {
		s.proofs = make(map[[2]probe.MemberID]proof)
	}
	for id, p := range peers {
		was := s.proofs[[2]probe.MemberID{by, id}]
		if was.count.IsKnown() && p.ReceivedBytes.Or(0) > was.count.Or(0) {
			was.since = was.at
		}
		was.count, was.at = p.ReceivedBytes, s.now
		s.proofs[[2]probe.MemberID{by, id}] = was
	}
}

// probed are round trips that a member has observed: 240 are two in 30 s since its process began, and none while the
// scene lasts.
func probed(n float64) probe.Histogram {
	return observed(probe.Histogram{Bounds: rttBounds(), Counts: make([]float64, len(rttBounds()))}, n, livedIn)
}

// ownList is the member list that a member gives.
func (m *actor) ownList(now time.Time, list []probe.Peer) probe.Fact[[]probe.Peer] {
	if m.list != nil {
		list = m.list
	}
	fact := probe.Fact[[]probe.Peer]{Value: list, At: now, Err: m.noList}
	switch {
	case m.status.IsLearner:
		return probe.Fact[[]probe.Peer]{Err: &probe.Error{Kind: probe.ErrUnsupported}}
	case m.down != nil:
		fact.Err = m.down
	case !m.hung.IsZero():
		fact.At, fact.Pending = m.hung, m.hung
	}
	return fact
}

func (m *actor) answer(s *scene, now time.Time, list []probe.Peer) probe.Member {
	metrics := m.metrics
	if metrics.Peers == nil && !m.noPeers {
		metrics.Peers = s.links(m)
	}
	if m.status.Leader == m.id && !m.countsNoBytes {
		metrics.Peers = s.heardFrom(metrics.Peers)
	}
	status, exposition := &m.lastStatus, &m.lastMetrics
	status.Err, status.Pending, exposition.Err, exposition.Pending = nil, time.Time{}, nil, time.Time{}
	exposition.Partial = false
	switch {
	case m.down != nil:
		status.Err, exposition.Err = m.down, m.down
	case !m.hung.IsZero():
		status.Pending, exposition.Pending = m.hung, m.hung
	default:
		status.Value, status.At, status.Took = m.status, now, m.far
		if m.noMetrics != nil {
			exposition.Err = m.noMetrics
		} else {
			exposition.Value, exposition.At = &metrics, now
			s.notes(m.id, metrics.Peers)
			if exposition.Err, exposition.Partial = m.cutOff, m.cutOff != nil; exposition.Partial {
				exposition.Took = 5 * time.Second
			}
		}
	}
	if exposition.At.Equal(now) && exposition.Took >= 25*time.Millisecond { // it is asked again meanwhile
		m.lastPulse.At, m.lastPulse.Took = now, m.far
	}
	linearizable := m.linearizable
	if !m.read.IsZero() {
		linearizable.At = m.read
	}
	hash := probe.Fact[probe.HashKV]{Err: cmp.Or(m.noHash, m.down)}
	if s.hashes > 0 && hash.Err == nil && m.hung.IsZero() {
		hash.At = now
		hash.Value = probe.HashKV{Round: s.hashes, Revision: 500, CompactRevision: m.compact, Hash: m.hash}
	}
	written := probe.Fact[probe.Written]{Err: m.noWritten}
	if m.written != nil {
		written.Value, written.At = *m.written, now
	}
	endpoint := "http://" + m.name + ":2379"
	if m.here {
		endpoint = "https://127.0.0.1:2379"
	}
	return probe.Member{
		Hash: hash, Written: written,
		ID: m.id, Name: m.name, Listed: !m.unlisted, Learner: m.learner, Linearizable: linearizable,
		Serializable: m.serializable, Endpoint: endpoint,
		ClientURLs: []string{"http://" + m.name + ":2379"}, Status: *status, Liveness: m.lastPulse,
		Metrics: *exposition, Peers: m.ownList(now, list),
		ServedCertificate: m.certificate, ServedAuthority: m.authority, Membership: m.effectiveMembership(),
		Cluster: m.status.ClusterID, Flags: m.flags,
	}
}

// observe sweeps once and advances time by an interval.
func (s *scene) observe() Assessment {
	a := s.evaluator.Observe(s.sweep())
	checkLaws(s.t, s, &a)
	checkEventWidths(s.t, a.Events)
	checkSchema(s.t, &a)
	s.now = s.now.Add(s.interval)
	return a
}

// run observes for a while, with act before each sweep, and returns the last assessment.
func (s *scene) run(d time.Duration, act func()) (a Assessment) {
	for end := s.now.Add(d); s.now.Before(end); {
		if act != nil {
			act()
		}
		a = s.observe()
	}
	return a
}

// finding returns the finding of a rule about a member ("" for the cluster), or the zero Finding.
func finding(a *Assessment, rule RuleID, member string) Finding {
	for _, f := range a.Findings {
		if f.Rule == rule && f.Member.Label == member {
			return f
		}
	}
	return Finding{}
}

// alarming returns the rules and members of the findings at warning or above.
func alarming(a *Assessment) []string {
	var rules []string
	for _, f := range a.Findings {
		if f.Level >= Warning && f.InhibitedBy == "" {
			rules = append(rules, string(f.Rule)+" "+f.Member.Label)
		}
	}
	return rules
}

// known is short for [probe.Known], in tables.
func known(value float64) probe.Value { return probe.Known(value) }
