package probe

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// normalizeAll normalizes each URL and leaves out those that were there already.
func normalizeAll(urls []string, secure bool, normalize func(string, bool) (string, error)) ([]string, error) {
	var out []string
	seen := make(map[string]bool)
	for _, raw := range urls {
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
	u, err := memberURL("endpoint", raw, secure)
	if err != nil {
		return "", err
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return "", fmt.Errorf("endpoint %q: a client URL has no path: write %s://%s", raw, u.Scheme, u.Host)
	}
	return u.Scheme + "://" + u.Host, nil
}

// metricsURL gives a metrics endpoint its scheme and path.
func metricsURL(raw string, secure bool) (string, error) {
	u, err := memberURL("metrics endpoint", raw, secure)
	if err != nil {
		return "", err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/metrics"
	}
	return u.String(), nil
}

func memberURL(what, raw string, secure bool) (*url.URL, error) {
	const allowed = "write http://HOST:PORT or https://HOST:PORT"
	full := strings.TrimSpace(raw)
	if !strings.Contains(full, "://") && !strings.HasPrefix(full, "unix:") {
		if secure {
			full = "https://" + full
		} else {
			full = "http://" + full
		}
	}
	u, err := url.Parse(full)
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
	if u.User != nil {
		return nil, fmt.Errorf("%s for %q has a user in it: give --user instead", what, u.Host)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("%s %q has no host: %s", what, raw, allowed)
	}
	if u.Port() == "" {
		return nil, fmt.Errorf("%s %q has no port: %s (etcd's client port is usually 2379)", what, raw, allowed)
	}
	return u, nil
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
func place(endpoint string) string {
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
	host, _, err := net.SplitHostPort(place(endpoint))
	if err != nil {
		return ""
	}
	return host
}
