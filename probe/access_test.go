package probe

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestPeerPortAsEndpoint: an error names the peer port as such, by what that port serves.
func TestPeerPortAsEndpoint(t *testing.T) {
	t.Parallel()
	for name, shared := range map[string]*etcdtest.Shared{"plain": &oneMember, "TLS": &mutualTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := shared.Use(t)
			member := cluster.Members()[0]
			files := TLS{CAFile: cluster.Certs.CAFile, CertFile: cluster.Certs.CertFile, KeyFile: cluster.Certs.KeyFile}
			p := start(t, Config{Endpoints: []string{member.PeerURL}, Cluster: true, TLS: files})
			s := await(t, p, "it fails", func(s Sweep) bool { return s.Members[0].Status.Err != nil })
			for _, words := range []string{member.PeerURL, member.Name, "peer port", member.ClientURL} {
				if err := s.Members[0].Status.Err; err.Kind != ErrPeerPort || !strings.Contains(err.Text, words) {
					t.Errorf("%s: %q, want %q in it", err.Kind, err.Text, words)
				}
			}
		})
	}
}

// TestPeerPortAdvertised: a member advertises its peer URL to clients.
func TestPeerPortAdvertised(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 3,
		Advertise: func(m *etcdtest.Member, _ []*etcdtest.Member) []string {
			return []string{m.PeerURL}
		}})
	members := cluster.Members()
	p := start(t, Config{Endpoints: []string{members[0].ClientURL}, Cluster: true})
	s := await(t, p, "the others fail", func(s Sweep) bool {
		return len(s.Members) == 3 && memberNamed(s, members[1].Name).Status.Err != nil &&
			memberNamed(s, members[2].Name).Status.Err != nil
	})
	for _, m := range members[1:] {
		if err := memberNamed(s, m.Name).Status.Err; err.Kind != ErrPeerPort ||
			!strings.Contains(err.Text, m.PeerURL) || !strings.Contains(err.Text, m.Name) {
			t.Errorf("%s: %s: %q", m.Name, err.Kind, err.Text)
		}
	}
	if m := memberNamed(s, members[0].Name); !m.Status.Fresh() {
		t.Errorf("who is reached at its given endpoint fails: %v", m.Status.Err)
	}
}

// TestHTTPThatIsNoEtcd: a foreign HTTP server is not mistaken for a TLS mismatch.
func TestHTTPThatIsNoEtcd(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	p := start(t, Config{Endpoints: []string{server.URL}, Cluster: true})
	s := await(t, p, "it fails", func(s Sweep) bool { return s.Members[0].Status.Err != nil })
	if err := s.Members[0].Status.Err; err.Kind != ErrNotGRPC || !strings.Contains(err.Text, "not etcd") ||
		!strings.Contains(err.Text, server.URL) {
		t.Errorf("%s: %q", err.Kind, err.Text)
	}
	if m := s.Members[0]; m.Membership != MembershipStranger || !m.IsStray() {
		t.Errorf("it counts as %s, as if a member were down", membershipWords[m.Membership])
	}
}

// TestMemberBehindAService kills a member that advertises its own URL and that of a Service, as under Kubernetes.
// Answers from behind the Service prove nothing about it.
func TestMemberBehindAService(t *testing.T) {
	t.Parallel()
	for name, ownFirst := range map[string]bool{"own URL first": true, "Service's first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var service *etcdtest.Proxy
			cluster := etcdtest.New(t, etcdtest.Config{Size: 3,
				Advertise: func(m *etcdtest.Member, all []*etcdtest.Member) []string {
					if service == nil {
						service = balanced(t, all)
					}
					urls := []string{m.ClientURL, "http://" + service.Addr()}
					if !ownFirst {
						slices.Reverse(urls)
					}
					return urls
				}})
			members := cluster.Members()
			p := start(t, Config{Endpoints: []string{members[0].ClientURL}, Cluster: true})
			await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 3) })
			if err := members[2].Kill(); err != nil {
				t.Fatal(err)
			}
			s := await(t, p, "its own URL refuses", func(s Sweep) bool {
				err := memberNamed(s, members[2].Name).Status.Err
				// Through the Service another member may answer first, which proves nothing about this one.
				if err != nil && err.Kind != ErrRefused && err.Kind != ErrElsewhere && err.Kind != ErrClosed {
					t.Errorf("%s: %q", err.Kind, err.Text)
				}
				return err != nil && err.Kind == ErrRefused
			})
			if err := memberNamed(s, members[2].Name).Status.Err; !strings.HasPrefix(err.Text, members[2].ClientURL) {
				t.Errorf("%s: %q, want that %s refuses", err.Kind, err.Text, members[2].ClientURL)
			}
			for range 3 { // and the error stays the same
				if err := memberNamed(next(t, p), members[2].Name).Status.Err; err == nil || err.Kind != ErrRefused {
					t.Errorf("then: %v", err)
				}
			}
		})
	}
}

// balanced returns a balancer over all members.
func balanced(t *testing.T, all []*etcdtest.Member) *etcdtest.Proxy {
	t.Helper()
	var targets []string
	for _, m := range all {
		targets = append(targets, strings.TrimPrefix(m.ClientURL, "http://"))
	}
	balancer, err := etcdtest.NewBalancer(targets...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(balancer.Close)
	return balancer
}

// TestCARotates: the next connection uses the new CA, for gRPC and for HTTP.
func TestCARotates(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 1, TLS: etcdtest.ServerTLS})
	caFile := filepath.Join(t.TempDir(), "ca.crt")
	replace := func(by string) {
		t.Helper()
		text, err := os.ReadFile(by)
		if err == nil {
			err = os.WriteFile(caFile, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	replace(cluster.Certs.OtherCAFile)
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, TLS: TLS{CAFile: caFile}})
	await(t, p, "its CA is unknown", func(s Sweep) bool {
		m := s.Members[0]
		return m.Status.Err != nil && m.Status.Err.Kind == ErrTLSOtherAuthority && m.Metrics.Err != nil &&
			m.Metrics.Err.Kind == ErrTLSOtherAuthority
	})
	// A half-written file keeps the previous CA in force; a missing CA never means that everybody is trusted.
	if err := os.WriteFile(caFile, []byte("-----BEGIN CERT"), 0o600); err != nil {
		t.Fatal(err)
	}
	next(t, p)
	await(t, p, "its CA is still unknown", func(s Sweep) bool {
		return s.Members[0].Status.Err != nil && s.Members[0].Status.Err.Kind == ErrTLSOtherAuthority
	})
	replace(cluster.Certs.CAFile)
	await(t, p, "it is trusted", func(s Sweep) bool {
		return s.Members[0].Status.Fresh() && s.Members[0].Metrics.Fresh()
	})
}

// TestTextsAreCut: long texts from members are truncated.
func TestTextsAreCut(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("x", 513), strings.Repeat("é", 300), strings.Repeat("x", 511) + "é", strings.Repeat("\xff", 600),
		strings.Repeat("世", 1<<20), "short\xff", strings.Repeat("x", 509) + "\xf0\x9f", "",
	} {
		got := truncate(text, maxErrorBytes)
		if len(got) > maxErrorBytes || !slices.Equal([]rune(got), []rune(strings.ToValidUTF8(got, "?"))) ||
			utf8.ValidString(text) && len(text) > maxErrorBytes && !strings.HasSuffix(got, "…") {
			t.Errorf("%.20q of %d bytes is cut to %q", text, len(text), got)
		}
	}
	if whole := strings.Repeat("x", 512); truncate(whole, maxErrorBytes) != whole {
		t.Error("a text that fits is cut")
	}
	said := readStatus(&pb.StatusResponse{
		Version: strings.Repeat("3", 1<<16),
		Errors:  []string{"etcdserver: no leader", strings.Repeat("x", 1<<16), strings.Repeat("\u202e", 170)},
	})
	swept := Sweep{Members: []Member{{Status: Fact[Status]{Value: said,
		Err: &Error{Kind: ErrOther, Text: strings.Repeat("\x1b", 512)}}}}}.Printable().Members[0].Status
	for _, text := range append(swept.Value.Errors, swept.Value.Version, swept.Err.Text) {
		if len(text) > maxErrorBytes || !utf8.ValidString(text) {
			t.Errorf("%d bytes are kept: %.40q", len(text), text)
		}
	}
	for _, e := range []*Error{
		explain(&net.DNSError{Name: strings.Repeat("x", 4096), Err: "server misbehaving"}, "http://a:1", 0),
		oneOf([]*Error{{Kind: ErrRefused, Text: strings.Repeat("a", 400)},
			{Kind: ErrRefused, Text: strings.Repeat("b", 400)}}).truncated(),
	} {
		if len(e.Text) > maxErrorBytes || !strings.HasSuffix(e.Text, "…") {
			t.Errorf("%d bytes: %.80q", len(e.Text), e.Text)
		}
	}
}

// TestFailureBehindAService: a broken connection to a Service says nothing about the member, but a failure of the
// member's own URL does.
func TestFailureBehindAService(t *testing.T) {
	t.Parallel()
	const own, service = "http://own:2379", "http://service:2379"
	shared := &Error{Kind: ErrElsewhere, Text: service + " is advertised by other members too"}
	l := &client{addresses: []address{{url: own}, {url: service, ambiguous: shared}},
		skipped: []*Error{{Kind: ErrRefused, Text: own + ": connection refused"}}}
	if got := l.explain(service, &Error{Kind: ErrClosed, Text: service + ": EOF"}); got.Kind != ErrRefused {
		t.Errorf("%s: %q", got.Kind, got.Text)
	}
	l.skipped = nil
	if got := l.explain(service, &Error{Kind: ErrClosed, Text: service + ": EOF"}); got.Kind != ErrElsewhere {
		t.Errorf("nothing failed before: %s: %q", got.Kind, got.Text)
	}
}

// TestRejectedByTwoCalls: two calls share a connection to a Service that another member answers. The second one must
// still report why the member's own URL failed.
func TestRejectedByTwoCalls(t *testing.T) {
	t.Parallel()
	const service = "http://service:2379"
	l := &client{p: &Prober{cfg: Config{Now: time.Now}},
		skipped: []*Error{{Kind: ErrRefused, Text: "http://own:2379: connection refused"}}}
	elsewhere := &Error{Kind: ErrElsewhere, Text: service + ": another member answers"}
	if got := l.reject(service, elsewhere); got.Kind != ErrRefused {
		t.Errorf("%s: %q", got.Kind, got.Text)
	}
}
