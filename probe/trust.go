package probe

import (
	"slices"
	"strings"
)

// trusts reports whether a password or token may be sent to an endpoint: over TLS always; in plain text only if the
// user asked for that, by giving this endpoint with http:// or by giving nothing that asks for TLS. A member list or
// DNS record that leads to http does not count.
func (c *Config) trusts(endpoint string) bool {
	return isHTTPS(endpoint) || !c.namesTLS() || !c.EndpointsDiscovered && slices.Contains(c.Endpoints, endpoint)
}

// namesTLS reports whether the user asked for TLS, by a TLS setting or by an https endpoint. Then an endpoint without a
// scheme is https, so that an http one was written that way.
func (c *Config) namesTLS() bool {
	return c.TLS != TLS{} || slices.ContainsFunc(c.Endpoints, isHTTPS) ||
		slices.ContainsFunc(c.MetricsEndpoints, isHTTPS)
}

// isHTTPS reports whether a URL as given has the https scheme, or unixs, which is TLS over a unix socket.
func isHTTPS(raw string) bool {
	scheme, _, _ := strings.Cut(strings.TrimSpace(raw), ":")
	return strings.EqualFold(scheme, "https") && strings.Contains(raw, "://") || scheme == "unixs"
}

var errWithheld = &Error{Kind: ErrWithheld,
	Text: "it asks for a login, and etcdoc sends no password over http where TLS is asked for (by an https " +
		"endpoint, --cacert, --cert or another flag about TLS): make the member advertise https " +
		"(--advertise-client-urls); to send the password in clear text anyway, give this endpoint in --endpoints " +
		"with http://"}
