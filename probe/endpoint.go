package probe

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// An urlKind says what a URL is for, with which flag it is given, what to do instead of putting a user into it, and
// which port it usually has.
type urlKind struct{ name, flag, noUser, port string }

// The kinds of given URLs.
var (
	endpointKind        = urlKind{"endpoint", "endpoints", "give --user instead", etcdPort}
	metricsEndpointKind = urlKind{"metrics endpoint", "metrics-endpoints", "etcdoc logs in to none, so leave it out",
		etcdPort}
	apiServerKind = urlKind{"API server", "apiserver", "give --apiserver-token-file instead",
		"kube-apiserver's port is usually 6443"}
)

const etcdPort = "etcd's client port is usually 2379"

// normalizeAll normalizes the URLs and drops duplicates. Its error joins a [SettingError] for each that is wrong.
func normalizeAll(what urlKind, urls []string, secure bool,
	normalize func(string, bool) (string, error)) ([]string, error) {
	// A comma in a password splits one endpoint into two, so look at them together before quoting either.
	if all := strings.Join(urls, ","); strings.Contains(all, "@") {
		return nil, aboutSetting(what.flag,
			fmt.Errorf("%s %q has a user in it: %s", what.name, Redacted(all), what.noUser))
	}
	var out []string
	var errs []error
	seen := make(map[string]bool)
	for i, raw := range urls {
		u, err := normalize(raw, secure)
		if strings.TrimSpace(raw) == "" && len(urls) > 1 {
			err = fmt.Errorf("%s %d of %d is empty: is there an extra comma in %q?",
				what.name, i+1, len(urls), strings.Join(urls, ","))
		}
		switch {
		case err != nil:
			errs = append(errs, aboutSetting(what.flag, err))
		case !seen[u]:
			seen[u] = true
			out = append(out, u)
		}
	}
	return out, errors.Join(errs...)
}

// clientURL adds a scheme to an endpoint; it fails if the URL can't be a gRPC endpoint.
func clientURL(raw string, secure bool) (string, error) {
	if socket, ok := socketPath(strings.TrimSpace(raw)); ok {
		if socket == "" {
			return "", fmt.Errorf("endpoint %q names no socket: write unix:///PATH", raw)
		}
		scheme, _, _ := strings.Cut(strings.TrimSpace(raw), ":")
		return scheme + "://" + socket, nil
	}
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

// metricsURL adds a scheme and path to a metrics endpoint.
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

// apiServerURL adds a scheme to the URL of an API server, and cuts off the slash at its end. A path is that of a proxy
// before it.
func apiServerURL(raw string, _ bool) (string, error) {
	u, err := memberURL(apiServerKind, raw, true)
	switch {
	case err != nil:
		return "", err
	case u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("API server %q: want no query: write https://HOST:PORT", raw)
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}

// Redacted removes user and password from an endpoint, or from several separated by commas, so that it may be shown. A
// password may contain any character, so it removes everything before the last user.
func Redacted(text string) string {
	end := strings.LastIndexByte(text, '@')
	if end < 0 {
		return text
	}
	return text[:schemeLength(text[:end])] + "…" + text[end:]
}

// schemeLength returns the length of a URL's scheme, including "://"; 0 if it has none.
func schemeLength(text string) int {
	return len(leadingScheme.FindString(text))
}

// leadingScheme is a URL's scheme, by RFC 3986.
var leadingScheme = regexp.MustCompile(`^\s*[A-Za-z][A-Za-z0-9+.-]*://`)

// withoutUser removes user and password from an advertised URL. etcd accepts such URLs and dials without them.
func withoutUser(advertised string) string {
	end := strings.LastIndexByte(advertised, '@')
	if end < 0 {
		return advertised
	}
	return advertised[:schemeLength(advertised[:end])] + advertised[end+1:]
}

// memberURL parses a member's URL.
func memberURL(kind urlKind, raw string, secure bool) (*url.URL, error) {
	const allowed = "write http://HOST:PORT or https://HOST:PORT"
	what, full := kind.name, strings.TrimSpace(raw)
	if strings.Contains(full, "@") { // anywhere: a password may have any character before it
		return nil, fmt.Errorf("%s %q has a user in it: %s", what, Redacted(full), kind.noUser)
	}
	if !strings.Contains(full, "://") && !strings.HasPrefix(full, "unix:") {
		if secure {
			full = "https://" + full
		} else {
			full = "http://" + full
		}
	}
	if n := schemeLength(full); isBareIPv6(full[n:]) {
		return nil, fmt.Errorf("%s %q: an IPv6 address stands in brackets: write %s", what, raw,
			inBrackets(full[:n], full[n:]))
	}
	u, err := url.Parse(withEscapedZone(full))
	if err != nil {
		return nil, fmt.Errorf("%s %q is not a URL: %s", what, raw, allowed)
	}
	switch u.Scheme {
	case "http", "https":
	case "unix", "unixs":
		return nil, fmt.Errorf("%s %q: metrics are not read from a unix socket of their own: %s", what, raw, allowed)
	default:
		return nil, fmt.Errorf("%s %q: scheme %q is not supported: %s", what, raw, u.Scheme, allowed)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("%s %q has no host: %s", what, raw, allowed)
	}
	if u.Port() == "" {
		return nil, fmt.Errorf("%s %q has no port: %s (%s)", what, raw, allowed, kind.port)
	}
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
		return nil, fmt.Errorf("%s %q: there is no port %s: want 1 to 65535 (etcd's client port is usually 2379)", what,
			raw, u.Port())
	}
	return u, nil
}

// isBareIPv6 reports whether text is an IPv6 address, with or without a port, that has no brackets.
func isBareIPv6(text string) bool {
	address, _ := splitBareIPv6(text)
	return address != "" || isIPv6(text)
}

func isIPv6(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is6()
}

// splitBareIPv6 splits what may be an IPv6 address and a port; both are empty if it is no such.
func splitBareIPv6(text string) (address, port string) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 || !isIPv6(text[:at]) {
		return "", ""
	}
	if _, err := strconv.ParseUint(text[at+1:], 10, 16); err != nil {
		return "", ""
	}
	return text[:at], text[at+1:]
}

// inBrackets says how to write an IPv6 address that has no brackets, after a scheme. Its last group may be meant as the
// port.
func inBrackets(scheme, bare string) string {
	address, port := splitBareIPv6(bare)
	whole := scheme + "[" + bare + "]:PORT"
	split := scheme + "[" + address + "]:" + port
	switch {
	case address == "":
		return whole + ", such as " + scheme + "[" + bare + "]:2379"
	case isIPv6(bare):
		return split + " if " + port + " is the port, else " + whole
	default:
		return split
	}
}

// bareZone matches the zone of an IPv6 address as ip and ssh write it: [fe80::1%eth0]. In a URL the percent sign must
// be escaped as %25 (RFC 6874).
var bareZone = regexp.MustCompile(`(\[[0-9A-Fa-f:.]+%)([^\]]*\])`)

func withEscapedZone(text string) string {
	at := bareZone.FindStringSubmatchIndex(text)
	if at == nil || strings.HasPrefix(text[at[3]:], "25") {
		return text
	}
	return text[:at[3]] + "25" + text[at[3]:]
}

// withoutZone removes the zone from a host, with or without a port: certificates don't name it, and it means something
// only on this machine (RFC 4007).
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

// serverNameOf returns the name that an endpoint's certificate must have.
func serverNameOf(endpoint string) string {
	if socket, ok := socketPath(endpoint); ok {
		return socketName(socket)
	}
	host, _, err := net.SplitHostPort(HostPort(endpoint))
	if err != nil {
		return ""
	}
	return withoutZone(host)
}

// HostPort returns the host and port of an endpoint, with or without a scheme, or the path of its socket; "" if it has
// none.
func HostPort(endpoint string) string {
	if socket, ok := socketPath(endpoint); ok {
		return socket
	}
	return parsed(endpoint).Host
}

// Hostname returns the host of an endpoint, with or without a scheme and a port; "" if it has none.
func Hostname(endpoint string) string { return parsed(endpoint).Hostname() }

// parsed returns an endpoint as a URL; an empty one if it is none.
func parsed(endpoint string) *url.URL {
	if !strings.Contains(endpoint, "://") {
		endpoint = "//" + endpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return new(url.URL)
	}
	return u
}

// addressKey returns an address for comparing: "localhost" and 127.0.0.1 are equal.
func addressKey(endpoint string) string {
	if socket, ok := socketPath(endpoint); ok {
		return "unix:" + socket
	}
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

// IsEndpoint reports whether a name is that of an endpoint, with or without its scheme, however its address is written.
func IsEndpoint(endpoint, name string) bool {
	if endpoint == name || name != "" && HostPort(endpoint) == name {
		return true
	}
	scheme, _, _ := strings.Cut(endpoint, "://")
	if strings.Contains(name, "://") && !strings.HasPrefix(name, scheme+"://") {
		return false
	}
	at := plainAddress(endpoint)
	return at != "" && at == plainAddress(name) // neither a socket nor a mere name has a port
}

// plainAddress is the host and port of an endpoint, the same for all ways to write an IP address; empty without a port.
func plainAddress(endpoint string) string {
	u := parsed(endpoint)
	if u.Port() == "" {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	}
	return net.JoinHostPort(host, u.Port())
}

func hostOf(endpoint string) string {
	if _, ok := socketPath(endpoint); ok {
		return "127.0.0.1" // of this host too
	}
	host, _, err := net.SplitHostPort(addressKey(endpoint))
	if err != nil {
		return ""
	}
	return host
}

// IsLoopback reports whether an endpoint leads each host to itself: to a loopback, or a socket.
func IsLoopback(endpoint string) bool {
	_, isSocket := socketPath(endpoint)
	return isSocket || IsLoopbackHost(Hostname(endpoint))
}

// leadsHome reports whether every host reaches itself by an endpoint: as by a loopback, so by 0.0.0.0.
func leadsHome(endpoint string) bool {
	ip := net.ParseIP(hostOf(endpoint))
	return IsLoopback(endpoint) || ip != nil && ip.IsUnspecified()
}

// IsLoopbackHost reports whether a host name or address is each host's own.
func IsLoopbackHost(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// localAddresses returns the addresses of etcdoc's own host.
func localAddresses() map[string]bool {
	own := make(map[string]bool)
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return own // members on this host then count as remote, which claims less
	}
	for _, a := range addresses {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil {
			own[ip.String()] = true
		}
	}
	return own
}
