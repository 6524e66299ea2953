package probe

import (
	"context"
	"sync"
	"time"
)

// A scout finds out whose exposition a given metrics endpoint serves. Each has its own connection and timeout, so one
// that hangs or drips delays only its own member. It belongs to the goroutine in Next.
type scout struct {
	p       *Prober
	url     string
	scraper *scraper
	poller  poller[*Metrics]
	// held is an exposition without a known member: the endpoint may answer before the member list does.
	held *answer[*Metrics]
}

func newScout(p *Prober, url string) *scout {
	return &scout{p: p, url: url, scraper: newScraper(p, &client{p: p})}
}

// start requests the exposition until its member is known.
func (s *scout) start(r *round) {
	if s.held != nil && s.hand(s.held) {
		return
	}
	if s.p.resolved.row(s.p.owners.get(s.url)) != nil || !s.poller.due(r) {
		return
	}
	ask(s.p, &s.poller, func(ctx context.Context) answer[*Metrics] {
		return s.scraper.scrape(ctx, 0, []string{s.url}, nil)
	}, s.accept)
}

func (s *scout) accept(a answer[*Metrics]) {
	s.poller.record(a)
	s.held = nil
	if a.ok && !s.hand(&a) {
		s.held = &a
	}
}

// hand gives an exposition to its member and reports whether that member is known.
func (s *scout) hand(a *answer[*Metrics]) bool {
	m := s.p.resolved.exposed(s.url, a.from)
	if m == nil {
		return false
	}
	w := s.p.byID(m.id)
	s.held = nil
	s.p.owners.set(s.url, w.row.id, a.at)
	if !w.metrics.busy() && a.at.After(w.metrics.fact.At) {
		w.metrics.asked, w.metrics.sweep = s.poller.asked, s.p.round.number
		w.acceptMetrics(*a)
	}
	return true
}

// owners maps URLs to the members whose exposition they serve. Requests of several members update it concurrently.
type owners struct {
	mu sync.Mutex
	of map[string]owner
}

// An owner is a member whose exposition was read at a time.
type owner struct {
	id MemberID
	at time.Time
}

func (o *owners) get(u string) MemberID { return o.getSince(u, time.Time{}) }

// getSince is get for an exposition that was read at a time or later; 0 if none was.
func (o *owners) getSince(u string, at time.Time) MemberID {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of[u].at.Before(at) {
		return 0
	}
	return o.of[u].id
}

func (o *owners) set(u string, id MemberID, at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = make(map[string]owner)
	}
	o.of[u] = owner{id, at}
}

// forget drops a member's URLs: it is gone, and another member may get them.
func (o *owners) forget(id MemberID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for u, owner := range o.of {
		if owner.id == id {
			delete(o.of, u)
		}
	}
}
