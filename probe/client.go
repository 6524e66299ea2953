package probe

import (
	"cmp"
	"context"
	"crypto/x509"
	"slices"
	"sync"
	"time"
)

// retryRejected is how long a client avoids an endpoint that answered for another member.
const retryRejected = 30 * time.Second

// A client holds the one gRPC connection with a member. It dials on demand and keeps the connection; when that fails it
// closes it, and the next call tries the member's addresses in turn. All calls to the member share it.
type client struct {
	p *Prober

	mu sync.Mutex
	// addresses are where to reach the member, preferred ones first.
	addresses []address
	// rejected are the endpoints that answered for another member, and why each was rejected.
	rejected map[string]rejection
	conn     *conn
	// connecting is closed when the current attempt ends; nil if there is none.
	connecting chan struct{}
	// failure is why the last attempt failed; answered says that an attempt once succeeded.
	failure  *Error
	answered bool
	// confirmed is the endpoint at which the member itself last answered; empty if it never did.
	confirmed string
	// skipped are the failures of the addresses tried before the connection's.
	skipped []*Error
	// served is the newest leaf certificate that the member presented, and authority the CA certificate above it that
	// expires first; nil if there was none.
	served, authority *x509.Certificate
	closed            bool
	// inBulk says that its connection is for large answers: see [MemberReader].
	inBulk bool
}

// setAddresses sets the addresses. It closes the connection if its endpoint is not among them.
func (cl *client) setAddresses(addresses []address) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.addresses = addresses
	for e := range cl.rejected {
		if !cl.reachesLocked(e) {
			delete(cl.rejected, e)
		}
	}
	if cl.conn != nil && !cl.reachesLocked(cl.conn.endpoint) {
		cl.dropLocked(cl.conn)
	}
}

// reachesLocked reports whether an endpoint is among the addresses.
func (cl *client) reachesLocked(endpoint string) bool {
	return slices.ContainsFunc(cl.addresses, func(a address) bool { return a.url == endpoint })
}

// has reports whether an address has that host and port.
func (cl *client) has(hostPort string) bool {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return slices.ContainsFunc(cl.addresses, func(a address) bool { return HostPort(a.url) == hostPort })
}

// get returns the connection and dials if there is none. Concurrent callers share one attempt.
func (cl *client) get(ctx context.Context) (*conn, *Error) {
	cl.mu.Lock()
	if cl.conn != nil || cl.closed {
		defer cl.mu.Unlock()
		if cl.closed {
			return nil, errClosed
		}
		return cl.conn, nil
	}
	if cl.connecting == nil {
		cl.connecting = make(chan struct{})
		cl.p.calls.Go(cl.connect)
	}
	done := cl.connecting
	cl.mu.Unlock()

	select {
	case <-done:
	case <-ctx.Done():
		return nil, withEndpoint(cl.endpoint(), &Error{Kind: ErrTimeout, Text: noAnswer(cl.p.cfg.CommandTimeout)})
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.conn == nil {
		return nil, cmp.Or(cl.failure, errClosed) // made, and dropped before we got here
	}
	return cl.conn, nil
}

// connect tries the addresses in turn until one answers.
func (cl *client) connect() {
	var failures []*Error
	var made *conn
	for _, a := range cl.candidates() {
		if a.rejected != nil {
			failures = append(failures, a.rejected)
			continue
		}
		c, err := cl.dial(a.url)
		if err == nil {
			made = c
			break
		}
		failures = append(failures, a.explain(err))
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	close(cl.connecting)
	cl.connecting = nil
	cl.failure = oneOf(failures)
	switch {
	case made == nil && len(failures) == 0:
		cl.failure = &Error{Kind: ErrUnreachable,
			Text: "the member list has no client URL for it: it has never served"}
	case made == nil:
	case cl.closed || !cl.reachesLocked(made.endpoint):
		_ = made.Close()
		cl.failure = errClosed
	default:
		cl.conn, cl.failure, cl.answered, cl.skipped = made, nil, true, failures
	}
}

// confirm records that the member itself answered at an endpoint.
func (cl *client) confirm(endpoint string) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.confirmed = endpoint
}

// noteCertificates records the certificates that the member presented, leaf first, and those that verified it.
func (cl *client) noteCertificates(chain []*x509.Certificate) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.served = chain[0]
	if authority := firstToExpire(chain); authority != nil {
		cl.authority = authority
	}
}

// everConnected reports whether an attempt to connect has ever succeeded.
func (cl *client) everConnected() bool {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return cl.answered
}

// dialDuration is how long the current connection took to dial; 0 if there is none.
func (cl *client) dialDuration() time.Duration {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.conn == nil {
		return 0
	}
	return cl.conn.hook.duration()
}

// servedCertificates returns the leaf certificate that the member presented and the CA certificate above it that
// expires first; nil if there was none.
func (cl *client) servedCertificates() (leaf, authority *Certificate) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return describeCertificate(cl.served), describeCertificate(cl.authority)
}

// endpoint returns the connection's endpoint, else the first one to try; empty if there is none.
func (cl *client) endpoint() string {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.conn != nil {
		return cl.conn.endpoint
	}
	for _, a := range cl.addresses {
		if _, ok := cl.rejected[a.url]; !ok && a.excluded == nil {
			return a.url
		}
	}
	if len(cl.addresses) == 0 {
		return ""
	}
	return cl.addresses[0].url
}

// connectedWith returns the endpoint of the current connection; empty if there is none.
func (cl *client) connectedWith() string {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.conn == nil {
		return ""
	}
	return cl.conn.endpoint
}

// silent returns the addresses of the connection's name that accepted a connection and then stayed silent.
func (cl *client) silent() []string {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.conn == nil {
		return nil
	}
	return cl.conn.silent
}

// drop closes a failed connection unless another one has replaced it.
func (cl *client) drop(c *conn) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.conn == c {
		cl.dropLocked(c)
	}
}

func (cl *client) dropLocked(c *conn) {
	cl.conn = nil
	_ = c.Close()
}

func (cl *client) close() {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.closed = true
	if cl.conn != nil {
		cl.dropLocked(cl.conn)
	}
}
