package probe

import (
	"context"
	"errors"
	"net"
	"time"
)

// Config says which cluster a [Prober] looks at, and how.
type Config struct {
	// Endpoints are client URLs of members: http://HOST:PORT, https://HOST:PORT, or HOST:PORT, which is https where TLS is
	// asked for, by TLS or by another endpoint, and else http. At least one is needed.
	Endpoints []string
	// EndpointsDiscovered says that Endpoints were found, as by DNS: an http:// among them is not what the user asked for.
	EndpointsDiscovered bool
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
	// belongs to is found out. HOST:PORT is https where TLS names a file: nobody logs in there, and etcd mostly serves them
	// without TLS (--listen-metrics-urls).
	MetricsEndpoints []string
	TLS              TLS
	// HashKV compares the members' data: each is asked for a hash of it, at a revision that all have, twice at least. A
	// member reads its whole database for that, and commits nothing meanwhile.
	HashKV bool
	// User and Password log in to clusters with authentication; both empty: nobody logs in. Where TLS is asked for they go to
	// no http endpoint but those that are given with that scheme.
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
	// Always asks for TLS where nothing else does.
	Always bool
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
	if c.Endpoints, err = normalizeAll(endpointKind, c.Endpoints, c.namesTLS(), clientURL); err != nil {
		return err
	}
	if c.MetricsEndpoints, err = normalizeAll(metricsEndpointKind, c.MetricsEndpoints, c.TLS.namesFile(), metricsURL); err != nil {
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
