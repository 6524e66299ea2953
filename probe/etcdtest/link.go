package etcdtest

import (
	"fmt"
	"sync"
	"time"
)

// A Link is everything that passes between two ends: two members, or the two sides of a [Proxy]. It begins whole.
type Link struct {
	mu       sync.Mutex
	ways     [2]way
	cut      bool
	changed  chan struct{} // closed, and replaced, when a way changes
	relays   map[*relay]struct{}
	accepted int
}

// A way is what holds up the bytes that pass in one direction.
type way struct {
	delay   time.Duration
	stalled bool
}

// The ways of a [Proxy]'s link. Those of the link of two members are from the first of their names to the other, and
// back.
const (
	toServer = 0
	toClient = 1
)

// A OneWay is one direction of a [Link]: what one end sends to the other.
type OneWay struct {
	link *Link
	way  int
}

func newLink() *Link {
	return &Link{changed: make(chan struct{}), relays: map[*relay]struct{}{}}
}

// Delay makes every byte, in either direction, arrive d later than it would: a round trip takes 2d more. Throughput
// stays what it is, and so does the order. It holds for what is under way, too.
func (l *Link) Delay(d time.Duration) {
	l.set(func(w *way) { w.delay = d }, toServer, toClient)
}

// Delay makes every byte in this direction arrive d later than it would: a round trip takes d more.
func (o OneWay) Delay(d time.Duration) { o.link.set(func(w *way) { w.delay = d }, o.way) }

// Latency is the delay that it has now; the greater one, if they differ by direction.
func (l *Link) Latency() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.ways[toServer].delay, l.ways[toClient].delay)
}

// Stall keeps connections open, lets new ones open, and delivers nothing any more: what a firewall that drops packets
// does. What is held arrives after Heal.
func (l *Link) Stall() {
	l.set(func(w *way) { w.stalled = true }, toServer, toClient)
}

// Stall delivers nothing any more in this direction, while everything arrives in the other.
func (o OneWay) Stall() { o.link.set(func(w *way) { w.stalled = true }, o.way) }

// Cut resets all connections, and every new one as soon as it is opened.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for r := range l.relays {
		r.reset()
	}
}

// Heal takes Delay, Stall and Cut back, in both directions.
func (l *Link) Heal() {
	l.mu.Lock()
	l.cut = false
	l.mu.Unlock()
	l.set(func(w *way) { *w = way{} }, toServer, toClient)
}

// set changes ways, and has what is held ask anew.
func (l *Link) set(change func(*way), ways ...int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, i := range ways {
		change(&l.ways[i])
	}
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

// hold is what holds up what arrives now on one way, and when to ask again.
func (l *Link) hold(i int) (now way, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ways[i], l.changed
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
	if a.Name == b.Name {
		return nil, fmt.Errorf("finding the link of %s and itself: there is none", a.Name)
	}
	return c.link(a, b), nil
}

// OneWay is what from sends to to, whichever of them opened the connection. It needs [Config.PeerProxies].
func (c *Cluster) OneWay(from, to *Member) (OneWay, error) {
	link, err := c.Link(from, to)
	return OneWay{link: link, way: wayFrom(from, to)}, err
}

// wayFrom is the way of two members' link that what from sends takes.
func wayFrom(from, to *Member) int {
	if from.Name < to.Name {
		return toServer
	}
	return toClient
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
