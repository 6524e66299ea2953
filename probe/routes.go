package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// A route is how one attempt reaches an endpoint whose name may have several addresses.
type route struct {
	// address is the host and port to dial; empty means the endpoint's own.
	address string

	mu sync.Mutex
	// accepted is the address that has accepted the attempt's connection; empty until one does. silent are the
	// addresses that had accepted one before, and then stayed silent.
	accepted string
	silent   []string
}

func (r *route) acceptedBy() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accepted
}

// accept records which address has accepted the connection, and which stayed silent.
func (r *route) accept(c net.Conn, silent []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accepted, r.silent = c.RemoteAddr().String(), silent
}

// silentBefore returns the addresses that stayed silent before the one that accepted.
func (r *route) silentBefore() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.silent
}

// dialRoute dials the route's address instead of the given one, if it has one.
func (c *Config) dialRoute(ctx context.Context, r *route, network, address string) (net.Conn, error) {
	conn, err := c.DialContext(ctx, network, cmp.Or(r.address, address))
	if err == nil {
		r.accept(conn, nil)
	}
	return conn, err
}

type routeKey struct{}

// routeOf returns the route of the request that net/http dials for.
func routeOf(ctx context.Context) *route {
	if r, has := ctx.Value(routeKey{}).(*route); has {
		return r
	}
	return &route{}
}

// hasName reports whether an endpoint's host is a name, which may have several addresses.
func hasName(endpoint string) bool {
	if _, is := socketPath(endpoint); is {
		return false
	}
	_, err := netip.ParseAddr(Hostname(endpoint))
	return err != nil
}

// An attempted is how an attempt to reach an endpoint ended: why it failed, or what it got.
type attempted[T any] struct {
	by    *route
	value T
	err   error
}

// overRoutes runs an attempt to reach an endpoint. A dial goes to the first address of a name that accepts; if that
// then stays silent for routeHeadStart, overRoutes also tries the other addresses, one after the other. It returns what
// the first success got, and the addresses that were silent until then; else all failures. discard gets what a later
// success got.
//
// Nobody is given up early: a member that is slow to answer has as much time as without other addresses.
func overRoutes[T any](ctx context.Context, c *Config, endpoint string,
	attempt func(context.Context, *route) (T, error), discard func(T)) (got T, silent []string, failed []attempted[T]) {
	first := &route{}
	if !hasName(endpoint) {
		got, err := attempt(ctx, first)
		if err != nil {
			failed = []attempted[T]{{first, got, err}}
		}
		return got, nil, failed
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan attempted[T])
	var running []*route
	begin := func(r *route) {
		running = append(running, r)
		go func() { // until all have ended, below
			value, err := attempt(ctx, r)
			ended <- attempted[T]{r, value, err}
		}()
	}
	begin(first)
	var others []string
	lookedUp := false
	step := time.NewTicker(c.routeHeadStart())
	defer step.Stop()
	for {
		select {
		case <-step.C:
			if accepted := first.acceptedBy(); !lookedUp && accepted != "" {
				others, lookedUp = c.otherAddresses(ctx, endpoint, accepted), true
			}
		case end := <-ended:
			running = slices.DeleteFunc(running, func(r *route) bool { return r == end.by })
			if end.err == nil {
				silent = acceptedOf(running)
				cancel()
				for range running {
					if late := <-ended; late.err == nil {
						discard(late.value)
					}
				}
				return end.value, silent, nil
			}
			failed = append(failed, end)
		}
		if len(others) > 0 {
			begin(&route{address: others[0]})
			others = others[1:]
		}
		if len(running) == 0 {
			return got, nil, failed
		}
	}
}

// routeHeadStart is how long an address may take alone before the next one is tried as well.
func (c *Config) routeHeadStart() time.Duration { return c.DialTimeout / 4 }

// otherAddresses returns the addresses of an endpoint's name besides one; none if the lookup fails or takes long.
func (c *Config) otherAddresses(ctx context.Context, endpoint, besides string) []string {
	ctx, cancel := context.WithTimeout(ctx, c.routeHeadStart())
	defer cancel()
	all, _ := c.Lookup(ctx, HostPort(endpoint))
	return slices.DeleteFunc(all, func(address string) bool { return address == besides })
}

// lookup returns the addresses of a host, each with the port.
func lookup(ctx context.Context, hostPort string) ([]string, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	all, err := net.DefaultResolver.LookupHost(ctx, host)
	for i := range all {
		all[i] = net.JoinHostPort(all[i], port)
	}
	return all, err
}

func acceptedOf(routes []*route) (all []string) {
	for _, r := range routes {
		if address := r.acceptedBy(); address != "" {
			all = append(all, address)
		}
	}
	return all
}

// tellingOf returns the failure at several addresses of a name that says most: rather what one answered than silence.
func tellingOf[T any](failed []attempted[T]) error {
	return failed[max(0, slices.IndexFunc(failed, func(a attempted[T]) bool {
		var e *Error
		if errors.As(a.err, &e) {
			return !e.Kind.IsSilence() && e.Kind != ErrElsewhere && e.Kind != ErrForeign
		}
		return explainNet(a.err, 0) == nil
	}))].err
}

// failureOf merges the failures at several addresses of a name, and names those. nil if there are none.
func failureOf[T any](endpoint string, failed []attempted[T]) *Error {
	var told *Error
	if len(failed) == 0 || !errors.As(tellingOf(failed), &told) {
		return nil
	}
	if len(failed) == 1 || told.What == "" {
		return told
	}
	var tried []string
	for _, a := range failed {
		tried = append(tried, cmp.Or(a.by.acceptedBy(), a.by.address))
	}
	slices.Sort(tried)
	return withEndpoint(endpoint, &Error{Kind: told.Kind,
		Text: fmt.Sprintf("%s (its addresses: %s)", told.What, strings.Join(tried, ", "))})
}
