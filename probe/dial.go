package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// conn is an established connection with its login: an etcd client with that one connection. Calls use the connection
// directly, because the client's own Status dials anew every time.
type conn struct {
	*clientv3.Client
	endpoint string
	hook     *dialHook
	login    login
	// served says that a call has been answered on it.
	served atomic.Bool
	// silent are addresses of the endpoint's name that accepted a connection and then stayed silent.
	silent []string
}

// dialHook keeps why the last dial or handshake failed, which gRPC turns into text, how long the dial took, and where
// it led.
type dialHook struct {
	mu     sync.Mutex
	err    error
	took   time.Duration
	remote string
	dials  int
	at     time.Time // of the last dial
}

// minRedial is the least time between two dials of a connection. gRPC itself dials again at once, as often as a member
// answers with HTTP/2's GOAWAY within the time of a call.
const minRedial = 500 * time.Millisecond

// pace waits until the connection may be dialled again.
func (h *dialHook) pace(ctx context.Context) error {
	h.mu.Lock()
	rest := time.Until(h.at.Add(minRedial))
	h.mu.Unlock()
	if rest <= 0 {
		return nil
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (h *dialHook) setDialled(c net.Conn, err error, took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err, h.took, h.at = err, took, time.Now()
	h.dials++
	if err == nil {
		h.remote = c.RemoteAddr().String()
	}
}

// count is how often it was dialled.
func (h *dialHook) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dials
}

// address is the host and port that the dial led to: one of those of the endpoint's name.
func (h *dialHook) address() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.remote
}

// duration is how long the dial took.
func (h *dialHook) duration() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.took
}

func (h *dialHook) set(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

func (h *dialHook) get() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// dial connects to one endpoint, at the first of its addresses that answers.
func (cl *client) dial(endpoint string) (*conn, *Error) {
	ctx, cancel := context.WithTimeout(cl.p.ctx, cl.p.cfg.DialTimeout)
	defer cancel()
	c, silent, failed := overRoutes(ctx, &cl.p.cfg, endpoint, func(ctx context.Context, r *route) (*conn, error) {
		c, why := cl.dialRoute(ctx, endpoint, r)
		if why != nil {
			return nil, why
		}
		return c, nil
	}, func(late *conn) { _ = late.Close() })
	if why := failureOf(endpoint, failed); why != nil {
		return nil, why
	}
	c.silent = silent
	return c, nil
}

// dialRoute connects to an endpoint by a route and waits for the HTTP/2 settings of the member.
func (cl *client) dialRoute(ctx context.Context, endpoint string, r *route) (*conn, *Error) {
	hook := &dialHook{}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{endpoint},
		Context:   cl.p.ctx,
		Logger:    zap.NewNop(),
		// A sweep wants the current state: invoke decides what is retried. login logs in instead of the client, which
		// would make all calls wait.
		MaxUnaryRetries: 1,
		DialOptions:     cl.dialOptions(endpoint, hook, r),
	})
	if err != nil {
		return nil, cl.p.explain(err, endpoint, cl.p.cfg.DialTimeout)
	}
	c := &conn{Client: client, endpoint: endpoint, hook: hook}
	cc := client.ActiveConnection()
	cc.Connect()
	begun := false
	for state := cc.GetState(); state != connectivity.Ready; state = cc.GetState() {
		switch {
		case state == connectivity.Idle && begun: // it was ready in between
			_ = client.Close()
			return nil, withEndpoint(endpoint, errSentAway)
		case state == connectivity.TransientFailure, state == connectivity.Shutdown,
			!cc.WaitForStateChange(ctx, state):
			why := errClosed // nobody waits for it any more
			if !errors.Is(ctx.Err(), context.Canceled) {
				why = cl.explainConnect(ctx, c)
			}
			_ = client.Close()
			return nil, why
		}
		begun = true
	}
	return c, nil
}

// explainConnect finds out why connecting failed: from the dial or handshake, else from a call, because gRPC reports
// errors to callers only.
func (cl *client) explainConnect(ctx context.Context, c *conn) *Error {
	err := c.hook.get()
	if err == nil {
		_, err = pb.NewMaintenanceClient(c.ActiveConnection()).Status(ctx, &pb.StatusRequest{})
	}
	switch {
	case err == nil:
		err = errors.New("the first connection failed, and the second one succeeded")
	case saysGoAway(err.Error()):
		return withEndpoint(c.endpoint, errSentAway)
	}
	e := cl.p.explain(err, c.endpoint, cl.p.cfg.DialTimeout)
	if e.Kind == ErrUnsupported && strings.Contains(err.Error(), refusedProtocol) {
		e = withEndpoint(c.endpoint, errNoGRPC)
	}
	cl.mu.Lock()
	answered := cl.answered
	cl.mu.Unlock()
	if answered || !wasClosed(e) && e.Kind != ErrTLS && e.Kind != ErrNotGRPC && e.Kind != ErrOther {
		return cl.p.cfg.namingProxy(e, c.endpoint)
	}
	if found := cl.inspect(c.endpoint); found != nil {
		return withEndpoint(c.endpoint, found)
	}
	return cl.suspectTLS(e, c.endpoint)
}

// namingProxy adds to the error of a failed connection that a proxy of the environment was not used.
func (c *Config) namingProxy(e *Error, endpoint string) *Error {
	if c.Proxy == nil || e.Kind != ErrRefused && e.Kind != ErrUnreachable && e.Kind != ErrTimeout {
		return e
	}
	proxy, err := c.Proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: HostPort(endpoint)}})
	if err != nil || proxy == nil {
		return e
	}
	return withEndpoint(endpoint, &Error{Kind: e.Kind,
		Text: fmt.Sprintf("%s; etcdoc connects directly, not through the proxy in HTTPS_PROXY (%s)", cmp.Or(e.What, e.Text),
			proxy.Host)})
}

// bulkWindow is the window of a connection for large answers: 40 MB/s at a round trip of 50 ms.
const bulkWindow = 2 << 20

func (cl *client) dialOptions(endpoint string, hook *dialHook, r *route) []grpc.DialOption {
	var creds credentials.TransportCredentials
	if isHTTPS(endpoint) {
		now := func() credentials.TransportCredentials {
			return credentials.NewTLS(cl.p.tls.config("h2", cl.noteCertificates))
		}
		creds = &handshakeCredentials{
			TransportCredentials: now(),
			now:                  now,
			serverName:           cl.p.cfg.TLS.ServerName,
			roots:                cl.p.tls.authorities,
			hook:                 hook,
			onCertificates:       cl.noteCertificates,
		}
	} else {
		creds = insecure.NewCredentials()
	}
	window := int32(1<<16 - 1)
	if cl.inBulk {
		window = bulkWindow
	}
	return []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			if err := hook.pace(ctx); err != nil {
				return nil, err
			}
			began := time.Now()
			network := "tcp"
			if socket, ok := socketPath(address); ok { // etcd's resolver keeps the scheme then
				network, address = "unix", socket
			}
			c, err := cl.p.cfg.dialRoute(ctx, r, network, address)
			hook.setDialled(c, err, time.Since(began))
			return c, err
		}),
		// One attempt: a failed connection is dropped before gRPC tries again and forgets the reason.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{BaseDelay: 2 * cl.p.cfg.DialTimeout, Multiplier: 1,
				MaxDelay: 2 * cl.p.cfg.DialTimeout},
			MinConnectTimeout: cl.p.cfg.DialTimeout,
		}),
		grpc.WithDisableServiceConfig(),
		grpc.WithIdleTimeout(0),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
		grpc.WithReadBufferSize(8 << 10),
		grpc.WithWriteBufferSize(8 << 10),
		// Windows of a fixed size, HTTP/2's own: to measure the link for a better one, gRPC would send a ping with each
		// answer.
		grpc.WithStaticStreamWindowSize(window),
		grpc.WithStaticConnWindowSize(window),
	}
}

// handshakeCredentials are TLS credentials that expect serverName, if set, instead of the endpoint's name. They keep
// why a handshake failed and the certificate it failed on. Each handshake goes by now, with the files as they are then:
// gRPC dials a lost connection again by itself.
type handshakeCredentials struct {
	credentials.TransportCredentials
	now            func() credentials.TransportCredentials
	serverName     string
	roots          func() *x509.CertPool
	hook           *dialHook
	onCertificates func(chain []*x509.Certificate)
}

func (h *handshakeCredentials) ClientHandshake(ctx context.Context, authority string,
	raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	c, info, err := h.now().ClientHandshake(ctx, cmp.Or(h.serverName, withoutZone(authority)), raw)
	if err != nil {
		err = chainFirst(err, h.roots())
	}
	h.hook.set(err)
	var unverified *tls.CertificateVerificationError
	if errors.As(err, &unverified) && len(unverified.UnverifiedCertificates) > 0 {
		h.onCertificates(unverified.UnverifiedCertificates)
	}
	return c, info, err
}

func (h *handshakeCredentials) Clone() credentials.TransportCredentials {
	return &handshakeCredentials{h.TransportCredentials.Clone(), h.now, h.serverName, h.roots, h.hook, h.onCertificates}
}
