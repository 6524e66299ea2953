package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

var errNoRoute = &probe.Error{Kind: probe.ErrUnreachable, Text: "no route to host"}

// TestReadBeforeALoss: a linearizable read proves a quorum without a voter only if it began after that went down.
func TestReadBeforeALoss(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(1).blind()
	s.member(2).blind()
	s.member(3).down = errNoRoute
	s.run(10*time.Second, func() {
		s.work(50, quickFsync)
		s.member(1).linearizable = probe.Fact[probe.Read]{At: s.now, Took: time.Millisecond}
	})
	s.member(2).down = errRefused
	a := s.observe()
	if m, lose := &a.Members[2], a.Members[0].CanLose; m.State != StateDown || lose.Verdict != LossNo {
		t.Errorf("etcd-3 is %s, losing etcd-1 is %+v: %s", m.State, lose, a.Reading.Text)
	}
	s.member(1).linearizable = probe.Fact[probe.Read]{At: s.now, Took: time.Millisecond}
	if a = s.observe(); a.Members[2].State != StateOutOfReach {
		t.Errorf("a read has succeeded without etcd-2, and etcd-3 is %s: %s", a.Members[2].State, a.Reading.Text)
	}
}

// TestNewLeaderHearsLater: a new leader has not heard a member yet that is out of reach, because nobody sends a
// follower anything; soon it has, or shows that the member is down.
func TestNewLeaderHearsLater(t *testing.T) {
	t.Parallel()
	for _, heard := range []bool{true, false} {
		s := newScene(t, 3, Options{})
		s.member(3).down = errNoRoute
		received := [...]float64{1000, 1000}
		for second := range 12 {
			switch {
			case second < 6:
				received[0] += 100
			case second == 6:
				s.elect(s.member(2).id)
			case heard:
				received[1] += 100
			}
			for i, bytes := range received {
				s.peer(i+1, 3, func(p *probe.PeerMetrics) {
					p.Active, p.ReceivedBytes = probe.Known(1), probe.Known(bytes)
				})
			}
			s.work(50, quickFsync)
			a := s.observe()
			want := StateOutOfReach
			if !heard && second >= 8 {
				want = StateDown
			}
			if got := a.Members[2].State; got != want {
				t.Errorf("heard %v, second %d: %s, want %s: %s", heard, second, got, want, a.Reading.Text)
			}
		}
	}
}

// TestRemovalOfTheUnseen: a member that does not answer here is down for sure, so that it is safe to remove though
// none is to spare then, only if enough peers have lost it, or its host says so at an address that is right.
func TestRemovalOfTheUnseen(t *testing.T) {
	t.Parallel()
	const none, mute = 0, -1 // a peer has no connection with it, or does not say
	for name, test := range map[string]struct {
		down    *probe.Error
		reached bool
		says    []int // of the peers, the leader first
		proven  bool
		remove  Verdict
	}{
		"no route, all have lost it":          {errNoRoute, false, []int{none, none}, true, LossSafe},
		"no route, one has lost it":           {errNoRoute, false, []int{none, mute}, false, LossRisk},
		"no route, nobody says":               {errNoRoute, false, []int{mute, mute}, false, LossRisk},
		"refused, one has lost it":            {errRefused, false, []int{mute, none}, true, LossSafe},
		"refused, nobody says":                {errRefused, false, []int{mute, mute}, false, LossRisk},
		"refused where it was, nobody says":   {errRefused, true, []int{mute, mute}, true, LossSafe},
		"of five, no route, one has lost it":  {errNoRoute, true, []int{none, mute, mute, mute}, false, LossSafe},
		"of five, no route, all have lost it": {errNoRoute, true, []int{none, none, none, mute}, true, LossSafe},
	} {
		n := len(test.says) + 1
		s := newScene(t, n, Options{Immediate: true})
		if test.reached {
			s.run(10*time.Second, func() { s.work(50, quickFsync) })
		}
		s.member(n).down = test.down
		for i, says := range test.says {
			peers := s.links(s.member(i + 1))
			if says == mute {
				delete(peers, s.member(n).id)
			}
			s.member(i + 1).metrics.Peers = peers
		}
		a := s.run(10*time.Second, func() { s.work(50, quickFsync) })
		m := &a.Members[n-1]
		if m.State != StateDown || m.DownProven != test.proven || m.CanRemove.Verdict != test.remove {
			t.Errorf("%s: %s, proven: %v, removing it: %+v", name, m.State, m.DownProven, m.CanRemove)
		}
		says(t, name, m.CanRemove.Reason)
	}
}

// TestNeededByAQuorumOutOfReach: a quorum that is held with voters out of reach needs those it has no others for.
func TestNeededByAQuorumOutOfReach(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true})
	s.member(2).down, s.member(3).down = errNoRoute, errRefused
	s.peer(1, 2, active(1))
	a := s.run(10*time.Second, func() {
		s.work(50, quickFsync)
		s.member(1).linearizable = probe.Fact[probe.Read]{At: s.now, Took: time.Millisecond}
	})
	if !a.Cluster.QuorumSeen || a.Members[1].State != StateOutOfReach || !a.Members[2].DownProven {
		t.Fatalf("quorum seen: %v; %+v", a.Cluster.QuorumSeen, a.Members)
	}
	for i := range 2 {
		m := &a.Members[i]
		says(t, m.Label, m.CanLose.Reason)
		if m.CanLose.Verdict != LossNo || allows(m.CanRemove.Verdict) {
			t.Errorf("%s: losing it is %+v, removing it %+v", m.Label, m.CanLose, m.CanRemove)
		}
	}
}

// TestEndingIsNoRunning: a process that ends closes its client port first, and its peers hear it a little longer.
func TestEndingIsNoRunning(t *testing.T) {
	t.Parallel()
	const hears = "its peers still hear it"
	for _, ends := range []bool{true, false} {
		s := newScene(t, 3, Options{})
		received := 1000.0
		second := func(grows bool) Assessment {
			if grows {
				received += 100
			}
			s.peer(1, 3, func(p *probe.PeerMetrics) {
				p.Active, p.ReceivedBytes = probe.Known(1), probe.Known(received)
			})
			s.work(50, quickFsync)
			return s.observe()
		}
		for range 10 {
			second(true)
		}
		s.member(3).down = errRefused
		for n := range 20 {
			a := second(!ends || n < 2)
			if says := strings.Contains(texts(&a), hears); says && (ends || n < 5) || !says && !ends && n > 7 {
				t.Errorf("ends: %v, %d s after: %s", ends, n, a.Reading.Text)
			}
		}
	}
}
