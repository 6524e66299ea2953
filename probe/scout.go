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
	scraper *scraper
	poller  poller[*Metrics]
	// held is what was answered and has found no member yet: the endpoint may be quicker than the member list.
	held *answer[*Metrics]
}

func newScout(p *Prober, url string) *scout {
	return &scout{p: p, url: url, scraper: newScraper(p, &client{p: p})}
}

// start asks, as long as no member is known that the exposition is of.
func (s *scout) start(r *round) {
	if s.held != nil && s.hand(s.held) {
		return
	}
	if s.p.resolved.row(s.p.owners.get(s.url)) != nil || !s.poller.due(r) {
		return
	}
	ask(s.p, &s.poller, func(ctx context.Context) answer[*Metrics] { return s.scraper.scrape(ctx, 0, []string{s.url}) }, s.accept)
}

func (s *scout) accept(a answer[*Metrics]) {
	s.poller.record(a)
	s.held = nil
	if a.ok && !s.hand(&a) {
		s.held = &a
	}
}

// hand gives an exposition to its member, and reports whether that is there.
func (s *scout) hand(a *answer[*Metrics]) bool {
	m := s.p.resolved.exposed(s.url, a.from)
	if m == nil {
		return false
	}
	w := s.p.byID(m.id)
	s.held = nil
	s.p.owners.set(s.url, w.row.id)
	if !w.metrics.busy() && a.at.After(w.metrics.fact.At) {
		w.metrics.asked, w.metrics.sweep = s.poller.asked, s.p.round.number
		w.acceptMetrics(*a)
	}
	return true
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
