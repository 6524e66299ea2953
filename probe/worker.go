package probe

import (
	"cmp"
	"context"
	"net"
	"slices"
	"strings"
	"time"
)

// A worker asks one member, or one endpoint whose member is not known yet. It belongs to the goroutine that
// calls Next; its calls run in goroutines of their own, and come back through the inbox.
type worker struct {
	p *Prober
	// id is 0 for a given endpoint that has never answered.
	id MemberID
	// peer is what the roster says of it; nil: the roster does not name it.
	peer *Peer
	// given are the given endpoints that reach it.
	given []string
	// departed marks the given endpoints of a member that left. They are shown only while somebody answers there.
	departed bool
	// rests is the number of the sweep that it joined too late for.
	rests  uint64
	closed bool

	link    *link
	fetcher *fetcher
	// metricsURL is the exposition that was read last.
	metricsURL string
	// cluster is the cluster that it said it belongs to.
	cluster ClusterID

	status       lane[Status]
	metrics      lane[*Metrics]
	linearizable lane[Read]
	serializable lane[Read]
	peers        lane[[]Peer]
}

func newWorker(p *Prober, id MemberID, given ...string) *worker {
	w := &worker{p: p, id: id, given: given, link: &link{p: p}}
	w.fetcher = newFetcher(p, w.link)
	w.linearizable.every, w.serializable.every, w.peers.every = readEvery, readEvery, peersEvery
	w.link.reach(w.endpoints())
	return w
}

// close gives up the connections. What is still under way comes to nothing.
func (w *worker) close() {
	w.closed = true
	w.link.close()
	w.fetcher.close()
}

// endpoints are where the member is reached: the given ones first.
func (w *worker) endpoints() []string {
	all := slices.Clone(w.given)
	if w.peer == nil || !w.p.cfg.Cluster {
		return all
	}
	for _, raw := range w.peer.ClientURLs {
		u, err := clientURL(raw, false)
		if err == nil && !slices.Contains(all, u) {
			all = append(all, u)
		}
	}
	return all
}

// metricsURLs are where the member's exposition may be.
func (w *worker) metricsURLs() []string {
	endpoints := w.endpoints()
	if len(w.p.cfg.MetricsEndpoints) > 0 {
		return w.metricsGiven(endpoints)
	}
	var urls []string
	add := func(u string) {
		if owner := w.p.owners.get(u); !slices.Contains(urls, u) && (owner == 0 || w.id == 0 || owner == w.id) {
			urls = append(urls, u)
		}
	}
	for _, e := range endpoints {
		add(e + "/metrics")
	}
	for _, e := range endpoints {
		host, _, err := net.SplitHostPort(hostPort(e))
		if err == nil {
			add("http://" + net.JoinHostPort(host, "2381") + "/metrics")
		}
	}
	return urls
}

// metricsGiven are the given metrics endpoints that may be this member's: those known to be, then those on its
// host, then those that nobody is known to own.
func (w *worker) metricsGiven(endpoints []string) []string {
	var own, near, far []string
	for _, u := range w.p.cfg.MetricsEndpoints {
		owner := w.p.owners.get(u)
		sameHost := slices.ContainsFunc(endpoints, func(e string) bool { return hostOf(e) == hostOf(u) })
		switch {
		case owner != 0 && owner == w.id:
			own = append(own, u)
		case owner != 0 && w.id != 0:
		case sameHost:
			near = append(near, u)
		case w.id != 0:
			far = append(far, u)
		}
	}
	return slices.Concat(own, near, far)
}

// isLearner is what the member says, or else what the roster says.
func (w *worker) isLearner() bool {
	if w.status.fact.Ever() {
		return w.status.fact.Value.IsLearner
	}
	return w.peer != nil && w.peer.Learner
}

// start asks what is due.
func (w *worker) start(r *round) {
	if w.rests == r.number {
		return
	}
	if w.status.due(r) {
		ask(w.p, &w.status, func(ctx context.Context) answer[Status] { return callStatus(ctx, w.link) }, accept(w, &w.status))
	}
	// Whose exposition is the right one is known by the member's id.
	if w.metrics.due(r) && (w.id != 0 || !w.status.busy()) {
		id, urls := w.id, w.metricsURLs()
		ask(w.p, &w.metrics, func(ctx context.Context) answer[*Metrics] { return w.fetcher.fetch(ctx, id, urls) }, w.acceptMetrics)
	}
	if w.serializable.due(r) {
		ask(w.p, &w.serializable, func(ctx context.Context) answer[Read] { return callRead(ctx, w.link, true) }, accept(w, &w.serializable))
	}
	if w.isLearner() {
		w.linearizable.unsupported("a learner does not serve linearizable reads")
		w.peers.unsupported("a learner does not serve the member list")
		return
	}
	if w.linearizable.due(r) {
		ask(w.p, &w.linearizable, func(ctx context.Context) answer[Read] { return callRead(ctx, w.link, false) }, accept(w, &w.linearizable))
	}
	if w.peers.due(r) {
		ask(w.p, &w.peers, func(ctx context.Context) answer[[]Peer] { return callPeers(ctx, w.link) }, accept(w, &w.peers))
	}
}

// accept makes the answers of a lane its facts, if they are this member's.
func accept[T any](w *worker, l *lane[T]) func(answer[T]) {
	return func(a answer[T]) {
		if w.closed {
			return
		}
		if a.from != 0 && a.from != w.id {
			wrong := w.p.identify(w, a.from, a.endpoint)
			if w.closed {
				return
			}
			if wrong != nil {
				a = answer[T]{err: wrong, at: a.at, took: a.took}
			}
		}
		w.cluster = cmp.Or(a.cluster, w.cluster)
		l.settle(a)
	}
}

// acceptMetrics does not learn from an exposition who the member is: it may come from a port that several
// members of a host could have.
func (w *worker) acceptMetrics(a answer[*Metrics]) {
	if w.closed {
		return
	}
	if a.ok && a.from != 0 && a.from != w.id && (w.id != 0 || w.p.byID(a.from) != nil) {
		a = answer[*Metrics]{at: a.at, took: a.took, err: &Error{
			ErrUnsupported, a.endpoint + ": it is the exposition of member " + a.from.String(),
		}}
	}
	if a.ok {
		w.metricsURL = a.endpoint
	}
	w.metrics.settle(a)
}

// awaited reports what the sweep still waits for: whether that is a Status or an exposition, and whether it is
// anything at all.
func (w *worker) awaited(sweep uint64) (required, anything bool) {
	required = w.status.awaited(sweep) || w.metrics.awaited(sweep) ||
		// It will be asked as soon as there is a Status.
		w.metrics.sweep != sweep && !w.metrics.busy() && w.status.awaited(sweep)
	return required, required || w.linearizable.awaited(sweep) || w.serializable.awaited(sweep) || w.peers.awaited(sweep)
}

// hidden reports that there is nothing to show: the member left, and nobody answers in its place.
func (w *worker) hidden() bool {
	return w.departed && (!w.status.fact.Ever() || w.status.fact.Err != nil)
}

// member is the worker's member as it is now.
func (w *worker) member() Member {
	m := Member{
		ID:                w.id,
		Endpoint:          w.link.endpoint(),
		MetricsEndpoint:   w.metricsURL,
		Status:            w.status.fact,
		Metrics:           w.metrics.fact,
		Linearizable:      w.linearizable.fact,
		Serializable:      w.serializable.fact,
		Peers:             w.peers.fact,
		ServedCertificate: w.link.servedCertificate(),
	}
	if m.Endpoint == "" {
		m.Endpoint = strings.Join(w.given[:min(1, len(w.given))], "")
	}
	m.Standing, m.Cluster = w.standing(), w.cluster
	if w.peer != nil {
		m.Listed, m.Name, m.Learner = true, w.peer.Name, w.peer.Learner
		m.PeerURLs, m.ClientURLs = w.peer.PeerURLs, w.peer.ClientURLs
	}
	return m
}

// standing is what the worker's member is to the cluster that is looked at.
func (w *worker) standing() Standing {
	switch {
	case w.cluster != 0 && !w.p.isOurs(w.cluster):
		return StandingForeign
	case w.peer != nil && w.peer.Name == "" && len(w.peer.ClientURLs) == 0:
		return StandingNeverStarted
	case w.peer != nil:
		return StandingMember
	case w.id != 0 && w.p.roster.Ever():
		return StandingUnlisted
	case w.departed:
		return StandingGone
	default:
		return StandingUnknown
	}
}

// patience is how long a sweep waits: a quarter of the interval, half a second at most.
func patience(interval time.Duration) time.Duration { return min(interval/4, maxPatience) }

const maxPatience = 500 * time.Millisecond
