package etcdtest

import (
	"fmt"
	"io"
	"os"
	"time"
)

// TLSMode is how clients and members talk to members.
type TLSMode int

// The modes. With either of the last two the members' peer links use mutual TLS.
const (
	PlainText TLSMode = iota
	ServerTLS         // members show a certificate
	MutualTLS         // members show one and demand one
)

// Config is what a cluster is to be. The zero Config is three members in plain text.
type Config struct {
	// Size is how many voters it starts with; 0 is 3.
	Size int
	TLS  TLSMode
	// ServerNotAfter is when the certificate that members show to clients expires; zero: a year from now.
	ServerNotAfter time.Time
	// Args are further etcd flags, for all members; they win over those that the package sets.
	Args []string
	// Metrics gives every member a listener of its own for /metrics in plain HTTP, as kubeadm's :2381 is.
	Metrics bool
	// GRPCOnly leaves the client port to gRPC, as RKE2 does: GET /metrics there answers 415 over HTTP/2, and what is
	// no HTTP, or nothing, over HTTP/1.
	GRPCOnly bool
	// PeerProxies puts a proxy in front of every member's peer port, so that [Cluster.Link] works.
	PeerProxies bool
	// Advertise is what client URLs a member advertises; nil: its own. All members have their URLs when it is called.
	Advertise func(m *Member, all []*Member) []string
	// RootPassword, where it is set, switches authentication on, with the user root. The cluster's own clients use it.
	RootPassword string
	// TokenTTL makes authentication's tokens JWTs that expire after so long; zero: etcd's simple tokens.
	TokenTTL time.Duration
	// Server is an etcd of another version that members run, made from the versions directory; empty: what the
	// environment variable ETCDTEST_SERVER names, else the one that is linked in.
	Server string
	// Dir is where the cluster makes its temporary directory; empty: the system's place for those.
	Dir string
	// Log receives what the members log, every line after the member's name; nil: nobody.
	Log io.Writer
}

// serverEnv names another etcd for all clusters of a program: see [Config.Server].
const serverEnv = "ETCDTEST_SERVER"

// server is the executable that members run.
func (c Config) server() (string, error) {
	if c.Server != "" {
		return c.Server, nil
	}
	if server := os.Getenv(serverEnv); server != "" {
		return server, nil
	}
	executable, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding the running binary: %w", err)
	}
	return executable, nil
}

func (c Config) size() int {
	if c.Size == 0 {
		return 3
	}
	return c.Size
}
