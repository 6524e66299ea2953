package profile

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// chooseEndpoints sets the client URLs: where etcd listens on this host, else what kube-apiserver uses, else what the
// distribution is known for.
func (e *evidence) chooseEndpoints(h *Host) {
	var fromAPIServer []string
	if e.client != nil {
		for raw := range strings.SplitSeq(e.client.flags["etcd-servers"], ",") {
			if raw = strings.TrimSpace(raw); raw != "" {
				fromAPIServer = append(fromAPIServer, raw)
			}
		}
		e.noteOverrides(h)
	}
	own := ""
	if h.Flags != nil {
		own = nearest(h.Flags.ListenClientURLs)
		if own == "" {
			own = nearest(h.Flags.AdvertiseClientURLs)
		}
	}
	switch {
	case own != "":
		h.Endpoints = []string{own}
		h.Others = e.otherMembers(h, own, fromAPIServer)
	case len(fromAPIServer) > 0:
		h.Endpoints = fromAPIServer
	default:
		h.Endpoints = []string{e.layout.client}
	}
}

// noteOverrides notes the clusters that kube-apiserver uses for some resources alone: /events#URL;URL.
func (e *evidence) noteOverrides(h *Host) {
	overrides := e.client.flags["etcd-servers-overrides"]
	if overrides == "" {
		return
	}
	h.Also = make(map[string]string)
	for entry := range strings.SplitSeq(overrides, ",") {
		resource, urls, _ := strings.Cut(entry, "#")
		for raw := range strings.SplitSeq(urls, ";") {
			if raw != "" {
				h.Also[raw] = "Kubernetes' " + strings.TrimPrefix(resource, "/")
			}
		}
	}
}

// otherMembers returns where the other members that the files name may serve clients: kube-apiserver's URLs, and the
// hosts of --initial-cluster with this member's client port.
func (e *evidence) otherMembers(h *Host, own string, fromAPIServer []string) (others []string) {
	add := func(raw string) {
		if raw != "" && raw != own && !probe.IsLoopback(raw) && !slices.Contains(h.Flags.ListenClientURLs, raw) &&
			!slices.Contains(h.Flags.AdvertiseClientURLs, raw) && !slices.Contains(others, raw) {
			others = append(others, raw)
		}
	}
	for raw := range strings.SplitSeq(e.server.environment["ALL_ETCD_ENDPOINTS"], ",") { // OpenShift's operator sets it
		fromAPIServer = append(fromAPIServer, strings.TrimSpace(raw))
	}
	for _, raw := range fromAPIServer {
		add(raw)
	}
	pattern, err := url.Parse(own)
	if err != nil {
		return others
	}
	var names []string
	for name := range h.Flags.InitialCluster {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, peer := range h.Flags.InitialCluster[name] {
			u, err := url.Parse(peer)
			if err != nil || slices.Contains(h.Flags.AdvertisePeerURLs, peer) {
				continue
			}
			add((&url.URL{Scheme: pattern.Scheme, Host: net.JoinHostPort(u.Hostname(), pattern.Port())}).String())
		}
	}
	return others
}

// nearest returns the URL by which a process on the same host is best reached: the loopback address if the process
// listens there, else the first; "" if there is none.
func nearest(urls []string) string {
	for _, raw := range urls {
		u, err := url.Parse(raw)
		if err != nil || u.Port() == "" {
			continue
		}
		ip := net.ParseIP(u.Hostname())
		switch {
		case probe.IsLoopbackHost(u.Hostname()):
			return raw
		case ip != nil && ip.IsUnspecified():
			u.Host = net.JoinHostPort("127.0.0.1", u.Port())
			return u.String()
		}
	}
	if len(urls) > 0 {
		return urls[0]
	}
	return ""
}

func isHTTPS(raw string) bool {
	return strings.HasPrefix(raw, "https://") || strings.HasPrefix(raw, "unixs://")
}

// metricsAt returns the scheme and port of the member's own metrics listener, which its cluster's other members are
// likely to share.
func metricsAt(urls []string, fallback string) string {
	if u, err := url.Parse(nearest(urls)); err == nil && u.Port() != "" {
		return u.Scheme + "://:" + u.Port()
	}
	return fallback
}

// chooseIdentity sets the first pair that can be read and is valid, else the first that can be read. Without one it
// sets the authority alone, and says which files are missing.
func (e *evidence) chooseIdentity(t *tree, options Options, h *Host) {
	var expired, missing []string
	for _, id := range e.identities(t, options.Hostname) {
		notAfter, err := pairEnd(t, id)
		switch {
		case err != nil:
			h.Remarks = append(h.Remarks, err.Error())
			h.adoptAuthority(t, id)
			continue
		case notAfter.IsZero(): // not there, or it may not be read
			missing = append(missing, e.missingOf(t, id)...)
			h.adoptAuthority(t, id)
			continue
		case !options.Now.IsZero() && notAfter.Before(options.Now):
			expired = append(expired, fmt.Sprintf("%s expired on %s", id.cert, notAfter.UTC().Format(time.DateOnly)))
			if h.CertFile != "" {
				continue
			}
		default:
			h.setIdentity(t, id)
			h.Remarks = append(h.Remarks, expired...)
			return
		}
		h.setIdentity(t, id)
	}
	h.Remarks = append(h.Remarks, expired...)
	if h.CertFile == "" && len(t.refused) == 0 {
		remark := "it has no client certificate where one is expected: --cert and --key name one"
		if len(missing) > 0 {
			remark = "it has no client certificate: there is no " + strings.Join(missing, ", no ") +
				": put it there, or name a pair with --cert and --key"
		}
		h.Remarks = append(h.Remarks, remark)
	}
}

// missingOf are the files of a pair that are not there, where another file of it is.
func (e *evidence) missingOf(t *tree, id identity) (missing []string) {
	for _, file := range []string{id.cert, id.key, id.ca} {
		if file != "" && !t.exists(file) {
			missing = append(missing, t.at(file))
		}
	}
	if !t.exists(id.cert) && !t.exists(id.key) {
		return nil // the distribution makes this pair on other hosts only
	}
	return missing
}

// adoptAuthority sets the authority by which the members can be trusted without a pair, unless there is one already.
func (h *Host) adoptAuthority(t *tree, id identity) {
	if h.CAFile == "" && id.ca != "" && t.exists(id.ca) {
		h.CAFile = t.at(id.ca)
	}
}

func (h *Host) setIdentity(t *tree, id identity) {
	h.CAFile, h.CertFile, h.KeyFile = "", t.at(id.cert), t.at(id.key)
	if id.ca != "" {
		h.CAFile = t.at(id.ca)
	}
}

// identities returns all pairs that a client may find on the host, the best first: those that the distribution makes
// for clients, kube-apiserver's, etcd's own.
func (e *evidence) identities(t *tree, hostname string) (all []identity) {
	for _, id := range e.layout.identities {
		all = append(all, id.expand(t, hostname)...)
	}
	if e.client != nil && e.client.flags["etcd-certfile"] != "" {
		all = append(all, identity{e.client.hostPath(e.client.flags["etcd-cafile"]),
			e.client.hostPath(e.client.flags["etcd-certfile"]), e.client.hostPath(e.client.flags["etcd-keyfile"])})
	}
	if e.server != nil {
		flags := withEnvironment(e.server.flags, e.server.environment)
		if flags["cert-file"] != "" {
			all = append(all, identity{e.server.hostPath(flags["trusted-ca-file"]),
				e.server.hostPath(flags["cert-file"]), e.server.hostPath(flags["key-file"])})
		}
	}
	return all
}

// expand fills in the star of an identity's file names: this host's name first.
func (id identity) expand(t *tree, hostname string) (all []identity) {
	before, after, starred := strings.Cut(id.cert, "*")
	if !starred {
		return []identity{id}
	}
	for _, cert := range t.glob(id.cert) {
		name := strings.TrimSuffix(strings.TrimPrefix(cert, before), after)
		if ok, _ := path.Match(id.key, cert); ok {
			continue // it is a key
		}
		found := identity{id.ca, cert, strings.Replace(id.key, "*", name, 1)}
		if name == hostname {
			all = slices.Insert(all, 0, found)
		} else {
			all = append(all, found)
		}
	}
	return all
}

// pairEnd returns when a pair's certificate ends; the zero time if a file of it is missing or may not be read.
func pairEnd(t *tree, id identity) (time.Time, error) {
	var texts [3][]byte
	complete := true
	for i, file := range []string{id.cert, id.key, id.ca} { // all of them, to know which may not be read
		if file == "" {
			continue
		}
		text, err := t.read(file)
		if err != nil {
			return time.Time{}, err
		}
		texts[i], complete = text, complete && text != nil
	}
	if !complete {
		return time.Time{}, nil
	}
	pair, err := tls.X509KeyPair(texts[0], texts[1])
	if err != nil {
		return time.Time{}, fmt.Errorf("%s and %s do not make a pair: %w", id.cert, id.key, err)
	}
	return pair.Leaf.NotAfter, nil
}
