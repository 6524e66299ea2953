package probe

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// An urlKind is what a URL is given for, in words, and what to do instead of naming a user in it.
type urlKind struct{ name, noUser string }

// The kinds of URLs that are given.
var (
	endpointKind        = urlKind{"endpoint", "give --user instead"}
	metricsEndpointKind = urlKind{"metrics endpoint", "etcdoc logs in to none, so leave it out"}
)

// normalizeAll normalizes each URL and leaves out those that were there already.
func normalizeAll(what urlKind, urls []string, secure bool, normalize func(string, bool) (string, error)) ([]string, error) {
	// A comma in a password makes two of one endpoint: they are looked at together, before either is quoted.
	if all := strings.Join(urls, ","); strings.Contains(all, "@") {
		return nil, fmt.Errorf("%s %q has a user in it: %s", what.name, Redacted(all), what.noUser)
	}
	var out []string
	seen := make(map[string]bool)
	for i, raw := range urls {
		if strings.TrimSpace(raw) == "" && len(urls) > 1 {
			return nil, fmt.Errorf("of %d endpoints that are given, number %d is empty: is there a comma too many in %q?",
				len(urls), i+1, strings.Join(urls, ","))
		}
		u, err := normalize(raw, secure)
		if err != nil {
			return nil, err
		}
		if !seen[u] {
			seen[u] = true
			out = append(out, u)
		}
	}
	return out, nil
}

// clientURL gives an endpoint its scheme, and fails where it is no URL that etcdoc can talk gRPC to.
func clientURL(raw string, secure bool) (string, error) {
	u, err := memberURL(endpointKind, raw, secure)
	if err != nil {
		return "", err
	}
	bare := (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return "", fmt.Errorf("endpoint %q: a client URL has no path: write %s", raw, bare)
	}
	return bare, nil
}

// metricsURL gives a metrics endpoint its scheme and path.
func metricsURL(raw string, secure bool) (string, error) {
	u, err := memberURL(metricsEndpointKind, raw, secure)
	if err != nil {
		return "", err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/metrics"
	}
	return u.String(), nil
}

// Redacted is an endpoint that may be shown, or several with commas between them: without user and password. A password may
// have any character in it, so that of several endpoints those before the last user are left out as well.
func Redacted(text string) string {
	end := strings.LastIndexByte(text, '@')
	if end < 0 {
		return text
	}
	return text[:schemeLength(text[:end])] + "…" + text[end:]
}

// schemeOf is the length of a URL's scheme, with what follows it; 0: it has none.
func schemeLength(text string) int {
	return len(leadingScheme.FindString(text))
}

// leadingScheme is a URL's scheme, by RFC 3986.
var leadingScheme = regexp.MustCompile(`^\s*[A-Za-z][A-Za-z0-9+.-]*://`)

// withoutUser is a URL that a member advertises, without a user and a password: etcd takes such URLs and dials them without
// that, and so it tells no more of where the member is.
func withoutUser(advertised string) string {
	end := strings.LastIndexByte(advertised, '@')
	if end < 0 {
		return advertised
	}
	return advertised[:schemeLength(advertised[:end])] + advertised[end+1:]
}

// memberURL reads the URL of a member.
func memberURL(kind urlKind, raw string, secure bool) (*url.URL, error) {
	const allowed = "write http://HOST:PORT or https://HOST:PORT"
	what, full := kind.name, strings.TrimSpace(raw)
	if strings.Contains(full, "@") { // wherever it stands: a password may have any character before it
		return nil, fmt.Errorf("%s %q has a user in it: %s", what, Redacted(full), kind.noUser)
	}
	if !strings.Contains(full, "://") && !strings.HasPrefix(full, "unix:") {
		if secure {
			full = "https://" + full
		} else {
			full = "http://" + full
		}
	}
	u, err := url.Parse(withEscapedZone(full))
	if err != nil {
		return nil, fmt.Errorf("%s %q is no URL: %s", what, raw, allowed)
	}
	switch u.Scheme {
	case "http", "https":
	case "unix", "unixs":
		return nil, fmt.Errorf("%s %q: unix sockets are not supported: %s", what, raw, allowed)
	default:
		return nil, fmt.Errorf("%s %q: scheme %q is not supported: %s", what, raw, u.Scheme, allowed)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("%s %q has no host: %s", what, raw, allowed)
	}
	if u.Port() == "" {
		return nil, fmt.Errorf("%s %q has no port: %s (etcd's client port is usually 2379)", what, raw, allowed)
	}
	return u, nil
}

// bareZone finds the zone of an IPv6 address that is written as ip and ssh take it: [fe80::1%eth0]. In a URL the percent
// sign is an escape, and so written %25 (RFC 6874).
var bareZone = regexp.MustCompile(`(\[[0-9A-Fa-f:.]+%)([^\]]*\])`)

func withEscapedZone(text string) string {
	at := bareZone.FindStringSubmatchIndex(text)
	if at == nil || strings.HasPrefix(text[at[3]:], "25") {
		return text
	}
	return text[:at[3]] + "25" + text[at[3]:]
}

// withoutZone is a host, with or without a port, as certificates name it: a zone is of this machine alone (RFC 4007).
func withoutZone(host string) string {
	begin := strings.IndexByte(host, '%')
	if begin < 0 {
		return host
	}
	if end := strings.IndexByte(host[begin:], ']'); end >= 0 {
		return host[:begin] + host[begin+end:]
	}
	return host[:begin]
}

// nameOf is the name that an endpoint's certificate must have.
func serverNameOf(endpoint string) string {
	host, _, err := net.SplitHostPort(hostPort(endpoint))
	if err != nil {
		return ""
	}
	return withoutZone(host)
}

// hostPort is the address that a normalized URL names.
func hostPort(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	return u.Host
}

// place is an address for comparing: "localhost" and 127.0.0.1 are one.
func addressKey(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	host := strings.ToLower(u.Hostname())
	if host == "localhost" || host == "::1" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, u.Port())
}

func hostOf(endpoint string) string {
	host, _, err := net.SplitHostPort(addressKey(endpoint))
	if err != nil {
		return ""
	}
	return host
}

// isLoopback reports that a URL names an address that every host has for itself.
func isLoopback(endpoint string) bool {
	ip := net.ParseIP(hostOf(endpoint))
	return ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// ownAddresses are the addresses of the host that etcdoc runs on.
func localAddresses() map[string]bool {
	own := make(map[string]bool)
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return own // members on this host are taken for others': less is claimed of them then
	}
	for _, a := range addresses {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil {
			own[ip.String()] = true
		}
	}
	return own
}
