package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
)

// An impostor answers like an etcd member with authentication, and keeps every byte that it receives.
type impostor struct {
	pb.UnimplementedAuthServer
	pb.UnimplementedKVServer
	pb.UnimplementedClusterServer
	pb.UnimplementedMaintenanceServer

	id        uint64
	members   []*pb.Member
	loginTime time.Duration // how long a login takes

	url    string
	server *grpc.Server
	logins atomic.Int64
	mu     sync.Mutex
	heard  bytes.Buffer
	tokens map[string]bool // the valid ones
}

// newImpostor starts an impostor, over TLS if it gets a certificate. It ends with the test.
func newImpostor(t *testing.T, id uint64, certificate *tls.Certificate) *impostor {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &impostor{id: id, url: "http://" + l.Addr().String(), tokens: map[string]bool{}}
	var options []grpc.ServerOption
	if certificate != nil {
		f.url = "https://" + l.Addr().String()
		options = append(options, grpc.Creds(credentials.NewServerTLSFromCert(certificate)))
	}
	f.server = grpc.NewServer(options...)
	pb.RegisterAuthServer(f.server, f)
	pb.RegisterKVServer(f.server, f)
	pb.RegisterClusterServer(f.server, f)
	pb.RegisterMaintenanceServer(f.server, f)
	go func() { _ = f.server.Serve(recorded{l, f}) }()
	t.Cleanup(f.server.Stop)
	return f
}

type recorded struct {
	net.Listener
	by *impostor
}

func (r recorded) Accept() (net.Conn, error) {
	c, err := r.Listener.Accept()
	return recordedConn{c, r.by}, err
}

type recordedConn struct {
	net.Conn
	by *impostor
}

func (c recordedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.by.mu.Lock()
	defer c.by.mu.Unlock()
	c.by.heard.Write(b[:n])
	return n, err
}

// hears reports whether it received a text.
func (f *impostor) hears(text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return bytes.Contains(f.heard.Bytes(), []byte(text))
}

// forget makes all tokens invalid.
func (f *impostor) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
}

func (f *impostor) Authenticate(ctx context.Context, r *pb.AuthenticateRequest) (*pb.AuthenticateResponse, error) {
	n := f.logins.Add(1)
	select {
	case <-time.After(f.loginTime):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r.Password != rootPassword {
		return nil, rpctypes.ErrGRPCAuthFailed
	}
	token := fmt.Sprintf("secret-token-of-%d.%d", f.id, n)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokens[token] = true
	return &pb.AuthenticateResponse{Header: f.header(), Token: token}, nil
}

func (f *impostor) header() *pb.ResponseHeader {
	return &pb.ResponseHeader{ClusterId: 7, MemberId: f.id, Revision: 1, RaftTerm: 2}
}

// allowed refuses calls without a valid token, as etcd does.
func (f *impostor) allowed(ctx context.Context) error {
	md, _ := metadata.FromIncomingContext(ctx)
	tokens := md.Get(rpctypes.TokenFieldNameGRPC)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case len(tokens) == 0:
		return rpctypes.ErrGRPCUserEmpty
	case !f.tokens[tokens[0]]:
		return rpctypes.ErrGRPCInvalidAuthToken
	}
	return nil
}

func (f *impostor) Status(ctx context.Context, _ *pb.StatusRequest) (*pb.StatusResponse, error) {
	if err := f.allowed(ctx); err != nil {
		return nil, err
	}
	return &pb.StatusResponse{Header: f.header(), Version: "3.7.3", Leader: f.id, RaftTerm: 2, RaftIndex: 1,
		RaftAppliedIndex: 1}, nil
}

func (f *impostor) Range(ctx context.Context, _ *pb.RangeRequest) (*pb.RangeResponse, error) {
	return &pb.RangeResponse{Header: f.header()}, f.allowed(ctx)
}

func (f *impostor) MemberList(ctx context.Context, _ *pb.MemberListRequest) (*pb.MemberListResponse, error) {
	return &pb.MemberListResponse{Header: f.header(), Members: f.members}, f.allowed(ctx)
}

func (f *impostor) Alarm(ctx context.Context, _ *pb.AlarmRequest) (*pb.AlarmResponse, error) {
	return &pb.AlarmResponse{Header: f.header()}, f.allowed(ctx)
}

// loopbackCertificate returns a certificate for 127.0.0.1, with the files of its CA and of itself as a client pair.
func loopbackCertificate(t *testing.T) (*tls.Certificate, TLS) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	certificate := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	files := TLS{CAFile: filepath.Join(t.TempDir(), "ca.crt"), KeyFile: filepath.Join(t.TempDir(), "client.key")}
	files.CertFile = files.CAFile // self-signed
	for file, block := range map[string]*pem.Block{
		files.CAFile:  {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]},
		files.KeyFile: {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &certificate, files
}
