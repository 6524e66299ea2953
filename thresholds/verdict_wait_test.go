package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestTheSlowerOfDiskAndLinkIsNamed: where commits would wait for a member whose disk is slower than its link, the
// disk is the reason, and not the link.
func TestTheSlowerOfDiskAndLinkIsNamed(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(5*time.Minute, func() {
		for _, i := range []int{1, 2} {
			s.member(i).fsync(50, quickFsync)
		}
		s.member(3).fsync(2, 700*time.Millisecond)
		for _, pair := range [][2]int{{1, 3}, {3, 1}} {
			from, to := s.member(pair[0]), s.member(pair[1])
			if from.metrics.Peers == nil {
				from.metrics.Peers = s.links(from)
			}
			peer := from.metrics.Peers[to.id]
			peer.RoundTrip = observed(peer.RoundTrip, 1, 150*time.Millisecond)
			from.metrics.Peers[to.id] = peer
		}
	})
	if l := a.Members[1].CanLose; l.Verdict != LossRisk || !strings.Contains(l.Reason, "fsync") {
		t.Errorf("%+v", l)
	}
}

// TestHungIsLostLikeKilled: of two members that are down, one killed and one hung, both are lost already, as soon as
// the one that is left shows that it has lost both; the hung one may return.
func TestHungIsLostLikeKilled(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(20, quickFsync) })
	s.kill(1)
	s.member(3).down = &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 1s"}
	s.elect(0)
	a := s.run(5*time.Second, nil)
	wantLost := func(a *Assessment, words ...string) {
		t.Helper()
		for i, want := range words {
			if words := a.Members[i].LostWords(); words != want {
				t.Errorf("%s: %q, want %q; %+v", a.Members[i].Label, words, want, a.Members[i].CanLose)
			}
		}
	}
	wantLost(&a, "down already", "", "down, may return")

	// The connection with a process that hangs stays open: what counts is that nothing arrives.
	left := s.member(2)
	open := func(received float64) {
		left.metrics.Peers = s.links(left)
		p := left.metrics.Peers[s.member(3).id]
		p.Active, p.ReceivedBytes = probe.Known(1), probe.Known(received)
		left.metrics.Peers[s.member(3).id] = p
	}
	sent := 1000.0
	a = s.run(20*time.Second, func() { sent += 100; open(sent) })
	wantLost(&a, "down already", "", "")
	a = s.run(5*time.Second, func() { open(sent) })
	wantLost(&a, "down already", "", "")
	a = s.run(10*time.Second, func() { open(sent) })
	wantLost(&a, "down already", "", "down, may return")
}
