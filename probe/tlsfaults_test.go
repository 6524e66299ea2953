package probe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// testAuthority signs certificates for the faults of TLS.
type testAuthority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newTestAuthority(t *testing.T, name string, change func(*x509.Certificate)) *testAuthority {
	t.Helper()
	a := &testAuthority{}
	var der []byte
	a.key, der = a.sign(t, name, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
		c.ExtKeyUsage, c.DNSNames, c.IPAddresses = nil, nil, nil
		if change != nil {
			change(c)
		}
	})
	var err error
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

// sign issues a certificate for loopback, valid for servers and clients for an hour, with a change to it. An authority
// without a certificate signs itself.
func (a *testAuthority) sign(t *testing.T, name string, change func(*x509.Certificate)) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if change != nil {
		change(template)
	}
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return key, der
}

// pair issues a certificate and returns it for a server.
func (a *testAuthority) pair(t *testing.T, name string, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, der := a.sign(t, name, change)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// files writes this authority, and a pair that it issues, as a client's files.
func (a *testAuthority) files(t *testing.T, pair tls.Certificate) TLS {
	t.Helper()
	dir := t.TempDir()
	files := TLS{CAFile: filepath.Join(dir, "ca.crt"), CertFile: filepath.Join(dir, "client.crt"),
		KeyFile: filepath.Join(dir, "client.key")}
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string][]byte{
		files.CAFile:   a.pem,
		files.CertFile: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}),
		files.KeyFile:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// handshakes accepts connections over TLS that serve nothing until the client leaves, and returns their URL.
func handshakes(t *testing.T, config *tls.Config) string {
	t.Helper()
	return overTLS(t, config, func(c *tls.Conn) { _, _ = c.Read(make([]byte, 1)) })
}

// overTLS serves connections over TLS, closes them after that, and returns their URL.
func overTLS(t *testing.T, config *tls.Config, serve func(*tls.Conn)) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if secure, is := c.(*tls.Conn); is {
					serve(secure)
				}
			}()
		}
	}()
	return "https://" + l.Addr().String()
}

func past(c *x509.Certificate)   { c.NotBefore, c.NotAfter = c.NotBefore.Add(-3*time.Hour), c.NotBefore }
func future(c *x509.Certificate) { c.NotBefore, c.NotAfter = c.NotAfter, c.NotAfter.Add(time.Hour) }
func elsewhere(c *x509.Certificate) {
	c.IPAddresses, c.DNSNames = nil, []string{"etcd-0.example", "etcd-0"}
}
func wildcard(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"*.etcd.example"} }
func wildcardAndName(c *x509.Certificate) {
	c.IPAddresses, c.DNSNames = nil, []string{"*.etcd.example", "etcd-0"}
}
func nameless(c *x509.Certificate) { c.IPAddresses = nil }
func forServers(c *x509.Certificate) {
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
}

// TestFaultsOfTLS: each fault of certificates has an error of its own, which says whose certificate it is and what to
// do about that very fault. Peer ports, missing pairs and plain text are in TestMutualTLS, TestPeerPortAsEndpoint and
// TestTLSToPlainText, files that can't be used in TestFilesThatDoNotFit and TestKeysThatCannotBeRead.
func TestFaultsOfTLS(t *testing.T) {
	t.Parallel()
	ours, others := newTestAuthority(t, "our CA", nil), newTestAuthority(t, "another CA", nil)
	expired := newTestAuthority(t, "old CA", past)
	client := ours.files(t, ours.pair(t, "operator", nil))
	withPair := func(by *testAuthority, change func(*x509.Certificate)) TLS {
		files := by.files(t, by.pair(t, "operator", change))
		files.CAFile = client.CAFile
		return files
	}
	day := time.Now().UTC().Format("2006-01-02T")
	tests := map[string]struct {
		served tls.Certificate
		tls    TLS
		kind   ErrorKind
		words  []string
	}{
		"another authority": {others.pair(t, "etcd-0", nil), client, ErrTLSOtherAuthority,
			[]string{"CN=another CA", client.CAFile, "--cacert"}},
		"an authority that the system does not know": {others.pair(t, "etcd-0", nil), TLS{}, ErrTLSAuthority,
			[]string{"CN=another CA", "--cacert"}},
		"another authority, for other names": {others.pair(t, "etcd-0", elsewhere), client, ErrTLSOtherAuthority,
			[]string{"CN=another CA", client.CAFile, "--cacert"}},
		"an authority that the system does not know, for other names": {others.pair(t, "etcd-0", elsewhere), TLS{},
			ErrTLSAuthority, []string{"CN=another CA", "--cacert"}},
		"expired": {ours.pair(t, "etcd-0", past), client, ErrTLSExpired,
			[]string{"its certificate expired at ", ", and this host's clock says " + day, "renew it", "set the clock"}},
		"not valid yet": {ours.pair(t, "etcd-0", future), client, ErrTLSNotYetValid,
			[]string{"its certificate is not valid before ", "this host's clock says " + day, "set the clock"}},
		"its authority expired": {expired.pair(t, "etcd-0", nil), expired.files(t, ours.pair(t, "operator", nil)),
			ErrTLSExpired, []string{"the CA certificate above it (CN=old CA) expired at", "renew it"}},
		"self-signed as a CA, expired": {tls.Certificate{Certificate: [][]byte{expired.certificate.Raw},
			PrivateKey: expired.key}, expired.files(t, ours.pair(t, "operator", nil)), ErrTLSExpired,
			[]string{": its certificate expired at "}},
		"for a wildcard": {ours.pair(t, "etcd-0", wildcard), client, ErrTLSName,
			[]string{"for *.etcd.example, not for 127.0.0.1: use a name that *.etcd.example covers"}},
		"for a wildcard and a name": {ours.pair(t, "etcd-0", wildcardAndName), client, ErrTLSName,
			[]string{"--tls-server-name; a * stands for one label"}},
		"for other names": {ours.pair(t, "etcd-0", elsewhere), client, ErrTLSName,
			[]string{"for etcd-0.example, etcd-0, not for 127.0.0.1", "--tls-server-name"}},
		"for no name": {ours.pair(t, "etcd-0", nameless), client, ErrTLSName,
			[]string{"(CN=etcd-0)", "no name or address", "issue one with subject alternative names"}},
		"our pair is of another authority": {ours.pair(t, "etcd-0", nil), withPair(others, nil), ErrClientCertRefused,
			[]string{"does not trust the authority", "--trusted-ca-file", "CN=operator", "CN=another CA"}},
		"our pair expired": {ours.pair(t, "etcd-0", nil), withPair(ours, past), ErrClientCertExpired,
			[]string{"the client certificate, which expired at ", "clock says " + day, "renew it"}},
		"our pair is not valid yet": {ours.pair(t, "etcd-0", nil), withPair(ours, future), ErrClientCertNotYetValid,
			[]string{"the client certificate (--cert), which is not valid before ", "clock says " + day, "set the clock"}},
		"our pair is for servers": {ours.pair(t, "etcd-0", nil), withPair(ours, forServers), ErrClientCertRefused,
			[]string{"CN=operator", "not for clients", "clientAuth"}},
		"we have no pair": {ours.pair(t, "etcd-0", nil), TLS{CAFile: client.CAFile}, ErrClientCertMissing,
			[]string{"asks for a client certificate", "--cert and --key"}},
	}
	for name, test := range tests {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+", "+tls.VersionName(version), func(t *testing.T) {
				t.Parallel()
				pool := x509.NewCertPool()
				pool.AddCert(ours.certificate)
				endpoint := handshakes(t, &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: version,
					Certificates: []tls.Certificate{test.served}, ClientCAs: pool, NextProtos: []string{"h2", "http/1.1"},
					ClientAuth: tls.RequireAndVerifyClientCert})
				kind := test.kind
				if kind == ErrClientCertMissing && version < tls.VersionTLS13 { // which has no alert for that
					kind = ErrTLS
				}
				checkFault(t, Config{Endpoints: []string{endpoint}, TLS: test.tls}, kind, test.words...)
			})
		}
	}
}

// TestClosedAfterTheHandshake: a peer port closes without a word what comes with a certificate for another address.
func TestClosedAfterTheHandshake(t *testing.T) {
	t.Parallel()
	ca := newTestAuthority(t, "CA", nil)
	config := &tls.Config{
		Certificates: []tls.Certificate{ca.pair(t, "etcd", nil)}, NextProtos: []string{"h2", "http/1.1"},
	}
	url := overTLS(t, config, func(c *tls.Conn) { _ = c.HandshakeContext(t.Context()) })
	checkFault(t, Config{Endpoints: []string{url}, TLS: ca.files(t, ca.pair(t, "client", nil))},
		ErrTLS, "takes part in the TLS handshake", "a peer port")
}

// checkFault observes one endpoint until Status and metrics fail, and checks both errors.
func checkFault(t *testing.T, cfg Config, kind ErrorKind, words ...string) {
	t.Helper()
	cfg.Cluster = true
	s := await(t, start(t, cfg), "it failed", func(s Sweep) bool {
		return s.Members[0].Status.Err != nil && s.Members[0].Metrics.Err != nil
	})
	for what, err := range map[string]*Error{"status": s.Members[0].Status.Err, "metrics": s.Members[0].Metrics.Err} {
		if err.Kind != kind || !strings.Contains(err.Text, s.Members[0].Endpoint) {
			t.Errorf("%s: %s: %q, want %s, naming %s", what, err.Kind, err.Text, kind, s.Members[0].Endpoint)
		}
		for _, w := range words {
			if !strings.Contains(err.Text, w) {
				t.Errorf("%s: %q, want %q in it", what, err.Text, w)
			}
		}
	}
}

// TestAProxySaysSo: what passes a request on is a proxy, whatever it answers.
func TestAProxySaysSo(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Via", "1.1 squid")
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	s := await(t, start(t, Config{Endpoints: []string{server.URL}, Cluster: true}), "it failed",
		func(s Sweep) bool { return s.Members[0].Status.Err != nil })
	if err := s.Members[0].Status.Err; err.Kind != ErrNotGRPC ||
		!strings.Contains(err.Text, "an HTTP proxy answers there (400 Bad Request)") {
		t.Errorf("%s: %q", err.Kind, err.Text)
	}
}

// TestHTTPProxies: an HTTP proxy in between is named as such, whether it speaks HTTP/1.1 or HTTP/2.
func TestHTTPProxies(t *testing.T) {
	t.Parallel()
	for code, words := range map[int]string{
		http.StatusProxyAuthRequired: "asks for a login of its own (407 Proxy Authentication Required)",
		http.StatusBadGateway:        "HTTP proxy answers there (502 Bad Gateway)",
		http.StatusGatewayTimeout:    "HTTP proxy answers there (504 Gateway Timeout)",
		http.StatusOK:                "it is not etcd, or not its client port",
		http.StatusNotFound:          "it is not etcd, or not its client port",
	} {
		for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
			t.Run(name+" "+http.StatusText(code), func(t *testing.T) {
				t.Parallel()
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/html")
					w.WriteHeader(code)
					_, _ = w.Write([]byte("<html>"))
				}))
				server.Config.Protocols = new(http.Protocols)
				server.Config.Protocols.SetHTTP1(true)
				server.Config.Protocols.SetUnencryptedHTTP2(http2)
				server.Start()
				defer server.Close()
				p := start(t, Config{Endpoints: []string{server.URL}, Cluster: true})
				s := await(t, p, "it failed", func(s Sweep) bool { return s.Members[0].Status.Err != nil })
				if err := s.Members[0].Status.Err; err.Kind != ErrNotGRPC || !strings.Contains(err.Text, words) ||
					!strings.Contains(err.Text, server.URL) {
					t.Errorf("%s: %q, want %q in it", err.Kind, err.Text, words)
				}
			})
		}
	}
}

// TestHTTPSThatIsNoEtcd: a web server that refuses HTTP/2 in the handshake does not pass for one that speaks nothing
// else.
func TestHTTPSThatIsNoEtcd(t *testing.T) {
	t.Parallel()
	ca := newTestAuthority(t, "CA", nil)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Listener = tls.NewListener(server.Listener, &tls.Config{MinVersion: tls.VersionTLS12,
		Certificates: []tls.Certificate{ca.pair(t, "web", nil)}, NextProtos: []string{"http/1.1"}})
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	defer server.Close()
	endpoint := "https://" + server.Listener.Addr().String()
	p := start(t, Config{Endpoints: []string{endpoint}, Cluster: true, TLS: ca.files(t, ca.pair(t, "operator", nil))})
	err := next(t, p).Members[0].Status.Err
	if err == nil || err.Kind != ErrNotGRPC || !strings.Contains(err.Text, endpoint+": it answers HTTP (404 Not Found)") {
		t.Errorf("%v", err)
	}
}

// TestProxyOfTheEnvironment: connections go past it, and where they fail the error says that.
func TestProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	refuses, _ := nobody(t)
	asked := ""
	p := start(t, Config{Endpoints: []string{refuses}, Proxy: func(r *http.Request) (*url.URL, error) {
		asked = r.URL.String()
		return url.Parse("http://user:secret@proxy.example:3128")
	}})
	err := next(t, p).Members[0].Status.Err
	if err == nil || err.Kind != ErrRefused || !strings.HasPrefix(err.Text, refuses) ||
		!strings.Contains(err.Text, "not through the proxy in HTTPS_PROXY (proxy.example:3128)") ||
		strings.Contains(err.Text, "secret") {
		t.Errorf("%v", err)
	}
	if want := "https://" + HostPort(refuses); asked != want {
		t.Errorf("asked for the proxy of %q, want %q", asked, want)
	}
}
