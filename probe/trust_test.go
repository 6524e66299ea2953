package probe

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// TestPasswordStaysWithTLS records every byte that arrives at a port without TLS.
func TestPasswordStaysWithTLS(t *testing.T) {
	t.Parallel()
	certificate, files := loopbackCertificate(t)
	tests := map[string]struct {
		overTLS bool // of the first given endpoint
		tls     TLS
		given   bool // the plain endpoint is given, too
		found   bool // discovered by DNS
		bare    bool // without a scheme
		sent    bool // whether the password is sent in clear text
	}{
		"https endpoint and CA":           {overTLS: true, tls: TLS{CAFile: files.CAFile}},
		"https endpoint and client pair":  {overTLS: true, tls: files},
		"https endpoint, any certificate": {overTLS: true, tls: TLS{InsecureSkipVerify: true}},
		"a CA, and only http endpoints":   {tls: TLS{CAFile: files.CAFile}},
		"http and no word of TLS":         {sent: true},
		"https, and that very http endpoint": {overTLS: true, tls: TLS{CAFile: files.CAFile}, given: true,
			sent: true},
		"https, and that very http endpoint by DNS": {overTLS: true, tls: TLS{CAFile: files.CAFile}, given: true,
			found: true},
		"http endpoints by DNS, and no word of TLS":   {given: true, found: true, sent: true},
		"http endpoints by DNS, and a client's pair":  {tls: files, given: true, found: true},
		"http endpoints by name, and a client's pair": {tls: files, given: true, sent: true},
		"https, and that endpoint without a scheme": {overTLS: true, tls: TLS{CAFile: files.CAFile}, given: true,
			bare: true},
		"https, no files, and one without a scheme": {overTLS: true, tls: TLS{InsecureSkipVerify: true}, given: true,
			bare: true},
		"a server's name, and one without a scheme":    {tls: TLS{ServerName: "etcd"}, given: true, bare: true},
		"a server's name, and http by name":            {tls: TLS{ServerName: "etcd"}, given: true, sent: true},
		"any certificate, and one without a scheme":    {tls: TLS{InsecureSkipVerify: true}, given: true, bare: true},
		"TLS always, and one without a scheme":         {tls: TLS{Always: true}, given: true, bare: true},
		"TLS always, and http endpoints":               {tls: TLS{Always: true}},
		"no word of TLS, and one without a scheme":     {given: true, bare: true, sent: true},
		"https endpoint, and system CAs that fit none": {overTLS: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var served *tls.Certificate
			if test.overTLS {
				served = certificate
			}
			first, plain := newImpostor(t, 1, served), newImpostor(t, 2, nil)
			first.members = []*pb.Member{
				{ID: 1, Name: "etcd-1", ClientURLs: []string{first.url}, PeerURLs: []string{"http://127.0.0.1:9"}},
				{ID: 2, Name: "etcd-2", ClientURLs: []string{plain.url}, PeerURLs: []string{"http://127.0.0.1:10"}},
			}
			plain.members = first.members
			endpoints := []string{first.url}
			if test.given {
				endpoint := plain.url
				if test.bare {
					endpoint = strings.TrimPrefix(endpoint, "http://")
				}
				endpoints = append(endpoints, endpoint)
			}
			p := start(t, Config{
				Endpoints: endpoints, EndpointsDiscovered: test.found, Cluster: true, TLS: test.tls, User: "root",
				Password: rootPassword,
			})
			if name == "https endpoint, and system CAs that fit none" {
				await(t, p, "it is not trusted", func(s Sweep) bool { return s.Members[0].Status.Err != nil })
				if plain.hears("") && len(plain.heard.Bytes()) > 0 {
					t.Error("the prober asked an endpoint that nobody advertised")
				}
				return
			}
			if test.bare && !test.sent {
				s := await(t, p, "the plain member is asked", func(s Sweep) bool {
					return slices.ContainsFunc(s.Members,
						func(m Member) bool { return m.ID != 1 && m.Status.Err != nil })
				})
				if plain.hears(rootPassword) || plain.logins.Load() > 0 {
					t.Errorf("the password was sent in clear: %+v", s.Members)
				}
				return
			}
			s := await(t, p, "the plain member is asked", func(s Sweep) bool {
				m := memberAt(s, plain.url)
				return m.Status.Fresh() || m.Status.Err != nil && m.Linearizable.Err != nil && m.Peers.Err != nil
			})
			if sent := plain.hears(rootPassword); sent != test.sent {
				t.Errorf("the password was sent in clear: %v, want %v", sent, test.sent)
			}
			if plain.logins.Load() > 0 != test.sent || plain.hears("secret-token-of-1") {
				t.Errorf("%d logins, or another's token was sent", plain.logins.Load())
			}
			if m := memberAt(s, plain.url); !test.sent && (m.Status.Err == nil || m.Status.Err.Kind != ErrWithheld ||
				!strings.Contains(m.Status.Err.Text, plain.url) ||
				!strings.Contains(m.Status.Err.Text, "--endpoints")) {
				t.Errorf("%v, want that no password is sent to %s", m.Status.Err, plain.url)
			}
		})
	}
}

// memberAt returns the member at an endpoint, or a zero Member.
func memberAt(s Sweep, endpoint string) Member {
	for _, m := range s.Members {
		if m.Endpoint == endpoint {
			return m
		}
	}
	return Member{}
}

// TestNoPasswordAfterADowngrade cuts off the TLS port of a member after the login; its other URL is plain.
func TestNoPasswordAfterADowngrade(t *testing.T) {
	t.Parallel()
	certificate, files := loopbackCertificate(t)
	secure, plain := newImpostor(t, 1, certificate), newImpostor(t, 1, nil)
	secure.members = []*pb.Member{{ID: 1, Name: "etcd-1", ClientURLs: []string{secure.url, plain.url}}}
	plain.members = secure.members
	p := start(t, Config{Endpoints: []string{secure.url}, Cluster: true, TLS: files, User: "root",
		Password: rootPassword})
	await(t, p, "it is logged in over TLS",
		func(s Sweep) bool { return s.Members[0].Status.Fresh() && s.Members[0].Listed })
	secure.server.Stop()
	s := await(t, p, "the plain URL is tried", func(s Sweep) bool {
		return s.Members[0].Status.Err != nil && s.Members[0].Status.Err.Kind == ErrWithheld
	})
	if plain.hears(rootPassword) || plain.hears("secret-token") || plain.logins.Load() > 0 {
		t.Errorf("it was logged in at %s: %v", plain.url, s.Members[0].Status.Err)
	}
}

// TestRedirectsAreNotFollowed: neither to plain text, nor from there.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	certificate, files := loopbackCertificate(t)
	var followed atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	defer elsewhere.Close()
	for _, code := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect,
		http.StatusPermanentRedirect} {
		leads := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/metrics", code)
		}))
		leads.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}}
		leads.StartTLS()
		p := start(t, Config{Endpoints: []string{leads.URL}, TLS: files, User: "root", Password: rootPassword})
		f := newScraper(p, &client{p: p})
		a := f.scrape(t.Context(), 0, []string{leads.URL + "/metrics"}, nil)
		if a.ok || a.err == nil || a.err.Kind != ErrUnsupported || !strings.Contains(a.err.Text, fmt.Sprint(code)) {
			t.Errorf("%d: %v", code, a.err)
		}
		f.close()
		leads.Close()
	}
	if n := followed.Load(); n > 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

// TestLoginIsNoRead: the duration of a call does not include the login that it waits for, and concurrent calls share
// one login.
func TestLoginIsNoRead(t *testing.T) {
	t.Parallel()
	const loginTime = 300 * time.Millisecond
	member := newImpostor(t, 1, nil)
	member.loginTime = loginTime
	member.members = []*pb.Member{{ID: 1, Name: "etcd-1", ClientURLs: []string{member.url}}}
	p := start(t, Config{Endpoints: []string{member.url}, Cluster: true, User: "root", Password: rootPassword})
	answered := func(s Sweep) bool {
		m := s.Members[0]
		return m.Status.Fresh() && m.Linearizable.Fresh() && m.Serializable.Fresh() && m.Peers.Fresh()
	}
	check := func(s Sweep, logins int64) {
		t.Helper()
		m := s.Members[0]
		for what, took := range map[string]time.Duration{
			"status": m.Status.Took, "linearizable": m.Linearizable.Took, "serializable": m.Serializable.Took,
			"peers": m.Peers.Took,
		} {
			if took >= loginTime {
				t.Errorf("%s took %v, the login of %v among it", what, took, loginTime)
			}
		}
		if n := member.logins.Load(); n != logins {
			t.Errorf("%d logins, want %d", n, logins)
		}
	}
	check(await(t, p, "all is answered", answered), 1)
	member.forget()
	for range 3 {
		next(t, p)
	}
	check(await(t, p, "all is answered again", answered), 2)
}

// TestCallsShareALogin: calls with the same token that are refused at the same time cause a single login.
func TestCallsShareALogin(t *testing.T) {
	t.Parallel()
	var l login
	l.token = "old"
	err := rpctypes.ErrGRPCInvalidAuthToken
	if !l.rejected(err, "old") || l.token != "" {
		t.Fatal("a token that is refused is not forgotten")
	}
	l.token = "new"
	if !l.rejected(err, "old") || l.token != "new" {
		t.Error("a call with the old token discards the new one")
	}
}

// TestLoginsThatCannotBe: the member answers that it refuses the login; the error reports that instead of a timeout.
func TestLoginsThatCannotBe(t *testing.T) {
	t.Parallel()
	member := newImpostor(t, 1, nil)
	member.loginTime = time.Hour // until the call is cancelled
	p := start(t, Config{
		Endpoints: []string{member.url}, User: "root", Password: rootPassword, CommandTimeout: 2 * time.Second,
	})
	first := await(t, p, "it is said", func(s Sweep) bool { return s.Members[0].Status.Err != nil })
	if err := first.Members[0].Status.Err; err.Kind != ErrLogin || !err.Kind.IsDenied() ||
		!strings.Contains(err.Text, "login") {
		t.Errorf("while the login is under way: %s: %v", err.Kind, err)
	}
}

// TestDeniedToTheCertificate: where a login failed, a call is made, and denied, in the name of the client certificate.
// That is no answer to the user who was to log in.
func TestDeniedToTheCertificate(t *testing.T) {
	t.Parallel()
	p := &Prober{cfg: Config{User: "root"}}
	for name, test := range map[string]struct {
		token         string
		failure, want error
	}{
		"a refused login":       {"", rpctypes.ErrGRPCAuthFailed, rpctypes.ErrGRPCAuthFailed},
		"logged in":             {"t", nil, rpctypes.ErrGRPCPermissionDenied},
		"a renewal was refused": {"t", rpctypes.ErrGRPCAuthFailed, rpctypes.ErrGRPCPermissionDenied},
	} {
		c := &conn{endpoint: "http://a:2379"}
		c.login.token, c.login.failure = test.token, test.failure
		if got := p.explainDenied(c, rpctypes.ErrGRPCPermissionDenied); !errors.Is(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestURLsAreShownWithoutUser(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"http://root:secret@a:2379", "https://root:secret@a:2379/metrics", "root:secret@a:2379",
		"http://root:se%zzcret@a:2379",
		"http://root:secret:x@a:2379", "http://root:sec/secret@a:2379", "http://root:1/secret@a:2379",
		"http://root:a?secret@a:2379",
		"http://root:a#secret@a:2379", "etcd://root:secret@a:2379", "unix://root:secret@a", "http://root:secret@",
		"http://root:secret@a",
		"http://a:1,http://root:secret@b:2", "secret@a:1", "//root:secret@a:2379", "http:/root:secret@a:2379",
	} {
		for what, cfg := range map[string]Config{
			"endpoint":         {Endpoints: []string{raw}},
			"second endpoint":  {Endpoints: []string{"a:1", raw, ""}},
			"metrics endpoint": {Endpoints: []string{"a:1"}, MetricsEndpoints: []string{raw}},
		} {
			if err := cfg.complete(); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s %q: the error is %v, want one without the password", what, raw, err)
			}
		}
		if shown := Redacted(raw); strings.Contains(shown, "secret") {
			t.Errorf("%q is shown as %q", raw, shown)
		}
	}
	for _, plain := range []string{"", "a:1", "http://a:2379", "http://[fe80::1%25eth0]:2379"} {
		if Redacted(plain) != plain {
			t.Errorf("%q is shown as %q", plain, Redacted(plain))
		}
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"http://[fe80::1%25eth0]:2379": "http://[fe80::1%25eth0]:2379",
		"[fe80::1%25eth0]:2379":        "http://[fe80::1%25eth0]:2379",
		"[fe80::1%eth0]:2379":          "http://[fe80::1%25eth0]:2379",
		"https://[fe80::1%eth0]:2379":  "https://[fe80::1%25eth0]:2379",
		"http://[fe80::1%25br-1.2]:1":  "http://[fe80::1%25br-1.2]:1",
	} {
		got, err := clientURL(raw, false)
		if err != nil || got != want {
			t.Errorf("%q becomes %q, %v, want %q", raw, got, err, want)
			continue
		}
		if again, err := clientURL(got, false); again != got || err != nil {
			t.Errorf("%q is not itself: %q, %v", got, again, err)
		}
		if address := HostPort(got); !strings.Contains(address, "%") || strings.Contains(address, "%25") ||
			serverNameOf(got) != "fe80::1" {
			t.Errorf("%q is dialled as %q, with the server name %q", got, address, serverNameOf(got))
		}
	}
	for host, want := range map[string]string{
		"[fe80::1%eth0]:2379": "[fe80::1]:2379", "fe80::1%eth0": "fe80::1", "[::1]:1": "[::1]:1", "a:1": "a:1", "": "",
	} {
		if got := withoutZone(host); got != want {
			t.Errorf("%q without its zone is %q, want %q", host, got, want)
		}
	}
}

// TestZoneIsReached connects to an address with a zone, on the interface that every machine has.
func TestZoneIsReached(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	interfaces, _ := net.Interfaces()
	if len(interfaces) == 0 {
		t.Fatal("no interface")
	}
	p := start(t, Config{Endpoints: []string{fmt.Sprintf("[::1%%%s]:%s", interfaces[0].Name, port)}})
	s := await(t, p, "it is refused", func(s Sweep) bool {
		return s.Members[0].Status.Err != nil && s.Members[0].Metrics.Err != nil
	})
	for _, e := range []*Error{s.Members[0].Status.Err, s.Members[0].Metrics.Err} {
		if !slices.Contains([]ErrorKind{ErrRefused, ErrUnreachable, ErrClosed}, e.Kind) {
			t.Errorf("%s: %v", e.Kind, e)
		}
	}
}

// TestAdvertisedUsersAreNotKept: a user in an advertised URL is neither dialled with nor shown.
func TestAdvertisedUsersAreNotKept(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"http://u:secret@127.0.0.1:2":         "http://127.0.0.1:2",
		"https://u:sec/secret@[::1]:2":        "https://[::1]:2",
		"http://u:a@secret@127.0.0.1:2":       "http://127.0.0.1:2",
		"u:http://secret@127.0.0.1:2":         "127.0.0.1:2",
		"http://127.0.0.1:2":                  "http://127.0.0.1:2",
		"http://u:%zzsecret\x1b@127.0.0.1:2/": "http://127.0.0.1:2/",
	} {
		if got := keptURLs([]string{"http://a:1", raw}); !slices.Equal(got, []string{"http://a:1", want}) {
			t.Errorf("%q is kept as %q, want %q", raw, got, want)
		}
	}
	first, second := newImpostor(t, 1, nil), newImpostor(t, 2, nil)
	first.members = []*pb.Member{
		{ID: 1, Name: "etcd-1", ClientURLs: []string{first.url}, PeerURLs: []string{"http://u:s3cret@127.0.0.1:9"}},
		{ID: 2, Name: "etcd-2", ClientURLs: []string{strings.Replace(second.url, "://", "://u:s3cret@", 1)}},
		{ID: 3, Name: "etcd-3", ClientURLs: []string{"http://u:s3cret@127.0.0.1:2"},
			PeerURLs: []string{"http://u:s3cret@127.0.0.1:2"}},
	}
	second.members = first.members
	p := start(t, Config{Endpoints: []string{first.url}, Cluster: true, User: "root", Password: rootPassword})
	s := await(t, p, "the second is reached, and the third fails", func(s Sweep) bool {
		reached, failed := memberAt(s, second.url), memberAt(s, "http://127.0.0.1:2")
		return reached.Status.Fresh() && failed.Status.Err != nil
	})
	eachText(reflect.ValueOf(s), "Sweep", func(path, text string) {
		if strings.Contains(text, "s3cret") {
			t.Errorf("%s is %q", path, text)
		}
	})
}
