package etcdtest

import (
	"fmt"
	"sync"
	"time"
)

// A Link is everything that passes between two ends: two members, or the two sides of a [Proxy]. It begins whole.
type Link struct {
	mu       sync.Mutex
	delay    time.Duration
	stalled  bool
	cut      bool
	changed  chan struct{} // closed, and replaced, when delay or stalled change
	relays   map[*relay]struct{}
	accepted int
}

func newLink() *Link {
	return &Link{changed: make(chan struct{}), relays: map[*relay]struct{}{}}
}

// Delay makes every byte, in either direction, arrive d later than it would: a round trip takes 2d more. Throughput
// stays what it is, and so does the order. It holds for what is under way, too.
func (l *Link) Delay(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay = d
	l.wake()
}

// Latency is the delay that it has now.
func (l *Link) Latency() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.delay
}

// Stall keeps connections open, lets new ones open, and delivers nothing any more: what a firewall that drops packets
// does. What is held arrives after Heal.
func (l *Link) Stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stalled = true
	l.wake()
}

// Cut resets all connections, and every new one as soon as it is opened.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for r := range l.relays {
		r.reset()
	}
}

// Heal takes Delay, Stall and Cut back.
func (l *Link) Heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay, l.stalled, l.cut = 0, false, false
	l.wake()
}

// wake wants mu.
func (l *Link) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Accepted is how many connections were opened so far, those that were cut among them.
func (l *Link) Accepted() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted
}

// Open is how many connections there are now.
func (l *Link) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.relays)
}

// hold is how long what arrives now is to be kept, whether for ever, and when to ask again.
func (l *Link) hold() (delay time.Duration, stalled bool, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.delay, l.stalled, l.changed
}

// admit counts a connection, and says whether it may live.
func (l *Link) admit() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted++
	return !l.cut
}

// add makes r one of the link's; it returns false when the link is cut.
func (l *Link) add(r *relay) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	l.relays[r] = struct{}{}
	return true
}

func (l *Link) remove(r *relay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.relays, r)
}

// Link is the peer link between two members: all connections that either opens to the other. It needs
// [Config.PeerProxies].
func (c *Cluster) Link(a, b *Member) (*Link, error) {
	if !c.config.PeerProxies {
		return nil, fmt.Errorf("finding the link of %s and %s: the cluster was started without peer proxies", a.Name, b.Name)
	}
	if a == b {
		return nil, fmt.Errorf("finding the link of %s and itself: there is none", a.Name)
	}
	return c.link(a, b), nil
}

func (c *Cluster) link(a, b *Member) *Link {
	key := [2]string{min(a.Name, b.Name), max(a.Name, b.Name)}
	c.mu.Lock()
	defer c.mu.Unlock()
	link, ok := c.links[key]
	if !ok {
		link = newLink()
		c.links[key] = link
	}
	return link
}
