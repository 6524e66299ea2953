package thresholds

import (
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestPeersOfAMember: what a member's metrics show about each of its peers.
func TestPeersOfAMember(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	roundTrips := probe.Histogram{Bounds: rttBounds(), Counts: make([]float64, len(rttBounds()))}
	talk := func() {
		counts := make([]float64, len(roundTrips.Counts))
		for i, bound := range roundTrips.Bounds {
			counts[i] = roundTrips.Counts[i]
			if bound >= 0.0004 {
				counts[i]++
			}
		}
		roundTrips.Counts = counts
		roundTrips.Sum += 0.0003
		s.peer(1, 2, func(p *probe.PeerMetrics) { p.RoundTrip = roundTrips })
		s.peer(1, 3, func(p *probe.PeerMetrics) {
			failSends(3)(p)
			p.Active = probe.Known(0)
			p.SnapshotSendsInflight = probe.Known(1)
		})
	}
	a := s.run(20*time.Second, talk)
	peers := a.Members[0].Peers
	if len(peers) != 2 || peers[0].Label != "etcd-2" || peers[1].Label != "etcd-3" {
		t.Fatalf("the peers of etcd-1: %+v", peers)
	}
	if rtt := peers[0].RoundTripP99.Or(0); rtt < 0.0002 || rtt > 0.0004 {
		t.Errorf("round trips of %v s, and they took 0.2 to 0.4 ms", rtt)
	}
	if peers[1].RoundTripP99.IsKnown() {
		t.Error("a round trip that was never observed is known")
	}
	if peers[0].Active.Or(0) != 1 || peers[1].Active.Or(1) != 0 {
		t.Errorf("connections %v and %v, want 1 and 0", peers[0].Active, peers[1].Active)
	}
	if none, some := peers[0].SendFailuresRate.Or(-1), peers[1].SendFailuresRate.Or(-1); none != 0 || some < 2.9 ||
		some > 3.1 {
		t.Errorf("%v and %v sends fail a second, want 0 and 3", none, some)
	}
	if peers[0].SnapshotsInFlight.Or(-1) != 0 || peers[1].SnapshotsInFlight.Or(-1) != 1 ||
		a.Members[0].Vitals[SnapshotsInFlight].Or(-1) != 1 {
		t.Errorf("snapshots in flight: %v, %v, and %v in all", peers[0].SnapshotsInFlight, peers[1].SnapshotsInFlight,
			a.Members[0].Vitals[SnapshotsInFlight])
	}

	unchanged := s.run(2*time.Second, nil).Members[1].Peers
	again := s.observe().Members[1].Peers
	if &unchanged[0] != &again[0] {
		t.Error("unchanged connections do not share memory")
	}
	s.member(1).noPeers, s.member(1).metrics.Peers = true, nil
	if a = s.run(longestWindow+time.Minute, nil); len(a.Members[0].Peers) != 0 ||
		a.Members[0].Vitals[SnapshotsInFlight].IsKnown() {
		t.Errorf("metrics without peers: %+v", a.Members[0].Peers)
	}
}

func TestSnapshotBeingReceived(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2, Options{})
	for _, test := range []struct {
		received, applying, want float64
	}{{0, 0, 0}, {1, 0, 1}, {1, 1, 1}, {0, 1, 1}} {
		s.peer(2, 1, func(p *probe.PeerMetrics) { p.SnapshotReceivesInflight = probe.Known(test.received) })
		s.member(2).metrics.SnapshotApplyInProgress = probe.Known(test.applying)
		a := s.observe()
		if got := a.Members[1].Vitals[SnapshotsInFlight].Or(-1); got != test.want {
			t.Errorf("%+v: %v in flight", test, got)
		}
	}
}

func TestCertificatesAreReported(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2, Options{})
	first := probe.Certificate{Subject: "CN=etcd-1", NotAfter: epoch.Add(day)}
	same := first
	renewed := probe.Certificate{Subject: "CN=etcd-1", NotAfter: epoch.Add(90 * day)}
	s.member(1).certificate = &first
	a := s.observe()
	if a.Members[0].ServedCertificate != &first || a.Members[1].ServedCertificate != nil || a.ClientCertificate != nil {
		t.Errorf("certificates %v, %v and %v", a.Members[0].ServedCertificate, a.Members[1].ServedCertificate,
			a.ClientCertificate)
	}
	s.member(1).certificate = &same
	if a = s.observe(); a.Members[0].ServedCertificate != &first {
		t.Error("the same certificate is not shared")
	}
	s.member(1).certificate = &renewed
	if a = s.observe(); a.Members[0].ServedCertificate != &renewed {
		t.Error("a renewed certificate is missing")
	}
	sweep := s.sweep()
	sweep.ClientCertificate = &first
	if a = s.evaluator.Observe(sweep); a.ClientCertificate != &first {
		t.Error("the client certificate is missing")
	}
}

// TestRoundTripsOfNoTime: of a peer that has never answered, etcd observes round trips of 0 s.
func TestRoundTripsOfNoTime(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	never := probe.Histogram{Bounds: rttBounds(), Counts: make([]float64, len(rttBounds()))}
	a := s.run(20*time.Second, func() {
		never.Counts = slices.Clone(never.Counts)
		for i := range never.Counts {
			never.Counts[i]++
		}
		s.peer(1, 3, func(p *probe.PeerMetrics) { p.RoundTrip = never })
	})
	if p := a.Members[0].Peers[1]; p.RoundTripP99.IsKnown() || p.RoundTripP50.IsKnown() {
		t.Errorf("round trips to %s of %v", p.Label, p.RoundTripP99)
	}
}
