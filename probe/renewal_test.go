package probe

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// TestRenewedCertificatesAreShown: a renewed certificate, ours or the member's, is not reported as expiring for as long
// as a connection from before lasts.
func TestRenewedCertificatesAreShown(t *testing.T) {
	t.Parallel()
	ca := newTestAuthority(t, "CA", nil)
	later := func(c *x509.Certificate) { c.NotAfter = c.NotAfter.Add(time.Hour) }
	var served atomic.Pointer[tls.Certificate]
	serve := func(pair tls.Certificate) { served.Store(&pair) }
	serve(ca.pair(t, "etcd-0", nil))
	member := newImpostor(t, 1, nil)
	web := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter,
		r *http.Request) {
		if r.ProtoMajor == 2 {
			member.server.ServeHTTP(w, r)
			return
		}
		_, _ = w.Write([]byte("etcd_server_has_leader 1\n"))
	}), TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return served.Load(), nil }}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = web.ServeTLS(l, "", "") }() // until it is closed
	t.Cleanup(func() { _ = web.Close() })
	files := ca.files(t, ca.pair(t, "operator", nil))
	var passed atomic.Int64
	p := start(t, Config{Endpoints: []string{"https://" + l.Addr().String()}, TLS: files,
		Now: func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }})
	before := await(t, p, "it answers", func(s Sweep) bool {
		m := s.Members[0]
		return m.Metrics.Fresh() && m.Status.Err != nil && m.Status.Err.Kind == ErrNoUser
	})

	renewed := ca.files(t, ca.pair(t, "operator", later))
	for from, to := range map[string]string{renewed.CertFile: files.CertFile, renewed.KeyFile: files.KeyFile} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	serve(ca.pair(t, "etcd-0", later))
	if s := next(t, p); !s.ClientCertificate.Equal(before.ClientCertificate) ||
		!s.Members[0].ServedCertificate.Equal(before.Members[0].ServedCertificate) {
		t.Error("the connection does not last")
	}
	passed.Store(int64(rehandshakeAfter))
	await(t, p, "both are shown renewed", func(s Sweep) bool {
		return s.ClientCertificate.NotAfter.After(before.ClientCertificate.NotAfter) &&
			s.Members[0].ServedCertificate.NotAfter.After(before.Members[0].ServedCertificate.NotAfter)
	})
}
