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
// fails it is closed, and the next call tries the member's addresses in turn. All calls with the member share it.
type link struct {
	p *Prober

	mu sync.Mutex
	// addresses are where to reach the member, the preferred ones first.
	addresses []address
	// rejected are endpoints that answered for another member, with the words for it.
	rejected map[string]rejection
	conn     *conn
	// connecting is closed when the attempt under way has ended; nil when there is none.
	connecting chan struct{}
	// failure is why the last attempt failed, and answered whether any attempt ever succeeded.
	failure  *Error
	answered bool
	// proven is the endpoint at which the member itself answered last; empty: it never did.
	proven string
	// passed are why the connection is not with an address before it.
	passed []*Error
	// served is the newest leaf that the member showed, and authority the CA above it that expires first; nil: none was
	// seen.
	served, authority *x509.Certificate
	closed            bool
}

type rejection struct {
	at  time.Time
	why *Error
}

// reach sets the addresses. A connection with one that is no longer among them is closed.
func (l *link) reach(addresses []address) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addresses = addresses
	for e := range l.rejected {
		if !l.reachesLocked(e) {
			delete(l.rejected, e)
		}
	}
	if l.conn != nil && !l.reachesLocked(l.conn.endpoint) {
		l.dropLocked(l.conn)
	}
}

// reachesLocked reports that an endpoint is among the addresses.
func (l *link) reachesLocked(endpoint string) bool {
	return slices.ContainsFunc(l.addresses, func(a address) bool { return a.url == endpoint })
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

// connect tries the addresses in turn until one answers.
func (l *link) connect() {
	var failures []*Error
	var made *conn
	for _, a := range l.candidates() {
		if a.rejected != nil {
			failures = append(failures, a.rejected)
			continue
		}
		c, err := l.dial(a.url)
		if err == nil {
			made = c
			break
		}
		failures = append(failures, a.explain(err))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.connecting)
	l.connecting = nil
	l.failure = oneOf(failures)
	switch {
	case made == nil && len(failures) == 0:
		l.failure = &Error{ErrUnreachable, "the member list has no client URL for it: it was never started"}
	case made == nil:
	case l.closed || !l.reachesLocked(made.endpoint):
		_ = made.Close()
		l.failure = errClosed
	default:
		l.conn, l.failure, l.answered, l.passed = made, nil, true, failures
	}
}

// A candidate is an address, and why it is not tried now; nil where it is.
type candidate struct {
	address
	rejected *Error
}

// candidates are the addresses in the order in which they are tried: the one at which the member was is the first, as it
// is the member's own for certain.
func (l *link) candidates() []candidate {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]candidate, len(l.addresses))
	for i, a := range l.addresses {
		all[i].address, all[i].rejected = a, a.barred
		if a.barred != nil {
			continue
		}
		if r, is := l.rejected[a.url]; is && l.p.cfg.Now().Sub(r.at) < retryRejected {
			all[i].rejected = r.why
			continue
		}
		delete(l.rejected, a.url)
	}
	if i := slices.IndexFunc(all, func(c candidate) bool { return c.url == l.proven }); i > 0 {
		proven := all[i]
		copy(all[1:i+1], all[:i])
		all[0] = proven
	}
	return all
}

// prove notes that the member itself answered at an endpoint.
func (l *link) prove(endpoint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proven = endpoint
}

// explain puts a failure at the address down to what the address is known to be, where that explains it.
func (a *address) explain(err *Error) *Error {
	switch {
	case err == nil:
		return nil
	case a.elsewhere != nil:
		return a.elsewhere
	case a.peerPort != nil && err.Kind != ErrRefused && err.Kind != ErrTimeout:
		return a.peerPort
	case a.given:
	case err.Kind == ErrTLSSpoken:
		return &Error{ErrTLSSpoken, a.url + ": that is what it advertises to clients, and it speaks TLS there: make its " +
			"--advertise-client-urls say https, or name its https endpoint"}
	case err.Kind == ErrTLSNotSpoken:
		return &Error{ErrTLSNotSpoken, a.url + ": that is what it advertises to clients, and it does not speak TLS there: make its " +
			"--advertise-client-urls say http, or name its http endpoint"}
	}
	return err
}

// explain is the same for a failure at an endpoint of the link's. Where that says nothing of the member, why its endpoints before
// failed does.
func (l *link) explain(endpoint string, err *Error) *Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.addresses {
		if a := &l.addresses[i]; a.url == endpoint {
			why := a.explain(err)
			if why != nil && why == a.elsewhere {
				return oneOf(append(slices.Clone(l.passed), why))
			}
			return why
		}
	}
	return err
}

// serve notes the certificates that the member showed, the leaf first, with those that it was verified by.
func (l *link) serve(chain []*x509.Certificate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.served = chain[0]
	if authority := firstToExpire(chain); authority != nil {
		l.authority = authority
	}
}

// way is how long the connection that there is took to make; 0 where there is none.
func (l *link) way() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return 0
	}
	return l.conn.hook.way()
}

// servedCertificates are the leaf that the member showed and the CA above it that expires first; nil: none was seen.
func (l *link) servedCertificates() (leaf, authority *Certificate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return describeCertificate(l.served), describeCertificate(l.authority)
}

// endpoint is the one that the connection is with, else the one that is tried first; empty where there is none.
func (l *link) endpoint() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		return l.conn.endpoint
	}
	for _, a := range l.addresses {
		if _, is := l.rejected[a.url]; !is && a.barred == nil {
			return a.url
		}
	}
	if len(l.addresses) == 0 {
		return ""
	}
	return l.addresses[0].url
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

// reject notes that an endpoint answered for another member, and leaves it alone for a while. It returns why the member
// is not reached: for that, and because those before it failed.
func (l *link) reject(endpoint string, why *Error) *Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rejected == nil {
		l.rejected = make(map[string]rejection)
	}
	l.rejected[endpoint] = rejection{l.p.cfg.Now(), why}
	switch {
	case l.conn == nil: // another call by the same connection has come to this before
	case l.conn.endpoint == endpoint:
		l.dropLocked(l.conn)
	default:
		return why
	}
	return oneOf(append(slices.Clone(l.passed), why))
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

// oneOf makes one error of why each endpoint failed. The first that says something of the member, and not only of who
// answers in its place, gives the kind and comes first.
func oneOf(failures []*Error) *Error {
	if len(failures) == 0 {
		return nil
	}
	main := max(0, slices.IndexFunc(failures, func(e *Error) bool { return e.Kind != ErrElsewhere && e.Kind != ErrForeign }))
	texts := []string{failures[main].Text}
	for i, f := range failures {
		if i != main {
			texts = append(texts, f.Text)
		}
	}
	return &Error{failures[main].Kind, strings.Join(texts, "; ")}
}
