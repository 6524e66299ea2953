package probe

import (
	"slices"
	"strings"
)

// trusts reports whether a password and a token may go to an endpoint. They go over TLS, and in plain text where that is
// what the user asked for: to an endpoint that was given with http, or anywhere where nothing that was given speaks of
// TLS. A member list, or a DNS record, that leads from there to http is no word of the user's.
func (c *Config) trusts(endpoint string) bool {
	return isHTTPS(endpoint) || !c.namesTLS() || !c.EndpointsDiscovered && slices.Contains(c.Endpoints, endpoint)
}

// namesTLS reports that TLS was asked for: by any of the settings that are about it, or by any endpoint. Where it was, an
// endpoint without a scheme is an https one, so that those with http are those that somebody wrote so.
func (c *Config) namesTLS() bool {
	return c.TLS != TLS{} || slices.ContainsFunc(c.Endpoints, isHTTPS) || slices.ContainsFunc(c.MetricsEndpoints, isHTTPS)
}

// isHTTPS reports that a URL, as it was given, has the scheme of TLS.
func isHTTPS(raw string) bool {
	const scheme = "https://"
	raw = strings.TrimSpace(raw)
	return len(raw) >= len(scheme) && strings.EqualFold(raw[:len(scheme)], scheme)
}

var errWithheld = &Error{ErrWithheld, "it asks for a login, and etcdoc sends no password over http where TLS is asked for (by an https " +
	"endpoint, --cacert, --cert or another flag about TLS): make the member advertise https (--advertise-client-urls); to send the " +
	"password in clear all the same, name this endpoint in --endpoints, with http://"}
