package probe

import (
	"cmp"
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"sync"
	"time"
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
		return nil, cmp.Or(l.failure, errClosed) // it was made, and given up before we came to it
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
