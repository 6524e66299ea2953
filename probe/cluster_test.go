package probe

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// testInterval determines the timeouts of sweeps in tests: 1 s. No test waits for it, see next.
const testInterval = 4 * time.Second

// start returns a Prober that is closed when the test ends.
func start(t *testing.T, cfg Config) *Prober {
	t.Helper()
	if cfg.Interval == 0 {
		cfg.Interval = testInterval
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// next sweeps without waiting for the interval.
func next(t *testing.T, p *Prober) Sweep {
	t.Helper()
	p.Hurry()
	s, err := p.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// await sweeps until the condition holds, for a minute at most.
func await(t *testing.T, p *Prober, what string, holds func(Sweep) bool) Sweep {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var last Sweep
	for {
		p.Hurry()
		s, err := p.Next(ctx)
		if err != nil {
			for _, m := range last.Members {
				t.Logf("%s: status %v %v, metrics %v", m.Label(), m.Status.At, m.Status.Err, m.Metrics.Err)
			}
			t.Fatalf("waiting until %s: %v", what, err)
		}
		if last = s; holds(s) {
			return s
		}
		time.Sleep(10 * time.Millisecond) // sweeps of members that refuse connections end at once
	}
}

// memberNamed returns the member with that name, or a zero Member.
func memberNamed(s Sweep, name string) Member {
	for _, m := range s.Members {
		if m.Name == name {
			return m
		}
	}
	return Member{}
}

// complete reports whether the sweep has n members and every request to them was answered.
func complete(s Sweep, n int) bool {
	if len(s.Members) != n || !s.MemberList.Fresh() || !s.Alarms.Fresh() {
		return false
	}
	for _, m := range s.Members {
		if !m.Listed || !m.Status.Fresh() || !m.Metrics.Fresh() || !m.Linearizable.Fresh() || !m.Serializable.Fresh() ||
			!m.Peers.Fresh() {
			return false
		}
	}
	return true
}

func checkComplete(t *testing.T, s Sweep, n int) {
	t.Helper()
	if complete(s, n) {
		return
	}
	t.Errorf("the sweep took %v and is not complete: %d members, member list %+v, alarms %+v", s.Took, len(s.Members),
		s.MemberList, s.Alarms)
	for _, m := range s.Members {
		t.Errorf("%s: status %v/%v metrics %v/%v reads %v/%v %v/%v peers %v/%v", m.Label(), m.Status.Fresh(),
			m.Status.Err, m.Metrics.Fresh(), m.Metrics.Err, m.Linearizable.Fresh(), m.Linearizable.Err,
			m.Serializable.Fresh(), m.Serializable.Err, m.Peers.Fresh(), m.Peers.Err)
	}
}

// dials counts the connections that a Prober opens.
type dials struct{ n atomic.Int64 }

func (d *dials) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d.n.Add(1)
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, address)
}

func TestSweepsOfAHealthyCluster(t *testing.T) {
	cluster := threeMembers.Use(t)
	leaks := goleak.IgnoreCurrent()
	var opened dials
	p := start(t, Config{Endpoints: cluster.Endpoints()[:1], Cluster: true, DialContext: opened.dial})
	s := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })

	leaders := 0
	for _, m := range s.Members {
		status, metrics := m.Status.Value, m.Metrics.Value
		if status.MemberID != m.ID || metrics.ServerID != m.ID || m.Name == "" || len(m.ClientURLs) != 1 ||
			len(m.PeerURLs) != 1 {
			t.Errorf("%s: it says %s, its metrics %s: %+v", m.ID, status.MemberID, metrics.ServerID, m)
		}
		if status.Leader == m.ID {
			leaders++
		}
		if status.Version == "" || status.RaftTerm == 0 || status.RaftAppliedIndex == 0 || status.DBSizeBytes == 0 ||
			status.ClusterID == 0 {
			t.Errorf("%s: its status is empty: %+v", m.Name, status)
		}
		if metrics.Date.IsZero() || metrics.WALFsync.Count() == 0 || len(metrics.Peers) != 2 ||
			!m.Linearizable.Value.known() {
			t.Errorf("%s: its metrics are empty: %+v", m.Name, metrics)
		}
		if len(m.Peers.Value) != 3 || m.ServedCertificate != nil || m.MetricsEndpoint != m.Endpoint+"/metrics" {
			t.Errorf("%s: %+v", m.Name, m)
		}
	}
	if leaders != 1 || s.Interval != testInterval || s.ClientCertificate != nil || len(s.Alarms.Value) != 0 {
		t.Errorf("%d leaders, interval %v", leaders, s.Interval)
	}

	// Connections are reused: many sweeps open no new one.
	before := opened.n.Load()
	for range 50 {
		next(t, p)
	}
	if now := opened.n.Load(); now != before {
		t.Errorf("%d connections were opened in steady state, after %d at the start", now-before, before)
	}
	if before != 6 {
		t.Errorf("%d connections were opened, want one of gRPC and one of HTTP for each of 3 members", before)
	}
	p.Close()
	goleak.VerifyNone(t, leaks)
}

func (r Read) known() bool { return r.Revision > 0 }

func TestFirstSweepIsComplete(t *testing.T) {
	t.Parallel()
	cluster := threeMembers.Use(t)
	// A busy machine may make a member answer too late.
	for deadline := time.Now().Add(time.Minute); ; {
		s := next(t, start(t, Config{Endpoints: cluster.Endpoints()[1:2], Cluster: true}))
		if complete(s, 3) {
			return
		}
		if time.Now().After(deadline) {
			checkComplete(t, s, 3)
			return
		}
	}
}

// TestListOfThoseThatAreAskedAlone: each sweep asks for the list anew, also a follower, for the voters may have
// changed.
func TestListOfThoseThatAreAskedAlone(t *testing.T) {
	t.Parallel()
	c := threeMembers.Use(t)
	p := start(t, Config{Endpoints: c.Endpoints()})
	before := next(t, p)
	for range 2 {
		s := next(t, p)
		for i := range s.Members {
			list, last := &s.Members[i].Peers, &before.Members[i].Peers
			if list.Pending.IsZero() && !list.At.After(last.At) {
				t.Errorf("%s: after the list of %v no other was requested", s.Members[i].Label(), last.At)
			}
		}
		before = s
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	cluster := oneMember.Use(t)
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, Interval: time.Hour})
	sweep := func() Sweep {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s, err := p.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := sweep() // at once
	p.Hurry()
	if second := sweep(); !second.At.After(first.At) {
		t.Errorf("the second sweep began at %v, the first at %v", second.At, first.At)
	}
	// A shorter interval also shortens the wait that is under way.
	time.AfterFunc(10*time.Millisecond, func() { p.SetInterval(30 * time.Millisecond) })
	before := sweep()
	if before.Interval != 30*time.Millisecond {
		t.Errorf("the interval is %v", before.Interval)
	}
	if after := sweep(); after.At.Sub(before.At) < 30*time.Millisecond {
		t.Errorf("two sweeps began within %v", after.At.Sub(before.At))
	}

	p.SetInterval(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := p.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled Next returns %v", err)
	}
	time.AfterFunc(10*time.Millisecond, p.Close)
	if _, err := p.Next(t.Context()); err == nil {
		t.Error("Next goes on after Close")
	}
}

func TestKilledMemberIsSeenAgain(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	victim := cluster.Members()[2]
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true})
	await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
	if err := victim.Kill(); err != nil {
		t.Fatal(err)
	}
	down := await(t, p, "the member is refused", func(s Sweep) bool {
		err := memberNamed(s, victim.Name).Status.Err
		return err != nil && err.Kind == ErrRefused
	})
	m := memberNamed(down, victim.Name)
	if !m.Status.Answered() || m.Status.Value.Version == "" || !m.Listed || m.Metrics.Value == nil {
		t.Errorf("its last facts are gone: %+v", m)
	}
	for _, other := range cluster.Members()[:2] {
		if o := memberNamed(down, other.Name); o.Status.Err != nil || o.Metrics.Err != nil {
			t.Errorf("%s: %v %v", o.Name, o.Status.Err, o.Metrics.Err)
		}
	}
	if !down.MemberList.Fresh() || len(down.Members) != 3 {
		t.Errorf("the member list is not fresh: %+v", down.MemberList)
	}
	if err := victim.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	failed := 0
	await(t, p, "it is seen again", func(s Sweep) bool {
		m := memberNamed(s, victim.Name)
		if m.Status.Err != nil {
			failed++
		}
		return m.Status.Fresh() && m.Metrics.Fresh()
	})
	if failed > 1 {
		t.Errorf("it still failed in %d sweeps after it served again", failed)
	}
}

func TestHungMemberDelaysNobody(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	victim := cluster.Members()[1]
	var opened dials
	p := start(t, Config{
		Endpoints: cluster.Endpoints(), Cluster: true, DialContext: opened.dial,
		CommandTimeout: 2 * time.Second, DialTimeout: time.Second,
	})
	await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
	if err := victim.Pause(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = victim.Resume() }()

	pending := await(t, p, "the member is late", func(s Sweep) bool {
		return !memberNamed(s, victim.Name).Status.Pending.IsZero()
	})
	m := memberNamed(pending, victim.Name)
	if !m.Status.Answered() || m.Status.Err != nil || m.Status.Fresh() {
		t.Errorf("its status should be stale and pending: %+v", m.Status)
	}
	await(t, p, "it timed out", func(s Sweep) bool {
		err := memberNamed(s, victim.Name).Status.Err
		return err != nil && err.Kind == ErrTimeout
	})
	before, began, sweeps, full := opened.n.Load(), time.Now(), 0, 0
	for ; time.Since(began) < 4*time.Second; sweeps++ {
		fresh := 0
		for _, m := range next(t, p).Members {
			switch {
			case m.Name == victim.Name:
				if m.Status.Fresh() {
					t.Errorf("a member that hangs is fresh")
				}
			case m.Status.Err != nil || m.Metrics.Err != nil:
				t.Errorf("%s: %v %v", m.Name, m.Status.Err, m.Metrics.Err)
			case m.Status.Fresh() && m.Metrics.Fresh():
				fresh++
			}
		}
		if fresh == 2 {
			full++
		}
	}
	if full == 0 {
		t.Errorf("in none of %d sweeps were both answering members fresh", sweeps)
	}
	// Connecting may take a second, and reading metrics two.
	if tried, most := opened.n.Load()-before, 4+2*int64(time.Since(began)/time.Second); tried > most {
		t.Errorf("the hung member was dialled %d times in %v (%d sweeps), want %d at most", tried, time.Since(began),
			sweeps, most)
	}
	if err := victim.Resume(); err != nil {
		t.Fatal(err)
	}
	await(t, p, "it answers again", func(s Sweep) bool {
		m := memberNamed(s, victim.Name)
		return m.Status.Fresh() && m.Metrics.Fresh()
	})
}

func TestNothingAnswers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + l.Addr().String()
	l.Close()
	p := start(t, Config{Endpoints: []string{endpoint}, Cluster: true})
	s := next(t, p)
	if len(s.Members) != 1 || s.Members[0].ID != 0 || s.Members[0].Listed || s.MemberList.Answered() ||
		s.Members[0].Key() != endpoint {
		t.Fatalf("got %+v, want the endpoint alone", s)
	}
	for _, err := range []*Error{s.Members[0].Status.Err, s.Members[0].Metrics.Err, s.Members[0].Peers.Err,
		s.MemberList.Err} {
		if err == nil || err.Kind != ErrRefused {
			t.Errorf("the error is %v, want refused", err)
		}
	}
}

func TestCommandsWithoutQuorum(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 2})
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, CommandTimeout: time.Second})
	await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 2) })
	if err := cluster.Members()[1].Kill(); err != nil {
		t.Fatal(err)
	}
	left := cluster.Members()[0].Name
	s := await(t, p, "the read fails", func(s Sweep) bool {
		m := memberNamed(s, left)
		return m.Linearizable.Err != nil && m.Status.Fresh() && m.Status.Value.Leader == 0
	})
	m := memberNamed(s, left)
	if kind := m.Linearizable.Err.Kind; kind != ErrTimeout && kind != ErrNoLeader {
		t.Errorf("the linearizable read fails with %s: %v", kind, m.Linearizable.Err)
	}
	// The hanging read delays nothing that needs no leader.
	await(t, p, "all but the read is answered", func(s Sweep) bool {
		m := memberNamed(s, left)
		return !m.Linearizable.Pending.IsZero() && m.Status.Fresh() && m.Metrics.Fresh() && m.Serializable.Err == nil
	})
}
