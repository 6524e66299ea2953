package etcdtest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	notAfter := time.Now().Add(72 * time.Hour).Truncate(time.Second)
	c := etcdtest.New(t, etcdtest.Config{TLS: etcdtest.MutualTLS, ServerNotAfter: notAfter, PeerProxies: true})
	if _, err := c.Client().Put(ctx, "a", "1"); err != nil {
		t.Fatal(err)
	}
	m := c.Members()[0]
	certs := c.Certs
	for _, test := range []struct {
		name                      string
		caFile, certFile, keyFile string
		works                     bool
	}{
		{"its CA and its pair", certs.CAFile, certs.CertFile, certs.KeyFile, true},
		{"its CA and no pair", certs.CAFile, "", "", false},
		{"its CA and another's pair", certs.CAFile, certs.OtherCertFile, certs.OtherKeyFile, false},
		{"another CA", certs.OtherCAFile, certs.CertFile, certs.KeyFile, false},
	} {
		_, shown, err := getWith(ctx, t, m.MetricsURL, test.caFile, test.certFile, test.keyFile)
		if (err == nil) != test.works {
			t.Errorf("with %s: %v", test.name, err)
		}
		if err == nil && !shown.NotAfter.Equal(notAfter) {
			t.Errorf("the served certificate ends at %s, want %s", shown.NotAfter, notAfter)
		}
	}
}

func TestServerTLSWithAnExpiredCertificate(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{Size: 1, TLS: etcdtest.ServerTLS,
		ServerNotAfter: time.Now().Add(-72 * time.Hour)})
	if _, err := c.Client().Put(ctx, "a", "1"); err != nil {
		t.Fatal(err)
	}
	_, _, err := getWith(ctx, t, c.Members()[0].MetricsURL, c.Certs.CAFile, "", "")
	if err == nil || !strings.Contains(err.Error(), "expired") {
		t.Fatalf("a client that looks at the clock got %v, want that the certificate has expired", err)
	}
}

// getWith gets url with a CA and, unless empty, a client pair; it returns the status and the server's certificate.
func getWith(ctx context.Context, t *testing.T, url, caFile, certFile, keyFile string) (int, *x509.Certificate, error) {
	t.Helper()
	pem, err := os.ReadFile(caFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	config := &tls.Config{RootCAs: pool}
	if certFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		// The client sends its certificate whether or not the server names the issuer, so that the server refuses it.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, nil, err
	}
	if response.TLS == nil {
		return response.StatusCode, nil, nil
	}
	return response.StatusCode, response.TLS.PeerCertificates[0], nil
}

func TestMetricsOnAPortOfTheirOwnAndNoHTTPOnTheClientPort(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{Size: 1, TLS: etcdtest.ServerTLS, Metrics: true, GRPCOnly: true})
	m := c.Members()[0]
	if !strings.HasPrefix(m.MetricsURL, "http://") {
		t.Errorf("the metrics are at %s, want plain HTTP", m.MetricsURL)
	}
	for url, want := range map[string]int{
		m.MetricsURL:             http.StatusOK,
		m.ClientURL + "/metrics": http.StatusUnsupportedMediaType,
	} {
		status, _, err := getWith(ctx, t, url, c.Certs.CAFile, "", "")
		if err != nil || status != want {
			t.Errorf("GET %s: %d, %v; want %d", url, status, err, want)
		}
	}
}

func TestAMemberThatEndsAtStartSaysWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--no-such-flag"}, "no-such-flag"},
		{[]string{"--heartbeat-interval=100", "--election-timeout=200"}, "should be at least as 5 times"},
	} {
		_, err := etcdtest.Start(within(t), etcdtest.Config{Size: 1, Args: test.args, Dir: dir})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("with %v: %v; want %q in it", test.args, err, test.want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("failed starts left %v", entries)
	}
}

func TestStopLeavesNothingAndMayBeCalledAgain(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	dir := t.TempDir()
	var log bytes.Buffer
	c, err := etcdtest.Start(ctx, etcdtest.Config{Size: 1, Dir: dir, Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	m := c.Members()[0]
	pid := m.PID()
	if tail := m.LogTail(); !strings.Contains(tail, "ready to serve client requests") {
		t.Errorf("the log has no word of serving:\n%s", tail)
	}
	for range 2 {
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if processExists(pid) {
		t.Error("its process is left")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("it left %v", entries)
	}
	if !strings.Contains(log.String(), "\netcd-1 {") {
		t.Errorf("the log's lines do not begin with the member's name: %.200s", log.String())
	}
	if err := m.Restart(ctx); err == nil {
		t.Error("a member of a stopped cluster was restarted")
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if _, err := etcdtest.Start(ctx, etcdtest.Config{Size: 1, Dir: dir}); err == nil {
		t.Fatal("it started")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("it left %v", entries)
	}
}
