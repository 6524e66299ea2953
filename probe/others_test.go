package probe

import (
	"net"
	"slices"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// nobody returns client URLs at which nobody answers: one refuses connections, the other accepts them and is silent.
func nobody(t *testing.T) (refuses, silent string) {
	t.Helper()
	var urls [2]string
	for i := range urls {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		urls[i] = "http://" + listener.Addr().String()
		if i == 0 {
			if err := listener.Close(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Cleanup(func() { _ = listener.Close() })
	}
	return urls[0], urls[1]
}

// TestOtherEndpoints: where the host's own member is down, the others are found in the first sweep.
func TestOtherEndpoints(t *testing.T) {
	cluster := threeMembers.Use(t)
	refuses, silent := nobody(t)
	for name, own := range map[string]string{"refuses": refuses, "silent": silent} {
		t.Run(name, func(t *testing.T) {
			p := start(t, Config{Endpoints: []string{own}, Cluster: true,
				OtherEndpoints: []string{refuses, cluster.Endpoints()[1]}})
			s := next(t, p)
			if n := len(s.Members); n < 3 || !s.MemberList.Answered() {
				t.Fatalf("the first sweep has %d members", n)
			}
			s = await(t, p, "all is answered",
				func(s Sweep) bool { return s.MemberList.Fresh() && len(s.Members) >= 4 })
			for _, m := range s.Members {
				if !m.Listed && m.Endpoint != own {
					t.Errorf("%s is shown, which nobody gave and no member has", m.Endpoint)
				}
			}
		})
	}
}

// TestOtherEndpointsAreSpared: nobody is asked there while a given endpoint answers.
func TestOtherEndpointsAreSpared(t *testing.T) {
	cluster := threeMembers.Use(t)
	refuses, _ := nobody(t)
	p := start(t, Config{Endpoints: cluster.Endpoints()[:1], Cluster: true, OtherEndpoints: []string{refuses}})
	await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
	if slices.Contains(p.given(), refuses) {
		t.Errorf("it asks at %q", p.given())
	}
}

// TestServerFlags: the host's flags are those of the member that they name.
func TestServerFlags(t *testing.T) {
	cluster := threeMembers.Use(t)
	p := start(t, Config{Endpoints: cluster.Endpoints()[:1], Cluster: true})
	peers := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) }).Members[1]
	flags := NewServerFlags("etcd.conf.yml", map[string]string{"name": peers.Name,
		"initial-advertise-peer-urls": peers.PeerURLs[0], "election-timeout": "5000", "heartbeat-interval": "fast"})
	if flags.ElectionTimeout.Seconds() != 5 || flags.HeartbeatInterval != 0 {
		t.Errorf("read %+v", flags)
	}
	p = start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, Server: flags})
	for _, m := range await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) }).Members {
		if (m.Flags != nil) != (m.ID == peers.ID) {
			t.Errorf("%s has flags %+v", m.Name, m.Flags)
		}
	}
	again := map[string]string{"name": peers.Name, "advertise-client-urls": peers.ClientURLs[0]}
	for name, is := range map[string]bool{peers.Name: true, "other": false, "": false} {
		again["name"] = name
		peer := Peer{Name: peers.Name, PeerURLs: peers.PeerURLs, ClientURLs: peers.ClientURLs}
		if NewServerFlags("config", again).are(&peer) != is {
			t.Errorf("without a peer URL: whether the flags of %q are those of %s", name, peer.Name)
		}
	}
}

// TestMetricsAt: an exposition elsewhere than on the client port and port 2381 is found.
func TestMetricsAt(t *testing.T) {
	cluster := etcdtest.New(t, etcdtest.Config{Size: 1, Metrics: true, GRPCOnly: true})
	metrics := parsed(cluster.Members()[0].MetricsURL)
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, MetricsAt: "http://:" + metrics.Port()})
	s := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 1) })
	if got := s.Members[0].MetricsEndpoint; parsed(got).Host != metrics.Host {
		t.Errorf("its metrics come from %s", got)
	}
}
