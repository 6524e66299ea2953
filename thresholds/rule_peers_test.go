package thresholds

import (
	"math"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// rttBounds are the upper bounds of etcd's histogram of peer round trips.
func rttBounds() []float64 {
	bounds := make([]float64, 0, 17)
	for i := range 16 {
		bounds = append(bounds, 0.0001*math.Pow(2, float64(i)))
	}
	return append(bounds, math.Inf(1))
}

// peer changes what a member's metrics report about another one.
func (s *scene) peer(of, to int, change func(*probe.PeerMetrics)) {
	m := s.member(of)
	peers := s.links(m)
	for id, p := range m.metrics.Peers {
		p.Active = peers[id].Active
		peers[id] = p
	}
	p := peers[s.member(to).id]
	change(&p)
	peers[s.member(to).id] = p
	m.metrics.Peers = peers
}

func active(n float64) func(*probe.PeerMetrics) {
	return func(p *probe.PeerMetrics) { p.Active = probe.Known(n) }
}

func failSends(n float64) func(*probe.PeerMetrics) {
	return func(p *probe.PeerMetrics) { p.SentFailures = probe.Known(p.SentFailures.Or(0) + n) }
}

func TestPeerDisconnected(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, nil)
	cut := func() { s.peer(1, 3, active(0)) }
	a := s.run(15*time.Second, cut)
	wants(t, &a, PeerDisconnected, "etcd-1", OK)
	a = s.run(time.Second, cut)
	wants(t, &a, PeerDisconnected, "etcd-1", Warning)
	saysFinding(t, &a, PeerDisconnected, "etcd-1")
	wants(t, &a, PeerDisconnected, "etcd-2", OK)
	a = s.run(16*time.Second, func() { s.peer(1, 3, active(1)) })
	wants(t, &a, PeerDisconnected, "etcd-1", OK)

	// A member that has not been connected since the process began has no gauge.
	a = s.run(16*time.Second, func() {
		s.peer(1, 2, func(p *probe.PeerMetrics) { p.Active = probe.Value{} })
	})
	wants(t, &a, PeerDisconnected, "etcd-1", Warning)
	says(t, "never connected", finding(&a, PeerDisconnected, "etcd-1").Summary)
}

func TestPeerDisconnectedThatIsDown(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*scene, *actor){
		"down": func(_ *scene, m *actor) { m.down = errRefused },
		"late": func(s *scene, m *actor) { m.hung = s.now },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.run(20*time.Second, nil)
			leave(s, s.member(3))
			cut := func() { s.peer(1, 3, active(0)) }
			a := s.run(time.Minute, cut)
			because := MemberUnreachable
			if name == "late" {
				because = MemberLate
			}
			wants(t, &a, PeerDisconnected, "etcd-1", Warning)
			saysFinding(t, &a, PeerDisconnected, "etcd-1")
			wantInhibited(t, &a, PeerDisconnected, "etcd-1", because, "etcd-3")

			// It comes back, and takes its time to connect.
			s.member(3).down, s.member(3).hung = nil, time.Time{}
			for range 9 {
				a = s.run(time.Second, cut)
				wants(t, &a, PeerDisconnected, "etcd-1", OK)
			}
			a = s.run(20*time.Second, func() { s.peer(1, 3, active(1)) })
			wants(t, &a, PeerDisconnected, "etcd-1", OK)

			// When another one is cut off as well, the cut-off one counts.
			leave(s, s.member(3))
			a = s.run(20*time.Second, func() { cut(); s.peer(1, 2, active(0)) })
			wants(t, &a, PeerDisconnected, "etcd-1", Warning)
			says(t, "another one, too", finding(&a, PeerDisconnected, "etcd-1").Summary)
			if f := finding(&a, PeerDisconnected, "etcd-1"); f.InhibitedBy != "" && !f.InhibitedByReading ||
				f.Value.Or(0) != 1 {
				t.Errorf("%+v, want it to count, for one", f)
			}
		})
	}
}

// gone is a removed member: its series stay until the process restarts.
const gone = probe.MemberID(0xdead)

func TestRemovedPeerLingers(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	n, rtt := 0.0, probe.Histogram{Bounds: rttBounds(), Counts: make([]float64, 17)}
	a := s.run(5*time.Minute, func() {
		n++
		rtt = observed(rtt, 1, time.Second)
		peers := s.links(s.member(1))
		peers[gone] = probe.PeerMetrics{
			Active: probe.Known(0), SentFailures: probe.Known(n), SnapshotSends: probe.Known(n),
			SnapshotSendsInflight: probe.Known(1), RoundTrip: rtt,
		}
		s.member(1).metrics.Peers = peers
	})
	for _, rule := range []RuleID{PeerDisconnected, PeerSendFailing, PeerRTTSlow, SnapshotInFlight} {
		wants(t, &a, rule, "etcd-1", OK)
	}
	if v := a.Members[0].Vitals; v[PeerRTTP99].IsKnown() || v[PeerSendFailuresRate].Or(0) != 0 {
		t.Errorf("round trips %v, failures %v of a member that is gone", v[PeerRTTP99], v[PeerSendFailuresRate])
	}
}

// TestSendsToADownMemberMarkNobody: only one of two members may have had something to send to it.
func TestSendsToADownMemberMarkNobody(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(10*time.Second, nil)
	sends := func() { s.peer(1, 3, failSends(1)) }
	if a := s.run(10*time.Second, sends); a.Members[0].Condition.Over == "" {
		t.Errorf("while all answer: %q", a.Members[0].StateWords())
	}
	s.member(3).down = errRefused
	a := s.run(3*time.Second, sends)
	if one, other := a.Members[0].StateWords(), a.Members[1].StateWords(); one != other {
		t.Errorf("%q, and the other one %q", one, other)
	}
}

func TestPeerSendFailures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		every int // seconds between two failures
		level Level
	}{
		"one in 2 m":           {120, OK},
		"one in 50 s":          {50, Notice},
		"just under a warning": {11, Notice},
		"seven in a minute":    {9, Warning},
		"each second":          {1, Warning},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			i := 0
			a := s.run(10*time.Minute, func() {
				if i++; i%test.every == 0 {
					s.peer(1, 2, failSends(1))
				}
			})
			wants(t, &a, PeerSendFailing, "etcd-1", test.level)
			saysFinding(t, &a, PeerSendFailing, "etcd-1")
			a = s.run(3*time.Minute, nil)
			wants(t, &a, PeerSendFailing, "etcd-1", OK)
		})
	}
}

// TestRollingRestartOfPeers stops each member for a while; the others can't send to it meanwhile, and for a moment
// after.
func TestRollingRestartOfPeers(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(time.Minute, nil)
	for i := 1; i <= 3; i++ {
		m := s.member(i)
		noneFires := func(a *Assessment) {
			t.Helper()
			for _, f := range a.Findings {
				if (f.Rule == PeerSendFailing || f.Rule == PeerDisconnected) && f.InhibitedBy == "" {
					t.Errorf("%v: %s %q", s.now.Sub(epoch), f.Level, f.Summary)
				}
			}
		}
		each := func(active float64, failing bool) {
			for j := 1; j <= 3; j++ {
				if j == i {
					continue
				}
				s.peer(j, i, func(p *probe.PeerMetrics) {
					p.Active = probe.Known(active)
					if failing {
						p.SentFailures = probe.Known(p.SentFailures.Or(0) + 10)
					}
				})
			}
		}
		m.down = errRefused
		for range 90 {
			each(0, true)
			a := s.observe()
			noneFires(&a)
		}
		m.down = nil
		m.metrics.StartTime = probe.Known(float64(s.now.Unix()))
		for second := range 120 {
			each(1, second < 3)
			if second < 3 {
				each(0, true)
			}
			a := s.observe()
			noneFires(&a)
		}
	}
}

func TestPeerRTT(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		took  time.Duration
		level Level
	}{
		"25 to 51 ms":  {51 * time.Millisecond, OK},
		"51 to 102 ms": {52 * time.Millisecond, Notice},
		"to 205 ms":    {160 * time.Millisecond, Warning},
		"to 410 ms":    {210 * time.Millisecond, Warning},
		"no end":       {5 * time.Second, Warning},
	}
	// etcd observes two round trips with each peer every 30 s.
	marks := func(s *scene, i int, slow time.Duration) {
		if i%30 != 5 {
			return
		}
		for to, took := range map[int]time.Duration{2: 2 * time.Millisecond, 3: slow} {
			s.peer(1, to, func(p *probe.PeerMetrics) {
				if !p.RoundTrip.IsKnown() {
					p.RoundTrip = probe.Histogram{Bounds: rttBounds(), Counts: make([]float64, 17)}
				}
				p.RoundTrip = observed(p.RoundTrip, 2, took)
			})
		}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			i := 0
			fast := func() { marks(s, i, time.Millisecond); i++ }
			slow := func() { marks(s, i, test.took); i++ }
			s.run(60*time.Second, fast)
			s.run(30*time.Second, slow) // once is not twice
			a := s.run(70*time.Second, fast)
			wants(t, &a, PeerRTTSlow, "etcd-1", OK)
			before := a
			a = s.run(2*time.Minute, slow)
			wants(t, &a, PeerRTTSlow, "etcd-1", test.level)
			m := &a.Members[0]
			for i, want := range []Mark{{Level: OK}, m.Mark(PeerRTTP99)} { // that of the slowest is the member's
				if k := m.Peers[i].Mark; k.Level != want.Level || k.State != want.State {
					t.Errorf("the round trips to %s are marked %+v, want %+v", m.Peers[i].Label, k, want)
				}
				if k := before.Members[0].Peers[i].Mark; k.Level != OK {
					t.Errorf("an earlier assessment has changed: %+v", k)
				}
			}
			if k := m.Peers[1].Mark; k.Level < test.level {
				t.Errorf("a finding of level %s goes with the mark %+v", test.level, k)
			}
			saysFinding(t, &a, PeerRTTSlow, "etcd-1")
			wants(t, &a, PeerRTTSlow, "etcd-2", OK)
			a = s.run(3*time.Minute, fast)
			wants(t, &a, PeerRTTSlow, "etcd-1", OK)

			a = s.run(2*time.Minute, slow)
			wants(t, &a, PeerRTTSlow, "etcd-1", test.level)
			a = s.run(2*time.Minute, func() { slow(); s.peer(1, 3, active(0)) }) // it repeats the last value
			wants(t, &a, PeerRTTSlow, "etcd-1", OK)
		})
	}
}

// TestRoundTripsOfAStop: after a member stood still the smoothed round trips are slow, and no link is: they are marked
// as those of before until they can't be.
func TestRoundTripsOfAStop(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	trips := func(slow time.Duration) func() {
		return func() {
			if s.now.Unix()%30 == 0 {
				s.rtt(1, 2, slow)
				s.rtt(2, 3, slow)
				s.rtt(1, 3, 2*time.Millisecond)
			}
		}
	}
	s.run(2*time.Minute, trips(2*time.Millisecond))
	s.member(2).down = errRefused
	s.run(12*time.Second, nil)
	s.member(2).down = nil
	for range 10 {
		a := s.run(20*time.Second, trips(300*time.Millisecond))
		for i := range a.Members {
			m, member := &a.Members[i], a.Members[i].Label
			wants(t, &a, PeerRTTSlow, member, OK)
			if c := m.Cell(PeerRTTP99); c.Value.Or(0) > 0.2 && (c.Sign != SignLast || c.Level != OK) {
				t.Errorf("%s: %s%v", member, c.Sign, c.Value)
			}
			for _, p := range m.Peers {
				if p.RoundTripIsPast != (p.RoundTripP99.Or(0) > 0.2) {
					t.Errorf("%s with %s: %v is past: %t", member, p.Label, p.RoundTripP99, p.RoundTripIsPast)
				}
			}
		}
	}
	a := s.run(3*time.Minute, trips(300*time.Millisecond))
	wants(t, &a, PeerRTTSlow, "etcd-2", Critical)
	if c := a.Members[1].Cell(PeerRTTP99); c.Sign != SignOver {
		t.Errorf("a slow link is %s%v", c.Sign, c.Value)
	}
}

func TestPeerRTTOfManyObservations(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true, SinceStart: true})
	s.peer(1, 2, func(p *probe.PeerMetrics) {
		p.RoundTrip = observed(probe.Histogram{Bounds: rttBounds(), Counts: make([]float64, 17)}, 200,
			120*time.Millisecond)
	})
	a := s.observe()
	wants(t, &a, PeerRTTSlow, "etcd-1", Warning)
	saysFinding(t, &a, PeerRTTSlow, "etcd-1")
}

func TestSnapshots(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(10*time.Second, nil)
	sends := func(n float64) func(*probe.PeerMetrics) {
		return func(p *probe.PeerMetrics) { p.SnapshotSends = probe.Known(n) }
	}
	s.peer(1, 3, func(p *probe.PeerMetrics) { p.SnapshotSendsInflight = probe.Known(1) })
	s.peer(3, 1, func(p *probe.PeerMetrics) { p.SnapshotReceivesInflight = probe.Known(1) })
	a := s.observe()
	wants(t, &a, SnapshotInFlight, "etcd-1", Notice)
	saysFinding(t, &a, SnapshotInFlight, "etcd-1")
	wants(t, &a, SnapshotInFlight, "etcd-3", Notice)
	saysFinding(t, &a, SnapshotInFlight, "etcd-3")
	wants(t, &a, SnapshotInFlight, "etcd-2", OK)
	s.member(1).metrics.Peers, s.member(3).metrics.Peers = nil, nil
	s.peer(1, 3, sends(1)) // the series begins with its first snapshot
	a = s.observe()
	wants(t, &a, SnapshotInFlight, "etcd-1", Notice)
	wants(t, &a, SnapshotInFlight, "etcd-3", OK)
	s.peer(1, 2, sends(1)) // another one's does not add up
	s.peer(1, 3, sends(2))
	a = s.observe()
	wants(t, &a, SnapshotInFlight, "etcd-1", Notice)
	s.peer(1, 3, func(p *probe.PeerMetrics) { p.SnapshotSendFailures = probe.Known(1) })
	a = s.observe()
	wants(t, &a, SnapshotInFlight, "etcd-1", Warning)
	says(t, "three of them", finding(&a, SnapshotInFlight, "etcd-1").Summary)
	s.member(1).restart(s.now) // its counters start again at zero
	s.member(1).metrics.Peers = nil
	a = s.run(16*time.Minute, nil)
	wants(t, &a, SnapshotInFlight, "etcd-1", OK)
}

// TestFirstSnapshotOfANewMember is how it begins, and no finding once the member has caught up; a second one is.
func TestFirstSnapshotOfANewMember(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(10*time.Second, nil)
	s.add("etcd-4").status.IsLearner = true
	s.member(1).metrics.Peers = nil
	sends := func(n float64) {
		s.peer(1, 4, func(p *probe.PeerMetrics) { p.SnapshotSends = probe.Known(n) })
	}
	s.observe()
	sends(1)
	a := s.run(5*time.Second, nil)
	wants(t, &a, SnapshotInFlight, "etcd-1", OK)
	sends(2)
	a = s.observe()
	wants(t, &a, SnapshotInFlight, "etcd-1", Notice)
}

// TestSnapshotsAfterAnAbsence bring the member up to date, those that failed while it was away included; what follows
// once it has caught up is a finding.
func TestSnapshotsAfterAnAbsence(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(1).metrics.Peers = nil
	sends := func(n, failed float64) {
		s.peer(1, 3, func(p *probe.PeerMetrics) {
			p.SnapshotSends, p.SnapshotSendFailures = probe.Known(n), probe.Known(failed)
		})
	}
	sends(0, 0)
	s.run(time.Minute, nil)
	s.member(3).down = errRefused
	sends(0, 3)
	s.run(3*time.Minute, nil)
	s.member(3).down = nil
	sends(1, 3)
	s.run(3*time.Second, func() {
		a := s.observe()
		wants(t, &a, SnapshotInFlight, "etcd-1", OK)
	})
	a := s.run(2*time.Minute, nil)
	wants(t, &a, SnapshotInFlight, "etcd-1", OK)
	sends(2, 3)
	a = s.observe()
	wants(t, &a, SnapshotInFlight, "etcd-1", Notice)
}

func TestPeersOfOldVersions(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for _, m := range s.members {
		m.metrics.Peers = map[probe.MemberID]probe.PeerMetrics{}
		m.status.Version = "3.3.27"
	}
	a := s.run(2*time.Minute, nil)
	for _, rule := range []RuleID{PeerDisconnected, PeerSendFailing, PeerRTTSlow, SnapshotInFlight} {
		wants(t, &a, rule, "etcd-1", OK)
	}
}

func TestSingleMemberHasNoPeers(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	a := s.run(time.Minute, nil)
	for _, rule := range []RuleID{PeerDisconnected, PeerSendFailing, PeerRTTSlow, SnapshotInFlight} {
		wants(t, &a, rule, "etcd-1", OK)
	}
}

// TestShownAsABound: where a median and its p99 stand in one bucket, or the slowest round trip's do, people see its
// upper bound; where they do not, the quantile.
func TestShownAsABound(t *testing.T) {
	t.Parallel()
	vitals := [...]Vital{WALFsyncP50, BackendCommitP50, PeerRTTP99}
	for name, test := range map[string]struct {
		other float64 // of 200 observations, how many are in another bucket
		want  bool
	}{"one bucket": {0, true}, "two buckets": {40, false}} {
		s := newScene(t, 3, Options{})
		s.run(2*time.Second, func() { s.work(200, 3*time.Millisecond) })
		trips := observed(probed(0), 200-test.other, 3*time.Millisecond)
		trips = observed(trips, test.other, 30*time.Millisecond)
		for i, m := range s.members {
			m.metrics.Peers = map[probe.MemberID]probe.PeerMetrics{}
			for j, to := range s.members {
				if i != j {
					m.metrics.Peers[to.id] = probe.PeerMetrics{Active: probe.Known(2), RoundTrip: trips}
				}
			}
			m.fsync(2000*test.other, 30*time.Millisecond)
			m.commit(2000*test.other, 30*time.Millisecond)
			m.fsync(100*test.other, 300*time.Millisecond)
			m.commit(100*test.other, 300*time.Millisecond)
		}
		a := s.observe()
		for _, v := range vitals {
			value, atMost := a.Members[1].Shown(v)
			if !value.IsKnown() || atMost != test.want || atMost == (value == a.Members[1].Vitals[v]) {
				t.Errorf("%s, %s: %v, at most: %t; the vital is %v", name, v, value, atMost,
					a.Members[1].Vitals[v])
			}
		}
	}
}
