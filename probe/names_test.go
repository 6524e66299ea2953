package probe

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// names resolves hosts as DNS would: each dial of a host goes to the first of its addresses that answers.
type names struct {
	mu   sync.Mutex
	has  map[string][]string
	turn int
	// fixed says that each dial begins with a host's first address.
	fixed bool
}

func (n *names) set(host string, addresses ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.has[host] = addresses
}

func (n *names) dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	n.mu.Lock()
	all, named := n.has[address]
	n.turn++
	begin := n.turn
	n.mu.Unlock()
	if !named || n.fixed {
		begin = 0
	}
	if !named {
		all = []string{address}
	}
	for i := range all {
		var dialer net.Dialer
		if c, err = dialer.DialContext(ctx, network, all[(begin+i)%len(all)]); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// TestNameOfSeveralMembers: a name with an address of each member finds them all, whichever answers first. A member
// that is down is down, and the name is told apart from a proxy.
func TestNameOfSeveralMembers(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	var addresses []string
	for _, m := range cluster.Members() {
		addresses = append(addresses, HostPort(m.ClientURL))
	}
	const name = "etcd.example:2379"
	dns := &names{has: map[string][]string{}}
	dns.set(name, addresses...)
	for _, beside := range []bool{false, true} {
		endpoints := []string{name}
		if beside {
			endpoints = append(endpoints, cluster.Endpoints()...)
		}
		p := start(t, Config{Endpoints: endpoints, Cluster: true, DialContext: dns.dial})
		s := await(t, p, "all answer as themselves", func(s Sweep) bool {
			checkIdentities(t, s)
			s.Members = slices.DeleteFunc(slices.Clone(s.Members), func(m Member) bool { return m.IsStray() })
			return complete(s, 3) && s.MemberList.Value.Confirmed()
		})
		if first := s.Members[0]; beside && first.Endpoint == "http://"+name && len(first.LeadsTo) > 0 {
			t.Errorf("%s leads to %q before it changed its member", first.Endpoint, first.LeadsTo)
		}
	}

	p := start(t, Config{Endpoints: []string{name}, Cluster: true, DialContext: dns.dial})
	s := await(t, p, "all answer", func(s Sweep) bool {
		return len(s.Members) >= 3 && !slices.ContainsFunc(s.Members,
			func(m Member) bool { return !m.IsStray() && !m.Status.Fresh() })
	})
	i := slices.IndexFunc(s.Members, func(m Member) bool { return m.Endpoint == "http://"+name })
	if i < 0 {
		t.Fatalf("nobody is reached at %s", name)
	}
	reached := s.Members[i].ID
	if s.Members[i].Membership == MembershipProxy { // an exposition of another member has shown it
		reached = s.Members[i].AnswersFor[0]
	}
	victim := cluster.Members()[slices.IndexFunc(cluster.Members(),
		func(m *etcdtest.Member) bool { return MemberID(m.ID) == reached })]
	if err := victim.Kill(); err != nil {
		t.Fatal(err)
	}
	s = await(t, p, "the name is known for one of several", func(s Sweep) bool {
		checkIdentities(t, s)
		row := rowAt(s, "http://"+name)
		return row.Membership == MembershipProxy && len(row.LeadsTo) > 1 &&
			memberNamed(s, victim.Name).Status.Err != nil && row.Status.Err != nil
	})
	row, down := rowAt(s, "http://"+name), memberNamed(s, victim.Name)
	if !strings.Contains(row.Status.Err.Text, "this name leads to several members ("+row.LeadsTo[0]) {
		t.Errorf("%s: %v", row.Endpoint, row.Status.Err)
	}
	if down.Status.Err.Kind != ErrRefused || !strings.Contains(down.Status.Err.Text, victim.ClientURL) {
		t.Errorf("%s: %v, want that %s refuses", victim.Name, down.Status.Err, victim.ClientURL)
	}
}

// TestDeadAddressOfAName: a name with two addresses, of which one refuses, leads to its member by the other one. It is
// no name of several members.
func TestDeadAddressOfAName(t *testing.T) {
	t.Parallel()
	const name = "etcd.example:2379"
	refuses, _ := nobody(t)
	dns := &names{has: map[string][]string{}}
	dns.set(name, HostPort(refuses), HostPort(oneMember.Use(t).Endpoints()[0]))
	p := start(t, Config{Endpoints: []string{name}, DialContext: dns.dial})
	s := await(t, p, "it answers", func(s Sweep) bool {
		m := &s.Members[0]
		if m.Status.Err != nil || m.Metrics.Err != nil {
			t.Fatalf("status: %v, metrics: %v", m.Status.Err, m.Metrics.Err)
		}
		return m.Status.Fresh() && m.Metrics.Fresh() && m.Linearizable.Answered()
	})
	if m := &s.Members[0]; m.Endpoint != "http://"+name || m.IsStray() || len(m.LeadsTo) > 0 {
		t.Errorf("%s is %s, and leads to %q", m.Endpoint, membershipWords[m.Membership], m.LeadsTo)
	}
}

// lookup is DNS's answer.
func (n *names) lookup(_ context.Context, hostPort string) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.has[hostPort]), nil
}

// TestSilentAddressOfAName: of a name's addresses some accept connections and then stay silent. The member is reached
// by another one within the first request, over TLS too, and at a metrics endpoint of its own; the silent are named.
func TestSilentAddressOfAName(t *testing.T) {
	t.Parallel()
	for scheme, shared := range map[string]*etcdtest.Shared{"http": &oneMember, "https": &mutualTLS} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			cluster := shared.Use(t)
			answers := HostPort(cluster.Endpoints()[0])
			files := TLS{CAFile: cluster.Certs.CAFile, CertFile: cluster.Certs.CertFile, KeyFile: cluster.Certs.KeyFile}
			const name, metrics = "localhost:2379", "localhost:2381"
			_, one := nobody(t)
			_, two := nobody(t)
			_, three := nobody(t)
			dns := &names{has: map[string][]string{}, fixed: true}
			dns.set(name, HostPort(one), HostPort(two), answers)
			dns.set(metrics, HostPort(three), answers)
			silent := []string{HostPort(one), HostPort(two), HostPort(three)}
			slices.Sort(silent)
			p := start(t, Config{Endpoints: []string{scheme + "://" + name}, TLS: files,
				MetricsEndpoints: []string{scheme + "://" + metrics}, DialContext: dns.dial, Lookup: dns.lookup,
				DialTimeout: 4 * time.Second, CommandTimeout: time.Minute})
			s := await(t, p, "it answers", func(s Sweep) bool {
				m := &s.Members[0]
				if m.Status.Err != nil || m.Metrics.Err != nil {
					t.Fatalf("status: %v, metrics: %v", m.Status.Err, m.Metrics.Err)
				}
				return m.Status.Fresh() && m.Metrics.Fresh()
			})
			if m := &s.Members[0]; !slices.Equal(m.Silent, silent) || m.Endpoint != scheme+"://"+name {
				t.Errorf("%s: %q are silent, want %q", m.Endpoint, m.Silent, silent)
			}
		})
	}
}

// TestSilentName: where no address of a name answers, the error names them all.
func TestSilentName(t *testing.T) {
	t.Parallel()
	const name = "localhost:2379"
	_, one := nobody(t)
	_, two := nobody(t)
	dns := &names{has: map[string][]string{}, fixed: true}
	dns.set(name, HostPort(one), HostPort(two))
	p := start(t, Config{Endpoints: []string{name}, DialContext: dns.dial, Lookup: dns.lookup,
		DialTimeout: time.Second, CommandTimeout: 2 * time.Second})
	s := await(t, p, "it is silent", func(s Sweep) bool { return s.Members[0].Status.Err != nil })
	err := s.Members[0].Status.Err
	if err.Kind != ErrTimeout || !strings.Contains(err.Text, HostPort(one)) ||
		!strings.Contains(err.Text, HostPort(two)) {
		t.Errorf("%s: %s, want both addresses", err.Kind, err.Text)
	}
}

// checkIdentities fails if a member has another one's answers, or counts as outside its cluster.
func checkIdentities(t *testing.T, s Sweep) {
	t.Helper()
	for _, m := range s.Members {
		if m.Membership != MembershipProxy && (m.Status.Answered() && m.Status.Value.MemberID != m.ID ||
			m.Metrics.Answered() && m.Metrics.Value.ServerID != m.ID) {
			t.Fatalf("%s has the facts of %s and the metrics of %s", m.ID, m.Status.Value.MemberID,
				m.Metrics.Value.ServerID)
		}
		if m.Membership == MembershipRemoved || m.Membership == MembershipForeign || m.Membership == MembershipForked {
			t.Fatalf("%s counts as %s", m.Label(), membershipWords[m.Membership])
		}
	}
}

// TestVirtualAddressBesideMembers: a virtual address that moves from a killed member to another one is no member. The
// killed one is down at its own URL.
func TestVirtualAddressBesideMembers(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3})
	members := cluster.Members()
	vip := newForward(t, members[0].ClientURL)
	p := start(t, Config{Endpoints: append([]string{vip.url()}, cluster.Endpoints()...), Cluster: true})
	s := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
	if m := memberNamed(s, members[0].Name); m.Endpoint != vip.url() && m.Endpoint != members[0].ClientURL {
		t.Errorf("%s is reached at %s", m.Name, m.Endpoint)
	}
	if err := members[0].Kill(); err != nil {
		t.Fatal(err)
	}
	vip.lead(members[1].ClientURL)
	s = await(t, p, "the address is known to be nobody's alone, and the killed one is down", func(s Sweep) bool {
		checkIdentities(t, s)
		err := memberNamed(s, members[0].Name).Status.Err
		return rowAt(s, vip.url()).Membership == MembershipProxy && err != nil && err.Kind == ErrRefused
	})
	if row := rowAt(s, vip.url()); len(row.LeadsTo) > 0 {
		t.Errorf("one address is said to be several: %q", row.LeadsTo)
	}
	for _, m := range members[1:] {
		if got := memberNamed(s, m.Name); got.Status.Err != nil || got.Endpoint != m.ClientURL {
			t.Errorf("%s at %s: %v", m.Name, got.Endpoint, got.Status.Err)
		}
	}
}
