package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/client/pkg/v3/srv"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/profile"
)

// defaultCommandTimeout is etcdctl's default timeout for an answer.
const defaultCommandTimeout = 5 * time.Second

// connectionFlags say which cluster to watch and how to reach it: etcdctl's flags with its names and defaults, and a
// few of etcdoc's own.
type connectionFlags struct {
	endpoints, metricsEndpoints    []string
	cluster                        bool
	caCert, cert, key, serverName  string
	insecureSkipVerify             bool
	insecureTransport              bool
	user, password, token          string
	dialTimeout, commandTimeout    time.Duration
	discoverySRV, discoverySRVName string
	insecureDiscovery              bool
	host                           hostFlags
	kube                           kubeFlags
	apiServer                      apiServerFlags
}

func (c *connectionFlags) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&c.endpoints, "endpoints", []string{"127.0.0.1:2379"},
		"client URLs of members; one is enough to find the others")
	flags.StringVar(&c.caCert, "cacert", "", "CA certificates that members are verified against (PEM `file`)")
	flags.StringVar(&c.cert, "cert", "", "client certificate (PEM `file`)")
	flags.StringVar(&c.key, "key", "", "client key (PEM `file`)")
	flags.StringVar(&c.user, "user", "", "`name[:password]` to log in with; without a password it is asked for")
	flags.StringVar(&c.password, "password", "", "password to log in with, if --user does not have it; unlike ETCDCTL_PASSWORD, ps shows it")
	flags.StringVar(&c.token, "auth-jwt-token", "",
		"JSON Web `token` to present instead of logging in, from an issuer that the cluster trusts")
	flags.BoolVar(&c.insecureSkipVerify, "insecure-skip-tls-verify", false,
		"take any certificate: anybody may answer in the cluster's name")
	flags.BoolVar(&c.insecureTransport, "insecure-transport", true,
		"http for endpoints without a scheme, unless another flag or endpoint is about TLS")
	flags.DurationVar(&c.dialTimeout, "dial-timeout", 2*time.Second, "timeout of an attempt to connect")
	flags.DurationVar(&c.commandTimeout, "command-timeout", defaultCommandTimeout,
		"timeout of a question asked of a member")
	flags.StringVarP(&c.discoverySRV, "discovery-srv", "d", "", "`domain` whose SRV records name the endpoints")
	flags.StringVar(&c.discoverySRVName, "discovery-srv-name", "", "service name to look for with --discovery-srv")
	flags.BoolVar(&c.insecureDiscovery, "insecure-discovery", true, "take endpoints without TLS from SRV records too")
	for _, name := range []string{"keepalive-time", "keepalive-timeout"} {
		flags.Duration(name, 0, "taken for etcdctl's sake: a sweep comes more often than a keepalive would")
	}
	for _, name := range []string{"max-request-bytes", "max-recv-bytes"} {
		flags.Int(name, 0, "taken for etcdctl's sake: no answer is as large as that")
	}
	for _, name := range []string{"debug", "hex"} {
		flags.Bool(name, false, "taken for etcdctl's sake: it says how etcdctl prints")
	}
	for _, name := range []string{
		"keepalive-time", "keepalive-timeout", "max-request-bytes", "max-recv-bytes", "debug", "hex",
	} {
		_ = flags.MarkHidden(name) // registered above
	}
	flags.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{etcdctlFlag: nil} })

	flags.StringVar(&c.serverName, "tls-server-name", "",
		"`name` to look for in the members' certificates instead of the endpoint's host")
	flags.BoolVar(&c.cluster, "cluster", true,
		"look at all members that the member list names; false: at the given endpoints only, and whether a read there "+
			"proves a quorum")
	flags.StringSliceVar(&c.metricsEndpoints, "metrics-endpoints", nil,
		"`URLs` of the members' /metrics, where they are neither on the client port nor on port 2381")
	c.host.register(flags)
	c.kube.register(flags)
	c.apiServer.register(flags)
}

// config returns the prober's configuration: what the user gives, and what the host's files say where the user says
// nothing. It may prompt for a password on the terminal.
func (c *connectionFlags) config(
	ctx context.Context, streams Streams, given func(flag string) bool,
) (probe.Config, error) {
	if err := c.checkValues(given); err != nil {
		return probe.Config{}, err
	}
	if given("discovery-srv-name") && c.discoverySRV == "" {
		warnf(streams.Err, "--discovery-srv-name changes nothing without --discovery-srv")
	}
	if c.kube.on = c.kube.isChosen(given); c.kube.on {
		return c.throughKube(ctx, streams, given)
	}
	host, err := c.host.find(given)
	if err != nil {
		return probe.Config{}, err
	}
	if host != nil {
		c.host.walDir = host.WALDir
	}
	config := c.assemble(host, given)
	if host == nil && !given("endpoints") && !given("discovery-srv") {
		config.Guess = c.host.guess()
	}
	if config.APIServers, err = c.apiServer.podServers(host); err != nil {
		return probe.Config{}, err
	}
	config.Nodes = c.apiServer.podNodes()
	if c.discoverySRV != "" {
		if config.Endpoints, err = c.discover(ctx); err != nil {
			return probe.Config{}, err
		}
	}
	if config.User, config.Password, err = c.login(ctx, streams); err != nil {
		return probe.Config{}, err
	}
	switch {
	case c.host.hidden != nil:
		warnf(streams.Err, "%v", c.host.hidden)
	case host != nil:
		announce(streams.Err, host, redacted(config.Endpoints))
	}
	return config, nil
}

// check returns what config and [probe.New] would refuse. It asks neither the DNS nor the user, and reads the host's
// files only where --profile is given.
func (c *connectionFlags) check(given func(flag string) bool) error {
	hostErr := errors.Join(c.host.check(given), c.kube.check(given))
	var host *profile.Host
	if given("profile") && hostErr == nil {
		if host, hostErr = c.host.find(given); hostErr != nil {
			hostErr = &probe.SettingError{Flag: "profile", Err: hostErr}
		}
	}
	config := c.assemble(host, given)
	config.User, _, _ = strings.Cut(c.user, ":")
	if !c.apiServer.asksAuto() { // which takes the host's files
		config.APIServers, _ = c.apiServer.podServers(host)
	}
	return errors.Join(c.checkValues(given), hostErr, probe.Check(config))
}

// assemble returns the configuration by the flags, and by the host's files where the user says nothing, but for what
// SRV records and a login say.
func (c *connectionFlags) assemble(host *profile.Host, given func(flag string) bool) probe.Config {
	config := probe.Config{
		Endpoints: c.endpoints, EndpointsDiscovered: c.discoverySRV != "", MetricsEndpoints: c.metricsEndpoints,
		Cluster: c.cluster, DialTimeout: c.dialTimeout, CommandTimeout: c.commandTimeout,
		Token: c.token, Proxy: http.ProxyFromEnvironment,
		TLS: probe.TLS{
			CAFile: c.caCert, CertFile: c.cert, KeyFile: c.key, ServerName: c.serverName,
			InsecureSkipVerify: c.insecureSkipVerify, Always: !c.insecureTransport,
		},
	}
	found := ""
	if host != nil {
		adopt(&config, host, given)
		found = host.BackupDir
	}
	config.Backups = c.host.backups(found)
	return config
}

// checkValues returns an error if the value of a flag is out of its range.
func (c *connectionFlags) checkValues(given func(flag string) bool) error {
	var dial, command error
	if c.dialTimeout <= 0 {
		dial = valueErrorf("dial-timeout", "%v: want more than 0, such as 2s", c.dialTimeout)
	}
	if c.commandTimeout <= 0 {
		command = valueErrorf("command-timeout", "%v: want more than 0, such as 5s", c.commandTimeout)
	}
	return errors.Join(dial, command, c.checkDomain(given), c.apiServer.check())
}

// checkDomain rejects a --discovery-srv without a domain, as of an unset variable, and a URL. Its error does not quote
// the URL, which may hold a password.
func (c *connectionFlags) checkDomain(given func(flag string) bool) error {
	if given("discovery-srv") && c.discoverySRV == "" {
		return valueErrorf("discovery-srv", "names no domain: want one, as in example.com")
	}
	if strings.ContainsAny(c.discoverySRV, "@/:") {
		return valueErrorf("discovery-srv", "wants a domain, as in example.com, and no URL; users are named with --user")
	}
	return nil
}

// discover returns the endpoints that the SRV records of --discovery-srv name.
func (c *connectionFlags) discover(ctx context.Context) ([]string, error) {
	found, err := withContext(ctx, func() (*srv.SRVClients, error) { // GetClient takes no context
		return srv.GetClient("etcd-client", c.discoverySRV, c.discoverySRVName)
	})
	if err != nil {
		name := ""
		if c.discoverySRVName != "" {
			name = "-" + c.discoverySRVName
		}
		return nil, fmt.Errorf("looking up the SRV records of --discovery-srv %s: %w: see with dig +short SRV "+
			"_etcd-client-ssl%s._tcp.%s (or _etcd-client%s) what there is, or name the members with --endpoints",
			c.discoverySRV, err, name, c.discoverySRV, name)
	}
	endpoints := found.Endpoints
	if !c.insecureDiscovery {
		endpoints = slices.DeleteFunc(endpoints, func(e string) bool { return !strings.HasPrefix(e, "https://") })
	}
	if len(endpoints) == 0 {
		return nil, valueErrorf("discovery-srv", "%s names no endpoint that can be used: publish _etcd-client-ssl._tcp "+
			"records, or name the members with --endpoints", c.discoverySRV)
	}
	for i, e := range endpoints { // members advertise their names without the root's dot
		endpoints[i] = strings.Replace(e, ".:", ":", 1)
	}
	return endpoints, nil
}

// login returns user and password. It prompts for the password on the terminal whenever etcdctl would.
func (c *connectionFlags) login(ctx context.Context, streams Streams) (user, password string, err error) {
	if c.user == "" {
		return "", "", nil
	}
	user, password, given := strings.Cut(c.user, ":")
	if c.password != "" {
		return c.user, c.password, nil
	}
	if given {
		return user, password, nil
	}
	in, interactive := terminal(streams.In)
	if !interactive {
		return "", "", valueErrorf("user", "%s has no password, and there is no terminal to ask for it: set ETCDCTL_PASSWORD, "+
			"which ps does not show", user)
	}
	to, done := promptOn(streams.Err)
	defer done()
	password, err = askPassword(ctx, user, in, to)
	return user, password, err
}

// commandLine returns the flags given on the command line, without passwords, with which another etcdoc reaches the
// same cluster. That etcdoc reads the environment and the configuration file itself.
func (c *connectionFlags) commandLine(flags *pflag.FlagSet) []string {
	var given []string
	connection := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(connectionFlags).register(connection)
	new(Settings).Register(connection)
	connection.VisitAll(func(f *pflag.Flag) {
		if !flags.Changed(f.Name) && (f.Name != kubeFlag || !c.kube.on) {
			return
		}
		value := flags.Lookup(f.Name).Value.String()
		switch f.Name {
		case "password", "auth-jwt-token":
			return
		case "user":
			value, _, _ = strings.Cut(value, ":")
		case "endpoints":
			value = strings.Join(redacted(c.endpoints), ",")
		case "metrics-endpoints":
			value = strings.Join(redacted(c.metricsEndpoints), ",")
		case "apiserver":
			value = strings.Join(redacted(c.apiServer.urls), ",")
		}
		given = append(given, "--"+f.Name+"="+value)
	})
	return given
}

// warn writes warnings about an unsafe or ineffective connection.
func (c *connectionFlags) warn(stderr io.Writer) {
	if c.user == "" && c.password != "" {
		warnf(stderr, "a password is given without --user: nobody logs in")
	}
	if c.insecureSkipVerify {
		warnf(stderr, "WARNING: --insecure-skip-tls-verify: the members' certificates are not verified; anybody may "+
			"answer in their name")
	}
}
