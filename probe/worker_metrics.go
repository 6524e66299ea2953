package probe

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// startMetrics requests the exposition if it is due. It waits for the first Status, because only the member's id shows
// whose exposition it is, but lets the scraper begin.
func (w *worker) startMetrics(r *round) {
	if !w.metrics.due(r) {
		return
	}
	urls := w.metricsURLs()
	if w.row.id == 0 && w.status.busy() && w.status.fact.Err == nil {
		if w.metrics.asked.IsZero() && w.early == nil && len(urls) > 0 {
			w.early = w.scraper.begin(urls[0])
		}
		return
	}
	if len(urls) == 0 && len(w.p.scouts) > 0 {
		w.metrics.skip(w.whyUnscouted())
		return
	}
	id := w.row.id
	ahead := w.takeEarly(id)
	ask(w.p, &w.metrics, func(ctx context.Context) answer[*Metrics] { return w.scraper.scrape(ctx, id, urls, ahead) },
		w.acceptMetrics)
}

// metricsURLs are the possible URLs of the member's exposition: given metrics endpoints known to be its own, else its
// client URLs and etcd's usual metrics port on the same hosts.
func (w *worker) metricsURLs() []string {
	var urls []string
	if len(w.p.scouts) > 0 {
		for _, s := range w.p.scouts {
			if w.p.resolved.row(w.p.owners.get(s.url)) == w.row {
				urls = append(urls, s.url)
			}
		}
		return urls
	}
	add := func(u string) {
		if !slices.Contains(urls, u) && w.p.resolved.mayExpose(w.row, w.p.owners.get(u)) {
			urls = append(urls, u)
		}
	}
	if w.p.cfg.MetricsAt != "" {
		w.addMetricsAt(w.p.cfg.MetricsAt, add)
	}
	for _, a := range w.row.addresses {
		if a.excluded == nil {
			add(metricsAt(a.url))
		}
	}
	w.addMetricsAt(defaultMetricsAt, add)
	return urls
}

// defaultMetricsAt is where kubeadm, RKE2 and k3s have etcd serve metrics.
const defaultMetricsAt = "http://:2381"

// addMetricsAt adds the URLs with the scheme and port of at (scheme://:PORT) on the member's hosts.
func (w *worker) addMetricsAt(at string, add func(string)) {
	scheme, port, _ := strings.Cut(at, "://:")
	for _, a := range w.row.addresses {
		if host := hostOf(a.url); host != "" {
			add(scheme + "://" + net.JoinHostPort(host, port) + "/metrics")
		}
	}
}

// whyUnscouted returns why no given metrics endpoint is known to be the member's: the failure of the only one that can
// be, else a count of the undecided ones. It is nil while those are being asked: see scoutedSince.
func (w *worker) whyUnscouted() *Error {
	var open []*scout
	for _, s := range w.p.scouts {
		if w.p.resolved.row(w.p.owners.get(s.url)) == nil {
			open = append(open, s)
		}
	}
	var mine []*scout
	for _, s := range open {
		if w.p.resolved.soleOn(s.url) == w.row || len(open) == 1 && w.p.countWithoutMetrics() == 1 {
			mine = append(mine, s)
		}
	}
	failed, nameless := 0, 0
	for _, s := range mine {
		if err := s.poller.fact.Err; err != nil {
			return err
		}
	}
	for _, s := range open {
		switch {
		case s.poller.fact.Err != nil:
			failed++
		case s.held != nil && s.held.from == 0:
			nameless++
		}
	}
	switch {
	case len(open) == 0 && len(w.p.scouts) == 1:
		return &Error{Kind: ErrUnsupported,
			Text: "the only metrics endpoint given is another member's: add its own to --metrics-endpoints"}
	case len(open) == 0:
		return &Error{Kind: ErrUnsupported,
			Text: fmt.Sprintf("none of the %d metrics endpoints is this member's: add its own to --metrics-endpoints",
				len(w.p.scouts))}
	case !w.scoutedSince().IsZero():
		return nil
	case failed+nameless == len(open) && nameless > 0:
		return &Error{Kind: ErrUnsupported,
			Text: fmt.Sprintf("the metrics endpoints' members are unknown: expositions that do not name their member "+
				"(no etcd_server_id): %d; endpoints that can't be read: %d", nameless, failed)}
	case failed < len(open):
		return &Error{Kind: ErrTimeout, Text: "the metrics endpoints' members are not known yet: not all have answered"}
	}
	text := "none of the metrics endpoints that can be read is this member's; " + open[0].poller.fact.Err.Text
	if failed > 1 {
		text += fmt.Sprintf(" (and %d more can't be read)", failed-1)
	}
	return (&Error{Kind: open[0].poller.fact.Err.Kind, Text: text}).truncated()
}

// scoutedSince returns since when a metrics endpoint that may be the member's is being asked for the first time; zero
// if none is, or if one is known to be the member's.
func (w *worker) scoutedSince() (since time.Time) {
	if len(w.p.scouts) == 0 || len(w.metricsURLs()) > 0 {
		return since
	}
	for _, s := range w.p.scouts {
		f := &s.poller.fact
		if !f.Answered() && f.Err == nil && !f.Pending.IsZero() && (since.IsZero() || f.Pending.Before(since)) {
			since = f.Pending
		}
	}
	return since
}

// metricsFact is the member's exposition. It counts as pending while its endpoint is still being looked for.
func (w *worker) metricsFact() Fact[*Metrics] {
	f := w.metrics.fact
	if since := w.scoutedSince(); !since.IsZero() && f.Pending.IsZero() {
		f.Pending, f.Err = since, nil
	}
	return f
}

// countWithoutMetrics counts the members without a known metrics endpoint.
func (p *Prober) countWithoutMetrics() (n int) {
	for _, w := range p.workers {
		if w.row.id != 0 && len(w.metricsURLs()) == 0 {
			n++
		}
	}
	return n
}

func (w *worker) acceptMetrics(a answer[*Metrics]) {
	if w.closed {
		return
	}
	if a.ok {
		if err := w.p.resolved.notExposed(w.row, a.endpoint, a.from); err != nil {
			a = answer[*Metrics]{at: a.at, took: a.took, err: err}
		}
	}
	if a.dialled {
		w.silentMetrics = a.silent
	}
	if a.ok {
		w.metricsURL = a.endpoint
	} else if why := w.whyPeerPortOnly(); why != nil {
		a.err = why
	}
	w.metrics.record(a)
	w.noteExpositions()
}

// noteExpositions records whose expositions the newest attempt found at the member's client URLs.
func (w *worker) noteExpositions() {
	for _, a := range w.row.addresses {
		owner := w.p.owners.getSince(metricsAt(a.url), w.metrics.asked)
		if s := w.p.endpoints[a.url]; s != nil && s.noteExposition(owner) {
			w.p.needsResolve = true
		}
	}
}

// metricsAt is where etcd serves the exposition on a client URL.
func metricsAt(clientURL string) string { return clientURL + "/metrics" }

// whyPeerPortOnly returns why there are no metrics if only the member's peer port is known. Up to 3.5 etcd serves
// clients there too, but metrics only on client ports.
func (w *worker) whyPeerPortOnly() (why *Error) {
	for _, a := range w.row.addresses {
		if a.peerPort == nil {
			return nil
		}
		why = a.peerPort
	}
	return why
}
