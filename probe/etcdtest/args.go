package etcdtest

import (
	"fmt"
	"path/filepath"
	"strings"
)

// portsPerMember is how many ports a member has, in the order of these methods.
const portsPerMember = 4

func (m *Member) clientPort() port  { return m.ports[0] }
func (m *Member) peerPort() port    { return m.ports[1] }
func (m *Member) metricsPort() port { return m.ports[2] }
func (m *Member) httpPort() port    { return m.ports[3] }

func (p port) address() string { return fmt.Sprintf("127.0.0.1:%d", p.number) }

func (p port) url(scheme string) string { return scheme + "://" + p.address() }

// token distinguishes clusters with the same names and URLs.
func (c *Cluster) token() string { return filepath.Base(c.dir) }

// initialCluster is the value of --initial-cluster.
func (c *Cluster) initialCluster() string {
	var all []string
	for _, m := range c.Members() {
		all = append(all, m.Name+"="+m.PeerURL)
	}
	return strings.Join(all, ",")
}

// memberArgs returns a member's etcd flags. state is "new" for the founding members, else "existing".
func (c *Cluster) memberArgs(m *Member, state string) []string {
	scheme := c.scheme()
	advertised := []string{m.ClientURL}
	if c.config.Advertise != nil {
		advertised = c.config.Advertise(m, c.Members())
	}
	args := []string{
		"--name=" + m.Name,
		"--data-dir=" + m.DataDir,
		"--listen-client-urls=" + m.ClientURL,
		"--advertise-client-urls=" + strings.Join(advertised, ","),
		"--listen-peer-urls=" + m.peerPort().url(scheme),
		"--initial-advertise-peer-urls=" + m.PeerURL,
		"--initial-cluster=" + c.initialCluster(),
		"--initial-cluster-state=" + state,
		"--initial-cluster-token=" + c.token(),
	}
	args = append(args, reserveArgs()...)
	if c.config.Metrics {
		args = append(args, "--listen-metrics-urls="+m.metricsPort().url("http"))
	}
	if c.config.GRPCOnly {
		args = append(args, "--listen-client-http-urls="+m.httpPort().url(scheme))
	}
	if c.config.TokenTTL != 0 {
		args = append(args, fmt.Sprintf("--auth-token=jwt,sign-method=HS256,priv-key=%s,ttl=%s", c.tokenKeyFile(),
			c.config.TokenTTL))
	}
	if c.config.TLS != PlainText {
		args = append(args,
			"--cert-file="+c.Certs.serverCertFile, "--key-file="+c.Certs.serverKeyFile,
			"--peer-cert-file="+c.Certs.peerCertFile, "--peer-key-file="+c.Certs.peerKeyFile,
			"--peer-trusted-ca-file="+c.Certs.CAFile, "--peer-client-cert-auth")
	}
	if c.config.TLS == MutualTLS {
		args = append(args, "--trusted-ca-file="+c.Certs.CAFile, "--client-cert-auth")
	}
	if c.config.RootPassword != "" {
		args = append(args, "--bcrypt-cost=4")
	}
	return append(args, c.config.Args...)
}
