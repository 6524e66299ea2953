package etcdtest

import (
	"fmt"
	"io"
	"os"
	"time"
)

// TLSMode is how clients and members talk to members.
type TLSMode int

// The modes. With ServerTLS and MutualTLS members use mutual TLS among themselves.
const (
	PlainText TLSMode = iota
	ServerTLS         // members present a certificate
	MutualTLS         // members present one and require one
)

// Config describes a cluster. The zero Config is three members in plain text.
type Config struct {
	// Size is the number of initial voters; 0 means 3.
	Size int
	TLS  TLSMode
	// ServerNotAfter is when the certificate that members present to clients expires; zero means in a year.
	ServerNotAfter time.Time
	// Args are additional etcd flags for all members; they override those that the package sets.
	Args []string
	// Metrics gives every member a separate listener for /metrics in plain HTTP, like kubeadm's :2381.
	Metrics bool
	// GRPCOnly serves only gRPC on the client port, like RKE2: GET /metrics there returns 415 over HTTP/2, and over
	// HTTP/1 something that is no HTTP, or nothing.
	GRPCOnly bool
	// PeerProxies puts a proxy in front of every member's peer port, which [Cluster.Link] needs.
	PeerProxies bool
	// Advertise returns the client URLs that a member advertises; nil means its own. All members have their URLs when
	// it is called.
	Advertise func(m *Member, all []*Member) []string
	// RootPassword enables authentication, with the user root, if it is set. The cluster's own clients use it.
	// Passwords are hashed at the lowest cost: the race detector makes hashing far slower.
	RootPassword string
	// TokenTTL makes the tokens JWTs that expire after that time; zero means etcd's simple tokens.
	TokenTTL time.Duration
	// Server is the executable of another etcd version for the members, built from the versions directory; empty means
	// the one that the environment variable ETCDTEST_SERVER names, else the linked one.
	Server string
	// Dir is where the cluster makes its temporary directory; empty means the system's default.
	Dir string
	// Log receives the members' log lines, each after the member's name; nil means nobody.
	Log io.Writer
}

// serverEnv names another etcd for all clusters of a program: see [Config.Server].
const serverEnv = "ETCDTEST_SERVER"

// server returns the executable that members run.
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
