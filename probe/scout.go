package probe

import (
	"context"
	"sync"
)

// A scout finds out whose exposition a given metrics endpoint serves. Each has its own connection and its own time, so
// that one that hangs, drips or never ends costs nobody but its own member. It belongs to the goroutine that calls Next.
type scout struct {
	p       *Prober
	url     string
	fetcher *fetcher
	lane    lane[*Metrics]
	// held is what was answered and has found no member yet: the endpoint may be quicker than the member list.
	held *answer[*Metrics]
}

func newScout(p *Prober, url string) *scout {
	return &scout{p: p, url: url, fetcher: newFetcher(p, &link{p: p})}
}

// start asks, as long as no member is known that the exposition is of.
func (s *scout) start(r *round) {
	if s.held != nil && s.hand(s.held) {
		return
	}
	if owner := s.p.owners.get(s.url); owner != 0 && s.p.byID(owner) != nil || !s.lane.due(r) {
		return
	}
	ask(s.p, &s.lane, func(ctx context.Context) answer[*Metrics] { return s.fetcher.fetch(ctx, 0, []string{s.url}) }, s.accept)
}

func (s *scout) accept(a answer[*Metrics]) {
	s.lane.settle(a)
	s.held = nil
	if a.ok && !s.hand(&a) {
		s.held = &a
	}
}

// hand gives an exposition to its member, and reports whether that is there. One without an id is nobody's, unless only
// one member can have that URL.
func (s *scout) hand(a *answer[*Metrics]) bool {
	w := s.p.byID(a.from)
	if a.from == 0 {
		w = s.p.soleOn(s.url)
	}
	if w == nil {
		return false
	}
	s.held = nil
	s.p.owners.set(s.url, w.row.id)
	if !w.metrics.busy() && a.at.After(w.metrics.fact.At) {
		w.metrics.asked, w.metrics.sweep = s.lane.asked, s.p.round.number
		w.acceptMetrics(*a)
	}
	return true
}

// soleOn is the worker of the only member on the host of a URL; nil where there is none, or several.
func (p *Prober) soleOn(url string) *worker {
	var sole *worker
	for _, w := range p.workers {
		switch {
		case w.row.id == 0 || !w.isOn(hostOf(url)):
		case sole != nil:
			return nil
		default:
			sole = w
		}
	}
	return sole
}

// owners says whose exposition a URL serves. Calls of several members learn it at once.
type owners struct {
	mu sync.Mutex
	of map[string]MemberID
}

func (o *owners) get(u string) MemberID {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of[u]
}

func (o *owners) set(u string, id MemberID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = make(map[string]MemberID)
	}
	o.of[u] = id
}

// forget gives up what a member owns: it is gone, and another one may have its URLs.
func (o *owners) forget(id MemberID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for u, owner := range o.of {
		if owner == id {
			delete(o.of, u)
		}
	}
}
