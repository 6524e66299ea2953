package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// Config says which cluster a [Prober] looks at, and how.
type Config struct {
	// Endpoints are client URLs of members: http://HOST:PORT, https://HOST:PORT, or HOST:PORT, which is https when
	// TLS names any file and http when it does not. At least one is needed.
	Endpoints []string
	// Interval is the time from the beginning of one sweep to that of the next; 0 is 2 s.
	Interval time.Duration
	// DialTimeout bounds one attempt to connect, TLS handshake included; 0 is 2 s.
	DialTimeout time.Duration
	// CommandTimeout bounds each question asked of a member; 0 is 5 s.
	CommandTimeout time.Duration
	// Cluster looks for all members of the cluster through its member list. Otherwise the members are those that
	// Endpoints reach, and no others.
	Cluster bool
	// MetricsEndpoints are the URLs of the members' expositions, for where they are served neither by the client
	// URL nor by port 2381 of the same host: http://HOST:PORT[/PATH], where no path is /metrics. Which member each
	// belongs to is found out.
	MetricsEndpoints []string
	TLS              TLS
	// User and Password log in to clusters with authentication; both empty: nobody logs in.
	User, Password string
	// DialContext opens the connections, of gRPC and of HTTP; nil is a [net.Dialer]'s.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Now is the clock that facts are dated by; nil is [time.Now]. The pace of sweeps is by the real clock.
	Now func() time.Time
}

// TLS says how etcdoc and the members prove to one another who they are. The zero TLS trusts the system's
// certificate authorities and shows no certificate.
type TLS struct {
	// CAFile holds the certificates of the authorities that members are verified against, in PEM.
	CAFile string
	// CertFile and KeyFile are the client pair, in PEM. They are read anew for each connection.
	CertFile, KeyFile string
	// ServerName is the name looked for in the members' certificates; empty is the endpoint's host.
	ServerName string
	// InsecureSkipVerify takes any certificate.
	InsecureSkipVerify bool
}

func (t *TLS) namesFile() bool { return t.CAFile != "" || t.CertFile != "" || t.KeyFile != "" }

const (
	defaultInterval       = 2 * time.Second
	defaultDialTimeout    = 2 * time.Second
	defaultCommandTimeout = 5 * time.Second
)

// complete checks the configuration, fills in what was left open, and gives the endpoints their schemes.
func (c *Config) complete() error {
	if len(c.Endpoints) == 0 {
		return errors.New("no endpoint is given: name a client URL of a member, such as http://127.0.0.1:2379")
	}
	var err error
	if c.Endpoints, err = normalizeAll(c.Endpoints, c.TLS.namesFile(), clientURL); err != nil {
		return err
	}
	if c.MetricsEndpoints, err = normalizeAll(c.MetricsEndpoints, c.TLS.namesFile(), metricsURL); err != nil {
		return err
	}
	if c.Interval < 0 || c.DialTimeout < 0 || c.CommandTimeout < 0 {
		return errors.New("the interval and the timeouts must not be negative")
	}
	c.Interval = orDefault(c.Interval, defaultInterval)
	c.DialTimeout = orDefault(c.DialTimeout, defaultDialTimeout)
	c.CommandTimeout = orDefault(c.CommandTimeout, defaultCommandTimeout)
	if c.User == "" && c.Password != "" {
		return errors.New("a password is given, but no user: give --user USER:PASSWORD, or --user and --password")
	}
	if c.DialContext == nil {
		c.DialContext = (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}

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
