package probe

import (
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestMembersComeAndGo(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true})
	await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })

	learner, err := cluster.AddLearner(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := await(t, p, "the learner is there", func(s Sweep) bool {
		m := memberNamed(s, learner.Name)
		return m.Status.Fresh() && m.Metrics.Fresh() && m.Serializable.Fresh() && m.Learner
	})
	m := memberNamed(s, learner.Name)
	if uint64(m.ID) != learner.ID || !m.Status.Value.IsLearner {
		t.Errorf("the learner is %+v", m)
	}
	for what, err := range map[string]*Error{"linearizable read": m.Linearizable.Err, "member list": m.Peers.Err} {
		if err == nil || err.Kind != ErrUnsupported {
			t.Errorf("a learner's %s: %v, want unsupported", what, err)
		}
	}

	if err := cluster.Promote(t.Context(), learner); err != nil {
		t.Fatal(err)
	}
	await(t, p, "it is a voter, who is asked everything", func(s Sweep) bool {
		return !memberNamed(s, learner.Name).Learner && complete(s, 4)
	})

	gone := cluster.Members()[0] // a given endpoint's
	if err := cluster.Remove(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	s = await(t, p, "the removed member is gone", func(s Sweep) bool { return len(s.Members) == 3 })
	if memberNamed(s, gone.Name).ID != 0 {
		t.Errorf("%s is still there", gone.Name)
	}
	await(t, p, "the others are complete", func(s Sweep) bool { return complete(s, 3) })
}

func TestGivenEndpointsAreTiedToMembers(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	members := cluster.Members()
	forward := newForward(t, members[1].ClientURL)

	t.Run("a forwarded port is preferred", func(t *testing.T) {
		p := start(t, Config{Endpoints: []string{members[0].ClientURL, forward.url()}, Cluster: true})
		s := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
		if m := memberNamed(s, members[1].Name); m.Endpoint != forward.url() ||
			m.ClientURLs[0] != members[1].ClientURL {
			t.Errorf("%s is reached at %s", m.Name, m.Endpoint)
		}
	})
	t.Run("two of one member are one", func(t *testing.T) {
		p := start(t, Config{Endpoints: []string{forward.url(), members[1].ClientURL}, Cluster: true})
		await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
	})
	t.Run("no others are looked for", func(t *testing.T) {
		p := start(t, Config{Endpoints: []string{members[1].ClientURL}})
		s := await(t, p, "it is answered", func(s Sweep) bool {
			return s.Members[0].Status.Fresh() && s.Members[0].Peers.Fresh()
		})
		if len(s.Members) != 1 || s.Members[0].Name != members[1].Name || s.MemberList.Answered() {
			t.Errorf("got %d members, the first %+v, member list %+v", len(s.Members), s.Members[0], s.MemberList)
		}
	})
	t.Run("the advertised URL is the next", func(t *testing.T) {
		own := newForward(t, members[1].ClientURL)
		p := start(t, Config{Endpoints: []string{own.url()}, Cluster: true})
		await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
		own.close()
		s := await(t, p, "the advertised URL is used", func(s Sweep) bool {
			return memberNamed(s, members[1].Name).Endpoint == members[1].ClientURL && complete(s, 3)
		})
		if m := memberNamed(s, members[1].Name); m.MetricsEndpoint != m.Endpoint+"/metrics" {
			t.Errorf("its metrics are read from %s", m.MetricsEndpoint)
		}
	})
	t.Run("one that never answered is the member that advertises it", func(t *testing.T) {
		if err := members[2].Kill(); err != nil {
			t.Fatal(err)
		}
		p := start(t, Config{Endpoints: []string{members[2].ClientURL, members[0].ClientURL}, Cluster: true})
		s := await(t, p, "the member list is known", func(s Sweep) bool { return s.MemberList.Fresh() })
		m := memberNamed(s, members[2].Name)
		if len(s.Members) != 3 || uint64(m.ID) != members[2].ID || m.Status.Err == nil ||
			m.Status.Err.Kind != ErrRefused {
			t.Errorf("%d members, the dead one is %+v", len(s.Members), m)
		}
	})
}

// TestEndpointThatChangesItsMember: behind a load balancer, one member's answers must never pass for another's.
func TestEndpointThatChangesItsMember(t *testing.T) {
	t.Parallel()
	cluster := threeMembers.Use(t)
	members := cluster.Members()
	balancer := newForward(t, members[0].ClientURL)
	check := func(s Sweep) {
		for _, m := range s.Members {
			if m.Membership == MembershipProxy && (m.Status.Fresh() || m.Metrics.Fresh() || m.ID != 0) {
				t.Fatalf("a proxy has facts of a member: %+v", m)
			}
			if m.Membership != MembershipProxy && m.Status.Answered() && m.Status.Value.MemberID != m.ID ||
				m.Metrics.Answered() && m.Metrics.Value.ServerID != m.ID {
				t.Fatalf("member %s has the facts of %s and the metrics of %s", m.ID, m.Status.Value.MemberID,
					m.Metrics.Value.ServerID)
			}
		}
	}
	for name, wide := range map[string]bool{"with the other members known": true, "alone": false} {
		t.Run(name, func(t *testing.T) {
			balancer.lead(members[0].ClientURL)
			p := start(t, Config{Endpoints: []string{balancer.url()}, Cluster: wide})
			await(t, p, "the first member answers", func(s Sweep) bool {
				check(s)
				m := memberNamed(s, members[0].Name)
				return m.Endpoint == balancer.url() && m.Status.Fresh() && m.Metrics.Fresh()
			})
			balancer.lead(members[1].ClientURL)
			s := await(t, p, "the second member answers as itself", func(s Sweep) bool {
				check(s)
				if wide {
					balancer := slices.IndexFunc(s.Members, func(m Member) bool {
						return m.Membership == MembershipProxy
					})
					if balancer < 0 || s.Members[balancer].Endpoint != p.cfg.Endpoints[0] {
						return false
					}
					s.Members = slices.Delete(s.Members, balancer, balancer+1)
					return complete(s, 3) && memberNamed(s, members[0].Name).Endpoint == members[0].ClientURL
				}
				m := memberNamed(s, members[1].Name)
				return m.Status.Fresh()
			})
			if !wide && len(s.Members) != 1 {
				t.Errorf("one endpoint makes %d members", len(s.Members))
			}
		})
	}
}

func TestMetricsEndpoints(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]etcdtest.TLSMode{"plain text": etcdtest.PlainText, "TLS": etcdtest.MutualTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := etcdtest.New(t, etcdtest.Config{Size: 3, Metrics: true, GRPCOnly: true, TLS: mode})
			testMetricsEndpoints(t, cluster, TLS{CAFile: cluster.Certs.CAFile, CertFile: cluster.Certs.CertFile,
				KeyFile: cluster.Certs.KeyFile})
		})
	}
}

// testMetricsEndpoints sweeps members whose client ports serve gRPC only.
func testMetricsEndpoints(t *testing.T, cluster *etcdtest.Cluster, files TLS) {
	t.Helper()
	var urls []string
	for _, m := range cluster.Members() {
		urls = append(urls, strings.TrimSuffix(m.MetricsURL, "/metrics"))
	}
	slices.Reverse(urls) // the prober finds out which is whose

	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, TLS: files, MetricsEndpoints: urls})
	s := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
	for _, m := range cluster.Members() {
		got := memberNamed(s, m.Name)
		if !strings.HasPrefix(m.MetricsURL, got.MetricsEndpoint) || uint64(got.Metrics.Value.ServerID) != m.ID {
			t.Errorf("%s: the metrics of %s were read at %s, want %s", m.Name, got.Metrics.Value.ServerID,
				got.MetricsEndpoint, m.MetricsURL)
		}
	}

	t.Run("not given", func(t *testing.T) {
		// One member is reached by another name than it advertises, where its metrics are sought too.
		endpoint := strings.Replace(cluster.Members()[0].ClientURL, "127.0.0.1", "localhost", 1)
		p := start(t, Config{Endpoints: []string{endpoint}, Cluster: true, TLS: files})
		s := await(t, p, "the metrics are found not to be served", func(s Sweep) bool {
			known := 0
			for _, m := range s.Members {
				if err := m.Metrics.Err; err != nil && err.Kind.IsTLS() {
					t.Errorf("%s: %s: %s", m.Label(), err.Kind, err.Text)
				} else if err != nil && err.Kind == ErrUnsupported {
					known++
				}
			}
			return known == 3 && len(s.Members) == 3
		})
		m := s.Members[0]
		for _, words := range []string{m.Endpoint + "/metrics", "gRPC only", "http://127.0.0.1:2381/metrics",
			"--metrics-endpoints", "--listen-metrics-urls"} {
			if !strings.Contains(m.Metrics.Err.Text, words) {
				t.Errorf("the error does not say %s: %s", words, m.Metrics.Err)
			}
		}
		if !m.Status.Answered() {
			t.Errorf("no Status: %v", m.Status.Err)
		}
	})
	t.Run("of one member only", func(t *testing.T) {
		p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, TLS: files, MetricsEndpoints: urls[:1]})
		await(t, p, "one member has metrics, and two say whose they are", func(s Sweep) bool {
			known, others := 0, 0
			for _, m := range s.Members {
				switch {
				case m.Metrics.Fresh() && m.Metrics.Value.ServerID == m.ID:
					known++
				case m.Metrics.Err != nil && m.Metrics.Err.Kind == ErrUnsupported &&
					strings.Contains(m.Metrics.Err.Text, "the only metrics endpoint given is another member's"):
					others++
				}
			}
			return known == 1 && others == 2
		})
	})
}

// A forward is a forwarded port, or a load balancer in front of one member at a time.
type forward struct {
	listener net.Listener

	mu     sync.Mutex
	target string
	open   map[net.Conn]bool
	done   sync.WaitGroup
}

func newForward(t *testing.T, target string) *forward {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &forward{listener: l, target: HostPort(target), open: make(map[net.Conn]bool)}
	f.done.Go(f.serve)
	t.Cleanup(f.close)
	return f
}

func (f *forward) url() string { return "http://" + f.listener.Addr().String() }

func (f *forward) serve() {
	for {
		in, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.mu.Lock()
		out, err := net.Dial("tcp", f.target)
		if err != nil {
			in.Close()
			f.mu.Unlock()
			continue
		}
		f.open[in], f.open[out] = true, true
		f.mu.Unlock()
		for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
			f.done.Go(func() {
				_, _ = io.Copy(pair[0], pair[1])
				pair[0].Close()
				pair[1].Close()
			})
		}
	}
}

// lead sends new connections to target, and closes the old ones.
func (f *forward) lead(target string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.target = HostPort(target)
	for c := range f.open {
		c.Close()
	}
	clear(f.open)
}

func (f *forward) close() {
	f.listener.Close()
	f.lead("http://127.0.0.1:0")
	f.done.Wait()
}
