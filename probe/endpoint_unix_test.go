package probe

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// listenOn serves a member's client port on a unix socket.
func listenOn(t *testing.T, socket, clientURL string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		serving.Wait()
	})
	serving.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := new(net.Dialer).DialContext(ctx, "tcp", HostPort(clientURL))
			if err != nil {
				_ = near.Close()
				continue
			}
			context.AfterFunc(ctx, func() { _, _ = near.Close(), far.Close() })
			serving.Go(func() { _, _ = io.Copy(far, near); _ = far.Close() })
			serving.Go(func() { _, _ = io.Copy(near, far); _ = near.Close() })
		}
	})
}

// TestUnixSockets: a member is the same through its socket, metrics included, with TLS and without.
func TestUnixSockets(t *testing.T) {
	for name, config := range map[string]etcdtest.Config{
		"unix": {Size: 1}, "unixs": {Size: 1, TLS: etcdtest.MutualTLS},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := etcdtest.New(t, config)
			// The certificate names localhost, so the socket's file does.
			socket := filepath.Join(t.TempDir(), "localhost")
			listenOn(t, socket, cluster.Endpoints()[0])
			cfg := Config{Endpoints: []string{name + "://" + socket}, Cluster: true}
			if cluster.Certs.CAFile != "" {
				cfg.TLS = TLS{CAFile: cluster.Certs.CAFile, CertFile: cluster.Certs.CertFile,
					KeyFile: cluster.Certs.KeyFile}
			}
			p := start(t, cfg)
			m := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 1) }).Members[0]
			if !m.Given || m.Endpoint != cfg.Endpoints[0] || !strings.HasPrefix(m.MetricsEndpoint, m.Endpoint) {
				t.Errorf("it is reached at %s (given: %v), its metrics are at %s", m.Endpoint, m.Given,
					m.MetricsEndpoint)
			}
		})
	}
	t.Run("the other scheme", func(t *testing.T) {
		socket := filepath.Join(t.TempDir(), "etcd.sock")
		listenOn(t, socket, etcdtest.New(t, etcdtest.Config{Size: 1}).Endpoints()[0])
		m := next(t, start(t, Config{Endpoints: []string{"unixs://" + socket}, Cluster: true})).Members[0]
		if m.Status.Err == nil || m.Status.Err.Kind != ErrTLSNotSpoken ||
			!strings.Contains(m.Status.Err.Text, "unix:// instead of unixs://") {
			t.Errorf("the error is %v", m.Status.Err)
		}
	})
	t.Run("not permitted", func(t *testing.T) {
		refused := &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.EACCES)}
		if e := explain(refused, "unix:///run/etcd.sock", 0); e.Kind != ErrRootOnly || !e.Kind.IsNowhere() {
			t.Errorf("the error is %s: %v", e.Kind, e)
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		p := start(t, Config{Endpoints: []string{"unix://" + filepath.Join(t.TempDir(), "etcd.sock")}, Cluster: true})
		m := next(t, p).Members[0]
		if m.Status.Err == nil || !strings.Contains(m.Status.Err.Text, "etcd.sock: there is no such socket") {
			t.Errorf("the error is %v", m.Status.Err)
		}
	})
}
