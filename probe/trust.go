package probe

import (
	"slices"
	"strings"
)

// trusts reports whether a password and a token may go to an endpoint. They go over TLS, and in plain text where that is
// what the user asked for: to an endpoint that was given with http, or anywhere where nothing that was given speaks of
// TLS. A member list, or a DNS record, that leads from there to http is no word of the user's.
func (c *Config) trusts(endpoint string) bool {
	return strings.HasPrefix(endpoint, "https://") || !c.namesTLS() || !c.EndpointsFound && slices.Contains(c.Endpoints, endpoint)
}

// namesTLS reports that TLS was asked for: by files, or by an endpoint. The endpoints have their schemes already.
func (c *Config) namesTLS() bool {
	return c.TLS.namesFile() || slices.ContainsFunc(c.Endpoints, func(e string) bool { return strings.HasPrefix(e, "https://") })
}

var errWithheld = &Error{ErrWithheld, "it asks for a login, and etcdoc sends no password over http where TLS is asked for (by an https " +
	"endpoint, or --cacert, --cert): make the member advertise https (--advertise-client-urls); to send the password in clear " +
	"all the same, name this endpoint in --endpoints"}
