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
type client struct {
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
	confirmed string
	// passed are why the connection is not with an address before it.
	skipped []*Error
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

// reachesLocked reports that an endpoint is among the addresses.
func (cl *client) reachesLocked(endpoint string) bool {
	return slices.ContainsFunc(cl.addresses, func(a address) bool { return a.url == endpoint })
}

// get returns the connection, making it if need be. Whoever comes while it is being made waits for the same.
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
		return nil, &Error{ErrTimeout, noAnswer(cl.p.cfg.CommandTimeout)}
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.conn == nil {
		return nil, cmp.Or(cl.failure, errClosed) // it was made, and given up before we came to it
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
		cl.failure = &Error{ErrUnreachable, "the member list has no client URL for it: it was never started"}
	case made == nil:
	case cl.closed || !cl.reachesLocked(made.endpoint):
		_ = made.Close()
		cl.failure = errClosed
	default:
		cl.conn, cl.failure, cl.answered, cl.skipped = made, nil, true, failures
	}
}

// A candidate is an address, and why it is not tried now; nil where it is.
type candidate struct {
	address
	rejected *Error
}

// candidates are the addresses in the order in which they are tried: the one at which the member was is the first, as it
// is the member's own for certain.
func (cl *client) candidates() []candidate {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	all := make([]candidate, len(cl.addresses))
	for i, a := range cl.addresses {
		all[i].address, all[i].rejected = a, a.excluded
		if a.excluded != nil {
			continue
		}
		if r, is := cl.rejected[a.url]; is && cl.p.cfg.Now().Sub(r.at) < retryRejected {
			all[i].rejected = r.why
			continue
		}
		delete(cl.rejected, a.url)
	}
	if i := slices.IndexFunc(all, func(c candidate) bool { return c.url == cl.confirmed }); i > 0 {
		proven := all[i]
		copy(all[1:i+1], all[:i])
		all[0] = proven
	}
	return all
}

// prove notes that the member itself answered at an endpoint.
func (cl *client) confirm(endpoint string) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.confirmed = endpoint
}

// explain puts a failure at the address down to what the address is known to be, where that explains it.
func (a *address) explain(err *Error) *Error {
	switch {
	case err == nil:
		return nil
	case a.ambiguous != nil:
		return a.ambiguous
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
func (cl *client) explain(endpoint string, err *Error) *Error {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	for i := range cl.addresses {
		if a := &cl.addresses[i]; a.url == endpoint {
			why := a.explain(err)
			if why != nil && why == a.ambiguous {
				return oneOf(append(slices.Clone(cl.skipped), why))
			}
			return why
		}
	}
	return err
}

// serve notes the certificates that the member showed, the leaf first, with those that it was verified by.
func (cl *client) noteCertificates(chain []*x509.Certificate) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.served = chain[0]
	if authority := firstToExpire(chain); authority != nil {
		cl.authority = authority
	}
}

// way is how long the connection that there is took to make; 0 where there is none.
func (cl *client) dialDuration() time.Duration {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.conn == nil {
		return 0
	}
	return cl.conn.hook.duration()
}

// servedCertificates are the leaf that the member showed and the CA above it that expires first; nil: none was seen.
func (cl *client) servedCertificates() (leaf, authority *Certificate) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return describeCertificate(cl.served), describeCertificate(cl.authority)
}

// endpoint is the one that the connection is with, else the one that is tried first; empty where there is none.
func (cl *client) endpoint() string {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.conn != nil {
		return cl.conn.endpoint
	}
	for _, a := range cl.addresses {
		if _, is := cl.rejected[a.url]; !is && a.excluded == nil {
			return a.url
		}
	}
	if len(cl.addresses) == 0 {
		return ""
	}
	return cl.addresses[0].url
}

// connectedWith is the endpoint that there is a connection with now; empty: none.
func (cl *client) connectedWith() string {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.conn == nil {
		return ""
	}
	return cl.conn.endpoint
}

// reject notes that an endpoint answered for another member, and leaves it alone for a while. It returns why the member
// is not reached: for that, and because those before it failed.
func (cl *client) reject(endpoint string, why *Error) *Error {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.rejected == nil {
		cl.rejected = make(map[string]rejection)
	}
	cl.rejected[endpoint] = rejection{cl.p.cfg.Now(), why}
	switch {
	case cl.conn == nil: // another call by the same connection has come to this before
	case cl.conn.endpoint == endpoint:
		cl.dropLocked(cl.conn)
	default:
		return why
	}
	return oneOf(append(slices.Clone(cl.skipped), why))
}

// drop closes a connection that failed, unless it was replaced already.
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
