package probe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// noteResponder records who answered a call. A change takes effect at once, so that no answer is attributed to a member
// that did not send it.
func (p *Prober) noteResponder(endpoint, address string, by responder) {
	s := p.endpoints[endpoint]
	if s == nil {
		s = new(endpointState)
		p.endpoints[endpoint] = s
	}
	s.noteAddress(address)
	if s.note(by) {
		p.reconcile()
	}
}

// reconcile matches the workers to the rows that the newest answers give.
func (p *Prober) reconcile() {
	p.needsResolve = false
	p.resolved = resolve(p.view())
	p.noteMemberList()
	matched := make(map[*worker]bool, len(p.workers))
	workers := make([]*worker, 0, len(p.resolved.rows))
	byID := make(map[MemberID]*worker, len(p.workers))
	for _, w := range p.workers {
		if w.row.id != 0 {
			byID[w.row.id] = w
		}
	}
	for i := range p.resolved.rows {
		row := &p.resolved.rows[i]
		w := byID[row.id]
		if w == nil || len(w.row.given) == 0 {
			// A given endpoint beats the advertised ones, which may be unreachable from here.
			w = cmp.Or(p.unidentifiedWorker(row, matched), w)
		}
		if w == nil {
			w = newWorker(p)
			if len(row.given) > 0 {
				w.joinedLateIn = p.round.number // its endpoint was polled in this sweep
			}
		}
		matched[w] = true
		w.setRow(row)
		workers = append(workers, w)
	}
	for _, w := range p.workers {
		if !matched[w] {
			w.close()
			p.owners.forget(w.row.id)
		}
	}
	p.workers = workers
	p.readable.publish(workers)
	p.bodies.members.Store(int64(len(p.workers) + len(p.scouts)))
	p.forgetEndpoints()
	p.askForProof()
}

// forgetEndpoints drops the state of endpoints that are no longer in use.
func (p *Prober) forgetEndpoints() {
	if len(p.endpoints) <= len(p.workers)+len(p.given()) {
		return
	}
	used := make(map[string]bool, len(p.endpoints))
	for _, e := range p.given() {
		used[e] = true
	}
	for _, w := range p.workers {
		for _, a := range w.row.addresses {
			used[a.url] = true
		}
	}
	maps.DeleteFunc(p.endpoints, func(e string, _ *endpointState) bool { return !used[e] })
}

// given returns the endpoints to begin with.
func (p *Prober) given() []string {
	if p.widened {
		return slices.Concat(p.cfg.Endpoints, p.cfg.OtherEndpoints)
	}
	return p.cfg.Endpoints
}

// hearsNobody reports whether no member has answered at a given endpoint, and further ones can be asked.
func (p *Prober) hearsNobody() bool {
	return !p.widened && len(p.cfg.OtherEndpoints) > 0 && p.resolved.listAt.IsZero() &&
		!slices.ContainsFunc(p.workers, func(w *worker) bool { return w.status.fact.Answered() })
}

// findsNobody reports whether the given endpoints have all failed, and further ones can be asked.
func (p *Prober) findsNobody() bool {
	return p.hearsNobody() && (p.round.number > 1 ||
		!slices.ContainsFunc(p.workers, func(w *worker) bool { return w.status.fact.Err == nil }))
}

// widen begins to ask at the other endpoints, in this sweep.
func (p *Prober) widen() {
	p.widened = true
	p.reconcile()
	for _, w := range p.workers {
		if slices.ContainsFunc(w.row.given, func(e string) bool { return slices.Contains(p.cfg.OtherEndpoints, e) }) {
			w.joinedLateIn = 0
		}
	}
}

// unidentifiedWorker returns the worker of one of the row's given endpoints that has no member yet.
func (p *Prober) unidentifiedWorker(row *row, taken map[*worker]bool) *worker {
	for _, w := range p.workers {
		if w.row.id == 0 && !taken[w] && slices.ContainsFunc(w.row.given,
			func(e string) bool { return slices.Contains(row.given, e) }) {
			return w
		}
	}
	return nil
}

// view returns the answers so far.
func (p *Prober) view() *view {
	v := &view{
		given: p.given(), likely: p.cfg.OtherEndpoints, discover: p.cfg.Cluster, endpoints: p.endpoints,
		before:      p.resolved,
		sticky:      p.heardFromAll(),                      // until then, chance decides who has answered
		maxListSkew: 2 * max(peersEvery, p.round.interval), // two rounds of requests for lists
		local:       func(host string) bool { return p.local[host] },
		server:      p.cfg.Server,
	}
	for _, w := range p.workers {
		if w.row.id != 0 {
			v.members = append(v.members, w.report())
		}
	}
	return v
}

// heardFromAll reports whether every given endpoint has answered or failed at least once.
func (p *Prober) heardFromAll() bool {
	return p.round.number > 1 && !slices.ContainsFunc(p.workers, func(w *worker) bool {
		return len(w.row.given) > 0 && !w.status.fact.Answered() && w.status.fact.Err == nil
	})
}

// askForLists has all members asked for their lists in the next sweep: one list has changed, and the others must
// confirm it.
func (p *Prober) askForLists() {
	for _, w := range p.workers {
		w.peers.asked = time.Time{}
	}
}

// askForProof asks the voters whose lists may prove a removal for them once more, at once.
func (p *Prober) askForProof() {
	for i := range p.resolved.rows {
		for _, id := range p.resolved.rows[i].ask {
			if w := p.byID(id); w != nil && !w.peers.busy() {
				w.peers.retry()
			}
		}
	}
}

// noteMemberList makes the resolved member list a fact.
func (p *Prober) noteMemberList() {
	switch {
	case p.resolved.listIsCurrent:
		p.memberList = Fact[MemberList]{Value: p.resolved.memberList, At: p.resolved.listAt}
		if from := p.byID(p.resolved.memberList.From); from != nil {
			p.memberList.Took = from.peers.fact.Took
		}
	default:
		p.memberList.Value.Witnesses = nil
		p.memberList.Err = p.whyNoMemberList()
	}
}

// whyNoMemberList returns why nobody answered MemberList; nil while somebody may still.
func (p *Prober) whyNoMemberList() *Error {
	for _, w := range p.workers {
		if err := w.peers.fact.Err; err != nil && err.Kind != ErrUnsupported {
			return err
		}
	}
	return nil
}

func (p *Prober) byID(id MemberID) *worker {
	for _, w := range p.workers {
		if w.row.id == id {
			return w
		}
	}
	return nil
}

// isOurs reports whether a cluster is the observed one; until that is known, any is.
func (p *Prober) isOurs(cluster ClusterID) bool {
	return p.resolved.cluster == 0 || p.resolved.cluster == cluster
}

// whyMisdirected returns why another member's answer can't be used for the worker.
func (p *Prober) whyMisdirected(w *worker, by responder, endpoint string) *Error {
	if w.row.membership == MembershipProxy {
		if all := p.endpoints[endpoint].severalAddresses(); all != nil {
			return withEndpoint(endpoint, &Error{Kind: ErrProxy,
				Text: fmt.Sprintf("this name leads to several members (%s): give the members' own client URLs",
					strings.Join(all, ", "))})
		}
		if s := p.endpoints[endpoint]; s != nil && len(s.leadsTo(p.resolved.index)) > 1 {
			return withEndpoint(endpoint, &Error{Kind: ErrProxy, Text: "this endpoint leads to several members, as a load " +
				"balancer or a virtual IP does: give the members' own client URLs"})
		}
		return withEndpoint(endpoint, &Error{Kind: ErrProxy,
			Text: "this endpoint is a proxy: it answers for the cluster, not for a member; " +
				"give the members' own client URLs"})
	}
	if by.cluster != 0 && w.row.cluster != 0 && by.cluster != w.row.cluster {
		return withEndpoint(endpoint, &Error{Kind: ErrForeign,
			Text: fmt.Sprintf("member %s of another cluster (%s) answers there: "+
				"the member was wiped and started as a new cluster, or the URL leads elsewhere", by.member,
				by.cluster)})
	}
	return withEndpoint(endpoint, &Error{Kind: ErrElsewhere,
		Text: fmt.Sprintf("member %s answers there instead of %s: give an endpoint that leads only to it",
			by.member, w.row.id)})
}
