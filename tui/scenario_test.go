package tui

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// epoch is the time of every scenario's last sweep.
var epoch = time.Date(2026, 3, 1, 14, 32, 7, 0, time.UTC)

// scenario is a made-up cluster: its sweeps, as a source would give them.
type scenario struct {
	members, learners int
	sweeps            int
	every             time.Duration
	// fault changes the sweep that is ago before the end; nil changes none.
	fault func(ago time.Duration, s *probe.Sweep, w *world)
}

// world is what a scenario's fault can change.
type world struct {
	slow   map[int]float64 // by member: duration of the slowest fsyncs, in seconds
	leader int
	term   uint64
}

// generate returns the sweeps, the same at every call.
func (c scenario) generate() []probe.Sweep {
	return slices.AppendSeq(make([]probe.Sweep, 0, c.sweeps), c.all())
}

// all makes the sweeps one by one.
func (c scenario) all() iter.Seq[probe.Sweep] {
	return func(yield func(probe.Sweep) bool) {
		if c.every == 0 {
			c.every = time.Second
		}
		random := rand.New(rand.NewPCG(1, 2))
		n := c.members + c.learners
		fsync, commit := make([]probe.Histogram, n), make([]probe.Histogram, n)
		last := make([]probe.Member, n)
		w := world{slow: map[int]float64{}, leader: min(1, c.members-1), term: 42}
		for i := range c.sweeps {
			ago := time.Duration(c.sweeps-1-i) * c.every
			s := probe.Sweep{At: epoch.Add(-ago), Took: 9 * time.Millisecond, Interval: c.every}
			for j := range n {
				s.Members = append(s.Members, c.member(j, i, s.At, &w, random, &fsync[j], &commit[j]))
			}
			s.MemberList = probe.Fact[probe.MemberList]{Value: probe.MemberList{From: s.Members[0].ID}, At: s.At}
			s.Alarms = probe.Fact[[]probe.Alarm]{At: s.At}
			if c.fault != nil {
				c.fault(ago, &s, &w)
			}
			identify(&s)
			for j := range s.Members {
				keepLastGood(&s.Members[j], &last[j])
			}
			if !yield(s) {
				return
			}
		}
	}
}

// identify sets the members' membership and who confirms the member list: those that answer.
func identify(s *probe.Sweep) {
	s.Cluster = clusterID
	for j := range s.Members {
		m := &s.Members[j]
		if !m.Listed {
			continue
		}
		m.Membership, m.Cluster = probe.MembershipListed, clusterID
		if m.Learner || !s.MemberList.Answered() {
			continue
		}
		s.MemberList.Value.Cluster = clusterID
		s.MemberList.Value.Voters++
		if m.Status.Err == nil && m.Status.Pending.IsZero() {
			s.MemberList.Value.Witnesses = append(s.MemberList.Value.Witnesses, m.ID)
		}
	}
}

// clusterID is the cluster of all scenarios.
const clusterID probe.ClusterID = 0xcdf818194e3a8c32

// keepLastGood does what a prober does: the newest good answer stays when later ones fail.
func keepLastGood(m, last *probe.Member) {
	if m.Status.Err != nil || !m.Status.Pending.IsZero() {
		m.Status.Value, m.Status.At = last.Status.Value, last.Status.At
		m.Metrics.Value, m.Metrics.At = last.Metrics.Value, last.Metrics.At
		return
	}
	*last = *m
}

func (c scenario) member(j, i int, at time.Time, w *world, random *rand.Rand, fsync,
	commit *probe.Histogram) probe.Member {
	id := probe.MemberID(0x8e9e05c52164694d + uint64(j))
	endpoint := fmt.Sprintf("http://10.0.3.%d:2379", 11+j)
	m := probe.Member{
		ID: id, Name: fmt.Sprintf("etcd-%d", j+1), Listed: true, Learner: j >= c.members,
		PeerURLs: []string{fmt.Sprintf("http://10.0.3.%d:2380", 11+j)}, ClientURLs: []string{endpoint},
		Endpoint: endpoint, MetricsEndpoint: endpoint + "/metrics",
	}
	index := 8_114_000 + uint64(412*i)
	size := int64(2_040_109_466) + int64(i)<<14
	m.Status = probe.Fact[probe.Status]{At: at, Took: 2 * time.Millisecond, Value: probe.Status{
		ClusterID: clusterID, MemberID: id, Leader: 0x8e9e05c52164694d + probe.MemberID(w.leader), Version: "3.6.14",
		StorageVersion: "3.6.0",
		RaftTerm:       w.term, RaftIndex: index, RaftAppliedIndex: index - uint64(random.IntN(4)),
		DBSizeBytes: size, DBInUseBytes: size * 3 / 4, DBQuotaBytes: 8 << 30, IsLearner: m.Learner,
	}}
	observe(fsync, 40, 0.0007, 0.003+0.002*random.Float64(), w.slow[j])
	observe(commit, 20, 0.002, 0.006+0.004*random.Float64(), 2*w.slow[j])
	pending := 0
	if random.IntN(9) == 0 {
		pending = random.IntN(3)
	}
	m.Metrics = probe.Fact[*probe.Metrics]{At: at, Took: 6 * time.Millisecond, Value: &probe.Metrics{
		ServerID: id, ServerVersion: "3.6.14", ClusterVersion: "3.6", ProposalsPending: probe.Known(float64(pending)),
		ProposalsCommitted: probe.Known(float64(index)), ProposalsApplied: probe.Known(float64(index)),
		HasLeader: probe.Known(1), LeaderChanges: probe.Known(3), WALFsync: copyOf(fsync),
		BackendCommit: copyOf(commit),
		DBSizeBytes:   probe.Known(float64(size)), DBInUseBytes: probe.Known(float64(size * 3 / 4)),
		DBQuotaBytes: probe.Known(8 << 30),
		OpenFDs:      probe.Known(212), MaxFDs: probe.Known(65536), ResidentBytes: probe.Known(1.1 * (1 << 30)),
		CPUSeconds:      probe.Known(40000 + 0.34*at.Sub(epoch).Seconds()),
		StartTime:       probe.Known(float64(epoch.Add(-41 * 24 * time.Hour).Unix())),
		ProposalsFailed: probe.Known(0), SlowApplies: probe.Known(0), SlowReadIndexes: probe.Known(0),
		ReadIndexesFailed:     probe.Known(0),
		HeartbeatSendFailures: probe.Known(0), DefragInflight: probe.Known(0),
		Puts: probe.Known(0.7 * float64(index)), Deletes: probe.Known(0.03 * float64(index)),
		Txns: probe.Known(0.2 * float64(index)), Ranges: probe.Known(2.5 * float64(index)),
		ClientSentBytes: probe.Known(6000 * float64(index)), ClientReceivedBytes: probe.Known(750 * float64(index)),
		Keys: probe.Known(40_000), CurrentRevision: probe.Known(float64(index)),
		CompactRevision: probe.Known(float64(index) - 3000),
		LastCompaction:  probe.Known(float64(at.Add(-time.Minute).Unix())),
		Watchers:        probe.Known(900), WatchStreams: probe.Known(20), SlowWatchers: probe.Known(0),
		PendingEvents: probe.Known(0),
		LeasesGranted: probe.Known(100), GRPCHandled: map[probe.GRPCCall]float64{{GRPCMethod: probe.GRPCMethod{
			Service: "etcdserverpb.KV", Method: "Range", Type: "unary"}, Code: "OK"}: float64(index)},
		LeasesRevoked: probe.Known(100), LeasesExpired: probe.Known(0),
		LeasesRenewed: probe.Known(0.015 * float64(index)),
		Date:          at.Truncate(time.Second), Bytes: 184_000, Series: 1900,
		Peers: map[probe.MemberID]probe.PeerMetrics{},
	}}
	seen := float64(time.Duration(i) * c.every / (30 * time.Second)) // etcd observes one every 30 s
	roundTrips := probe.Histogram{Bounds: []float64{0.0008, 0.0016, math.Inf(1)},
		Counts: []float64{200_000 + 0.8*seen, 236_160 + seen, 236_160 + seen}, Sum: 170 + 0.0007*seen}
	for k := range c.members + c.learners {
		if k != j {
			m.Metrics.Value.Peers[0x8e9e05c52164694d+probe.MemberID(k)] = probe.PeerMetrics{Active: probe.Known(2),
				Disconnected: probe.Known(0), RoundTrip: roundTrips, SentFailures: probe.Known(0),
				SentBytes: probe.Known(800 * float64(index)), ReceivedBytes: probe.Known(270 * float64(index))}
		}
	}
	m.Linearizable = probe.Fact[probe.Read]{At: at, Took: 3 * time.Millisecond}
	m.Serializable = probe.Fact[probe.Read]{At: at, Took: time.Millisecond}
	return m
}

// observe adds n observations: most of them fast, a tenth slower, and the slowest ones if there are any.
func observe(h *probe.Histogram, n int, fast, slower, slowest float64) {
	if h.Bounds == nil {
		for b := 0.001; b < 9; b *= 2 {
			h.Bounds = append(h.Bounds, b)
		}
		h.Bounds = append(h.Bounds, math.Inf(1))
		h.Counts = make([]float64, len(h.Bounds))
	}
	for i := range n {
		took := fast
		switch {
		case slowest > 0 && i%8 == 0:
			took = slowest
		case i%10 == 0:
			took = slower
		}
		h.Sum += took
		for b, bound := range h.Bounds {
			if took <= bound {
				h.Counts[b]++
			}
		}
	}
}

func copyOf(h *probe.Histogram) probe.Histogram {
	return probe.Histogram{Bounds: h.Bounds, Counts: append([]float64{}, h.Counts...), Sum: h.Sum}
}

// refusal is the error of an endpoint.
func refusal(endpoint, what string) *probe.Error {
	return &probe.Error{Kind: probe.ErrRefused, Text: endpoint + ": " + what, Where: endpoint, What: what}
}

// down makes a member refuse connections.
func down(s *probe.Sweep, j int) {
	m := &s.Members[j]
	refused := refusal(m.Endpoint, "connection refused: the host is up, but nothing listens on this port")
	m.Status = probe.Fact[probe.Status]{Err: refused, Took: time.Millisecond}
	m.Metrics = probe.Fact[*probe.Metrics]{Err: refusal(m.MetricsEndpoint, "connection refused")}
	for i := range s.Members {
		if peers := s.Members[i].Metrics.Value; peers != nil {
			peers.Peers[m.ID] = probe.PeerMetrics{Active: probe.Known(0), Disconnected: probe.Known(1)}
		}
	}
}

// leaderless makes a member know no leader.
func leaderless(s *probe.Sweep, j int) {
	m := &s.Members[j]
	m.Status.Value.Leader = 0
	m.Status.Value.Errors = []string{"etcdserver: no leader"}
	if m.Metrics.Value != nil {
		m.Metrics.Value.HasLeader = probe.Known(0)
	}
}

// scenarios are the states in which every screen is drawn.
func scenarios() map[string]scenario {
	return map[string]scenario{
		"healthy":   {members: 3, sweeps: 300},
		"apiserver": withAPIServers(),
		"one-down": {members: 5, sweeps: 300, fault: func(ago time.Duration, s *probe.Sweep, w *world) {
			if ago <= 58*time.Second {
				w.leader, w.term = 2, 43
				down(s, 1)
			}
			if ago == 65*time.Second {
				s.Marks = append(s.Marks, probe.Mark{At: s.At, Text: "patch etcd-2", Member: "etcd-2",
					Window: time.Minute})
			}
		}},
		"slow-disk": {members: 3, sweeps: 300, fault: func(ago time.Duration, _ *probe.Sweep, w *world) {
			if ago <= 100*time.Second {
				w.slow[2] = 0.12
			}
		}},
		"quorum-lost": {members: 3, sweeps: 300, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			if ago <= 40*time.Second {
				down(s, 1)
				down(s, 2)
				leaderless(s, 0)
			}
		}},
		"no-leader": {members: 3, sweeps: 300, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			if ago <= 20*time.Second {
				for j := range s.Members {
					leaderless(s, j)
				}
			}
		}},
		"nothing-reachable": {members: 3, sweeps: 45, fault: func(_ time.Duration, s *probe.Sweep, _ *world) {
			for j := range s.Members {
				down(s, j)
				s.Members[j].ID, s.Members[j].Name, s.Members[j].Listed = 0, "", false
			}
			s.MemberList = probe.Fact[probe.MemberList]{}
		}},
		"learner": {members: 3, learners: 1, sweeps: 120, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			status := &s.Members[3].Status.Value // catches up by 20 entries a second
			behind := 800 + uint64(20*ago.Seconds())
			status.RaftIndex -= behind
			status.RaftAppliedIndex -= behind
		}},
		"single": {members: 1, sweeps: 120},
		"late": {members: 3, sweeps: 120, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			if ago <= 4*time.Second {
				m := &s.Members[2]
				m.Status.Pending, m.Metrics.Pending = s.At.Add(-4*time.Second+ago), s.At
			}
		}},
		"no-metrics": {members: 3, sweeps: 120, fault: func(_ time.Duration, s *probe.Sweep, _ *world) {
			for j := range s.Members {
				s.Members[j].Metrics = probe.Fact[*probe.Metrics]{Err: &probe.Error{Kind: probe.ErrUnsupported,
					Text: s.Members[j].Endpoint + "/metrics: this port serves gRPC only"}}
			}
		}},
		"seven": {members: 7, sweeps: 120},
		"farm":  {members: 3, learners: 8, sweeps: 120},

		"marked": marked(), "upgrade": upgrading(),
	}
}

// replay is a source of generated sweeps, at the given interval or on demand.
type replay struct {
	sweeps []probe.Sweep
	next   int
	// interval is the time between two sweeps.
	interval time.Duration
	// hold keeps Next waiting at the end, as a live source does; otherwise the end is io.EOF.
	hold bool
}

func (r *replay) Next(ctx context.Context) (probe.Sweep, error) {
	if r.next >= len(r.sweeps) {
		if r.hold {
			<-ctx.Done()
			return probe.Sweep{}, ctx.Err()
		}
		return probe.Sweep{}, io.EOF
	}
	if r.interval > 0 {
		timer := time.NewTimer(r.interval)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return probe.Sweep{}, ctx.Err()
		}
	}
	r.next++
	return r.sweeps[r.next-1], nil
}

// shift moves a sweep in time.
func shift(s *probe.Sweep, by time.Duration) {
	move := func(at *time.Time) {
		if !at.IsZero() {
			*at = at.Add(by)
		}
	}
	move(&s.At)
	move(&s.MemberList.At)
	move(&s.Alarms.At)
	for i := range s.Marks {
		move(&s.Marks[i].At)
	}
	for i := range s.Members {
		m := &s.Members[i]
		for _, at := range []*time.Time{&m.Status.At, &m.Status.Pending, &m.Metrics.At, &m.Metrics.Pending,
			&m.Linearizable.At, &m.Serializable.At} {
			move(at)
		}
	}
}

// recordedPoller records its calls.
type recordedPoller struct {
	intervals []time.Duration
	hurried   int
	marks     []probe.Mark
}

func (p *recordedPoller) SetInterval(d time.Duration) { p.intervals = append(p.intervals, d) }
func (p *recordedPoller) Hurry()                      { p.hurried++ }
func (p *recordedPoller) Mark(m probe.Mark)           { p.marks = append(p.marks, m) }
