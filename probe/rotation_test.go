package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"sync/atomic"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// A cutMember answers every third Status by closing its connections, if it has a cut.
type cutMember struct {
	pb.UnimplementedMaintenanceServer
	cut   func()
	calls atomic.Int64
}

// newCutMember starts a member, over TLS if it gets a configuration. It ends with the test.
func newCutMember(t *testing.T, config *tls.Config) (m *cutMember, url string) {
	t.Helper()
	m = &cutMember{}
	return m, serveMaintenance(t, m, config)
}

// serveMaintenance serves a member's Status, over TLS if it gets a configuration, until the test ends.
func serveMaintenance(t *testing.T, m pb.MaintenanceServer, config *tls.Config) (url string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var options []grpc.ServerOption
	url = "http://" + l.Addr().String()
	if config != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
		url = "https://" + l.Addr().String()
	}
	server := grpc.NewServer(options...)
	pb.RegisterMaintenanceServer(server, m)
	go func() { _ = server.Serve(l) }() // until it is stopped
	t.Cleanup(server.Stop)
	return url
}

func (m *cutMember) Status(ctx context.Context, _ *pb.StatusRequest) (*pb.StatusResponse, error) {
	if m.calls.Add(1)%3 == 0 && m.cut != nil {
		m.cut()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &pb.StatusResponse{Header: &pb.ResponseHeader{ClusterId: 7, MemberId: 1}, Version: "3.6.0", Leader: 1}, nil
}

// TestCutConnections: a member whose connections something closes during calls, and that answers on new ones at once,
// is not down.
func TestCutConnections(t *testing.T) {
	t.Parallel()
	member, url := newCutMember(t, nil)
	between := newForward(t, url)
	member.cut = func() { between.lead(url) }
	p := start(t, Config{Endpoints: []string{between.url()}})
	for member.calls.Load() < 30 {
		if err := next(t, p).Members[0].Status.Err; err != nil {
			t.Fatalf("after %d calls: %v", member.calls.Load(), err)
		}
	}
}

// TestRotationLeavesNoGap: while the member's certificate, the CA file and the client pair are replaced, and every
// connection is closed, no sweep misses the member. Where the CA file comes late, the error is that of the CA until it
// does.
func TestRotationLeavesNoGap(t *testing.T) {
	t.Parallel()
	before, after := newTestAuthority(t, "CA before", nil), newTestAuthority(t, "CA after", nil)
	both := x509.NewCertPool()
	both.AddCert(before.certificate)
	both.AddCert(after.certificate)
	var served atomic.Pointer[tls.Certificate]
	serve := func(pair tls.Certificate) { served.Store(&pair) }
	serve(before.pair(t, "etcd-0", nil))
	_, url := newCutMember(t, &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: both,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return served.Load(), nil }})
	between := newForward(t, url)
	files := before.files(t, before.pair(t, "operator", nil))
	replace := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	trust := func(authorities ...*testAuthority) {
		t.Helper()
		var all bytes.Buffer
		for _, a := range authorities {
			all.Write(a.pem)
		}
		if err := os.WriteFile(files.CAFile+".new", all.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		replace(files.CAFile+".new", files.CAFile)
	}
	p := start(t, Config{Endpoints: []string{"https://" + HostPort(between.url())}, TLS: files})
	await(t, p, "it answers", func(s Sweep) bool { return s.Members[0].Status.Fresh() })

	trust(before, after)
	newer := after.files(t, after.pair(t, "operator", nil))
	replace(newer.CertFile, files.CertFile)
	replace(newer.KeyFile, files.KeyFile)
	serve(after.pair(t, "etcd-0", nil))
	between.lead(url)
	await(t, p, "the new certificate is served", func(s Sweep) bool {
		m := s.Members[0]
		if m.Status.Err != nil {
			t.Fatal(m.Status.Err)
		}
		return m.Status.Fresh() && m.ServedCertificate.Issuer == "CN=CA after"
	})

	trust(before)
	between.lead(url)
	await(t, p, "the CA is missed", func(s Sweep) bool {
		err := s.Members[0].Status.Err
		if err != nil && err.Kind != ErrTLSOtherAuthority {
			t.Fatalf("%s: %v", err.Kind, err)
		}
		return err != nil
	})
	trust(after)
	await(t, p, "it answers again", func(s Sweep) bool { return s.Members[0].Status.Fresh() && s.Members[0].Status.Err == nil })
}
