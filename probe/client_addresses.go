package probe

import (
	"slices"
	"strings"
	"time"
)

type rejection struct {
	at  time.Time
	why *Error
}

// A candidate is an address, and why not to try it now; nil to try it.
type candidate struct {
	address
	rejected *Error
}

// candidates returns the addresses in the order to try them: first the one at which the member answered, which is
// certainly its own.
func (cl *client) candidates() []candidate {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	all := make([]candidate, len(cl.addresses))
	for i, a := range cl.addresses {
		all[i].address, all[i].rejected = a, a.excluded
		if a.excluded != nil {
			continue
		}
		if r, ok := cl.rejected[a.url]; ok && cl.p.cfg.Now().Sub(r.at) < retryRejected {
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

// explain replaces a failure at the address by what is known about the address, if that explains it.
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
		return withEndpoint(a.url, &Error{Kind: ErrTLSSpoken,
			Text: "it advertises this URL to clients but speaks TLS there: change its " +
				"--advertise-client-urls to https, or give its https endpoint"})
	case err.Kind == ErrTLSNotSpoken:
		return withEndpoint(a.url, &Error{Kind: ErrTLSNotSpoken,
			Text: "it advertises this URL to clients but does not speak TLS there: change its " +
				"--advertise-client-urls to http, or give its http endpoint"})
	}
	return err
}

// explain explains a failure at an endpoint in the same way. If that says nothing about the member, the failures of the
// endpoints before it do.
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

// reject records that an endpoint answered for another member, and avoids it for a while. It returns why the member is
// unreachable, including the failures of the endpoints before.
func (cl *client) reject(endpoint string, why *Error) *Error {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.rejected == nil {
		cl.rejected = make(map[string]rejection)
	}
	cl.rejected[endpoint] = rejection{cl.p.cfg.Now(), why}
	switch {
	case cl.conn == nil: // another call on the same connection got here first
	case cl.conn.endpoint == endpoint:
		cl.dropLocked(cl.conn)
	default:
		return why
	}
	return oneOf(append(slices.Clone(cl.skipped), why))
}

// oneOf merges the failures of all endpoints. The first one about the member, not about who answers in its place, comes
// first and gives the kind.
func oneOf(failures []*Error) *Error {
	if len(failures) == 0 {
		return nil
	}
	main := max(0, slices.IndexFunc(failures,
		func(e *Error) bool { return e.Kind != ErrElsewhere && e.Kind != ErrForeign }))
	first := failures[main]
	texts := []string{first.Text}
	for i, f := range failures {
		if i != main {
			texts = append(texts, f.Text)
		}
	}
	merged := &Error{Kind: first.Kind, Text: strings.Join(texts, "; "), Where: first.Where}
	if first.What != "" {
		texts[0] = first.What
		merged.What = strings.Join(texts, "; ")
	}
	return merged
}
