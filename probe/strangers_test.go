package probe

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// rowAt returns the row of an endpoint, or a zero Member.
func rowAt(s Sweep, endpoint string) Member {
	if i := slices.IndexFunc(s.Members, func(m Member) bool { return m.Endpoint == endpoint }); i >= 0 {
		return s.Members[i]
	}
	return Member{}
}

func TestProxiesAreNoMembers(t *testing.T) {
	t.Parallel()
	cluster := threeMembers.Use(t)
	// Wherever a proxy leads, no voter ever counts as outside the cluster, and no answer is taken for another
	// member's.
	check := func(t *testing.T, s Sweep) {
		t.Helper()
		for i, m := range s.Members {
			if i > 0 && s.Members[i-1].IsStray() && !m.IsStray() {
				t.Fatalf("%s stands before a member", s.Members[i-1].Label())
			}
			if m.Membership == MembershipRemoved || m.Membership == MembershipUnlisted ||
				m.Membership == MembershipForeign ||
				m.Membership == MembershipGone {
				t.Fatalf("%s counts as %s", m.Label(), membershipWords[m.Membership])
			}
			if m.Membership == MembershipProxy && (m.ID != 0 || m.Status.Fresh()) {
				t.Fatalf("a proxy has the facts of a member: %+v", m)
			}
			if m.Membership != MembershipProxy && m.Status.Answered() && m.Status.Value.MemberID != m.ID {
				t.Fatalf("%s has the facts of %s", m.ID, m.Status.Value.MemberID)
			}
		}
	}
	t.Run("grpc-proxy", func(t *testing.T) {
		proxy, err := cluster.GRPCProxy(t.Context(), etcdtest.ListsItself)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = proxy.Close() })
		for name, endpoints := range map[string][]string{
			"alone": {proxy.URL}, "beside a member": {proxy.URL, cluster.Endpoints()[0]},
		} {
			t.Run(name, func(t *testing.T) {
				p := start(t, Config{Endpoints: endpoints, Cluster: true})
				s := await(t, p, "it is known for a proxy", func(s Sweep) bool {
					check(t, s)
					m := rowAt(s, proxy.URL)
					return m.Membership == MembershipProxy && m.Status.Err != nil && m.Status.Err.Kind == ErrProxy &&
						(len(endpoints) == 1 || len(s.Members) == 4 && s.MemberList.Value.Confirmed())
				})
				if members := rowAt(s, proxy.URL).AnswersFor; len(members) > 0 {
					t.Errorf("it counts as a load balancer before %v", members)
				}
				if len(endpoints) == 1 && (s.MemberList.Value.Confirmed() || len(s.MemberList.Value.Witnesses) > 0) {
					t.Errorf("the proxy's word makes a member list: %+v", s.MemberList.Value)
				}
			})
		}
	})
	t.Run("TCP balancer", func(t *testing.T) {
		var targets []string
		for _, e := range cluster.Endpoints() {
			targets = append(targets, HostPort(e))
		}
		balancer, err := etcdtest.NewBalancer(targets...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(balancer.Close)
		url := "http://" + balancer.Addr()
		p := start(t, Config{Endpoints: []string{url}, Cluster: true})
		await(t, p, "all members answer as themselves", func(s Sweep) bool {
			check(t, s)
			s.Members = slices.DeleteFunc(s.Members, func(m Member) bool { return m.Membership == MembershipProxy })
			return complete(s, 3) && s.MemberList.Value.Confirmed()
		})
		balancedOnce(t, cluster)
		balancer.Cut()
		balancer.Heal()
		for range 5 {
			check(t, next(t, p))
		}
	})
}

// balancedOnce: a balancer that leads the connection for metrics to another member than that for gRPC is named for what
// it is, and the sweep that does has the expositions of all members from their own URLs, or waits for them.
func balancedOnce(t *testing.T, cluster *etcdtest.Cluster) {
	t.Helper()
	p := start(t, Config{Endpoints: []string{"http://" + balanced(t, cluster.Members()).Addr()}, Cluster: true})
	isBalancer := func(m Member) bool { return m.Membership == MembershipProxy && len(m.AnswersFor) > 1 }
	s := await(t, p, "the balancer is named", func(s Sweep) bool {
		checkIdentities(t, s)
		return slices.ContainsFunc(s.Members, isBalancer)
	})
	for _, m := range slices.DeleteFunc(slices.Clone(s.Members), isBalancer) {
		if m.Metrics.Err != nil && m.Metrics.Pending.IsZero() {
			t.Errorf("the metrics of %s: %v", m.Name, m.Metrics.Err)
		}
	}
}

func TestEndpointsOfTwoClusters(t *testing.T) {
	t.Parallel()
	one, other := threeMembers.Use(t), oneMember.Use(t)
	p := start(t, Config{Endpoints: slices.Concat(one.Endpoints(), other.Endpoints()), Cluster: true})
	s := await(t, p, "all is answered", func(s Sweep) bool {
		fresh := slices.DeleteFunc(slices.Clone(s.Members), func(m Member) bool { return !m.Status.Fresh() })
		return len(fresh) == 4 && s.MemberList.Value.Confirmed()
	})
	for _, m := range s.Members {
		foreign := m.Endpoint == other.Endpoints()[0]
		if foreign != (m.Membership == MembershipForeign) || foreign != (m.Cluster != s.MemberList.Value.Cluster) ||
			foreign == m.Listed {
			t.Errorf("%s of cluster %s is %s", m.Endpoint, m.Cluster, membershipWords[m.Membership])
		}
	}
}

// TestOneURLAdvertisedByAll: k0s does this with 127.0.0.1, here on one host.
func TestOneURLAdvertisedByAll(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3,
		Advertise: func(_ *etcdtest.Member, all []*etcdtest.Member) []string {
			return []string{all[0].ClientURL}
		}})
	first := cluster.Members()[0]
	p := start(t, Config{Endpoints: []string{first.ClientURL}, Cluster: true})
	s := await(t, p, "the others are known to be out of reach", func(s Sweep) bool {
		return len(s.Members) == 3 && s.MemberList.Fresh() && !slices.ContainsFunc(s.Members, func(m Member) bool {
			return uint64(m.ID) != first.ID && (m.Status.Err == nil || m.Status.Err.Kind != ErrElsewhere)
		})
	})
	m := memberNamed(s, first.Name)
	if s.MemberList.Value.Confirmed() || !m.Status.Fresh() {
		t.Errorf("member list %+v, %s answers %v", s.MemberList.Value, first.Name, m.Status.Err)
	}
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, p, "who was there is down", func(s Sweep) bool {
		err := memberNamed(s, first.Name).Status.Err
		return err != nil && err.Kind == ErrRefused
	})
}

// TestHungURLAdvertisedByTwo: an unanswered call counts for neither member, neither while it is pending nor once it
// has failed.
func TestHungURLAdvertisedByTwo(t *testing.T) {
	t.Parallel()
	hung, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hung.Close()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3,
		Advertise: func(of *etcdtest.Member, all []*etcdtest.Member) []string {
			if of == all[0] {
				return []string{of.ClientURL}
			}
			return []string{"http://" + hung.Addr().String()}
		}})
	first := cluster.Members()[0]
	p := start(t, Config{Endpoints: []string{first.ClientURL}, Cluster: true})
	for _, pending := range []bool{true, false} {
		await(t, p, fmt.Sprintf("the others are out of reach, pending %v", pending), func(s Sweep) bool {
			for i := range s.Members {
				m := &s.Members[i]
				if f := &m.Status; uint64(m.ID) != first.ID && f.Err != nil && f.Err.Kind != ErrElsewhere {
					t.Errorf("%s: %v", m.Label(), f.Err)
				}
			}
			return len(s.Members) == 3 && !slices.ContainsFunc(s.Members, func(m Member) bool {
				return uint64(m.ID) != first.ID && (m.Status.Err == nil || pending && m.Status.Pending.IsZero() ||
					!pending && m.Status.Took == 0)
			})
		})
	}
	given := start(t, Config{Endpoints: append(cluster.Endpoints()[:1], "http://"+hung.Addr().String()), Cluster: true})
	await(t, given, "nor is it where it is given", func(s Sweep) bool {
		return len(s.Members) > 2 && !slices.ContainsFunc(s.Members, func(m Member) bool {
			return m.Listed && uint64(m.ID) != first.ID && (m.Status.Err == nil || m.Status.Err.Kind != ErrElsewhere)
		})
	})
}

// TestReplacementAtTheSameURLs: a voter that was removed, wiped and added again has a new id and the old URLs, also
// for metrics.
func TestReplacementAtTheSameURLs(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3, Metrics: true})
	var urls []string
	for _, m := range cluster.Members() {
		urls = append(urls, m.MetricsURL)
	}
	for name, cfg := range map[string]Config{"found": {}, "given": {MetricsEndpoints: urls}} {
		t.Run(name, func(t *testing.T) {
			cfg.Endpoints, cfg.Cluster = cluster.Endpoints(), true
			p := start(t, cfg)
			await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
			old := cluster.Members()[0]
			replacement, err := cluster.Replace(t.Context(), old)
			if err != nil {
				t.Fatal(err)
			}
			await(t, p, "the replacement's metrics are read", func(s Sweep) bool {
				m := memberNamed(s, replacement.Name)
				return complete(s, 3) && uint64(m.ID) == replacement.ID && m.Metrics.Value.ServerID == m.ID
			})
		})
	}
}

// TestHungMetricsEndpoint: one of the given metrics endpoints hangs or drips from the start. Only its own member
// lacks metrics, and only that member has an error about it.
func TestHungMetricsEndpoint(t *testing.T) {
	t.Parallel()
	cluster := threeMembers.Use(t)
	first := cluster.Members()[0]
	for name, fault := range map[string]func(*etcdtest.HTTPProxy){
		"hangs": (*etcdtest.HTTPProxy).Hang, "drips": func(p *etcdtest.HTTPProxy) { p.Drip(10) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var urls []string
			for _, m := range cluster.Members() {
				url := m.ClientURL + "/metrics"
				if m == first {
					proxy, err := etcdtest.NewHTTPProxy(url)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(proxy.Close)
					fault(proxy)
					url = proxy.URL()
				}
				urls = append(urls, url)
			}
			p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, MetricsEndpoints: urls,
				CommandTimeout: testInterval / 2})
			s := await(t, p, "the others' are read, and the first one's are not", func(s Sweep) bool {
				read := 0
				for i := range s.Members {
					if m := &s.Members[i]; m.Metrics.Fresh() && m.Metrics.Value.ServerID == m.ID &&
						m.Name != first.Name {
						read++
					}
				}
				err := memberNamed(s, first.Name).Metrics.Err
				return read == 2 && err != nil && err.Kind == ErrTimeout
			})
			if m := memberNamed(s, first.Name); !m.Status.Answered() {
				t.Errorf("%s: %v", m.Name, m.Status.Err)
			}
		})
	}
}

// TestAddedVoterIsSeenAtOnce: the voters decide how many may be lost. Every sweep requests the leader's list; when
// that changes, the others' lists are requested too.
func TestAddedVoterIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true})
	await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) && s.MemberList.Value.Confirmed() })
	added, err := cluster.AddUnstarted(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next(t, p) // the sweep requests it, and need not wait for the answer
	s := next(t, p)
	i := slices.IndexFunc(s.Members, func(m Member) bool { return uint64(m.ID) == added.ID })
	if s.MemberList.Value.Voters != 4 || i < 0 || s.Members[i].Membership != MembershipNeverStarted {
		t.Fatalf("%d voters are listed, the added one is row %d", s.MemberList.Value.Voters, i)
	}
	next(t, p)
	if s = next(t, p); !s.MemberList.Value.Confirmed() {
		t.Errorf("only %v bear out the list of %d voters", s.MemberList.Value.Witnesses, s.MemberList.Value.Voters)
	}
}
