package probe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Config says which cluster a [Prober] observes, and how.
type Config struct {
	// Endpoints are client URLs of members: http://HOST:PORT, https://HOST:PORT, or HOST:PORT, which means https if TLS
	// or another endpoint asks for TLS, else http. At least one is required.
	Endpoints []string
	// EndpointsDiscovered says that Endpoints come from discovery, such as DNS: the user did not choose their http://.
	EndpointsDiscovered bool
	// Guess is why Endpoints are only a guess, of the kind ErrNotFound or ErrRootOnly; nil if somebody named them. It
	// is why a member does not answer where nothing listens, as long as none was ever seen there.
	Guess *Error
	// OtherEndpoints are likely client URLs of further members, in the form of Endpoints. They are asked only while no
	// member answers at Endpoints and no member list is known, and dropped if they turn out to be nobody's.
	OtherEndpoints []string
	// Server are the flags of the member on etcdoc's own host; nil if unknown. Its name and peer URLs say whose they
	// are.
	Server *ServerFlags
	// Host is how the etcd that Endpoints lead to runs on etcdoc's own host, where they are from its files; else nil.
	Host *HostEtcd
	// Interval is the time from the start of one sweep to the start of the next; 0 means 2 s.
	Interval time.Duration
	// DialTimeout bounds one connection attempt, TLS handshake included; 0 means 2 s.
	DialTimeout time.Duration
	// CommandTimeout bounds each request to a member; 0 means 5 s.
	CommandTimeout time.Duration
	// Cluster discovers all members through the member list. Otherwise the members are exactly those that Endpoints
	// reach.
	Cluster bool
	// MetricsEndpoints are the URLs of the members' expositions if neither the client URL nor port 2381 of the same
	// host serves them: http://HOST:PORT[/PATH], where no path means /metrics. The prober finds out which member each
	// belongs to. HOST:PORT means https only if TLS names a file: nobody logs in there, and etcd mostly serves metrics
	// without TLS (--listen-metrics-urls).
	MetricsEndpoints []string
	// MetricsAt is where members serve their expositions besides the client URL: scheme://:PORT on the same host; empty
	// means http://:2381, which is tried in any case.
	MetricsAt string
	TLS       TLS
	// APIServers are the kube-apiservers to ask for their view of the cluster.
	APIServers []APIServer
	// HashKV compares the members' data: it asks each member, at least twice, for a hash at a revision that all have. A
	// member reads its whole database for that and commits nothing meanwhile.
	HashKV bool
	// User and Password log in to clusters with authentication; if both are empty, nobody logs in. If TLS is asked for,
	// they are sent only to https endpoints and to endpoints that the user gave with http://.
	User, Password string
	// Token is a JSON Web Token of an issuer that the cluster trusts; it goes with calls instead of a login, where a
	// password might be sent.
	Token string
	// DialContext opens the gRPC and HTTP connections; nil means that of a [net.Dialer].
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Lookup returns the addresses of a HOST:PORT, each with the port; nil means those of DNS.
	Lookup func(ctx context.Context, hostPort string) ([]string, error)
	// Way is set where DialContext leads through something that fails on its own, such as an API server: after a
	// failure at an endpoint that seems to be the member's, it returns why the way there is gone; nil if it is not.
	Way func(endpoint string) *Error
	// Names are what to call a member while its own name is unknown, by the host of its endpoint.
	Names map[string]string
	// Nodes reads the Kubernetes nodes that members may run on; nil where nobody can be asked.
	Nodes func(ctx context.Context) ([]Node, error)
	// Written reads what was written lately to the log of the member on etcdoc's host; nil where none can be read.
	// Every sweep asks for it, and never twice at a time.
	Written func(ctx context.Context) (Written, error)
	// Backups looks at the backups in a directory of etcdoc's host, and reads what is new there; nil where no place of
	// backups is known. It is called every half minute, and never twice at a time: mostly it has nothing to do.
	Backups func(ctx context.Context) (Backups, error)
	// PairFrom says how to get a client pair and its CA, for errors where none is given; empty if unknown.
	PairFrom string
	// Proxy returns the proxy that the environment names for a request, as [http.ProxyFromEnvironment]; nil means none.
	// Errors name it: connections never use it, because credentials go to members only.
	Proxy func(*http.Request) (*url.URL, error)
	// Now is the clock for the times of facts; nil means [time.Now]. Sweeps are scheduled by the real clock.
	Now func() time.Time
}

// TLS configures authentication between etcdoc and the members. The zero TLS trusts the system's certificate
// authorities and presents no certificate.
type TLS struct {
	// CAFile holds the PEM certificates of the authorities that verify members.
	CAFile string
	// CertFile and KeyFile are the client's key pair in PEM. Every connection reads them anew.
	CertFile, KeyFile string
	// ServerName is the expected name in the members' certificates; empty means the endpoint's host.
	ServerName string
	// InsecureSkipVerify accepts any certificate.
	InsecureSkipVerify bool
	// Always asks for TLS even if no other setting does.
	Always bool
}

func (t *TLS) namesFile() bool { return t.CAFile != "" || t.CertFile != "" || t.KeyFile != "" }

const (
	defaultInterval       = 2 * time.Second
	defaultDialTimeout    = 2 * time.Second
	defaultCommandTimeout = 5 * time.Second
)

// A SettingError is about one setting of a [Config].
type SettingError struct {
	// Flag is the setting's name on the command line.
	Flag string
	Err  error
}

func (e *SettingError) Error() string { return e.Err.Error() }
func (e *SettingError) Unwrap() error { return e.Err }

// aboutSetting says which setting an error is about; nil for nil.
func aboutSetting(flag string, err error) error {
	if err == nil {
		return nil
	}
	return &SettingError{flag, err}
}

// complete validates the configuration, applies defaults, and adds schemes to the endpoints. Its error joins those of
// all settings.
func (c *Config) complete() error {
	err := errors.Join(c.completeURLs(), c.completeAPIServers(), c.checkLogin())
	if c.Interval < 0 || c.DialTimeout < 0 || c.CommandTimeout < 0 {
		err = errors.Join(err, errors.New("the interval and the timeouts must not be negative"))
	}
	c.Interval = orDefault(c.Interval, defaultInterval)
	c.DialTimeout = orDefault(c.DialTimeout, defaultDialTimeout)
	c.CommandTimeout = orDefault(c.CommandTimeout, defaultCommandTimeout)
	if c.DialContext == nil {
		c.DialContext = (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext
	}
	if c.Lookup == nil {
		c.Lookup = lookup
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return err
}

// completeURLs adds schemes to the endpoints, and drops those that are given twice.
func (c *Config) completeURLs() error {
	var missing, endpointsErr, othersErr, metricsErr error
	if len(c.Endpoints) == 0 {
		missing = aboutSetting(endpointKind.flag,
			errors.New("no endpoint is given: give a client URL of a member, such as http://127.0.0.1:2379"))
	}
	c.Endpoints, endpointsErr = normalizeAll(endpointKind, c.Endpoints, c.namesTLS(), clientURL)
	c.OtherEndpoints, othersErr = normalizeAll(endpointKind, c.OtherEndpoints, c.namesTLS(), clientURL)
	c.OtherEndpoints = slices.DeleteFunc(c.OtherEndpoints, func(e string) bool {
		return slices.Contains(c.Endpoints, e)
	})
	c.MetricsEndpoints, metricsErr = normalizeAll(metricsEndpointKind, c.MetricsEndpoints, c.TLS.namesFile(),
		metricsURL)
	return errors.Join(missing, endpointsErr, othersErr, metricsErr)
}

// checkLogin returns an error if what to log in with is incomplete, or contradicts itself.
func (c *Config) checkLogin() error {
	switch {
	case c.User == "" && c.Password != "":
		return aboutSetting("password", errors.New(
			"a password is given without a user: give --user NAME, and the password in ETCDCTL_PASSWORD, which ps does not "+
				"show"))
	case c.Token != "" && c.User != "":
		return aboutSetting("auth-jwt-token", errors.New(
			"a token and a user are given: give --auth-jwt-token or --user, and not both"))
	}
	return nil
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}
