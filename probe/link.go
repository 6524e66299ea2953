package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// retryRejected is how long an endpoint that answered for another member is left alone.
const retryRejected = 30 * time.Second

// A link is the one gRPC connection with a member. It is made when it is first needed and then kept; once it
// fails it is closed, and the next call tries the member's endpoints in turn. All calls with the member share it.
type link struct {
	p *Prober

	mu sync.Mutex
	// endpoints are the URLs to reach the member at, the preferred ones first.
	endpoints []string
	// rejected are endpoints that answered for another member, with the words for it.
	rejected map[string]rejection
	conn     *conn
	// connecting is closed when the attempt under way has ended; nil when there is none.
	connecting chan struct{}
	// failure is why the last attempt failed, and answered whether any attempt ever succeeded.
	failure  *Error
	answered bool
	// served is the newest leaf that the member showed.
	served *x509.Certificate
	closed bool
}

type rejection struct {
	at  time.Time
	why *Error
}

// conn is a connection that stands, and the login on it.
type conn struct {
	*grpc.ClientConn
	endpoint string
	hook     *dialHook
	login    login
}

// dialHook keeps what gRPC makes a text of: why the last dial or handshake failed.
type dialHook struct {
	mu  sync.Mutex
	err error
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

// reach sets the endpoints. A connection with one that is no longer among them is closed.
func (l *link) reach(endpoints []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.Equal(l.endpoints, endpoints) {
		return
	}
	l.endpoints = endpoints
	for e := range l.rejected {
		if !slices.Contains(endpoints, e) {
			delete(l.rejected, e)
		}
	}
	if l.conn != nil && !slices.Contains(endpoints, l.conn.endpoint) {
		l.dropLocked(l.conn)
	}
}

// get returns the connection, making it if need be. Whoever comes while it is being made waits for the same.
func (l *link) get(ctx context.Context) (*conn, *Error) {
	l.mu.Lock()
	if l.conn != nil || l.closed {
		defer l.mu.Unlock()
		if l.closed {
			return nil, errClosed
		}
		return l.conn, nil
	}
	if l.connecting == nil {
		l.connecting = make(chan struct{})
		l.p.calls.Go(l.connect)
	}
	done := l.connecting
	l.mu.Unlock()

	select {
	case <-done:
	case <-ctx.Done():
		return nil, &Error{ErrTimeout, noAnswer(l.p.cfg.CommandTimeout)}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return nil, l.failure
	}
	return l.conn, nil
}

// connect tries the endpoints in turn until one answers.
func (l *link) connect() {
	endpoints, failures := l.candidates()
	var made *conn
	for _, endpoint := range endpoints {
		c, err := l.dial(endpoint)
		if err == nil {
			made = c
			break
		}
		failures = append(failures, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.connecting)
	l.connecting = nil
	l.failure = oneOf(failures)
	switch {
	case made == nil:
	case l.closed || !slices.Contains(l.endpoints, made.endpoint):
		_ = made.Close()
		l.failure = errClosed
	default:
		l.conn, l.failure, l.answered = made, nil, true
	}
}

// candidates are the endpoints to try now, and why the others are not tried.
func (l *link) candidates() (endpoints []string, failures []*Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.endpoints) == 0 {
		return nil, []*Error{{ErrUnreachable, "the member list has no client URL for it: it was never started"}}
	}
	for _, e := range l.endpoints {
		r, is := l.rejected[e]
		if is && l.p.cfg.Now().Sub(r.at) < retryRejected {
			failures = append(failures, r.why)
			continue
		}
		delete(l.rejected, e)
		endpoints = append(endpoints, e)
	}
	return endpoints, failures
}

// dial connects with one endpoint and waits until the member has greeted.
func (l *link) dial(endpoint string) (*conn, *Error) {
	ctx, cancel := context.WithTimeout(l.p.ctx, l.p.cfg.DialTimeout)
	defer cancel()
	hook := &dialHook{}
	cc, err := grpc.NewClient("passthrough:///"+hostPort(endpoint), l.options(endpoint, hook)...)
	if err != nil {
		return nil, explain(err, endpoint, l.p.cfg.DialTimeout)
	}
	cc.Connect()
	for state := cc.GetState(); state != connectivity.Ready; state = cc.GetState() {
		if state == connectivity.TransientFailure || state == connectivity.Shutdown || !cc.WaitForStateChange(ctx, state) {
			why := l.whyNot(ctx, cc, endpoint, hook)
			_ = cc.Close()
			return nil, why
		}
	}
	return &conn{ClientConn: cc, endpoint: endpoint, hook: hook}, nil
}

// whyNot finds out why a connection could not be made: from the dial or the handshake, and else, since gRPC
// tells it to callers only, from a call.
func (l *link) whyNot(ctx context.Context, cc *grpc.ClientConn, endpoint string, hook *dialHook) *Error {
	err := hook.get()
	if err == nil {
		_, err = pb.NewMaintenanceClient(cc).Status(ctx, &pb.StatusRequest{})
	}
	if err == nil {
		err = errors.New("the connection failed, and was made at the second attempt")
	}
	e := explain(err, endpoint, l.p.cfg.DialTimeout)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answered {
		return e
	}
	return suspectTLS(e, endpoint, l.p.cfg.TLS.CertFile != "")
}

func (l *link) options(endpoint string, hook *dialHook) []grpc.DialOption {
	var creds credentials.TransportCredentials
	if strings.HasPrefix(endpoint, "https://") {
		creds = &handshakes{
			TransportCredentials: credentials.NewTLS(l.p.identity.config("h2", l.serve)),
			hook:                 hook,
			serve:                l.serve,
		}
	} else {
		creds = insecure.NewCredentials()
	}
	return []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			c, err := l.p.cfg.DialContext(ctx, "tcp", address)
			hook.set(err)
			return c, err
		}),
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: l.p.cfg.DialTimeout}),
		grpc.WithDisableServiceConfig(),
		grpc.WithIdleTimeout(0),
		grpc.WithReadBufferSize(8 << 10),
		grpc.WithWriteBufferSize(8 << 10),
	}
}

// handshakes are TLS credentials that keep why a handshake failed, and the certificate it failed on.
type handshakes struct {
	credentials.TransportCredentials
	hook  *dialHook
	serve func(*x509.Certificate)
}

func (h *handshakes) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	c, info, err := h.TransportCredentials.ClientHandshake(ctx, authority, raw)
	h.hook.set(err)
	var unverified *tls.CertificateVerificationError
	if errors.As(err, &unverified) && len(unverified.UnverifiedCertificates) > 0 {
		h.serve(unverified.UnverifiedCertificates[0])
	}
	return c, info, err
}

func (h *handshakes) Clone() credentials.TransportCredentials {
	return &handshakes{h.TransportCredentials.Clone(), h.hook, h.serve}
}

// serve notes the certificate that the member showed.
func (l *link) serve(leaf *x509.Certificate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.served = leaf
}

func (l *link) servedCertificate() *Certificate {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.served == nil {
		return nil
	}
	return describeCertificate(l.served)
}

// endpoint is the one that the connection is with, else the one that is tried first; empty where there is none.
func (l *link) endpoint() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		return l.conn.endpoint
	}
	for _, e := range l.endpoints {
		if _, is := l.rejected[e]; !is {
			return e
		}
	}
	return strings.Join(l.endpoints[:min(1, len(l.endpoints))], "")
}

// connectedWith is the endpoint that there is a connection with now; empty: none.
func (l *link) connectedWith() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return ""
	}
	return l.conn.endpoint
}

// reject notes that an endpoint answered for another member, and leaves it alone for a while.
func (l *link) reject(endpoint string, why *Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rejected == nil {
		l.rejected = make(map[string]rejection)
	}
	l.rejected[endpoint] = rejection{l.p.cfg.Now(), why}
	if l.conn != nil && l.conn.endpoint == endpoint {
		l.dropLocked(l.conn)
	}
}

// drop closes a connection that failed, unless it was replaced already.
func (l *link) drop(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == c {
		l.dropLocked(c)
	}
}

func (l *link) dropLocked(c *conn) {
	l.conn = nil
	_ = c.Close()
}

func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn != nil {
		l.dropLocked(l.conn)
	}
}

// oneOf makes one error of why each endpoint failed; the first one's kind is the kind.
func oneOf(failures []*Error) *Error {
	if len(failures) == 0 {
		return nil
	}
	texts := make([]string, len(failures))
	for i, f := range failures {
		texts[i] = f.Text
	}
	return &Error{failures[0].Kind, strings.Join(texts, "; ")}
}
