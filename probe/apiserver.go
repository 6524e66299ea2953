package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// An APIServer is a kube-apiserver that a [Prober] asks for its view of etcd.
type APIServer struct {
	// URL is https://HOST:PORT, where a path may lead through a proxy; http:// only suits a proxy on this host, such as
	// kubectl proxy.
	URL string
	// TLS are the files and the name for connections to it; without a CAFile, the system's authorities verify it.
	TLS TLS
	// TokenFile holds a bearer token, which every request reads anew: the kubelet renews it. It is sent over TLS alone.
	TokenFile string
	// Transport sends the requests, with credentials of its own, instead of one made of the files; nil means those.
	Transport http.RoundTripper
}

// An APIServerView is what a kube-apiserver says of its etcd.
type APIServerView struct {
	// URL is that of its [APIServer].
	URL string
	// Ready and Live are its checks of etcd behind /readyz and /livez: each reads a key through the quorum.
	Ready, Live Fact[EtcdCheck]
	// Metrics are asked for every MetricsEvery: rarely where they take long.
	Metrics      Fact[*APIServerMetrics]
	MetricsEvery time.Duration
}

// Label is its URL without the scheme: host and port, and the path of a proxy.
func (v *APIServerView) Label() string {
	_, label, _ := strings.Cut(v.URL, "://")
	return cmp.Or(label, v.URL)
}

// EtcdCheck is the result of one of kube-apiserver's checks of etcd.
type EtcdCheck struct {
	OK bool
	// Reason is what kube-apiserver says about a check that failed; empty if it withholds that, as from everybody who
	// may not get the check by itself.
	Reason string
}

// How often an API server is asked. Making /metrics costs it CPU time in proportion to its series, of which a large
// cluster has 100,000: at most one in metricsShare of its time is spent on that. The first two scrapes are as close as
// the sweeps, because a rate takes two.
const (
	apiCheckEvery   = readEvery
	apiMetricsLeast = 5 * time.Second
	apiMetricsMost  = 2 * time.Minute
	metricsShare    = 20
	// apiCheckAttempts is how often a check may take as long as any request: by itself and among all, and once more.
	apiCheckAttempts = 4
	// apiMetricsTimeout bounds a scrape: Prometheus' default (scrape_timeout: 10s).
	apiMetricsTimeout = 10 * time.Second
)

// An apiServer polls one API server. It belongs to the goroutine in Next.
type apiServer struct {
	p           *Prober
	client      *apiClient
	ready, live poller[EtcdCheck]
	metrics     poller[*APIServerMetrics]
	scrapes     int // that have succeeded
}

func newAPIServer(p *Prober, server APIServer) *apiServer {
	a := &apiServer{p: p, client: newAPIClient(p, server)}
	a.ready.every, a.live.every = apiCheckEvery, apiCheckEvery
	a.ready.timeout = apiCheckAttempts*p.cfg.CommandTimeout + recheckAfter
	a.live.timeout = a.ready.timeout
	a.metrics.timeout = max(apiMetricsTimeout, p.cfg.CommandTimeout)
	return a
}

// start sends the requests that are due.
func (a *apiServer) start(r *round) {
	check := func(path string, of *poller[EtcdCheck]) {
		if of.due(r) {
			ask(a.p, of, func(ctx context.Context) answer[EtcdCheck] { return a.client.check(ctx, path) }, of.record)
		}
	}
	check("/readyz", &a.ready)
	check("/livez", &a.live)
	if a.metrics.due(r) {
		ask(a.p, &a.metrics, a.client.scrape, a.acceptMetrics)
	}
}

func (a *apiServer) acceptMetrics(got answer[*APIServerMetrics]) {
	a.metrics.record(got)
	if got.ok {
		a.scrapes++
	}
	a.metrics.every = min(max(metricsShare*got.took, apiMetricsLeast), apiMetricsMost)
	if got.ok && a.scrapes == 1 {
		a.metrics.every = 0
	}
}

// awaited reports whether an answer to this sweep's requests is still to come.
func (a *apiServer) awaited(sweep uint64) bool {
	return a.ready.awaited(sweep) || a.live.awaited(sweep) || a.metrics.awaited(sweep)
}

func (a *apiServer) view() APIServerView {
	v := APIServerView{URL: a.client.server.URL, Ready: a.ready.fact, Live: a.live.fact, Metrics: a.metrics.fact,
		MetricsEvery: a.metrics.every}
	a.ready.resetSlowest()
	a.live.resetSlowest()
	a.metrics.resetSlowest()
	return v
}

// completeAPIServers normalizes their URLs, and drops those that are given twice.
func (c *Config) completeAPIServers() error {
	urls := make([]string, len(c.APIServers))
	for i := range c.APIServers {
		urls[i] = c.APIServers[i].URL
	}
	if _, err := normalizeAll(apiServerKind, urls, true, apiServerURL); err != nil {
		return err
	}
	var errs []error
	var all []APIServer
	for _, server := range c.APIServers {
		server.URL, _ = apiServerURL(server.URL, true) // checked above
		if slices.ContainsFunc(all, func(s APIServer) bool { return s.URL == server.URL }) {
			continue
		}
		if server.TokenFile != "" && !isHTTPS(server.URL) && server.Transport == nil {
			errs = append(errs, aboutSetting(apiServerKind.flag, fmt.Errorf(
				"API server %s: a token is sent over https:// alone: write https://, or leave out the token", server.URL)))
		}
		if server.Transport == nil {
			errs = append(errs, server.checkFiles())
		}
		all = append(all, server)
	}
	c.APIServers = all
	return errors.Join(errs...)
}

// checkFiles reads the files, to report errors before anything is dialled.
func (s *APIServer) checkFiles() error {
	_, err := newTLSFiles(s.TLS, apiServerFiles)
	_, tokenErr := s.token()
	return errors.Join(err, aboutSetting("apiserver-token-file", tokenErr))
}
