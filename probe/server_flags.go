package probe

import (
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ServerFlags are the flags of one member's etcd, as the files on its host set them: command line, environment or
// configuration file. What the files leave out has etcd's default, which the zero value of a field does not say.
type ServerFlags struct {
	// Source is the file that sets them.
	Source string
	// All are the flags as written, by etcd's name without dashes; secrets are not shown.
	All map[string]string

	Name    string
	DataDir string
	// The URLs that the member listens on and advertises.
	ListenClientURLs, AdvertiseClientURLs, ListenMetricsURLs, AdvertisePeerURLs []string
	// InitialCluster are the peer URLs of the cluster that the member was started into, by member name.
	InitialCluster map[string][]string

	HeartbeatInterval, ElectionTimeout time.Duration
	// QuotaBackendBytes is negative if the quota is disabled.
	QuotaBackendBytes int64
	SnapshotCount     int64
	// AutoCompactionMode is periodic or revision; AutoCompactionRetention is a duration, a number of hours or of
	// revisions.
	AutoCompactionMode, AutoCompactionRetention string
	// FeatureGates are those that are set (3.6+).
	FeatureGates map[string]bool
	// ExtensiveMetrics says that etcd also exposes histograms of gRPC calls (--metrics=extensive).
	ExtensiveMetrics bool
	// The files of the client port's TLS, as paths on the member's host or in its container.
	CertFile, KeyFile, TrustedCAFile string
}

// NewServerFlags reads etcd's flags. A value that etcd would refuse is left out of the typed fields.
func NewServerFlags(source string, all map[string]string) *ServerFlags {
	f := &ServerFlags{Source: source, All: maps.Clone(all)}
	for name := range f.All {
		if isSecret(name) {
			f.All[name] = "(not shown)"
		}
	}
	f.Name, f.DataDir = all["name"], all["data-dir"]
	f.ListenClientURLs = urlList(all["listen-client-urls"])
	f.AdvertiseClientURLs = urlList(all["advertise-client-urls"])
	f.ListenMetricsURLs = urlList(all["listen-metrics-urls"])
	f.AdvertisePeerURLs = urlList(all["initial-advertise-peer-urls"])
	f.InitialCluster = initialCluster(all["initial-cluster"])
	f.HeartbeatInterval = milliseconds(all["heartbeat-interval"])
	f.ElectionTimeout = milliseconds(all["election-timeout"])
	f.QuotaBackendBytes, f.SnapshotCount = integer(all["quota-backend-bytes"]), integer(all["snapshot-count"])
	f.AutoCompactionMode, f.AutoCompactionRetention = all["auto-compaction-mode"], all["auto-compaction-retention"]
	f.FeatureGates = featureGates(all["feature-gates"])
	f.ExtensiveMetrics = all["metrics"] == "extensive"
	f.CertFile, f.KeyFile, f.TrustedCAFile = all["cert-file"], all["key-file"], all["trusted-ca-file"]
	return f
}

// are reports whether they are the flags of a member on the member list. k3s leaves the peer URL out of what it writes
// for a member that has run before (pkg/daemons/executor, CurrentETCDOptions): then the name and a client URL have to
// fit.
func (f *ServerFlags) are(peer *Peer) bool {
	shares := func(mine, listed []string) bool {
		return slices.ContainsFunc(mine, func(u string) bool { return slices.Contains(listed, u) })
	}
	switch {
	case f == nil:
		return false
	case len(f.AdvertisePeerURLs) == 0:
		return f.Name != "" && f.Name == peer.Name && shares(f.AdvertiseClientURLs, peer.ClientURLs)
	}
	return shares(f.AdvertisePeerURLs, peer.PeerURLs) && (peer.Name == "" || peer.Name == f.Name)
}

// listenAt reports whether the member listens at a client URL by which it is reached on its own host.
func (f *ServerFlags) listenAt(endpoint string) bool {
	return f != nil && slices.ContainsFunc(f.ListenClientURLs, func(raw string) bool {
		at, own := addressKey(raw), addressKey(endpoint)
		host, port, err := net.SplitHostPort(at)
		ip := net.ParseIP(host)
		return at == own || err == nil && ip != nil && ip.IsUnspecified() && own == net.JoinHostPort("127.0.0.1", port)
	})
}

// isSecret reports whether a flag's value is nobody's business. Images of etcd take passwords by variables like its
// flags'.
func isSecret(name string) bool {
	return strings.Contains(name, "password") || strings.Contains(name, "secret") ||
		strings.HasSuffix(name, "token") && name != "auth-token"
}

// urlList returns the URLs of a list that is separated by commas, as far as they are URLs with a host.
func urlList(text string) (urls []string) {
	for raw := range strings.SplitSeq(text, ",") {
		raw = strings.TrimSpace(raw)
		if u, err := url.Parse(raw); err == nil && u.Scheme != "" && u.Host != "" {
			urls = append(urls, raw)
		}
	}
	return urls
}

// initialCluster reads --initial-cluster: name=URL, separated by commas, a name once for each of its URLs.
func initialCluster(text string) map[string][]string {
	members := make(map[string][]string)
	for entry := range strings.SplitSeq(text, ",") {
		name, raw, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if urls := urlList(raw); ok && len(urls) > 0 && !slices.Contains(members[name], urls[0]) {
			members[name] = append(members[name], urls[0])
		}
	}
	return members
}

// featureGates reads Gate=true,Gate=false.
func featureGates(text string) map[string]bool {
	gates := make(map[string]bool)
	for entry := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(entry), "=")
		if on, err := strconv.ParseBool(value); err == nil {
			gates[name] = on
		}
	}
	return gates
}

func milliseconds(text string) time.Duration {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Millisecond
}

func integer(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
