package probe

import (
	"context"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"
)

// A worker polls one member, or one endpoint whose member is not known yet. It belongs to the goroutine in Next; its
// requests run in goroutines of their own and answer through the inbox.
type worker struct {
	p *Prober
	// row is the member that it polls: one of the prober's resolved.rows.
	row *row
	// joinedLateIn is the number of a sweep that it joined too late to take part in.
	joinedLateIn uint64
	closed       bool

	client  *client
	scraper *scraper
	early   *early // until a scrape takes it; nil if there is none
	// metricsURL is the URL of the last exposition.
	metricsURL string
	// silentMetrics are the silent addresses that the newest connection with it met.
	silentMetrics []string

	status       poller[Status]
	liveness     poller[struct{}] // while the exposition is late: see startLiveness
	metrics      poller[*Metrics]
	linearizable poller[Read]
	serializable poller[Read]
	peers        poller[[]Peer]
	// applied is the member's applied index before it returned its newest list; appliedBefore is that for the list
	// being requested.
	applied, appliedBefore uint64
	hash                   poller[HashKV] // requested from all members at once: see hashRounds
}

func newWorker(p *Prober) *worker {
	w := &worker{p: p, client: &client{p: p}}
	w.scraper = newScraper(p, w.client)
	w.linearizable.every, w.serializable.every, w.peers.every = readEvery, readEvery, peersEvery
	w.hash.timeout = max(hashTimeout, p.cfg.CommandTimeout)
	return w
}

// setRow assigns the worker to a row. An exposition that could not be had at an endpoint which it no longer has is
// requested again.
func (w *worker) setRow(r *row) {
	if w.metrics.fact.Err != nil && !w.metrics.busy() && w.row != nil && slices.ContainsFunc(w.row.addresses,
		func(a address) bool { return !r.reaches(a.url) }) {
		w.metrics.retry()
	}
	w.row = r
	w.client.setAddresses(r.addresses)
}

// close ends the worker and drops its running requests. It waits only for a member list, which may reveal a proxy at
// the endpoint.
func (w *worker) close() {
	w.closed = true
	if !w.peers.busy() {
		w.disconnect()
		return
	}
	w.p.closing = append(w.p.closing, w)
}

// disconnect closes the connections.
func (w *worker) disconnect() {
	if w.early != nil {
		w.early.cancel()
	}
	w.client.close()
	w.scraper.close()
}

// report is what the member said of itself and of the others.
func (w *worker) report() memberReport {
	rep := memberReport{id: w.row.id, applied: w.applied}
	if status := &w.status.fact; status.Answered() {
		rep.status, rep.current, rep.cluster = &status.Value, status.Err == nil, status.Value.ClusterID
	}
	if rep.cluster == 0 { // another of its answers may have come first
		rep.cluster = w.row.cluster
	}
	if lists := &w.peers.fact; lists.Answered() && lists.Err == nil {
		rep.list, rep.listAt = lists.Value, lists.At
	}
	return rep
}

// readsUnlogged reports that the member refused our login, and then answered a read all the same.
func (w *worker) readsUnlogged() bool {
	read := &w.linearizable.fact
	return read.Answered() && read.Err == nil && w.client.isLoginRefused()
}

// isLearner is what the member says, or else what the member list says.
func (w *worker) isLearner() bool {
	if w.status.fact.Answered() {
		return w.status.fact.Value.IsLearner
	}
	return w.row.peer != nil && w.row.peer.Learner
}

// start sends the requests that are due.
func (w *worker) start(r *round) {
	if w.joinedLateIn == r.number {
		return
	}
	if w.status.due(r) {
		ask(w.p, &w.status, func(ctx context.Context) answer[Status] { return callStatus(ctx, w.client) },
			w.acceptStatus)
	}
	if w.row.membership == MembershipProxy {
		w.startProxy(r)
		return
	}
	if w.metrics.sweep != r.number { // it is late from an earlier sweep
		w.startLiveness(r)
	}
	w.startMetrics(r)
	if w.serializable.due(r) {
		ask(w.p, &w.serializable, func(ctx context.Context) answer[Read] { return callRead(ctx, w.client, true) },
			accept(w, &w.serializable))
	}
	if w.isLearner() {
		w.linearizable.unsupported("a learner does not serve linearizable reads")
		w.peers.unsupported("a learner does not serve the member list")
		return
	}
	if w.linearizable.due(r) {
		ask(w.p, &w.linearizable, func(ctx context.Context) answer[Read] { return callRead(ctx, w.client, false) },
			accept(w, &w.linearizable))
	}
	w.startPeers(r)
}

// After livenessAfter an exposition is so late that it is worth asking whether the process runs at all: etcd takes a
// fraction of that. Sweeps hit the 100 ms period of a CPU quota at the same phase again and again, so the request goes
// out at a random time up to livenessBefore.
const livenessAfter, livenessBefore = 25 * time.Millisecond, 75 * time.Millisecond

// livenessDelay is when a sweep with so much patience sends that request.
func livenessDelay(patience time.Duration) time.Duration {
	earliest, latest := min(livenessAfter, patience/2), min(livenessBefore, 3*patience/4)
	return earliest + rand.N(latest-earliest+1)
}

// startLiveness requests the Status once more while the exposition is late. A process that gets no CPU answers neither;
// if only the exposition takes long, the Status arrives at once.
func (w *worker) startLiveness(r *round) {
	if !w.closed && w.metrics.busy() && w.status.fact.Err == nil && w.liveness.due(r) {
		ask(w.p, &w.liveness, func(ctx context.Context) answer[struct{}] { return callLiveness(ctx, w.client) },
			accept(w, &w.liveness))
	}
}

// startProxy asks a proxy only what may lead to the members behind it, and nothing that could pass for a member's
// answer.
func (w *worker) startProxy(r *round) {
	const why = "this endpoint is a proxy: it answers for the cluster, not for a member"
	w.metrics.skip(&Error{Kind: ErrProxy, Text: why})
	w.linearizable.skip(&Error{Kind: ErrProxy, Text: why})
	w.serializable.skip(&Error{Kind: ErrProxy, Text: why})
	w.startPeers(r)
}

// startPeers requests the member list. It asks in every sweep whoever's list counts, because the voters may have
// changed: the leader, whose list the sweep uses, or those that are asked alone.
func (w *worker) startPeers(r *round) {
	w.peers.every = peersEvery
	status := &w.status.fact
	if !w.p.cfg.Cluster || status.Answered() && status.Value.Leader == status.Value.MemberID {
		w.peers.every = 0
	}
	if !w.peers.due(r) {
		return
	}
	w.appliedBefore = 0
	if status := &w.status.fact; status.Answered() && status.Err == nil {
		w.appliedBefore = status.Value.RaftAppliedIndex
	}
	ask(w.p, &w.peers, func(ctx context.Context) answer[[]Peer] { return callPeers(ctx, w.client) }, w.acceptPeers)
}

// accept records the answers of a poller if they are this member's.
func accept[T any](w *worker, q *poller[T]) func(answer[T]) {
	return func(a answer[T]) {
		if w.closed {
			return
		}
		if a.hasHeader {
			by := responder{a.from, a.cluster}
			w.p.noteResponder(a.endpoint, a.address, by)
			if w.closed {
				return
			}
			if w.row.membership == MembershipProxy || a.from != w.row.id {
				why := w.p.whyMisdirected(w, by, a.endpoint)
				if w.row.membership != MembershipProxy {
					why = w.client.reject(a.endpoint, why)
				}
				a = answer[T]{err: why, at: a.at, took: a.took}
			} else {
				w.client.confirm(a.endpoint)
			}
		} else if a.endpoint != "" {
			if a.err != nil && !w.row.reaches(a.endpoint) {
				q.retry() // the endpoint turned out to be another member's and was given up
				return
			}
			a.err = w.client.explain(a.endpoint, a.err)
		}
		q.record(a)
	}
}

// acceptStatus processes a Status: the leader decides whose list the sweep uses.
func (w *worker) acceptStatus(a answer[Status]) {
	before := w.status.fact
	accept(w, &w.status)(a)
	now := &w.status.fact
	if now.Value.Leader != before.Value.Leader || (now.Err == nil) != (before.Err == nil) ||
		now.Answered() != before.Answered() {
		w.p.needsResolve = true
	}
}

// acceptPeers processes a member list. Even one that came through a proxy leads to members.
func (w *worker) acceptPeers(a answer[[]Peer]) {
	if w.closed {
		w.p.closing = slices.DeleteFunc(w.p.closing, func(x *worker) bool { return x == w })
		w.disconnect()
	}
	if a.hasHeader {
		w.p.noteResponder(a.endpoint, a.address, responder{a.from, a.cluster})
		if s := w.p.endpoints[a.endpoint]; s != nil && s.noteList(responder{a.from, a.cluster}, a.value, a.at) {
			w.p.reconcile()
		}
	}
	before := w.peers.fact
	accept(w, &w.peers)(a)
	if now := &w.peers.fact; (now.Err == nil) != (before.Err == nil) || !reflect.DeepEqual(now.Value, before.Value) {
		w.p.needsResolve = true
		if before.Answered() && listKeyOf(now.Value) != listKeyOf(before.Value) {
			w.p.askForLists()
		}
	}
	if a.ok && w.peers.fact.Err == nil {
		w.applied = w.appliedBefore
	}
}

// awaited reports what the sweep still waits for: required for a Status or an exposition, anything for any answer.
func (w *worker) awaited(sweep uint64) (required, anything bool) {
	required = w.status.awaited(sweep) || w.metrics.awaited(sweep) ||
		// It will be requested as soon as there is a Status.
		w.metrics.sweep != sweep && !w.metrics.busy() && w.status.awaited(sweep)
	return required, required || w.linearizable.awaited(sweep) || w.serializable.awaited(sweep) ||
		w.peers.awaited(sweep) || w.liveness.awaited(sweep)
}

// hidden reports whether there is nothing to show: the member left the cluster, or belongs to another one, and no
// longer answers.
func (w *worker) hidden() bool {
	left := w.row.membership == MembershipRemoved || w.row.membership == MembershipUnlisted ||
		w.row.membership == MembershipForked && w.row.peer == nil
	return left && (!w.status.fact.Answered() || w.status.fact.Err != nil)
}

// member returns the member's current state.
func (w *worker) member() Member {
	r := w.row
	m := Member{
		ID:              r.id,
		Membership:      r.membership,
		Cluster:         r.cluster,
		NameShared:      r.nameShared,
		InPlaceOf:       r.inPlaceOf,
		RemovalUnproven: len(r.ask) > 0,
		Endpoint:        w.client.endpoint(),
		MetricsEndpoint: w.metricsURL,
		Status:          w.status.fact,
		Liveness:        w.liveness.fact,
		Metrics:         w.metricsFact(),
		Linearizable:    w.linearizable.fact,
		Serializable:    w.serializable.fact,
		Peers:           w.peers.fact,
		Hash:            w.hash.fact,
		DialDuration:    w.client.dialDuration(),
	}
	m.Called = w.p.cfg.Names[Hostname(m.Endpoint)]
	for _, e := range r.given {
		if e == m.Endpoint {
			m.Given, m.Published = true, w.p.cfg.EndpointsDiscovered
		} else {
			m.AlsoGiven = append(m.AlsoGiven, e)
		}
	}
	if r.membership == MembershipProxy {
		s := w.p.endpoints[r.given[0]]
		m.LeadsTo, m.AnswersFor = s.severalAddresses(), s.leadsTo(w.p.resolved.index)
	}
	m.Silent = slices.Compact(slices.Sorted(slices.Values(slices.Concat(w.client.silent(), w.silentMetrics))))
	m.ServedCertificate, m.ServedAuthority = w.client.servedCertificates()
	m.Reached = w.client.everConnected()
	if f := &m.Status; f.Err == nil && !f.Answered() && !f.Pending.IsZero() &&
		w.p.cfg.Now().Sub(f.Pending) >= maxPatience {
		f.Err = r.whyUnproven()
	}
	if err := m.Status.Err; r.id == 0 && err != nil {
		if guess := w.p.cfg.Guess; guess != nil && err.Kind == ErrRefused {
			err = &Error{Kind: guess.Kind, Text: guess.Text + "; nothing listens at the default, " + m.Endpoint}
			m.Status.Err = err.truncated()
		}
		m.Membership = r.failedMembership(err.Kind)
	}
	if r.peer != nil {
		m.Listed, m.Name, m.Learner = true, r.peer.Name, r.peer.Learner
		m.PeerURLs, m.ClientURLs = r.peer.PeerURLs, r.peer.ClientURLs
		if w.p.cfg.Server.are(r.peer) {
			m.Flags = w.p.cfg.Server
		}
	}
	return m
}
